package serviceidentity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	foreignAccount = "999988887777"
	githubIssuer   = "token.actions.githubusercontent.com"
	githubARN      = "arn:aws:iam::" + sim.DefaultAccount + ":oidc-provider/" + githubIssuer
)

// letting is a statement of a trust policy.
func letting(principal, rest string) string {
	action := "sts:AssumeRole"
	if strings.Contains(principal, "Federated") {
		action = "sts:AssumeRoleWithWebIdentity"
	}
	return fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Principal":%s%s}`, action, principal, rest)
}

// trusted is a trust policy by hand.
func trusted(statements ...string) acctest.Values {
	return acctest.Values{"aws_role": acctest.Values{"assume_role_policy": `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`}}
}

func byRole(account, name string) string {
	return `{"AWS":"arn:aws:iam::` + account + `:role/` + name + `"}`
}

// workflows are those of GitHub that a subject fits.
func workflows(subject string) string {
	return letting(`{"Federated":"`+githubARN+`"}`, `,"Condition":{"StringEquals":{"`+githubIssuer+`:aud":"sts.amazonaws.com"},"StringLike":{"`+githubIssuer+`:sub":"`+subject+`"}}`)
}

func inEnvironment(environment string) acctest.Values {
	return acctest.Values{"environment": environment}
}

func github(environment string) acctest.Values {
	return acctest.Values{"github_actions": acctest.Values{"repository": "acme/shop", "environment": environment}}
}

// strict is a provider that takes every rule about trust for an error.
func strict(t *testing.T, server *sim.Server) *acctest.Protocol {
	t.Helper()
	return acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{
		"environment_isolation": "error", "reuse": "error", "third_party_trust": "error",
	}}})
}

const (
	crosses = "Trust crosses environments … "
	shared  = "Identity is shared … "
	open    = "Outsiders could use the identity … "
)

var untidyTrusts = map[string]violation{
	"own role": {trusted(letting(byRole(sim.DefaultAccount, "build"), "")), nil},
	"other environment": {inEnvironment("prod").With(trusted(letting(byRole(sim.DefaultAccount, "ci/build-dev"), ""))), []string{
		"aws_role.assume_role_policy: " + crosses + `"invoice-export": its environment is prod, but arn:aws:iam::123456789012:role/ci/build-dev says dev: who breaks into the one environment is in the other (OWASP NHI8). … ` +
			"Make an identity for each environment, and trust only principals of the same one. … Argument: aws_role.assume_role_policy. Rule: environment_isolation (<enforcement>).",
	}},
	"other environment's user":   {inEnvironment("prod").With(trusted(letting(`{"AWS":"arn:aws:iam::123456789012:user/test/relay"}`, ""))), []string{"aws_role.assume_role_policy: " + crosses + "user/test/relay says test"}},
	"job's environment":          {inEnvironment("prod").With(trusting(github("staging"))), []string{"aws_role.trust.github_actions: " + crosses + "its environment is prod, but repo:acme/shop:environment:staging says staging"}},
	"same environment":           {inEnvironment("production").With(trusting(github("prod"))), nil},
	"branch of an environment":   {inEnvironment("prod").With(trusting(acctest.Values{"github_actions": acctest.Values{"repository": "acme/shop", "branch": "dev"}})), []string{"aws_role.trust.github_actions: " + crosses + "repo:acme/shop:ref:refs/heads/dev says dev"}},
	"branches of one repository": {trusting(acctest.Values{"github_actions": acctest.Values{"repository": "acme/shop", "branch": "release/*"}}), nil},
	"name":                       {acctest.Values{"name": "export-prod"}.With(trusting(github("qa"))), []string{"aws_role.trust.github_actions: " + crosses + "its name says prod, but repo:acme/shop:environment:qa says qa"}},
	"two services": {trusting(acctest.Values{"aws_services": []string{"lambda.amazonaws.com", "ec2.amazonaws.com"}}), []string{
		"aws_role.trust.aws_services: " + shared + "2 clients share it, so a leak in one is a leak in all: ec2.amazonaws.com, lambda.amazonaws.com (OWASP NHI9). … Make an identity for each of them, with what that one needs. … Rule: reuse (<enforcement>).",
	}},
	"two presets":   {trusting(github("eu").With(acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}})), []string{"aws_role.trust: " + shared + "lambda.amazonaws.com, repo:acme/shop"}},
	"two documents": {trusted(letting(`{"Service":"lambda.amazonaws.com"}`, ""), workflows("repo:acme/shop:environment:eu")), []string{"aws_role.assume_role_policy: " + shared + "lambda.amazonaws.com, repo:acme/shop"}},
	"foreign account": {trusted(letting(`{"AWS":"`+foreignAccount+`"}`, "")), []string{
		"aws_role.assume_role_policy: " + open + "account 999988887777 can assume it from outside the accounts that are known as your own, and without an external id, so that a third party can be tricked into using it for somebody else (OWASP NHI3). … " +
			"Make it a governed_third_party_identity … aws:PrincipalOrgID … aws.allowed_account_ids. … Rule: third_party_trust (<enforcement>).",
	}},
	"foreign account with an external id": {trusted(letting(`{"AWS":"`+foreignAccount+`"}`, `,"Condition":{"StringEquals":{"sts:ExternalId":"0f8fad5b-d9cb-469f-a165"}}`)), []string{"aws_role.assume_role_policy: " + open + "known as your own (OWASP NHI3)"}},
	"own organisation":                    {trusted(letting(`{"AWS":"`+foreignAccount+`"}`, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`)), nil},
	"everybody from an address":           {trusted(letting(`"*"`, `,"Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}`)), []string{"aws_role.assume_role_policy: " + open + `its trust names "*": strangers can assume it unless its conditions keep them out, which were not judged (OWASP NHI4). … Name the principals`}},
	"any repository":                      {trusted(workflows("repo:acme/*")), []string{"aws_role.assume_role_policy: " + open + "every subject of " + githubIssuer + " that fits repo:acme/* can assume it, so that whoever can get such a token gets in (OWASP NHI6)"}},
	"all at once": {inEnvironment("prod").With(trusted(letting(byRole(foreignAccount, "dev"), ""), letting(`{"Service":"lambda.amazonaws.com"}`, ""))), []string{
		"aws_role.assume_role_policy: " + crosses, "aws_role.assume_role_policy: " + shared, "aws_role.assume_role_policy: " + open,
	}},
}

func (v violation) as(severity, enforcement string) []string {
	says := make([]string, len(v.says))
	for i, text := range v.says {
		says[i] = severity + " " + strings.ReplaceAll(text, "<enforcement>", enforcement)
	}
	return says
}

// TestUntidyTrust warns of a trust that is not isolated, or refuses it where the policy says so, at plan as at apply, and
// without a call for what is trusted.
func TestUntidyTrust(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	lenient, strict := acctest.NewConfiguredProtocol(t, server, nil), strict(t, server)
	everythingUnknown := acctest.Values{"environment": acctest.Unknown, "aws_role": acctest.Unknown}
	for name, c := range untidyTrusts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := lambdaRole(server).With(c.wrong)
			lenient.Resource(typeName).Plan(config).Want(t, c.as("warning", "warn")...)
			strict.Resource(typeName).Plan(config).Want(t, c.as("error", "error")...)
			if len(c.says) > 0 {
				r := strict.Resource(typeName)
				r.Plan(config.With(everythingUnknown)).Want(t)
				r.ApplyPlanned(config).Want(t, c.as("error", "error")...)
			}
		})
	}
	t.Cleanup(func() {
		wantWrites(t, server)
		if calls, asked := server.CountCalls(""), server.CountCalls("sts:GetCallerIdentity"); calls != asked {
			t.Errorf("%d calls were made besides those for the caller", calls-asked)
		}
	})
}

