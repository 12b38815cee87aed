package serviceidentity_test

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
)

// TestSimManagedIdentity goes through the real Terraform: create, an empty plan, import, an expiry that Azure and the next
// apply enforce, a renewal, and the removal.
func TestSimManagedIdentity(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	config := func(expiry string) string {
		return acctest.ProviderConfig(e.aws, acctest.AzureBlock(t, e.azure)) + fmt.Sprintf(`
resource %q "export" {
  name    = "invoice-export"
  owner   = "payments"
  purpose = "Nightly export of invoices (EU) to the data lake"
  expiry  = %q
  systems = ["billing, old", "lake"]

  azure_managed_identity = {
    resource_group_name = "workloads"
    location            = "westeurope"
    role_assignments = {
      read = { scope = %q, role = "Reader", time_bound = true }
    }
    federated_credentials = {
      release = { github_actions = { repository = "acme/web-shop", environment = "prod" } }
    }
  }
}
`, typeName, expiry, e.group)
	}
	identity := func(name string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("azure_managed_identity").AtMapKey(name), value)
	}
	first, renewed := acctest.Date(e.aws, 90), acctest.Date(e.aws, 200)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(e.aws),
		Steps: []resource.TestStep{
			{
				Config:           config(first),
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("id", knownvalue.StringExact(identityID)), stateValue("category", knownvalue.StringExact("shared")),
					stateValue("status", knownvalue.StringExact("active")), stateValue("expiry_enforcement", knownvalue.StringExact("cloud")),
					identity("client_id", knownvalue.NotNull()), identity("principal_id", knownvalue.NotNull()), identity("tenant_id", knownvalue.StringExact(e.tenant.ID())),
				},
			},
			{Config: config(first), ResourceName: resourceAddress, ImportState: true, ImportStateId: identityID, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"azure_managed_identity"}},
			{
				PreConfig:        func() { e.aws.Clock().Advance(100 * 24 * time.Hour) },
				Config:           config(first),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("status", knownvalue.StringExact("expired")),
					identity("role_assignments", knownvalue.MapSizeExact(1)), identity("federated_credentials", knownvalue.MapSizeExact(1)),
				},
			},
			{
				Config:            config(renewed),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("active"))},
			},
			{Config: config(renewed), PlanOnly: true},
		},
	})
	e.gone()
}
