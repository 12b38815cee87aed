package serviceidentity_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestSimAllAtOnce has one plan report everything that is wrong with a resource: what the text of the configuration
// shows together with what the policy says.
func TestSimAllAtOnce(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{
				Config: configFor(server, `policy = { required_metadata = ["labels.team"] }`, `
  owner    = "test"
  purpose  = "foo bar"
  expiry   = "next year"
  ticket   = " "
  aws_role = {
    trust               = { aws_services = ["lambda"] }
    inline_policies     = { read = "{\n  \"Version\": \"2012-10-17\",\n  \"Statements\": []\n}" }
    managed_policy_arns = ["ReadOnlyAccess"]
  }
`),
				ExpectError: acctest.Says(`
					Required metadata is missing … "team" is missing … Argument: labels. …
					"ReadOnlyAccess" is not the ARN of an IAM policy. … Argument: aws_role.managed_policy_arns. …
					line 3, column 3: … "Statements" … did you mean "Statement"? … Argument: aws_role.inline_policies["read"]. …
					"lambda" is not a service principal … Argument: aws_role.trust.aws_services. …
					Owner names nobody … Argument: owner. …
					Purpose says too little … Argument: purpose. …
					Expiry is not a time … "next year" … a date such as "2027-03-31" … at the latest … days from today … Argument: expiry. …
					Metadata text is not usable … Argument: ticket.`),
				PlanOnly: true,
			},
			{
				Config: config(server, `
  owner   = "n/a"
  purpose = "invoice export role"
  expiry  = "2020-01-01"
`),
				ExpectError: acctest.Says("Owner names nobody … Purpose says too little … only repeats the name … Expiry is in the past … at the latest " + acctest.Date(server, 365) + " (365 days from today, " + acctest.Date(server, 0) + ")"),
				PlanOnly:    true,
			},
		},
	})
	if calls := server.CountCalls("iam:CreateRole"); calls > 0 {
		t.Errorf("%d roles were created", calls)
	}
}

// TestSimMissing has Terraform itself refuse what lacks an argument.
func TestSimMissing(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	provider := acctest.ProviderConfig(server, "")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{
				Config: provider + `resource "governed_service_identity" "export" { name = "invoice-export" }`,
				// Terraform reports them in any order.
				ExpectError: regexp.MustCompile(`(?s)(The argument "(owner|purpose|expiry)" is required.*){3}`),
			},
			{
				Config: provider + `
resource "governed_service_identity" "export" {
  name    = "invoice-export"
  owner   = "payments"
  purpose = "Nightly export of invoices to the data lake"
  expiry  = "` + acctest.Date(server, 90) + `"
}
`,
				ExpectError: acctest.Says("No platform is declared … exactly one platform. Write one of these arguments: aws_role, aws_user"),
			},
			{
				Config:      config(server, `aws_role = {}`),
				ExpectError: acctest.Says("neither trust nor assume_role_policy names anybody"),
			},
		},
	})
	if calls := server.CountCalls(""); calls > 0 {
		t.Errorf("%d calls were made", calls)
	}
}

// TestSimUnknown postpones the judgement of what is not known at plan to the apply, where it comes before any call that
// changes something.
func TestSimUnknown(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	// Of a terraform_data resource, the output is known only after it has been made.
	unknown := func(owner string) string {
		return `
resource "terraform_data" "later" {
  input = { owner = "` + owner + `", expiry = "` + acctest.Date(server, 90) + `", trust = jsonencode(` + lambdaTrust + `), team = "finance" }
}
` + config(server, `
  owner    = terraform_data.later.output.owner
  expiry   = terraform_data.later.output.expiry
  labels   = { team = terraform_data.later.output.team }
  aws_role = {
    assume_role_policy = terraform_data.later.output.trust
    inline_policies    = { read = terraform_data.later.output.trust == "" ? "" : jsonencode(`+readBuckets+`) }
  }
`)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{
				Config:      unknown("todo"),
				ExpectError: acctest.Says(`Owner names nobody … owner is "todo"`),
			},
			{
				PreConfig: func() { wantWrites(t, server) },
				Config:    unknown("payments"),
				Check: checked(func() {
					if tags := role(t, server, "invoice-export").Tags; tags["nhi:owner"] != "payments" || tags["team"] != "finance" {
						t.Errorf("the tags are %v", tags)
					}
				}),
			},
		},
	})
}

// TestSimTaken names the role that is in the way, and how to import it.
func TestSimTaken(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account(server).PutRole(simRole("invoice-export", "/old/"))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{{
			Config: config(server, ""),
			ExpectError: acctest.Says(`Identity cannot be created … The IAM role invoice-export exists already … Choose another name … import block …
				to = governed_service_identity. … id = "aws:123456789012:role/old/invoice-export"`),
		}},
	})
	wantWrites(t, server, "CreateRole")
}

// TestSimHostilePurpose has any sentence come back from the tags as it was written.
func TestSimHostilePurpose(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{{
			Config:            config(server, `purpose = "Exports \"invoices\" (EU, 50%) & more; see <wiki>: a=2C, =3D, $${x} %%{y} 'q' \\ #1 ä 漢字 🚀"`),
			ConfigStateChecks: []statecheck.StateCheck{stateValue("purpose", knownvalue.StringExact(`Exports "invoices" (EU, 50%) & more; see <wiki>: a=2C, =3D, ${x} %{y} 'q' \ #1 ä 漢字 🚀`))},
		}},
	})
}

// TestSimGuardrails has Terraform refuse an administrator at plan, and at apply one whose policy was not known before.
func TestSimGuardrails(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	escalation := `
  aws_role = {
    trust           = { aws_services = ["lambda.amazonaws.com"] }
    inline_policies = { export = jsonencode({ Version = "2012-10-17", Statement = [%s] }) }
  }
`
	read := `{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::invoices/*" }`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{
				Config:      config(server, fmt.Sprintf(escalation, `{ Sid = "All", Effect = "Allow", Action = "iam:*", Resource = "*" }`)),
				ExpectError: acctest.Says(`Identity would be an administrator … inline policy "export", statement 1 (Sid "All"), iam:*: it allows every action of IAM on every resource … Argument: aws_role.inline_policies["export"]. Rule: administrator (error).`),
				PlanOnly:    true,
			},
			{
				Config: "resource \"terraform_data\" \"action\" {\n  input = \"*\"\n}\n" +
					config(server, fmt.Sprintf(escalation, `{ Effect = "Allow", Action = terraform_data.action.output, Resource = "*" }`)),
				ExpectError: acctest.Says(`Identity would be an administrator`),
			},
			{Config: config(server, fmt.Sprintf(escalation, read))},
			{
				Config:      configFor(server, `policy = { enforcement = { escalation_needs_ticket = "error" } }`, fmt.Sprintf(escalation, read+`, { Effect = "Allow", Action = "s3:PutObject", Resource = "arn:aws:s3:::lake/*" }`)),
				ExpectError: acctest.Says(`Identity gains permissions without a new ticket … Argument: ticket. Rule: escalation_needs_ticket (error).`),
			},
			{
				Config: configFor(server, `policy = { enforcement = { escalation_needs_ticket = "error" } }`, "  ticket = \"SEC-77\"\n"+fmt.Sprintf(escalation, read+`, { Effect = "Allow", Action = "s3:PutObject", Resource = "arn:aws:s3:::lake/*" }`)),
			},
		},
	})
	if calls := server.CountCalls("iam:CreateRole"); calls != 1 {
		t.Errorf("%d roles were created", calls)
	}
}
