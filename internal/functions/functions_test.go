package functions_test

import (
	"fmt"
	"math/big"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/functions"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// call calls any function, and gives what it returns beside its error.
func call(t *testing.T, f function.Function, arguments ...attr.Value) (attr.Value, *function.FuncError) {
	t.Helper()
	var definition function.DefinitionResponse
	f.Definition(t.Context(), function.DefinitionRequest{}, &definition)
	result, funcErr := definition.Definition.Return.NewResultData(t.Context())
	if funcErr != nil {
		t.Fatal(funcErr)
	}
	resp := function.RunResponse{Result: result}
	f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData(arguments)}, &resp)
	return resp.Result.Value(), resp.Error
}

func TestExpiryAfter(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		timestamp string
		days      float64
		want      string
	}{
		{"2026-11-22", 90, "2027-02-20"},
		{"2026-11-22T08:00:00Z", 90, "2027-02-20"},
		{"2026-11-22T08:00:00.123456Z", 0, "2026-11-22"},
		{"2026-11-22T23:00:00-05:00", 1, "2026-11-24"},
		{"2028-02-29", 365, "2029-02-28"},
	} {
		got, err := call(t, functions.NewExpiryAfter(), text(of.timestamp), types.NumberValue(big.NewFloat(of.days)))
		if err != nil || !got.Equal(text(of.want)) {
			t.Errorf("%g days after %s: %s, %v, want %s", of.days, of.timestamp, got, err, of.want)
		}
	}
}

func TestExpiryAfterRefuses(t *testing.T) {
	t.Parallel()
	const forms = ` is neither a date such as "2026-11-22" nor an RFC 3339 time such as "2026-11-22T08:00:00Z"`
	for _, of := range []struct {
		timestamp string
		days      float64
		argument  int64
		says      string
	}{
		{"", 1, 0, `""` + forms},
		{"tomorrow", 1, 0, `"tomorrow"` + forms},
		{"2026-02-29", 1, 0, `"2026-02-29"` + forms},
		{"2026-11-22 08:00:00", 1, 0, `"2026-11-22 08:00:00"` + forms},
		{"2026-11-22T08:00:00", 1, 0, `"2026-11-22T08:00:00"` + forms},
		{"22.11.2026", 1, 0, `"22.11.2026"` + forms},
		{" 2026-11-22", 1, 0, `" 2026-11-22"` + forms},
		{"2026-11-22", -1, 1, "-1 is not a number of days from 0 to 36500"},
		{"2026-11-22", 36501, 1, "36501 is not a number of days from 0 to 36500"},
		{"2026-11-22", 1.5, 1, "1.5 is no number of days: write a whole one, such as 90"},
		{"2026-11-22", 10.0 / 3, 1, "3.333333333 is no number of days: write a whole one, such as 90"},
		{"2026-11-22", 1e30, 1, "1e+30 is no number of days: write a whole one, such as 90"},
		{"9999-12-01", 30, 1, "30 days after 9999-12-01 is no date that an expiry can be: its year has four digits, and it has a day after it"},
	} {
		_, err := call(t, functions.NewExpiryAfter(), text(of.timestamp), types.NumberValue(big.NewFloat(of.days)))
		if !err.Equal(function.NewArgumentFuncError(of.argument, of.says)) {
			t.Errorf("%g days after %q: %v", of.days, of.timestamp, err)
		}
	}
}

const (
	guid  = "11111111-2222-3333-4444-555555555555"
	armID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mi"
)

func TestParseIdentityID(t *testing.T) {
	t.Parallel()
	null := types.StringNull()
	for given, want := range map[string][]attr.Value{ // id, platform, account, kind, path, name, resource
		"aws:123456789012:role/invoice-export":        {text("aws:123456789012:role/invoice-export"), text("aws"), text("123456789012"), text("aws_role"), text("/"), text("invoice-export"), text("invoice-export")},
		"aws:123456789012:user/ci/mail/relay@corp":    {text("aws:123456789012:user/ci/mail/relay@corp"), text("aws"), text("123456789012"), text("aws_user"), text("/ci/mail/"), text("relay@corp"), text("ci/mail/relay@corp")},
		"arn:aws:iam::123456789012:role/ci/jenkins":   {text("aws:123456789012:role/ci/jenkins"), text("aws"), text("123456789012"), text("aws_role"), text("/ci/"), text("jenkins"), text("ci/jenkins")},
		"arn:aws-us-gov:iam::123456789012:user/relay": {text("aws:123456789012:user/relay"), text("aws"), text("123456789012"), text("aws_user"), text("/"), text("relay"), text("relay")},
		"azure:" + armID:                               {text("azure:" + armID), text("azure"), null, text("azure_managed_identity"), null, text("mi"), text(armID)},
		"entra:" + guid + ":application/" + guid:       {text("entra:" + guid + ":application/" + guid), text("entra"), text(guid), text("entra_application"), null, text(guid), text(guid)},
		"entra:" + guid + ":service_principal/" + guid: {text("entra:" + guid + ":service_principal/" + guid), text("entra"), text(guid), text("entra_service_principal"), null, text(guid), text(guid)},
	} {
		got, err := call(t, functions.NewParseIdentityID(), text(given))
		if err != nil {
			t.Errorf("%s: %v", given, err)
			continue
		}
		attributes := map[string]attr.Value{}
		for i, name := range []string{"id", "platform", "account", "kind", "path", "name", "resource"} {
			attributes[name] = want[i]
		}
		if !got.Equal(object(attributes)) {
			t.Errorf("%s is %s", given, got)
		}
	}
}

