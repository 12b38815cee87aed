package quarantine_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// estate is what nothing has used for long on both clouds.
type estate struct {
	aws                   *sim.Server
	azure                 *azuresim.Server
	tenant                *azuresim.Tenant
	app                   azuresim.Registered
	thirdParty            string
	machine, used, unused azuresim.ManagedIdentityView
}

func newEstate(t *testing.T) estate {
	t.Helper()
	server := acctest.NewSim(t)
	clock := server.Clock()
	e := estate{aws: server, azure: acctest.NewAzureSim(t, clock)}
	e.tenant = e.azure.Tenant(azuresim.DefaultTenant)
	subscription := e.tenant.Subscription(azuresim.DefaultSubscription)
	group := subscription.AddResourceGroup("workloads", "westeurope")
	managed := func(name string, tags map[string]string) azuresim.ManagedIdentityView {
		view := subscription.AddManagedIdentity("workloads", name, tags)
		e.tenant.AssignRole(view.PrincipalID, "Reader", mine)
		return view
	}
	e.machine, e.used, e.unused = managed("machine", nil), managed("used", nil), managed("unused", map[string]string{"Team": "billing"})
	e.tenant.AssignRoleUnder(e.machine.PrincipalID, "Storage Blob Data Reader", group, blobsOnly)
	subscription.AddResource("workloads", "Microsoft.Compute/virtualMachines", "batch", e.machine.ID, e.used.ID)
	e.runAs(t, e.machine)
	clock.Advance(300 * oneDay)
	e.runAs(t, e.used)
	putRole(server)
	ago := func(days int) time.Time { return clock.Now().AddDate(0, 0, -days) }
	account := server.Account(sim.DefaultAccount)
	account.PutUser(sim.User{Name: "export", CreatedAt: ago(500), AccessKeys: []sim.AccessKey{{CreatedAt: ago(400), LastUsedAt: ago(300)}}})
	account.PutUser(sim.User{Name: "used", CreatedAt: ago(500), AccessKeys: []sim.AccessKey{{CreatedAt: ago(400), LastUsedAt: ago(3)}}})
	e.app = e.tenant.PutApplication(azuresim.Application{DisplayName: "nightly", Tags: []string{"HideApp"}, Secrets: []azuresim.Secret{{Start: ago(400)}}, CreatedAt: ago(500), LastSignInAt: ago(300)})
	e.tenant.PutApplication(azuresim.Application{DisplayName: "used", CreatedAt: ago(500), LastSignInAt: ago(3)})
	e.thirdParty = e.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "collector", HomeTenant: vendorTenant, CreatedAt: ago(500), LastSignInAt: ago(300)})
	e.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Office", HomeTenant: "f8cdef31-a31e-4b4a-93e4-5f571e91255a", CreatedAt: ago(500), LastSignInAt: ago(300)})
	return e
}

// runAs gets a token for Resource Manager on a machine that has a managed identity.
func (e estate) runAs(t *testing.T, view azuresim.ManagedIdentityView) {
	t.Helper()
	machine := e.tenant.MachineEnv(view.PrincipalID)
	query := url.Values{"api-version": {"2019-08-01"}, "resource": {"https://management.core.windows.net/"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, machine["IDENTITY_ENDPOINT"]+"?"+query.Encode(), http.NoBody)
	must(t, err)
	request.Header.Set("X-IDENTITY-HEADER", machine["IDENTITY_HEADER"])
	response, err := e.azure.Client().Do(request)
	must(t, err)
	must(t, response.Body.Close())
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s gets no token: %s", view.ID, response.Status)
	}
}

// ids are those of what is stale, in order.
func (e estate) ids() []string {
	of := func(kind, object string) string { return "entra:" + azuresim.DefaultTenant + ":" + kind + "/" + object }
	managed := func(view azuresim.ManagedIdentityView) string {
		return "azure:" + strings.Replace(view.ID, "/resourcegroups/", "/resourceGroups/", 1)
	}
	return []string{roleID, userID, managed(e.machine), managed(e.unused), of("application", e.app.ObjectID), of("service_principal", e.thirdParty)}
}

// picture is all of the stale ones that a quarantine may touch.
func (e estate) picture(t *testing.T) string {
	t.Helper()
	app, _ := e.tenant.Application(e.app.ObjectID)
	text := fmt.Sprintf("%+v\n%+v", pictureOf(t, e.aws), app)
	for _, id := range []string{e.app.ServicePrincipalID, e.thirdParty} {
		principal, _ := e.tenant.ServicePrincipal(id)
		text += fmt.Sprintf("\n%+v", principal)
	}
	for _, one := range []azuresim.ManagedIdentityView{e.machine, e.unused} {
		view, _ := e.tenant.ManagedIdentity(one.ID)
		text += fmt.Sprintf("\n%+v\n%+v", view, e.tenant.RoleAssignments(one.PrincipalID))
	}
	return text
}

// TestSimForEachOfBothClouds quarantines whatever is stale on either cloud with the real Terraform, and gives all of it back.
func TestSimForEachOfBothClouds(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	c := acctest.NewCLI(t, e.aws)
	main := c.Read("main.tf")
	provider := strings.Index(main, "\nprovider ")
	c.Write("main.tf", main[:provider]+acctest.ProviderConfig(e.aws, acctest.AzureBlock(t, e.azure)))
	c.Write("quarantine.tf", fmt.Sprintf(`
data "governed_stale_identities" "all" { unused_for_days = 180 }

data "governed_identities" "locked" {
  findings   = ["quarantined"]
  depends_on = [governed_quarantine.stale]
}

resource "governed_quarantine" "stale" {
  for_each     = { for one in data.governed_stale_identities.all.identities : one.id => one }
  identity     = each.key
  reason       = %q
  delete_after = %q
}

output "locked" { value = join(" ", data.governed_identities.locked.identities[*].id) }
`, reason, acctest.Date(e.aws, 90)))
	said := func(output, text string) {
		t.Helper()
		if !strings.Contains(output, text) {
			t.Errorf("it does not say %q, but\n%s", text, output)
		}
	}
	before := e.picture(t)
	said(c.Must("apply", "-auto-approve"), "6 added, 0 changed, 0 destroyed")
	for range 2 {
		// Nobody can close the sign-in of a managed identity, so its machine goes on to get tokens. They are for nothing.
		e.runAs(t, e.machine)
		e.runAs(t, e.unused)
		if may, err := e.tenant.May(e.machine.PrincipalID, "Microsoft.Resources/subscriptions/resourceGroups/read", mine+"/resourceGroups/workloads"); may || err != nil {
			t.Errorf("the machine may read: %v, %v", may, err)
		}
		said(c.Must("plan"), "No changes.")
		e.aws.Clock().Advance(20 * oneDay)
	}
	acctest.WantSame(t, "locked", strings.Fields(c.Output("locked")), e.ids())

	// Somebody speaks up for one, and then for all.
	app := e.ids()[4]
	c.Write("quarantine.tf", strings.Replace(c.Read("quarantine.tf"), "one.id => one }", `one.id => one if one.id != "`+app+`" }`, 1))
	said(c.Must("apply", "-auto-approve"), "0 added, 0 changed, 1 destroyed")
	if view, _ := e.tenant.ServicePrincipal(e.app.ServicePrincipalID); !view.Enabled {
		t.Error("the sign-in of the application is blocked")
	}
	said(c.Must("destroy", "-auto-approve"), "5 destroyed")
	if after := e.picture(t); after != before {
		t.Errorf("before it was\n%s\nand now it is\n%s", before, after)
	}
}
