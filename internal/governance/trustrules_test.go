package governance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// The trust of these tests.
const ownAccount, partyAccount = "123456789012", "999988887777"

var (
	declared = []string{"aws_role", "trust", "github_actions"}
	written  = []string{"aws_role", "assume_role_policy"}
)

func trustedRole(account, name string) governance.Trustee {
	return governance.Trustee{Kind: governance.TrusteeRole, Name: "arn:aws:iam::" + account + ":role/" + name, Account: account, External: account != ownAccount}
}

func trustedService(name string) governance.Trustee {
	return governance.Trustee{Kind: governance.TrusteeService, Name: name}
}

func trustedWorkflow(subjects ...string) governance.Trustee {
	return governance.Trustee{Kind: governance.TrusteeWebIdentity, Name: "token.actions.githubusercontent.com", Subjects: subjects, Audiences: []string{"sts.amazonaws.com"}}
}

// trusting is a subject with one clause.
func trusting(trustees ...governance.Trustee) governance.Subject {
	subject := valid()
	subject.Metadata.Environment = "prod"
	subject.Trust = governance.Trust{Accounts: []string{ownAccount}, Clauses: []governance.TrustClause{{Attribute: written, Trustees: trustees}}}
	return subject
}

func TestTrustRules(t *testing.T) {
	t.Parallel()
	known := trustedRole(partyAccount, "collector")
	known.ExternalID = true
	bounded := trustedRole(partyAccount, "collector")
	bounded.Organization = "o-a1b2c3d4e5"
	unread := governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*", External: true, Conditioned: true}
	anyAudience := trustedWorkflow("repo:acme/shop:ref:refs/heads/main")
	anyAudience.Audiences = nil
	for name, c := range map[string]struct {
		subject governance.Subject
		change  func(*governance.Subject)
		want    []string // rule, attribute and part of the message
	}{
		"one service":   {trusting(trustedService("lambda.amazonaws.com")), nil, nil},
		"own principal": {trusting(trustedRole(ownAccount, "build"), trustedRole(ownAccount, "prod/deploy")), nil, nil},
		"other environment": {trusting(trustedRole(ownAccount, "build-dev")), nil, []string{
			"environment_isolation aws_role.assume_role_policy its environment is prod, but arn:aws:iam::123456789012:role/build-dev says dev: who breaks into the one environment is in the other (OWASP NHI8)",
		}},
		"other environment by path": {trusting(trustedRole(ownAccount, "staging/build")), nil, []string{"environment_isolation aws_role.assume_role_policy role/staging/build says staging"}},
		"other environment by name": {
			trusting(trustedRole(ownAccount, "build-dev")), func(s *governance.Subject) { s.Metadata.Environment, s.Name = "", "prod-export" },
			[]string{"environment_isolation aws_role.assume_role_policy its name says prod, but arn:aws:iam::123456789012:role/build-dev says dev"},
		},
		"environment before the name":    {trusting(trustedRole(ownAccount, "build-prod")), func(s *governance.Subject) { s.Name = "dev-export" }, nil},
		"no environment":                 {trusting(trustedRole(ownAccount, "build-dev")), func(s *governance.Subject) { s.Metadata.Environment = "" }, nil},
		"environment unknown":            {trusting(trustedRole(ownAccount, "build-dev")), func(s *governance.Subject) { s.Unknown = map[governance.Field]bool{governance.FieldEnvironment: true} }, nil},
		"job's environment":              {trusting(trustedWorkflow("repo:acme/shop:environment:staging")), nil, []string{"environment_isolation aws_role.assume_role_policy repo:acme/shop:environment:staging says staging"}},
		"job's environment and workflow": {trusting(trustedWorkflow("repo:acme/shop:environment:prod:job_workflow_ref:acme/shop/.github/workflows/dev.yml@refs/heads/main")), nil, nil},
		"branch of the environment":      {trusting(trustedWorkflow("repo:acme/shop:ref:refs/heads/dev")), nil, []string{"environment_isolation aws_role.assume_role_policy says dev"}},
		"branch about an environment":    {trusting(trustedWorkflow("repo:acme/shop:ref:refs/heads/fix-dev-login")), nil, nil},
		"third party's other environment": {
			trusting(known), func(s *governance.Subject) {
				s.Category, s.Metadata.ThirdParty, s.Metadata.ThirdPartyContact = governance.CategoryExternal, "Acme", "soc@acme.example"
				s.Trust.Clauses[0].Trustees[0].Name += "-staging"
			},
			[]string{"environment_isolation aws_role.assume_role_policy collector-staging says staging"},
		},

		"two services": {trusting(trustedService("ec2.amazonaws.com"), trustedService("lambda.amazonaws.com")), nil, []string{
			"reuse aws_role.assume_role_policy 2 clients share it, so a leak in one is a leak in all: ec2.amazonaws.com, lambda.amazonaws.com (OWASP NHI9)",
		}},
		"parts of a service": {trusting(trustedService("edgelambda.amazonaws.com"), trustedService("lambda.amazonaws.com")), nil, nil},
		"one repository":     {trusting(trustedWorkflow("repo:acme/shop:ref:refs/heads/main", "repo:acme/shop:environment:prod")), nil, nil},
		"clients of two clauses": {
			trusting(trustedService("lambda.amazonaws.com")),
			func(s *governance.Subject) {
				s.Trust.Clauses[0].Attribute = []string{"aws_role", "trust", "aws_services"}
				s.Trust.Clauses = append(s.Trust.Clauses, governance.TrustClause{Attribute: declared, Trustees: []governance.Trustee{trustedWorkflow("repo:acme/shop:ref:refs/heads/main")}})
			},
			[]string{"reuse aws_role.trust 2 clients share it, so a leak in one is a leak in all: lambda.amazonaws.com, repo:acme/shop"},
		},

		"foreign account": {trusting(trustedRole(partyAccount, "collector")), nil, []string{
			"third_party_trust aws_role.assume_role_policy arn:aws:iam::999988887777:role/collector can assume it from outside the accounts that are known as your own, and without an external id, so that a third party can be tricked into using it for somebody else (OWASP NHI3)",
		}},
		"foreign account with an external id": {trusting(known), nil, []string{"third_party_trust aws_role.assume_role_policy role/collector can assume it from outside the accounts that are known as your own (OWASP NHI3)"}},
		"two foreign principals": {trusting(known, trustedRole(partyAccount, "reader")), nil, []string{
			"third_party_trust aws_role.assume_role_policy role/collector, arn:aws:iam::999988887777:role/reader can assume it from outside the accounts that are known as your own, arn:aws:iam::999988887777:role/reader without an external id",
		}},
		"own other account":          {trusting(trustedRole(partyAccount, "collector")), func(s *governance.Subject) { s.Trust.Accounts = []string{ownAccount, partyAccount} }, nil},
		"organisation":               {trusting(bounded), nil, nil},
		"everybody, with conditions": {trusting(unread), nil, []string{`third_party_trust aws_role.assume_role_policy its trust names "*": strangers can assume it unless its conditions keep them out`}},
		"everybody, refused already": {trusting(unread), func(s *governance.Subject) { s.Trust.Clauses[0].Refused = true }, nil},
		"any repository":             {trusting(trustedWorkflow("repo:acme/*")), nil, []string{"third_party_trust aws_role.assume_role_policy that fits repo:acme/* can assume it, so that whoever can get such a token gets in (OWASP NHI6)"}},
		"anything of a repository":   {trusting(trustedWorkflow("repo:acme/shop:*")), nil, []string{"third_party_trust aws_role.assume_role_policy that fits repo:acme/shop:*"}},
		"branches of a repository":   {trusting(trustedWorkflow("repo:acme/shop:ref:refs/heads/release/*")), nil, nil},
		"any audience":               {trusting(anyAudience), nil, []string{"third_party_trust aws_role.assume_role_policy for any audience are taken"}},
		"all at once": {trusting(trustedRole(partyAccount, "dev"), trustedService("lambda.amazonaws.com"), unread), nil, []string{
			"environment_isolation aws_role.assume_role_policy says dev", "reuse aws_role.assume_role_policy account 999988887777, lambda", "third_party_trust aws_role.assume_role_policy strangers", "third_party_trust aws_role.assume_role_policy from outside",
		}},
		"not known yet": {trusting(), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.change != nil {
				c.change(&c.subject)
			}
			found := mustPolicy(t).Evaluate(c.subject, now)
			if len(found) != len(c.want) {
				t.Fatalf("found %+v", found)
			}
			for i, text := range c.want {
				want, v := strings.SplitN(text, " ", 3), found[i]
				if string(v.Rule) != want[0] || strings.Join(v.Attribute, ".") != want[1] || !strings.Contains(v.Message, want[2]) || !strings.HasSuffix(v.Remedy, ".") || v.Enforcement != governance.EnforceWarn {
					t.Errorf("%+v is not %s", v, text)
				}
			}
			off := governance.PolicyDocument{Enforcement: map[governance.Rule]governance.Enforcement{
				governance.RuleEnvironmentIsolation: "off", governance.RuleReuse: "off", governance.RuleThirdPartyTrust: "off",
			}}
			if found := mustPolicy(t, off).Evaluate(c.subject, now); len(found) > 0 {
				t.Errorf("rules that are off find %+v", found)
			}
		})
	}
}

