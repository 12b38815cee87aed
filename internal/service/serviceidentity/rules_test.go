package serviceidentity_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// rule is a custom rule with the message "broken: <name>".
func rule(name, expression string, further acctest.Values) acctest.Values {
	return acctest.Values{"name": name, "expression": expression, "message": "broken: " + name}.With(further)
}

// ruledBy is a provider whose policy has custom rules.
func ruledBy(t *testing.T, server *sim.Server, rules ...any) *acctest.Protocol {
	t.Helper()
	return acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"rules": rules}})
}

// TestRules judges a role and a user by all that a rule can see, together with the built-in rules.
func TestRules(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	role, user := lambdaRole(server), lambdaRole(server).With(acctest.Values{"aws_role": nil, "aws_user": acctest.Values{}})
	for name, of := range map[string]struct {
		rule   acctest.Values
		config acctest.Values
		says   []string
	}{
		"kept":  {rule("r", `identity.name == "invoice-export" && identity.kind == "aws_role" && identity.platform == "aws" && identity.category == "shared" && identity.account == "123456789012"`, nil), role, nil},
		"user":  {rule("r", `identity.kind == "aws_user" && identity.category == "enterprise_managed" && size(trust) == 0`, nil), user, nil},
		"trust": {rule("r", `trust == [governed.Trustee{kind: "service", name: "lambda.amazonaws.com"}]`, nil), role, nil},
		"trust as JSON": {
			rule("r", `trust.exists(t, t.kind == "anyone")`, nil), role.With(acctest.Values{"aws_role": acctest.Values{"assume_role_policy": lambdaTrust}}),
			[]string{"error : Policy rule is broken"},
		},
		"operation": {rule("r", `operation == "create" && old == null && now < identity.expiry`, nil), role, nil},
		"broken": {
			rule("prod_needs_ticket", `identity.environment != "prod" || has(identity.ticket)`, nil), role.With(acctest.Values{"environment": "prod", "owner": "test"}),
			[]string{
				"error owner: Owner names nobody",
				`error : Policy rule is broken … governed_service_identity "invoice-export": broken: prod_needs_ticket. … so that this is true:

  identity.environment != "prod" || has(identity.ticket)

Rule: custom:prod_needs_ticket (error).`,
			},
		},
		"warning on an argument": {
			rule("r", `has(identity.labels) && "team" in identity.labels`, acctest.Values{"enforcement": "warn", "attribute": "labels.team"}), role,
			[]string{`warning labels["team"]: Policy rule is broken … Argument: labels["team"]. Rule: custom:r (warn).`},
		},
		"off":                         {rule("r", `false`, acctest.Values{"enforcement": "off"}), role, nil},
		"cannot be judged":            {rule("r", `identity.labels["team"] == "a"`, nil), role, []string{"error : Policy rule is broken … the policy's rule r cannot be judged, and so counts as broken: no such key: team. What it guards against: broken: r. … has() or in"}},
		"cannot be judged, a warning": {rule("r", `old.owner == "a"`, acctest.Values{"enforcement": "warn"}), role, []string{"warning : Policy rule is broken … old is null"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ruledBy(t, server, of.rule).Resource(typeName).Plan(of.config).Want(t, of.says...)
		})
	}
}

// TestRulesAndUnknowns judges at plan what does not depend on what is unknown, and the rest at apply, before any write.
func TestRulesAndUnknowns(t *testing.T) {
	t.Parallel()
	rules := []any{
		rule("environment", `identity.environment in ["prod", "dev"]`, nil),
		rule("owner", `identity.environment == "dev" || identity.owner.startsWith("team-")`, nil),
		rule("trust", `trust.all(t, t.kind == "service")`, nil),
		rule("labels", `"team" in identity.labels`, acctest.Values{"enforcement": "warn"}),
	}
	later := acctest.Values{"owner": acctest.Unknown, "labels": acctest.Unknown, "aws_role": acctest.Values{"assume_role_policy": acctest.Unknown}}
	for name, of := range map[string]struct {
		config, known   acctest.Values
		atPlan, atApply []string
	}{
		"planned":    {acctest.Values{"environment": "test"}, nil, []string{"error : Policy rule is broken … broken: environment."}, nil},
		"not needed": {acctest.Values{"environment": "dev"}, acctest.Values{"labels": acctest.Values{"team": "a"}, "owner": "payments"}, nil, nil},
		"owner":      {acctest.Values{"environment": "prod"}, acctest.Values{"labels": acctest.Values{"team": "a"}, "owner": "payments"}, nil, []string{"error : Policy rule is broken … broken: owner."}},
		"trust":      {acctest.Values{"environment": "dev"}, acctest.Values{"labels": acctest.Values{"team": "a"}, "aws_role": acctest.Values{"assume_role_policy": accountTrust}}, nil, []string{"error : Policy rule is broken … broken: trust."}},
		"a warning":  {acctest.Values{"environment": "dev"}, acctest.Values{"labels": acctest.Values{}}, nil, []string{"warning : Policy rule is broken … broken: labels."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := ruledBy(t, server, rules...).Resource(typeName)
			config := lambdaRole(server).With(of.config)
			diags := r.Plan(config.With(later))
			diags.Want(t, of.atPlan...)
			if diags.Failed() {
				return
			}
			diags = r.ApplyPlanned(config.With(acctest.Values{"aws_role": acctest.Values{"assume_role_policy": lambdaTrust}}).With(of.known))
			diags.Want(t, of.atApply...)
			if diags.Failed() {
				wantWrites(t, server)
			}
		})
	}
}

