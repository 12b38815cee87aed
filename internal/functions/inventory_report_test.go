package functions_test

import (
	"context"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/functions"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// run calls the function.
func run(t *testing.T, identities attr.Value, format string, gaps ...attr.Value) (string, *function.FuncError) {
	t.Helper()
	resp := function.RunResponse{Result: function.NewResultData(types.StringUnknown())}
	functions.NewInventoryReport().Run(t.Context(), function.RunRequest{
		Arguments: function.NewArgumentsData([]attr.Value{types.DynamicValue(identities), types.StringValue(format), tuple(gaps...)}),
	}, &resp)
	text, ok := resp.Result.Value().(types.String)
	if !ok {
		t.Fatalf("the result is %v", resp.Result.Value())
	}
	return text.ValueString(), resp.Error
}

func object(attributes map[string]attr.Value) attr.Value {
	kinds := map[string]attr.Type{}
	for name, value := range attributes {
		kinds[name] = value.Type(context.Background())
	}
	return types.ObjectValueMust(kinds, attributes)
}

func tuple(elements ...attr.Value) attr.Value {
	kinds := make([]attr.Type, len(elements))
	for i, element := range elements {
		kinds[i] = element.Type(context.Background())
	}
	return types.TupleValueMust(kinds, elements)
}

func text(value string) attr.Value { return types.StringValue(value) }

// TestDecode reads every attribute, leaves out those that it does not know, and takes missing ones for not known.
func TestDecode(t *testing.T) {
	t.Parallel()
	full := map[string]attr.Value{
		"last_used_known": types.BoolValue(true), "risk_score": types.Int64Value(120), "foreign": text("x"), "owner": types.StringNull(),
		"systems": types.ListValueMust(types.StringType, []attr.Value{text("a")}), "labels": types.MapValueMust(types.StringType, map[string]attr.Value{"k": text("v")}),
		"classes":       tuple(text("administrator")),
		"privileges":    types.SetValueMust(types.StringType, []attr.Value{text("p")}),
		"trust":         tuple(object(map[string]attr.Value{"kind": text("service"), "external": types.BoolValue(true), "subjects": tuple(text("s")), "audiences": tuple(text("a")), "external_id": types.BoolValue(true)})),
		"credentials":   tuple(object(map[string]attr.Value{"kind": text("access_key"), "active": types.BoolValue(true), "last_used_known": types.BoolValue(true)})),
		"unused_access": tuple(object(map[string]attr.Value{"kind": text("identity"), "watcher": text("w"), "days": types.Int64Value(90), "analyzed_at": text("2026-01-01T00:00:00Z")})),
		"findings":      tuple(object(map[string]attr.Value{"code": text("unowned"), "severity": text("high"), "owasp": text("NHI1"), "message": text("m"), "remedy": text("r")})),
	}
	for _, name := range []string{"id", "name", "platform", "kind", "category", "account", "purpose", "expiry", "environment", "ticket", "managed_by", "created_at", "last_used_at", "last_used_service", "last_used_region", "import_id"} {
		full[name] = text("the " + name)
	}
	got, funcErr := run(t, tuple(object(full), object(map[string]attr.Value{"id": text("bare")})), "json")
	if funcErr != nil {
		t.Fatal(funcErr)
	}
	var document struct{ Identities []map[string]any }
	if err := json.Unmarshal([]byte(got), &document); err != nil {
		t.Fatal(err)
	}
	read, bare := document.Identities[0], document.Identities[1]
	for name := range full {
		value, ok := read[name]
		switch name {
		case "foreign":
			if ok {
				t.Error("an attribute that nobody knows is in the report")
			}
		case "owner":
			acctest.WantSame(t, name, value, nil)
		default:
			if value == nil || value == false {
				t.Errorf("%s is not read", name)
			}
		}
	}
	acctest.WantSame(t, "score", read["risk_score"], 120.0)
	acctest.WantSame(t, "name", read["name"], "the name")
	for name, want := range map[string]any{"owner": nil, "risk_score": nil, "last_used_known": false} {
		acctest.WantSame(t, "bare."+name, bare[name], want)
	}
}

func texts(values ...string) attr.Value {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = text(value)
	}
	return types.ListValueMust(types.StringType, elements)
}