func TestParseIdentityIDRefuses(t *testing.T) {
	t.Parallel()
	canonical := func(given, reason string) string {
		return fmt.Sprintf("%q is not a canonical identity id: %s; the forms are %s", given, reason, governance.IDForms)
	}
	arn := func(given string) string {
		return fmt.Sprintf("%q is not the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/ci/jenkins; the other forms are %s", given, governance.IDForms)
	}
	for given, says := range map[string]string{
		"":                                      canonical("", "it has no platform in front of a colon"),
		"invoice-export":                        canonical("invoice-export", "it has no platform in front of a colon"),
		"aws:12345:role/x":                      canonical("aws:12345:role/x", `"12345" is not an AWS account id of 12 digits`),
		"aws:123456789012:group/x":              canonical("aws:123456789012:group/x", `the platform aws has no kind of identity called "group"`),
		"gcp:project:role/x":                    canonical("gcp:project:role/x", `the platform "gcp" is unknown`),
		"azure:/subscriptions/s":                canonical("azure:/subscriptions/s", "what follows azure: is not the ARM id of a user-assigned managed identity"),
		"arn:aws:iam::123456789012:policy/read": arn("arn:aws:iam::123456789012:policy/read"),
		"arn:aws:iam::123456789012:root":        arn("arn:aws:iam::123456789012:root"),
		"arn:aws:sts::123456789012:assumed-role/jenkins/host": arn("arn:aws:sts::123456789012:assumed-role/jenkins/host"),
	} {
		_, err := call(t, functions.NewParseIdentityID(), text(given))
		if !err.Equal(function.NewArgumentFuncError(0, says)) {
			t.Errorf("%s: %v", given, err)
		}
	}
}

