package thirdpartyidentity_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	vendorTenant = "22222222-2222-4333-8444-555555555555"
	vendorApp    = "33333333-2222-4333-8444-555555555555"
	otherApp     = "44444444-2222-4333-8444-555555555555"
	graphApp     = "00000003-0000-0000-c000-000000000000"
)

// directory is a simulated tenant of a test's own, and that of a third party with two applications.
type directory struct {
	server         *azuresim.Server
	tenant, vendor *azuresim.Tenant
	app            azuresim.Registered
}

func newDirectory(t testing.TB) directory {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC), false))
	d := directory{server: server, tenant: server.Tenant(azuresim.DefaultTenant), vendor: server.Tenant(vendorTenant)}
	d.app = d.offer(azuresim.Application{DisplayName: "Acme Collector", AppID: vendorApp, Publisher: "Acme", Tags: []string{"vendor"}})
	d.offer(azuresim.Application{DisplayName: "Acme Reports", AppID: otherApp, Publisher: "Acme"})
	return d
}

// offer registers an application of the third party's for every tenant.
func (d directory) offer(app azuresim.Application) azuresim.Registered {
	app.SignInAudience, app.Secrets = "AzureADMultipleOrgs", []azuresim.Secret{{}}
	return d.vendor.PutApplication(app)
}

func (d directory) resource(t testing.TB, arguments acctest.Values) *acctest.Resource {
	t.Helper()
	return acctest.NewAzureProtocol(t, d.server, arguments).Resource(typeName)
}

// principals are the service principals that were not there from the start, as the simulator has them.
func (d directory) principals() (all []azuresim.ServicePrincipalView) {
	for _, id := range d.tenant.ServicePrincipals() {
		if view, _ := d.tenant.ServicePrincipal(id); view.AppID != graphApp {
			all = append(all, view)
		}
	}
	return all
}

// principal is the only one.
func (d directory) principal(t testing.TB) azuresim.ServicePrincipalView {
	t.Helper()
	all := d.principals()
	if len(all) != 1 {
		t.Fatalf("there are %d service principals", len(all))
	}
	return all[0]
}

func principalID(view azuresim.ServicePrincipalView) string {
	return "entra:" + azuresim.DefaultTenant + ":service_principal/" + view.ObjectID
}

// wantNothing fails unless nothing is left of any service principal.
func (d directory) wantNothing(t testing.TB) {
	t.Helper()
	if left := len(d.principals()) + len(d.tenant.Deleted()); left > 0 {
		t.Errorf("%d objects are left", left)
	}
}

// vendorApplication is a whole configuration with no more than it needs but for these arguments.
func vendorApplication(further acctest.Values) acctest.Values {
	return acctest.Values{
		"name": "acme-collector", "owner": "platform", "purpose": "Acme reads our directory for its dashboards", "expiry": "2026-05-30",
		"third_party":             acctest.Values{"name": "Acme Monitoring", "contact": "soc@monitoring.acme.example"},
		"entra_service_principal": acctest.Values{"app_id": vendorApp, "purge_on_destroy": true}.With(further),
	}
}

// graphRoles assigns permissions of Microsoft Graph.
func graphRoles(permissions ...string) acctest.Values {
	roles := acctest.Values{}
	for _, permission := range permissions {
		roles[permission] = acctest.Values{"resource_app_id": "Microsoft Graph", "role": permission}
	}
	return acctest.Values{"app_role_assignments": roles}
}

// settled checks that a refresh and a plan change nothing.
func settled(t testing.TB, r *acctest.Resource, config acctest.Values, says ...string) {
	t.Helper()
	r.Refresh().Want(t)
	r.Plan(config).Want(t, says...)
	if r.Changes() {
		t.Errorf("the plan changes something: %v", r.Planned())
	}
}

func enforced(level string) acctest.Values {
	return acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"publisher_unverified": level}}}
}