// TestGaps joins the lists, and tells no list from empty ones.
func TestGaps(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		lists          []attr.Value
		complete, gaps any
	}{
		"none":     {nil, nil, nil},
		"empty":    {[]attr.Value{texts(), texts()}, true, []any{}},
		"one":      {[]attr.Value{texts("b", "a")}, false, []any{"b", "a"}},
		"several":  {[]attr.Value{texts("b", "a"), texts(), texts("c", "b", "c")}, false, []any{"b", "a", "c"}},
		"repeated": {[]attr.Value{texts("a", "a")}, false, []any{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, funcErr := run(t, tuple(), "json", of.lists...)
			if funcErr != nil {
				t.Fatal(funcErr)
			}
			var document map[string]any
			if err := json.Unmarshal([]byte(got), &document); err != nil {
				t.Fatal(err)
			}
			acctest.WantSame(t, "complete", document["complete"], of.complete)
			acctest.WantSame(t, "gaps", document["gaps"], of.gaps)
		})
	}
}

// TestGapsRefused refuses gaps that say nothing, and names the list.
func TestGapsRefused(t *testing.T) {
	t.Parallel()
	null := types.ListValueMust(types.StringType, []attr.Value{text("a"), types.StringNull()})
	for name, of := range map[string]struct {
		lists    []attr.Value
		argument int64
		at       string
	}{
		"null":  {[]attr.Value{texts("a"), null}, 3, "gaps[1]"},
		"empty": {[]attr.Value{texts("")}, 2, "gaps[0]"},
		"blank": {[]attr.Value{texts("a", "b", " \n")}, 2, "gaps[2]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, tuple(), "json", of.lists...)
			if !err.Equal(function.NewArgumentFuncError(of.argument, of.at+" says nothing: give what a data source returns as gaps, such as data.governed_identities.all.gaps")) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const fix = ": give what a data source returns as identities, such as data.governed_unowned_identities.all.identities"
	for name, of := range map[string]struct {
		identities attr.Value
		format     string
		argument   int64
		says       string
	}{
		"format":         {tuple(), "pdf", 1, `"pdf" is no format: use one of html, markdown, csv, json, sarif`},
		"format in caps": {tuple(), "HTML", 1, `"HTML" is no format: use one of html, markdown, csv, json, sarif`},
		"string":         {text("x"), "csv", 0, "identities is a string and not a list of objects" + fix},
		"data source":    {object(map[string]attr.Value{"identities": tuple()}), "csv", 0, "identities is an object and not a list of objects" + fix},
		"map":            {types.MapValueMust(types.StringType, nil), "csv", 0, "identities is a map and not a list of objects" + fix},
		"of strings":     {tuple(text("aws:1:role/x")), "csv", 0, "identities[0] is a string and not an object" + fix},
		"null in it":     {tuple(object(nil), types.ObjectNull(nil)), "csv", 0, "identities[1] is null and not an object" + fix},
		"text":           {tuple(object(map[string]attr.Value{"name": types.BoolValue(true)})), "csv", 0, "identities[0].name is a bool and not a string" + fix},
		"flag":           {tuple(object(map[string]attr.Value{"last_used_known": text("yes")})), "csv", 0, "identities[0].last_used_known is a string and not a bool" + fix},
		"score":          {tuple(object(map[string]attr.Value{"risk_score": types.Float64Value(1.5)})), "csv", 0, "identities[0].risk_score is a number and not a whole number" + fix},
		"findings":       {tuple(object(map[string]attr.Value{"findings": text("x")})), "csv", 0, "identities[0].findings is a string and not a list of objects" + fix},
		"finding":        {tuple(object(map[string]attr.Value{"findings": tuple(object(nil), object(map[string]attr.Value{"code": tuple()}))})), "csv", 0, "identities[0].findings[1].code is a list and not a string" + fix},
		"systems":        {tuple(object(map[string]attr.Value{"systems": tuple(text("a"), types.Int64Value(1))})), "csv", 0, "identities[0].systems[1] is a number and not a string" + fix},
		"labels":         {tuple(object(map[string]attr.Value{"labels": tuple()})), "csv", 0, "identities[0].labels is a list and not a map of strings" + fix},
		"label":          {tuple(object(map[string]attr.Value{"labels": object(map[string]attr.Value{"a": types.BoolValue(true)})})), "csv", 0, `identities[0].labels["a"] is a bool and not a string` + fix},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, of.identities, of.format)
			if !err.Equal(function.NewArgumentFuncError(of.argument, of.says)) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// TestSimInventoryReport writes reports through Terraform, of a role whose name and tags mean harm.
func TestSimInventoryReport(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "=cmd@x", Tags: map[string]string{"nhi:owner": "@payments", "team": "a:+b"}})
	list := "data.governed_unowned_identities.all.identities"
	config := acctest.ProviderConfig(server, "") + `
data "governed_unowned_identities" "all" {}
locals {
  reports = { for format in ["html", "markdown", "csv", "json", "sarif"] : format => provider::governed::inventory_report(` + list + `, format) }
}
output "html" { value = startswith(local.reports.html, "<!doctype html>") }
output "markdown" { value = strcontains(local.reports.markdown, "| ` + "`@payments`" + ` |") }
output "csv" { value = csvdecode(local.reports.csv)[0].name }
output "json" { value = jsondecode(local.reports.json).identities[0].name }
output "sarif" { value = jsondecode(local.reports.sarif).runs[0].results[0].ruleId }
output "gaps" { value = jsondecode(provider::governed::inventory_report(` + list + `, "json", data.governed_unowned_identities.all.gaps)).complete }
output "open" {
  value = jsondecode(provider::governed::inventory_report(` + list + `, "sarif", data.governed_unowned_identities.all.gaps, ["<b>one</b>", "two"], ["two"])).runs[0].invocations[0].toolExecutionNotifications[*].message.text
}
output "joined" { value = jsondecode(provider::governed::inventory_report(concat(` + list + `, [{ name = "mine", owner = null }]), "json")).summary.total }
`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownOutputValue("html", knownvalue.Bool(true)),
				statecheck.ExpectKnownOutputValue("markdown", knownvalue.Bool(true)),
				statecheck.ExpectKnownOutputValue("csv", knownvalue.StringExact("'=cmd@x")),
				statecheck.ExpectKnownOutputValue("json", knownvalue.StringExact("=cmd@x")),
				statecheck.ExpectKnownOutputValue("sarif", knownvalue.StringExact("no_expiry")),
				statecheck.ExpectKnownOutputValue("gaps", knownvalue.Bool(true)),
				statecheck.ExpectKnownOutputValue("open", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("<b>one</b>"), knownvalue.StringExact("two")})),
				statecheck.ExpectKnownOutputValue("joined", knownvalue.Int64Exact(2)),
			},
		}},
	})
}