// TestRefusedTrust says nothing twice: what lets everybody in is an error by itself, whatever the policy, and what else is
// wrong with the trust is reported with it.
func TestRefusedTrust(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := lambdaRole(server).With(inEnvironment("prod")).With(trusted(letting(`{"AWS":"*"}`, ""), letting(byRole(sim.DefaultAccount, "build-dev"), ""), workflows("repo:*")))
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Plan(config).Want(t,
		"error aws_role.assume_role_policy: Trust is not safe … statement 1 allows every AWS account",
		"warning aws_role.assume_role_policy: "+crosses+"build-dev says dev",
		"warning aws_role.assume_role_policy: "+open+"fits repo:*")
}

// TestOwnAccounts takes the accounts for the enterprise's own that the provider may touch, or lists.
func TestOwnAccounts(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := lambdaRole(server).With(trusted(letting(byRole(foreignAccount, "build"), "")))
	for name, own := range map[string]acctest.Values{
		"allowed": {"allowed_account_ids": []string{sim.DefaultAccount, foreignAccount}},
		"listed":  {"inventory": acctest.Values{"accounts": []string{foreignAccount}, "role_name": "inventory"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.NewConfiguredProtocol(t, server, acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(own)}).Resource(typeName).Plan(config).Want(t)
		})
	}
}