// accountTrust lets another account in.
const accountTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`

// TestRulesOfUpdates compares with the identity as it was, after an apply and after an import.
func TestRulesOfUpdates(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Apply(lambdaRole(server).With(acctest.Values{"environment": "dev"})).Want(t)
	p := ruledBy(t, server,
		rule("environment_stays", `operation == "create" || old.environment == identity.environment`, acctest.Values{"attribute": "environment"}),
		rule("same_place", `old == null || (old.account == identity.account && old.kind == identity.kind && old.platform == identity.platform && old.category == identity.category)`, nil),
		rule("old_expiry", `old == null || old.expiry <= identity.expiry`, nil))
	r := p.Resource(typeName)
	r.Import(exportByID, nil).Want(t)
	for _, wrong := range []acctest.Values{{"environment": "prod"}, {"environment": "prod", "owner": acctest.Unknown}} {
		r.Plan(lambdaRole(server).With(wrong)).Want(t, "error environment: Policy rule is broken … broken: environment_stays.")
	}
	r.Apply(lambdaRole(server).With(acctest.Values{"environment": "dev", "purpose": "Hourly export of invoices to the data lake"})).Want(t)
	// What replaces an identity is judged as its update first.
	r.Plan(lambdaRole(server).With(acctest.Values{"environment": "prod", "name": "other"})).Want(t, "error environment: Policy rule is broken")
	r.Plan(lambdaRole(server).With(acctest.Values{"environment": "dev", "expiry": acctest.Date(server, 30)})).Want(t, "error : Policy rule is broken … broken: old_expiry.")
}

// TestRulesWhileValidating foretells what a plan would say together with what is wrong anyway, but for what nobody knows yet.
func TestRulesWhileValidating(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewProtocol(t, server)
	p.ValidateProvider(acctest.Values{"policy": acctest.Values{"rules": []any{
		rule("ticket", `has(identity.ticket)`, nil), rule("kind", `identity.kind != "aws_role"`, nil),
		rule("operation", `operation == "update"`, nil), rule("old", `old.owner == "a"`, nil), rule("account", `identity.account == "1"`, nil), rule("trust", `size(trust) == 0`, nil),
	}}}).Want(t)
	p.Resource(typeName).Validate(lambdaRole(server).With(acctest.Values{"purpose": ""})).Want(t,
		"error purpose: Metadata text is not usable", "error : Policy rule is broken … broken: ticket.", "error : Policy rule is broken … broken: kind.")
	p.Resource(typeName).Validate(lambdaRole(server)).Want(t)
}

// TestSimRules has Terraform refuse what breaks the guide's first rule, at plan or at apply, and apply what does not.
func TestSimRules(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	guide, err := os.ReadFile("../../../templates/guides/custom-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rules, _ := strings.Cut(string(guide), "  aws = {}\n")
	rules, _, _ = strings.Cut(rules, "\n}\n```")
	unknown := func(ticket string) string {
		return configFor(server, rules, "  environment = \"prod\"\n  ticket = terraform_data.ticket.output\n") + "resource \"terraform_data\" \"ticket\" { input = \"" + ticket + "\" }\n"
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{
				Config: configFor(server, rules, "  environment = \"prod\"\n"), PlanOnly: true,
				ExpectError: acctest.Says(`Policy rule is broken … needs the ticket that asked for it. … identity.environment != "prod" || … Argument: ticket. Rule: custom:prod_needs_ticket (error).`),
			},
			{Config: unknown("none"), ExpectError: acctest.Says("Policy rule is broken … custom:prod_needs_ticket (error).")},
			{Config: unknown("SEC-1")},
			{Config: unknown("SEC-1"), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
		},
	})
}

// TestSimBrokenRuleAndDestroy removes an identity that a rule has come to refuse, in the way that the rule's message names.
func TestSimBrokenRuleAndDestroy(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	under := func(expression string) string {
		return configFor(server, fmt.Sprintf("  policy = {\n    rules = [{ name = \"r\", message = \"broken\", expression = %q }]\n  }\n", expression), "  aws_role = { trust = { aws_services = [\"lambda.amazonaws.com\"] } }\n")
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{Config: under("true")},
			{Config: under("false"), Destroy: true, ExpectError: acctest.Says("Policy rule is broken … To remove the identity, take its block out of the configuration, or run terraform destroy -refresh=false.")},
			{Config: acctest.ProviderConfig(server, "")},
		},
		CheckDestroy: destroyed(t, server),
	})
}
