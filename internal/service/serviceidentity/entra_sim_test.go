package serviceidentity_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// appConfig is a whole configuration with one application, for the Terraform CLI.
func appConfig(provider, expiry, arguments string) string {
	return fmt.Sprintf(`
provider "governed" {
  %s
}

resource "governed_service_identity" "export" {
  name    = "invoice-export"
  owner   = "payments"
  purpose = "Nightly export of invoices to the data lake"
  expiry  = %q
  entra_application = {
    %s
  }
}
`, provider, expiry, arguments)
}

func appValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("entra_application").AtMapKey(name), value)
}

// TestSimApplicationLifecycle takes an application through its life: made, changed, expired, renewed, imported, removed.
func TestSimApplicationLifecycle(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	provider := acctest.AzureBlock(t, d.server)
	full := fmt.Sprintf(`
    owners = [%q]
    notes  = "Owned by payments."
    app_role_assignments = {
      users = { resource_app_id = "Microsoft Graph", role = "User.Read.All" }
    }
    federated_credentials = {
      main = { github_actions = { repository = "acme/export", branch = "main" } }
    }
    purge_on_destroy = true
`, d.upn)
	config := appConfig(provider, "2026-05-30", full)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.AzureFactories(d.server),
		CheckDestroy: checked(func() {
			if left := len(d.tenant.Applications()) + len(d.tenant.Deleted()); left > 0 {
				t.Errorf("%d objects are left", left)
			}
		}),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue(resourceAddress, tfjsonpath.New("id")),
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("entra_application").AtMapKey("unique_name"), knownvalue.StringExact("invoice-export")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("status", knownvalue.StringExact("active")),
					stateValue("category", knownvalue.StringExact("enterprise_managed")),
					stateValue("expiry_enforcement", knownvalue.StringExact("apply")),
					appValue("display_name", knownvalue.StringExact("invoice-export")),
					appValue("sign_in_enabled", knownvalue.Bool(true)),
				},
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true,
				// Ids in the place of names are the same owners and roles.
				ImportStateVerifyIgnore: []string{"entra_application.owners.#", "entra_application.owners.0", "entra_application.app_role_assignments"},
				ImportStateCheck: func(states []*terraform.InstanceState) error {
					if got := states[0].Attributes["entra_application.owners.0"]; got != d.ada {
						return fmt.Errorf("the owner is %s", got)
					}
					return nil
				},
			},
			{
				Config:           appConfig(provider, "2026-05-30", "display_name = \"Invoice export\"\n    purge_on_destroy = true"),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: checked(func() {
					if app := d.application(t); app.DisplayName != "Invoice export" || len(app.Owners)+len(app.Federated)+len(d.principal(t).Permissions) > 0 {
						t.Errorf("the application is %+v", app)
					}
				}),
			},
			{
				PreConfig:         func() { d.server.Clock().Set(time.Date(2026, time.June, 2, 0, 0, 0, 0, time.UTC)) },
				Config:            appConfig(provider, "2026-05-30", "display_name = \"Invoice export\"\n    purge_on_destroy = true"),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("expired")), appValue("sign_in_enabled", knownvalue.Bool(false))},
			},
			{
				Config:            appConfig(provider, "2026-11-30", full),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("active")), appValue("sign_in_enabled", knownvalue.Bool(true))},
			},
			{
				Config:           appConfig(provider, "2026-11-30", "unique_name = \"invoice-export-2\"\n    purge_on_destroy = true"),
				ConfigPlanChecks: planned(plancheck.ResourceActionReplace),
			},
		},
	})
}

// TestSimApplicationDisappears makes one anew that somebody has deleted; its unique name is taken as long as it can be
// restored.
func TestSimApplicationDisappears(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	config := appConfig(acctest.AzureBlock(t, d.server), "2026-05-30", "")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.AzureFactories(d.server),
		Steps: []resource.TestStep{
			{Config: config},
			{
				PreConfig:   func() { d.tenant.Delete(d.application(t).ObjectID) },
				Config:      config,
				ExpectError: acctest.Says("Existing identity … with the unique name invoice-export was deleted on 2026-03-01 … Restore it with az rest --method post"),
			},
		},
	})
}
