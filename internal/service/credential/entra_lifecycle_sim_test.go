package credential_test

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
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// entraTogether is a system's whole configuration: an application, and two credentials of it in stores of both clouds.
func entraTogether(t *testing.T, e *entraEstate, owner string, days int, trigger, parameter string) string {
	t.Helper()
	return acctest.ProviderConfig(e.aws, acctest.AzureBlock(t, e.azure)) + fmt.Sprintf(`
resource "governed_service_identity" "archive" {
  name    = "billing-archive"
  owner   = "billing"
  purpose = "Reads mailboxes for the billing archive"
  expiry  = %q
  entra_application = { owners = [%q] }
}

resource "governed_credential" "mailer" {
  identity         = governed_service_identity.archive.id
  type             = "certificate"
  justification    = %q
  expiry           = governed_service_identity.archive.expiry
  rotation_trigger = { leak = %q }
  store            = { azure_key_vault = { vault_uri = "https://safe.vault.azure.net/", name = "billing-robot", purge_on_destroy = true } }
}

resource "governed_credential" "connector" {
  identity      = governed_service_identity.archive.id
  type          = "client_secret"
  justification = %[3]q
  expiry        = governed_service_identity.archive.expiry
  store         = { aws_ssm_parameter = { name = %[5]q } }
}
`, acctest.Date(e.aws, days), owner, entraJustification, trigger, parameter)
}

// TestSimEntraNoSecretLeaks lives the whole life of an application's credentials with the real Terraform, on both clouds, and
// searches everything that it writes for every secret and private key.
func TestSimEntraNoSecretLeaks(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	hunt := acctest.Thoroughly(e.aws)
	checks := func(name string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{hunt.PlanCheck(name), plancheck.ExpectResourceAction(address, action)}}
	}
	value := func(name string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), check)
	}
	later := func(days int) func() { return func() { e.aws.Clock().Advance(time.Duration(days) * 24 * time.Hour) } }
	owner := e.tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	create, renew := entraTogether(t, e, owner, 100, "1", "/connector"), entraTogether(t, e, owner, 200, "1", "/connector")
	rotate, moved := entraTogether(t, e, owner, 200, "2", "/connector"), entraTogether(t, e, owner, 200, "2", "/elsewhere")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(e.aws),
		CheckDestroy: func(*terraform.State) error {
			e.wantNothingLeft(t)
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: create, ConfigPlanChecks: checks("create", plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					value("status", knownvalue.StringExact("active")), value("expiry_enforcement", knownvalue.StringExact("cloud")),
					value("valid_days", knownvalue.Int32Exact(90)), value("rotate_after_days", knownvalue.Int32Exact(75)),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"rotation_trigger", "store"}},
			{PreConfig: later(20), Config: renew, ConfigPlanChecks: checks("renew", plancheck.ResourceActionUpdate)},
			{
				Config: rotate, ConfigPlanChecks: checks("rotate", plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{value("previous_credential_id", knownvalue.NotNull())},
			},
			{PreConfig: later(2), Config: rotate, ConfigStateChecks: []statecheck.StateCheck{value("previous_credential_id", knownvalue.Null())}},
			{Config: moved, ConfigPlanChecks: checks("move", plancheck.ResourceActionNoop)},
			{
				PreConfig: later(240), Config: moved, ConfigPlanChecks: checks("expire", plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{value("status", knownvalue.StringExact("expired")), value("credential_id", knownvalue.Null())},
			},
		},
	})
}