// TestPassedTrust errs on an existing identity only where something has changed that the rule is about.
func TestPassedTrust(t *testing.T) {
	t.Parallel()
	policy := mustPolicy(t, governance.PolicyDocument{Enforcement: map[governance.Rule]governance.Enforcement{
		governance.RuleEnvironmentIsolation: "error", governance.RuleReuse: "error", governance.RuleThirdPartyTrust: "error",
	}})
	base := func() governance.Subject {
		return trusting(trustedRole(partyAccount, "dev"), trustedService("lambda.amazonaws.com"))
	}
	passed := base().PassedTrust()
	for name, c := range map[string]struct {
		change func(*governance.Subject)
		want   []governance.Enforcement // of environment_isolation, reuse and third_party_trust
	}{
		"new":       {func(s *governance.Subject) { s.PriorTrust = governance.PassedTrust{} }, []governance.Enforcement{"error", "error", "error"}},
		"unchanged": {func(*governance.Subject) {}, []governance.Enforcement{"warn", "warn", "warn"}},
		"written otherwise": {func(s *governance.Subject) {
			trustees := s.Trust.Clauses[0].Trustees
			s.Trust.Clauses = []governance.TrustClause{{Attribute: declared, Trustees: trustees[1:]}, {Attribute: written, Trustees: trustees[:1]}}
		}, []governance.Enforcement{"warn", "warn", "warn"}},
		"other environment": {func(s *governance.Subject) { s.Metadata.Environment = "staging" }, []governance.Enforcement{"error", "warn", "warn"}},
		"other trust": {func(s *governance.Subject) {
			s.Trust.Clauses[0].Trustees = append(s.Trust.Clauses[0].Trustees, trustedService("ec2.amazonaws.com"))
		}, []governance.Enforcement{"error", "error", "error"}},
		"other conditions": {func(s *governance.Subject) { s.Trust.Clauses[0].Conditions = "x" }, []governance.Enforcement{"error", "error", "error"}},
		"less trust before": {func(s *governance.Subject) {
			s.PriorTrust = trusting(trustedService("lambda.amazonaws.com")).PassedTrust()
		}, []governance.Enforcement{"error", "error", "error"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := base()
			subject.PriorTrust = passed
			c.change(&subject)
			var got []governance.Enforcement
			for _, violation := range policy.Evaluate(subject, now) {
				got = append(got, violation.Enforcement)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the enforcements are %v", got)
			}
		})
	}
	if digest := trusting().PassedTrust().Digest; digest != "" {
		t.Errorf("a trust that is not known has the digest %s", digest)
	}
}