// TestSimUnknown leaves the report unknown at plan as long as anything in it is.
func TestSimUnknown(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	unknown := func(arguments string) string {
		return `
resource "terraform_data" "later" { input = "later" }
output "report" { value = provider::governed::inventory_report(` + arguments + `) }
`
	}
	for name, arguments := range map[string]string{
		"deep":  `[{ id = "a", findings = [{ code = terraform_data.later.output }] }], "csv"`,
		"whole": `terraform_data.later.output == "later" ? [{ id = "a" }] : [], "csv"`,
		"gap":   `[{ id = "a" }], "csv", [], [terraform_data.later.output]`,
		"gaps":  `[{ id = "a" }], "csv", terraform_data.later.output == "later" ? tolist(["one"]) : tolist([])`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(server),
				Steps: []resource.TestStep{{
					Config:            unknown(arguments),
					ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectUnknownOutputValue("report")}},
					ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("report", knownvalue.StringRegexp(regexp.MustCompile(`(?m)^a,`)))},
				}},
			})
		})
	}
}

// TestSimRefusals shows what a user reads.
func TestSimRefusals(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct{ arguments, says string }{
		"format": {`[], "pdf"`, `"pdf"\s+is\s+no\s+format:\s+use\s+one\s+of\s+html,\s+markdown,\s+csv,\s+json,\s+sarif`},
		"string": {`"x", "csv"`, `identities\s+is\s+a\s+string\s+and\s+not\s+a\s+list\s+of\s+objects`},
		"null":   {`null, "csv"`, `argument\s+must\s+not\s+be\s+null`},
		"gaps":   {`[], "csv", null`, `argument\s+must\s+not\s+be\s+null`},
		"gap":    {`[], "csv", ["a", null]`, `gaps\[1\]\s+says\s+nothing:\s+give\s+what\s+a\s+data\s+source\s+returns\s+as\s+gaps`},
		"text":   {`[], "csv", "a"`, `list\s+of\s+string\s+required`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(server),
				Steps: []resource.TestStep{{
					Config:      `output "report" { value = provider::governed::inventory_report(` + of.arguments + ") }\n",
					ExpectError: regexp.MustCompile(of.says),
				}},
			})
		})
	}
}