// TestSimFunctionRefusals shows what a user reads.
func TestSimFunctionRefusals(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct{ expression, says string }{
		"timestamp":      {`expiry_after("tomorrow", 90)`, `Invalid value for "timestamp" parameter: "tomorrow" is neither a date such as "2026-11-22" nor an RFC 3339 time such as "2026-11-22T08:00:00Z"`},
		"null timestamp": {`expiry_after(null, 90)`, `Invalid value for "timestamp" parameter: argument must not be null`},
		"days":           {`expiry_after("2026-11-22", -1)`, `Invalid value for "days" parameter: -1 is not a number of days from 0 to 36500`},
		"half a day":     {`expiry_after("2026-11-22", 1.5)`, `Invalid value for "days" parameter: 1.5 is no number of days: write a whole one, such as 90`},
		"days in words":  {`expiry_after("2026-11-22", "many")`, `Invalid value for "days" parameter: a number is required`},
		"null days":      {`expiry_after("2026-11-22", null)`, `Invalid value for "days" parameter: argument must not be null`},
		"id":             {`parse_identity_id("jenkins")`, `Invalid value for "id" parameter: "jenkins" is not a canonical identity id: it has no platform in front of a colon; the forms are aws:<account>:role/<path><name>, aws:`},
		"ARN":            {`parse_identity_id("arn:aws:iam::aws:policy/ReadOnlyAccess")`, `"arn:aws:iam::aws:policy/ReadOnlyAccess" is not the ARN of an IAM role or user, such as`},
		"null id":        {`parse_identity_id(null)`, `Invalid value for "id" parameter: argument must not be null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(server),
				Steps: []resource.TestStep{{
					Config:      "output \"result\" { value = provider::governed::" + of.expression + " }\n",
					ExpectError: regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(of.says), " ", `\s+`)),
				}},
			})
		})
	}
}

// TestSimFunctionsUnknown leaves a result unknown at plan as long as an argument is.
func TestSimFunctionsUnknown(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct {
		input, expression, want string
	}{
		"timestamp": {`"2026-11-22"`, `expiry_after(terraform_data.later.output, 90)`, "2027-02-20"},
		"days":      {`90`, `expiry_after("2026-11-22", terraform_data.later.output)`, "2027-02-20"},
		"id":        {`"arn:aws:iam::123456789012:role/ci/jenkins"`, `parse_identity_id(terraform_data.later.output).path`, "/ci/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(server),
				Steps: []resource.TestStep{{
					Config:            "resource \"terraform_data\" \"later\" { input = " + of.input + " }\noutput \"result\" { value = provider::governed::" + of.expression + " }\n",
					ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectUnknownOutputValue("result")}},
					ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("result", knownvalue.StringExact(of.want))},
				}},
			})
		})
	}
}

// start is a day from which what the tests below write lies ahead.
var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// TestSimExpiryStands follows the documentation's way to an expiry that counts from the first plan: it is known and judged at
// plan, no later plan moves it, and a replacement renews it.
func TestSimExpiryStands(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	c := acctest.NewCLI(t, server)
	firstPlan := server.Clock().Now().UTC().AddDate(0, 0, -10).Format(time.RFC3339)
	write := func(input string, days int) {
		c.Write("role.tf", fmt.Sprintf(`
resource "terraform_data" "granted" {
  input = %s
  lifecycle {
    ignore_changes = [input]
  }
}
resource "governed_service_identity" "this" {
  name     = "invoice-export"
  owner    = "payments"
  purpose  = "Nightly export of invoices to the data lake"
  expiry   = provider::governed::expiry_after(terraform_data.granted.input, %d)
  aws_role = { trust = { aws_services = ["lambda.amazonaws.com"] } }
}
output "granted" { value = terraform_data.granted.input }
output "expiry" { value = governed_service_identity.this.expiry }
`, input, days))
	}
	write(fmt.Sprintf("%q", firstPlan), 90)
	c.Must("apply", "-auto-approve")
	acctest.WantSame(t, "expiry", c.Output("expiry"), acctest.Date(server, 80))

	write("plantimestamp()", 90)
	if output := c.Must("plan"); !strings.Contains(output, "No changes.") {
		t.Errorf("a later plan says:\n%s", output)
	}
	write("plantimestamp()", 400)
	if output, ok := c.Run("plan"); ok || !strings.Contains(output, "Expiry is too far ahead") {
		t.Errorf("the plan of 400 days is not refused:\n%s", output)
	}
	write("plantimestamp()", 90)
	c.Must("apply", "-auto-approve", "-replace=terraform_data.granted")
	if granted := c.Output("granted"); granted <= firstPlan {
		t.Errorf("the replacement left %s, which was %s", granted, firstPlan)
	}
	renewed, err := call(t, functions.NewExpiryAfter(), text(c.Output("granted")), types.NumberValue(big.NewFloat(90)))
	if err != nil || !renewed.Equal(text(c.Output("expiry"))) {
		t.Errorf("the expiry of the replacement is %s, not %s (%v)", c.Output("expiry"), renewed, err)
	}
}

// TestSimCheck plans the example's check block, which warns once there is what it is about.
func TestSimCheck(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t, sim.WithClock(start))
	account := server.Account(sim.DefaultAccount)
	account.PutRole(sim.Role{Name: "jenkins", Path: "/ci/"})
	example, err := os.ReadFile("../../examples/functions/parse_identity_id/function.tf")
	if err != nil {
		t.Fatal(err)
	}
	c := acctest.NewCLI(t, server)
	c.Write("check.tf", string(example))
	if output := c.Must("plan"); strings.Contains(output, "Check block assertion failed") || !strings.Contains(output, `"/ci/" = [`) {
		t.Errorf("the plan without users says:\n%s", output)
	}
	account.PutUser(sim.User{Name: "relay"})
	if output := c.Must("plan"); !strings.Contains(output, "Check block assertion failed") || !strings.Contains(output, "IAM users: relay.") {
		t.Errorf("the plan with a user says:\n%s", output)
	}
}

// TestSimTerraformTest runs the tests of a module that the guide on policies shows.
func TestSimTerraformTest(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.FunctionsInTests)
	server := acctest.NewSim(t, sim.WithClock(start))
	c := acctest.NewCLI(t, server)
	guide, err := os.ReadFile("../../templates/guides/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	const begin = "```terraform\n# tests/identity.tftest.hcl\n"
	_, after, found := strings.Cut(string(guide), begin)
	block, _, closed := strings.Cut(after, "\n```\n")
	if !found || !closed {
		t.Fatal("the guide has no test of a module")
	}
	c.Write("module.tf", moduleUnderTest)
	c.Write("tests/identity.tftest.hcl", block+"\n")
	output := c.Must("test")
	if !strings.Contains(output, "Success! 2 passed, 0 failed.") {
		t.Errorf("terraform test says:\n%s", output)
	}
	c.Write("module.tf", strings.Replace(moduleUnderTest, `"/billing/"`, `"/shop/"`, 1))
	if output, ok := c.Run("test"); ok || !strings.Contains(output, "1 passed, 1 failed") || !strings.Contains(output, "The role belongs below /billing/.") {
		t.Errorf("terraform test of another path says:\n%s", output)
	}
}

// moduleUnderTest is what the guide's test is about.
const moduleUnderTest = `
variable "granted" { default = "2026-11-22" }
variable "days" { default = 90 }

resource "governed_service_identity" "export" {
  name    = "invoice-export"
  owner   = "payments"
  purpose = "Nightly export of invoices to the data lake"
  expiry  = provider::governed::expiry_after(var.granted, var.days)
  aws_role = {
    path  = "/billing/"
    trust = { aws_services = ["lambda.amazonaws.com"] }
  }
}
`
