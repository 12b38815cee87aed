package credential_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const address = typeName + ".mailer"

// together is a system's whole configuration: an identity and its credential, whose lives end on the same day.
func together(server *sim.Server, days int, trigger string) string {
	return acctest.ProviderConfig(server, "") + fmt.Sprintf(`
resource "governed_service_identity" "mailer" {
  name     = "mailer"
  owner    = "mail"
  purpose  = "Sends the receipts of the shop"
  expiry   = %q
  aws_user = { inline_policies = { list = jsonencode(%s) } }
}

resource "governed_credential" "mailer" {
  identity         = governed_service_identity.mailer.id
  justification    = %q
  expiry           = governed_service_identity.mailer.expiry
  ses_smtp_region  = "eu-west-1"
  rotation_trigger = { leak = %q }
  store            = { aws_secrets_manager = { name = "mailer/smtp" } }
}
`, acctest.Date(server, days), listUsers, justification, trigger)
}

// backup is a second credential of the same identity.
func backup() string {
	return fmt.Sprintf(`
resource "governed_credential" "backup" {
  identity      = governed_service_identity.mailer.id
  justification = %q
  expiry        = governed_service_identity.mailer.expiry
  store         = { aws_ssm_parameter = { name = "/mailer/backup" } }
}
`, justification)
}

// TestSimNoSecretLeaks lives a credential's whole life with the real Terraform, and searches everything that it writes
// for every secret.
func TestSimNoSecretLeaks(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	hunt := acctest.Thoroughly(server)
	checks := func(name string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{hunt.PlanCheck(name), plancheck.ExpectResourceAction(address, action)}}
	}
	value := func(name string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), check)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy: func(*terraform.State) error {
			wantNothingLeft(t, server)
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: together(server, 100, "1") + backup(), ConfigPlanChecks: checks("create", plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					value("id", knownvalue.StringExact(secretID)), value("status", knownvalue.StringExact("active")),
					value("expiry_enforcement", knownvalue.StringExact("cloud")), value("rotate_after_days", knownvalue.Int32Exact(90)),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"rotation_trigger"}},
			{
				// Identity and credential are renewed in one plan, while the cloud still has the old expiry.
				Config: together(server, 200, "1") + backup(), ConfigPlanChecks: checks("renew", plancheck.ResourceActionUpdate),
			},
			{
				// The second credential leaves the identity no room for a rotation.
				Config: together(server, 200, "2") + backup(), PlanOnly: true,
				ExpectError: acctest.Says("Identity has no room for another credential…kept in aws_ssm_parameter:123456789012:eu-west-1:/mailer/backup"),
			},
			{Config: together(server, 200, "1")},
			{
				Config: together(server, 200, "2"), ConfigPlanChecks: checks("rotate", plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{value("previous_credential_id", knownvalue.StringRegexp(acctest.Says("AKIA")))},
			},
		},
	})
}