// TestTrustOfExistingIdentities goes on with an identity that a stricter policy would not let pass: a warning in every
// plan until its trust, or the environment that it is for, is written anew.
func TestTrustOfExistingIdentities(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account(server).PutRole(simRole("build-dev", "/"))
	config := lambdaRole(server).With(inEnvironment("prod")).With(trusted(letting(byRole(sim.DefaultAccount, "build-dev"), "")))
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t, "warning aws_role.assume_role_policy: "+crosses)
	r = r.Under(strict(t, server))
	warning, refused := "warning aws_role.assume_role_policy: "+crosses+"(OWASP NHI8). … Rule: environment_isolation (warn).", "error aws_role.assume_role_policy: "+crosses
	r.Refresh().Want(t)
	r.Plan(config).Want(t, warning)
	if r.Changes() {
		t.Error("a stricter policy changes something")
	}
	r.Apply(config.With(acctest.Values{"purpose": "Hourly export of invoices to the data lake"})).Want(t, warning)
	r.Plan(config.With(inEnvironment("staging"))).Want(t, refused)
	r.Plan(config.With(trusted(letting(byRole(sim.DefaultAccount, "build-dev"), ""), letting(`{"Service":"lambda.amazonaws.com"}`, "")))).Want(t, refused)
	r.Plan(config.With(acctest.Values{"aws_role": acctest.Unknown})).Want(t)
	r.ApplyPlanned(config.With(trusting(github("dev")))).Want(t, "error aws_role.trust.github_actions: "+crosses)
	r.Apply(config.With(inEnvironment("dev"))).Want(t)
	r.Plan(config).Want(t, refused)
	r.Apply(nil).Want(t)
}

// TestWidenedConditionIsJudged takes a wider condition for another trust, although it names the same principals.
func TestWidenedConditionIsJudged(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	from := func(block string) acctest.Values {
		return lambdaRole(server).With(trusted(letting(`"*"`, `,"Condition":{"IpAddress":{"aws:SourceIp":"`+block+`"}}`)))
	}
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(from("198.51.100.0/24")).Want(t, "warning aws_role.assume_role_policy: "+open)
	r = r.Under(strict(t, server))
	r.Plan(from("198.51.100.0/24")).Want(t, "warning aws_role.assume_role_policy: "+open)
	r.Plan(from("198.51.0.0/16")).Want(t, "error aws_role.assume_role_policy: "+open)
}

// TestImportedTrustIsJudged imports a role that a stricter policy would not let pass.
func TestImportedTrustIsJudged(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	found := simRole(exportRole, "/")
	found.TrustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`
	account(server).PutRole(found)
	r := strict(t, server).Resource(typeName)
	r.Import(exportByID, nil).Want(t)
	two := trusting(acctest.Values{"aws_services": []string{"lambda.amazonaws.com", "ec2.amazonaws.com"}})
	r.Plan(lambdaRole(server).With(two)).Want(t, "error aws_role.trust.aws_services: "+shared)
	r.Apply(lambdaRole(server)).Want(t)
}

// TestSimTrustRules plays the rules with the real Terraform: a plan warns, a policy refuses, and what was let pass before
// goes on.
func TestSimTrustRules(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	c := acctest.NewCLI(t, server)
	write := func(policy, trust string) {
		c.Write("main.tf", "terraform {\n  required_providers {\n    governed = { source = \"nhi-governance/governed\" }\n  }\n}\n"+
			acctest.ProviderConfig(server, policy)+block(server, "export", exportRole, "  environment = \"prod\"\n  aws_role = { trust = "+trust+" }"))
	}
	const policy = `policy = { enforcement = { environment_isolation = "error", reuse = "error" } }`
	const two = `{ aws_services = ["lambda.amazonaws.com", "ec2.amazonaws.com"] }`
	write("", two)
	if text := c.Must("apply", "-auto-approve"); !acctest.Says("Warning: Identity is shared … 2 clients share it, so a leak in one is a leak in all: ec2.amazonaws.com, lambda.amazonaws.com (OWASP NHI9). … Argument: aws_role.trust.aws_services. Rule: reuse (warn).").MatchString(text) {
		t.Errorf("the apply does not warn:\n%s", text)
	}
	write(policy, two)
	if text := c.Must("plan", "-detailed-exitcode"); !acctest.Says("Warning: Identity is shared … Rule: reuse (warn).").MatchString(text) {
		t.Errorf("the plan does not warn:\n%s", text)
	}
	account(server).PutOIDCProvider("https://"+githubIssuer, []string{"sts.amazonaws.com"}, nil)
	write(policy, `{ aws_services = ["lambda.amazonaws.com"], github_actions = { repository = "acme/shop", environment = "dev" } }`)
	text, ok := c.Run("plan")
	if ok || !acctest.Says(`
		Error: Trust crosses environments … its environment is prod, but repo:acme/shop:environment:dev says dev: who breaks into the one environment is in the other (OWASP NHI8). …
		Make an identity for each environment … Argument: aws_role.trust.github_actions. Rule: environment_isolation (error).`).MatchString(text) ||
		!acctest.Says("Error: Identity is shared … lambda.amazonaws.com, repo:acme/shop (OWASP NHI9). … Argument: aws_role.trust. Rule: reuse (error).").MatchString(text) {
		t.Errorf("the plan says:\n%s", text)
	}
	write(policy, `{ github_actions = { repository = "acme/shop", environment = "prod" } }`)
	if text := c.Must("apply", "-auto-approve"); strings.Contains(text, "Warning") {
		t.Errorf("the apply warns:\n%s", text)
	}
	c.Must("plan", "-detailed-exitcode")
}
