package awssession_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// config is a provider block, a governed role and a session of it.
func config(server *sim.Server, session string) string {
	return acctest.ProviderConfig(server, "") + fmt.Sprintf(`
resource "governed_service_identity" "export" {
  name    = "export"
  owner   = "payments"
  purpose = "Nightly export of invoices to the data lake"
  expiry  = %q
  aws_role = {
    assume_role_policy = jsonencode(%s)
    inline_policies    = { list = jsonencode(%s) }
  }
}

ephemeral "governed_aws_session" "export" {
  identity = governed_service_identity.export.id
  %s
}
`, acctest.Date(server, 90), trust("sts:AssumeRole", "sts:SetSourceIdentity"), listUsers, session)
}

func TestSimSessionEcho(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.EphemeralResources)
	server := acctest.NewSim(t)
	factories := acctest.Factories(server)
	factories["echo"] = echoprovider.NewProviderServer()
	data := tfjsonpath.New("data")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{
				Config: config(server, "duration_seconds = 900") + `
provider "echo" {
  data = ephemeral.governed_aws_session.export
}
resource "echo" "session" {}
`,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("echo.session", data.AtMapKey("session_name"), knownvalue.StringExact("payments,Nightly-export-of-invoices-to-the-data-lake")),
					statecheck.ExpectKnownValue("echo.session", data.AtMapKey("source_identity"), knownvalue.StringExact("payments")),
					statecheck.ExpectKnownValue("echo.session", data.AtMapKey("access_key_id"), knownvalue.StringRegexp(regexp.MustCompile("^ASIA"))),
					statecheck.ExpectKnownValue("echo.session", data.AtMapKey("secret_access_key"), knownvalue.StringRegexp(regexp.MustCompile("^.{40}$"))),
					statecheck.ExpectKnownValue("echo.session", data.AtMapKey("session_token"), knownvalue.NotNull()),
				},
			},
			{
				Config:      config(server, "duration_seconds = 7200"),
				ExpectError: acctest.Says("Session would be too long…governed_aws_session.export…duration_seconds is 7200, and the role's own maximum is 3600"),
			},
		},
	})
}

// A session configures another provider, and nothing of it is left anywhere: not in the state, not in a plan, not in a log.
func TestSimSessionConfiguresProvider(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.EphemeralResources)
	server := acctest.NewSim(t)
	hunt := acctest.Thoroughly(server)
	// A provider that Terraform attaches to has one configuration, so that an alias would take the place of the first.
	factories := acctest.Factories(server)
	factories["other"] = factories["governed"]
	role := config(server, "revoke_on_close = true")
	role = regexp.MustCompile(`inline_policies +=.*`).ReplaceAllString(role, `managed_policy_arns = ["arn:aws:iam::aws:policy/IAMFullAccess"]`)
	role = regexp.MustCompile(`"governed" \{\n  aws`).ReplaceAllString(role, "\"governed\" {\n  policy = { enforcement = { privilege_escalation = \"warn\", pass_role_unrestricted = \"warn\", administrator = \"warn\" } }\n  aws")
	whole := role + fmt.Sprintf(`
provider "other" {
  aws = {
    region    = "eu-west-1"
    endpoints = { iam = %[1]q, sts = %[1]q }
    session = {
      access_key_id     = ephemeral.governed_aws_session.export.access_key_id
      secret_access_key = ephemeral.governed_aws_session.export.secret_access_key
      session_token     = ephemeral.governed_aws_session.export.session_token
    }
  }
}

resource "governed_service_identity" "made" {
  provider = other
  name     = "made-by-the-session"
  owner    = "payments"
  purpose  = "Written by the session of another role"
  expiry   = %[2]q
  aws_role = { trust = { aws_services = ["lambda.amazonaws.com"] } }
}
`, server.URL(), acctest.Date(server, 30))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{Config: role},
			{Config: whole, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{hunt.PlanCheck("first")}}},
			{Config: whole, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{hunt.PlanCheck("second"), plancheck.ExpectEmptyPlan()}}},
		},
	})
	made := 0
	for _, call := range server.Calls() {
		if call.Action == "CreateRole" && regexp.MustCompile(`:assumed-role/export/payments,Nightly-export`).MatchString(call.Principal) {
			made++
		}
	}
	acctest.WantSame(t, "roles that the session has made", made, 1)
}
