package serviceidentity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// noAdministratorInProd is a rule over what an identity may do and something else, so that either can break it.
func noAdministratorInProd() acctest.Values {
	return rule("r", `identity.environment != "prod" || !("administrator" in classes)`, nil)
}

// unguarded is a provider whose built-in rules let everything pass.
func unguarded(t *testing.T, server *sim.Server, rules ...any) *acctest.Protocol {
	t.Helper()
	enforcement := acctest.Values{}
	for _, danger := range []string{"administrator", "privilege_escalation", "pass_role_unrestricted", "permissions_management", "credential_exposure", "data_exfiltration", "service_wildcard", "resource_wildcard_write"} {
		enforcement[danger] = "off"
	}
	return acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": enforcement, "rules": rules}})
}

// TestGrantRules judges roles and users by what they may do, whatever the built-in rules say of it.
func TestGrantRules(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	account(server).PutGroup(sim.Group{Name: "admins", InlinePolicies: map[string]string{"all": allowAll}})
	inline := func(document string) acctest.Values { return lambdaRole(server).With(policies("export", document)) }
	user := exporter(server).With(withUser(acctest.Values{"groups": []string{"admins"}}))
	for name, of := range map[string]struct {
		expression string
		config     acctest.Values
		broken     bool
	}{
		"classes":                     {`"administrator" in classes && "privilege_escalation" in classes`, inline(allowAll), false},
		"classes of an AWS policy":    {`classes[0] == "administrator"`, lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{administrator}})), false},
		"no class":                    {`classes == [] && grants.all(g, g.level == "Write" && g.actions == ["logs:PutLogEvents"] && g.resources == ["*"])`, inline(loggers), true},
		"a class":                     {`classes == ["resource_wildcard_write"]`, inline(writeAny), false},
		"nothing":                     {`classes == [] && grants == []`, lambdaRole(server), false},
		"grants":                      {`grants.exists(g, g.allows("s3:GetObject") && g.level == "Read" && g.resources == ["arn:aws:s3:::a/*"] && !g.conditioned)`, inline(allowing("s3:GetObject", "arn:aws:s3:::a/*")), false},
		"not granted":                 {`!grants.exists(g, g.allows("kms:Decrypt"))`, inline(allowing("kms:*", "*")), true},
		"everything":                  {`grants.exists(g, g.whole && g.services == [] && g.actions == ["*"])`, inline(allowAll), false},
		"taken away by the boundary":  {`!("administrator" in classes) && !grants.exists(g, g.allows("iam:CreateUser"))`, lambdaRole(server).With(withRole(acctest.Values{"inline_policies": acctest.Values{"export": allowAll}, "permissions_boundary_arn": readOnly})), false},
		"groups":                      {`"administrator" in classes`, user, false},
		"groups, broken":              {`!grants.exists(g, g.allows("iam:PassRole"))`, user, true},
		"what the identity is itself": {`identity.kind == "aws_user" && size(trust) == 0 && operation == "create" && "administrator" in classes`, user, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var says []string
			if of.broken {
				says = []string{"error : Policy rule is broken … broken: r."}
			}
			unguarded(t, server, rule("r", of.expression, nil)).Resource(typeName).Plan(of.config).Want(t, says...)
		})
	}
}

// TestGrantRulesAndUnknowns judges at apply, before any write, where a policy or the boundary is not known at plan.
func TestGrantRulesAndUnknowns(t *testing.T) {
	t.Parallel()
	bounded := func(boundary any) acctest.Values {
		return withRole(acctest.Values{"inline_policies": acctest.Values{"export": allowAll}, "permissions_boundary_arn": boundary})
	}
	for name, of := range map[string]struct {
		planned, known acctest.Values
		atApply        []string
	}{
		"broken":           {withRole(acctest.Values{"inline_policies": acctest.Values{"export": acctest.Unknown}}), policies("export", allowAll), []string{"error : Policy rule is broken … broken: r."}},
		"kept":             {withRole(acctest.Values{"inline_policies": acctest.Values{"export": acctest.Unknown}}), policies("export", loggers), nil},
		"managed policies": {withRole(acctest.Values{"managed_policy_arns": acctest.Unknown}), withRole(acctest.Values{"managed_policy_arns": []string{administrator}}), []string{"error : Policy rule is broken … broken: r."}},
		"bounded":          {bounded(acctest.Unknown), bounded(readOnly), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := unguarded(t, server, noAdministratorInProd()).Resource(typeName)
			config := lambdaRole(server).With(acctest.Values{"environment": "prod"})
			r.Plan(config.With(of.planned)).Want(t)
			diags := r.ApplyPlanned(config.With(of.known))
			if diags.Want(t, of.atApply...); diags.Failed() {
				wantWrites(t, server)
			}
		})
	}
}

// TestGrantRulesOfTheUnchanged judges an identity that keeps what it may do: the rule goes by its environment too, and no way
// around it leads through a change of that alone, or through an import.
func TestGrantRulesOfTheUnchanged(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{administrator}}))
	inProd := config.With(acctest.Values{"environment": "prod"})
	r := unguarded(t, server, noAdministratorInProd()).Resource(typeName)
	r.Apply(config.With(acctest.Values{"environment": "dev"})).Want(t)
	r.Plan(config.With(acctest.Values{"environment": "dev"})).Want(t)
	r.Plan(inProd).Want(t, "error : Policy rule is broken … broken: r.")
	r.Plan(config.With(acctest.Values{"environment": acctest.Unknown})).Want(t)
	r.ApplyPlanned(inProd).Want(t, "error : Policy rule is broken … broken: r.")
	imported := unguarded(t, server, noAdministratorInProd()).Resource(typeName)
	imported.Import(exportByID, nil).Want(t)
	imported.Plan(inProd).Want(t, "error : Policy rule is broken … broken: r.")

	// A rule that does not ask for what it may do costs no call for it, and one that does a read for each policy.
	for expression, want := range map[string]int{`identity.environment != "prod" || has(identity.owner)`: 0, `"administrator" in classes`: 1} {
		before := server.CountCalls("iam:GetPolicyVersion")
		p := unguarded(t, server, rule("r", expression, nil))
		for range 2 {
			other := p.Resource(typeName)
			other.Import(exportByID, nil).Want(t)
			other.Plan(config.With(acctest.Values{"environment": "dev"})).Want(t)
		}
		if got := server.CountCalls("iam:GetPolicyVersion") - before; got != want {
			t.Errorf("%s: %d policies were read", expression, got)
		}
	}
}

