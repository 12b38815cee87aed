package thirdpartyidentity_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// principalConfig is a whole configuration with one service principal, for the Terraform CLI.
func principalConfig(provider, appID, expiry, arguments string) string {
	return fmt.Sprintf(`
provider "governed" {
  %s
}

resource %q "monitoring" {
  name    = "Acme Collector"
  owner   = "platform"
  purpose = "Acme reads our directory for its dashboards"
  expiry  = %q
  third_party = {
    name    = "Acme Monitoring"
    contact = "soc@monitoring.acme.example"
  }
  entra_service_principal = {
    app_id           = %q
    purge_on_destroy = true
    %s
  }
}
`, provider, typeName, expiry, appID, arguments)
}

func principalValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("entra_service_principal").AtMapKey(name), value)
}

func stateValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New(name), value)
}

// TestSimServicePrincipalLifecycle takes one through its life: made, imported, changed, expired, renewed, replaced, removed.
// Every step ends with a second plan, which has to be empty.
func TestSimServicePrincipalLifecycle(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	provider := acctest.AzureBlock(t, d.server)
	full := fmt.Sprintf(`
    publisher = { tenant_id = %q }
    notes     = "Contract 4711."
    app_role_assignments = {
      users = { resource_app_id = %q, role = "User.Read.All" }
    }
`, vendorTenant, graphApp)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.AzureFactories(d.server),
		CheckDestroy:             checked(func() { d.wantNothing(t) }),
		Steps: []resource.TestStep{
			{
				Config: principalConfig(provider, vendorApp, "2026-05-30", full),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue(resourceAddress, tfjsonpath.New("id")),
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("category"), knownvalue.StringExact("external")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("status", knownvalue.StringExact("active")), stateValue("expiry_enforcement", knownvalue.StringExact("apply")),
					principalValue("verified_publisher", knownvalue.StringExact("Acme")), principalValue("sign_in_enabled", knownvalue.Bool(true)),
					principalValue("delegated_permissions", knownvalue.ListSizeExact(0)),
				},
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true,
				// Nobody but the configuration has the pins and the keys.
				ImportStateVerifyIgnore: []string{"entra_service_principal.publisher", "entra_service_principal.app_role_assignments"},
			},
			{
				Config:           principalConfig(provider, vendorApp, "2026-05-30", "app_role_assignment_required = true"),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: checked(func() {
					if is := d.principal(t); !is.AssignmentRequired || is.Notes != "" || len(is.Permissions) > 0 {
						t.Errorf("the service principal is %+v", is)
					}
				}),
			},
			{
				PreConfig:         func() { d.server.Clock().Set(time.Date(2026, time.June, 2, 0, 0, 0, 0, time.UTC)) },
				Config:            principalConfig(provider, vendorApp, "2026-05-30", ""),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("expired")), principalValue("sign_in_enabled", knownvalue.Bool(false))},
			},
			{
				Config:            principalConfig(provider, vendorApp, "2026-10-30", full),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("active")), principalValue("sign_in_enabled", knownvalue.Bool(true))},
			},
			{
				Config:           principalConfig(provider, otherApp, "2026-10-30", ""),
				ConfigPlanChecks: planned(plancheck.ResourceActionReplace),
			},
		},
	})
}

// TestSimServicePrincipalRefused leaves nothing of what the policy refuses, in the tenant and in the state.
func TestSimServicePrincipalRefused(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.offer(azuresim.Application{DisplayName: "Nobody's", AppID: unverifiedApp})
	provider := acctest.AzureBlock(t, d.server)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.AzureFactories(d.server),
		CheckDestroy:             checked(func() { d.wantNothing(t) }),
		Steps: []resource.TestStep{
			{
				Config:      principalConfig(provider, unverifiedApp, "2026-05-30", ""),
				ExpectError: acctest.Says("Publisher is not verified … Rule: publisher_unverified (error)."),
			},
			{
				PreConfig:        func() { d.wantNothing(t) },
				Config:           principalConfig(provider, vendorApp, "2026-05-30", ""),
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
			},
		},
	})
}
