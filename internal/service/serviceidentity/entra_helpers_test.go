package serviceidentity_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// entraStart is where the clock of tests with Entra ID stands.
var entraStart = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// directory is a simulated tenant of a test's own, with two users.
type directory struct {
	server     *azuresim.Server
	tenant     *azuresim.Tenant
	ada, grace string
	upn        string
}

func newDirectory(t testing.TB) directory {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(entraStart, false))
	tenant := server.Tenant(azuresim.DefaultTenant)
	return directory{
		server: server, tenant: tenant, upn: "ada@" + tenant.Domain(),
		ada: tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"}), grace: tenant.PutUser(azuresim.User{DisplayName: "Grace", Name: "grace"}),
	}
}

// resource is one that does not exist yet, in the hands of a new provider.
func (d directory) resource(t testing.TB) *acctest.Resource {
	t.Helper()
	return acctest.NewAzureProtocol(t, d.server, nil).Resource(typeName)
}

// application is the only one there is, as the simulator has it.
func (d directory) application(t testing.TB) azuresim.ApplicationView {
	t.Helper()
	ids := d.tenant.Applications()
	if len(ids) != 1 {
		t.Fatalf("there are %d applications", len(ids))
	}
	view, _ := d.tenant.Application(ids[0])
	return view
}

// principal is its service principal.
func (d directory) principal(t testing.TB) azuresim.ServicePrincipalView {
	t.Helper()
	view, ok := d.tenant.ServicePrincipal(d.application(t).ServicePrincipalID)
	if !ok {
		t.Fatal("there is no service principal")
	}
	return view
}

// plainApp is a whole configuration with no more than it needs.
func plainApp() acctest.Values {
	return acctest.Values{
		"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "expiry": "2026-05-30",
		"entra_application": acctest.Values{},
	}
}

func withApp(further acctest.Values) acctest.Values {
	return plainApp().With(acctest.Values{"entra_application": further})
}

// fullApp uses every argument.
func (d directory) fullApp() acctest.Values {
	return plainApp().With(acctest.Values{
		"business_owner": "finance", "technical_owner": "platform-team", "environment": "prod", "ticket": "SEC-1234",
		"systems": []string{"billing-db", "data lake"}, "labels": acctest.Values{"cost-center": "4711"},
		"entra_application": acctest.Values{
			"display_name": "Invoice export", "unique_name": "invoice-export-prod", "sign_in_audience": "AzureADMyOrg",
			"owners": []string{d.upn, d.grace}, "service_management_reference": "CMDB-7", "notes": "Owned by payments.", "purge_on_destroy": true,
			"app_role_assignments": acctest.Values{
				"groups": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "GroupMember.Read.All"},
				"users":  acctest.Values{"resource_app_id": "00000003-0000-0000-c000-000000000000", "role": "df021288-bdef-4463-88db-98f22de89214"},
			},
			"federated_credentials": acctest.Values{
				"main":    acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "branch": "main"}},
				"release": acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "environment": "release"}},
			},
		},
	})
}

// settledApp checks that a refresh and a plan change nothing.
func settledApp(t testing.TB, r *acctest.Resource, config acctest.Values, says ...string) {
	t.Helper()
	r.Refresh().Want(t)
	r.Plan(config).Want(t, says...)
	if r.Changes() {
		t.Errorf("the plan changes something: %v", r.Planned())
	}
}

func userNamed(name string) azuresim.User { return azuresim.User{DisplayName: name, Name: name} }