// TestGrantRulesUnread counts as broken, at plan already, where a policy may not be read, and only where the rule needs it.
func TestGrantRulesUnread(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	server.DenyActions(sim.DefaultAccount, "iam:GetPolicy")
	config := lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{administrator}}))
	r := unguarded(t, server, noAdministratorInProd()).Resource(typeName)
	unread := "warning aws_role.managed_policy_arns: Permissions are not judged"
	r.Plan(config.With(acctest.Values{"environment": "prod"})).Want(t, unread,
		"error : Policy rule is broken … the policy's rule r cannot be judged, and so counts as broken: it needs what is not known yet: classes; what the managed policy "+administrator+" allows is not judged, because the provider's credentials lack the permission iam:GetPolicy. What it guards against: broken: r.")
	r.Plan(config.With(acctest.Values{"environment": acctest.Unknown})).Want(t, unread)
	r.Apply(config.With(acctest.Values{"environment": "dev"})).Want(t, unread)
	// What is unchanged is not warned of again, but a rule that needs it is.
	r.Plan(config.With(acctest.Values{"environment": "dev"})).Want(t)
	r.Plan(config.With(acctest.Values{"environment": "prod"})).Want(t, "error : Policy rule is broken … it needs what is not known yet: classes; what the managed policy")
}

// TestGrantRulesToCome waits for a policy that is not there yet.
func TestGrantRulesToCome(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	missing := "arn:aws:iam::123456789012:policy/later"
	config := lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{missing}})).With(acctest.Values{"environment": "prod"})
	r := unguarded(t, server, noAdministratorInProd()).Resource(typeName)
	r.Plan(config).Want(t, "warning aws_role.managed_policy_arns: Permissions are not judged … there is no such policy yet")
	account(server).PutManagedPolicy(sim.ManagedPolicy{Name: "later", Document: allowAll})
	r.ApplyPlanned(config).Want(t, "error : Policy rule is broken … broken: r.")
	wantWrites(t, server)
}

// TestGrantRulesAndApprovals judges by a rule over classes, an approval and the names of actions at once, while an identity
// changes and when it is kept.
func TestGrantRulesAndApprovals(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	ours := func() *acctest.Protocol {
		return alice.approving(server, acctest.Values{"rules": []any{rule("r", `!("privilege_escalation" in classes) || identity.owner == "payments"`, nil)}})
	}
	config := func(token any, owner string) acctest.Values {
		return escalating(server, token).With(policies("export", strings.Replace(allowing("iam:PutRolePolicy", anyRole), `"iam:PutRolePolicy"`, `["iam:PutRolePolicy","s3:GetObjct"]`, 1))).With(acctest.Values{"owner": owner})
	}
	const unknown, broken = `warning aws_role.inline_policies["export"]: Policy names unknown actions … did you mean "s3:GetObject"?`, "error : Policy rule is broken … broken: r."
	r := ours().Resource(typeName)
	r.Plan(config(nil, "billing")).Want(t, refused, unknown, broken)
	r.Plan(config("requested", "billing")).Want(t, warned, "warning approval: Approval of permissions", unknown, broken)
	token := alice.sign(nil)
	r.Apply(config(token, "payments")).Want(t, effect, unknown)
	r = r.Under(ours())
	r.Plan(config(token, "payments")).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	r.Plan(config(token, "billing")).Want(t, broken)
	r.Plan(config(nil, "billing")).Want(t, broken)
	r.Plan(config(nil, "payments")).Want(t, "error approval: Approval of permissions … is not there any more")
}

// TestSimGrantRules has Terraform refuse a grant that a rule forbids, at plan, and at apply where it comes from a resource.
func TestSimGrantRules(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	const rules = `
  policy = {
    rules = [{
      name       = "kms_is_for_security"
      message    = "Only identities of the team security may decrypt with keys of any name"
      expression = "identity.owner == \"security\" || !grants.exists(g, g.allows(\"kms:Decrypt\") && \"*\" in g.resources)"
    }]
  }
`
	inline := func(document string) string {
		return fmt.Sprintf("  aws_role = {\n    trust = { aws_services = [\"lambda.amazonaws.com\"] }\n    inline_policies = { export = %s }\n  }\n", document)
	}
	later := func(document string) string {
		return configFor(server, rules, inline("terraform_data.policy.output")) + fmt.Sprintf("resource \"terraform_data\" \"policy\" { input = %q }\n", document)
	}
	broken := acctest.Says(`Policy rule is broken … Only identities of the team security may decrypt with keys of any name. … Rule: custom:kms_is_for_security (error).`)
	named := allowing("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/1")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{Config: configFor(server, rules, inline(fmt.Sprintf("%q", allowing("kms:Decr*", "*")))), PlanOnly: true, ExpectError: broken},
			{Config: later(allowing("kms:Decrypt", "*")), ExpectError: broken},
			{Config: later(named)},
			{Config: later(named), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
		},
	})
}
