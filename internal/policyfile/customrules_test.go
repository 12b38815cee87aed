package policyfile

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// TestCustomRulesGuide compiles every example of the guide to custom rules, and judges an identity that keeps to it and one that does not.
func TestCustomRulesGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../templates/guides/custom-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	type change = func(*governance.Subject)
	user := func(s *governance.Subject) {
		s.Kind, s.Category = governance.KindAWSUser, governance.CategoryEnterpriseManaged
	}
	trustIn := func(trustee governance.Trustee) governance.Trust {
		return governance.Trust{Known: true, Clauses: []governance.TrustClause{{Trustees: []governance.Trustee{trustee}}}}
	}
	trusting := func(trustee governance.Trustee) change {
		return func(s *governance.Subject) { s.Trust = trustIn(trustee) }
	}
	gitHub := func(subjects ...string) change {
		return trusting(governance.Trustee{Kind: governance.TrusteeWebIdentity, Name: "token.actions.githubusercontent.com", Subjects: subjects})
	}
	granted := func(owner, action, resource string) change {
		return func(s *governance.Subject) {
			s.Metadata.Owner, s.Granted.Grants = owner, []governance.GrantedActions{{Level: "Write", Actions: []string{action}, Resources: []string{resource}}}
		}
	}
	external := func(grant governance.GrantedActions) change {
		return func(s *governance.Subject) {
			s.Category, s.Granted.Grants = governance.CategoryExternal, []governance.GrantedActions{grant}
		}
	}
	update := func(more change) change {
		return func(s *governance.Subject) {
			old := *s
			s.Operation, s.Old = governance.OperationUpdate, &old
			more(s)
		}
	}
	cases := map[string]struct{ allowed, broken []change }{
		"name_pattern": {[]change{func(s *governance.Subject) {
			s.Name, s.Category = "AWSServiceRoleForBackup", governance.CategoryProviderManaged
		}}, []change{func(s *governance.Subject) { s.Name = "Export" }}},
		"prod_for_90_days": {[]change{update(func(s *governance.Subject) { s.Metadata.Expiry, s.Old.Metadata.Expiry = "2027-01-01", "2027-01-01" })}, []change{func(s *governance.Subject) { s.Metadata.Expiry = "2027-01-01" }}},
		"environment_stays": {
			[]change{update(func(*governance.Subject) {}), update(func(s *governance.Subject) { s.Old.Metadata.Environment = "" })},
			[]change{update(func(s *governance.Subject) { s.Old.Metadata.Environment = "dev" })},
		},
		"handover_needs_ticket": {
			[]change{update(func(s *governance.Subject) { s.Old.Metadata.Owner, s.Old.Metadata.Ticket = "billing", "SEC-0" })},
			[]change{update(func(s *governance.Subject) { s.Old.Metadata.Owner = "billing" })},
		},
		"two_owners": {[]change{func(s *governance.Subject) { user(s); s.Metadata.BusinessOwner = "finance" }}, []change{user, func(s *governance.Subject) { user(s); s.Metadata.BusinessOwner = "platform" }}},
		"no_users":   {[]change{user}, []change{func(s *governance.Subject) { user(s); s.Account = "222222222222" }}},
		"own_repositories": {
			[]change{gitHub("repo:acme/shop:ref:refs/heads/main"), trusting(governance.Trustee{Kind: governance.TrusteeService, Name: "lambda.amazonaws.com"})},
			[]change{gitHub("repo:acme/*"), gitHub("repo:evil/shop:ref:refs/heads/main"), gitHub()},
		},
		"own_accounts": {
			[]change{func(s *governance.Subject) {
				s.Category, s.Trust = governance.CategoryExternal, trustIn(governance.Trustee{Kind: governance.TrusteeAccount, External: true, ExternalID: true})
			}},
			[]change{trusting(governance.Trustee{Kind: governance.TrusteeAccount, External: true, ExternalID: true})},
		},
		"no_administrator_in_prod": {
			[]change{func(s *governance.Subject) {
				s.Metadata.Environment, s.Granted.Classes = "dev", []governance.Rule{governance.RuleAdministrator}
			}},
			[]change{func(s *governance.Subject) { s.Granted.Classes = []governance.Rule{governance.RuleAdministrator} }},
		},
		"kms_is_for_security": {
			[]change{granted("payments", "kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/1"), granted("security", "kms:*", "*"), granted("payments", "s3:*", "*")},
			[]change{granted("payments", "kms:*", "*"), granted("payments", "kms:Decrypt", "arn:aws:kms:*:*:key/*"), granted("payments", "*", "*")},
		},
		"third_parties_read": {
			[]change{granted("payments", "s3:PutObject", "*"), external(governance.GrantedActions{Level: "Read", Resources: []string{"arn:aws:s3:::lake/*"}})},
			[]change{external(governance.GrantedActions{Level: "Write", Resources: []string{"arn:aws:s3:::lake/*"}}), external(governance.GrantedActions{Level: "Read", Resources: []string{"*"}}), external(governance.GrantedActions{Whole: true})},
		},
		"known_systems": {[]change{func(s *governance.Subject) { s.Metadata.Systems = nil }}, []change{func(s *governance.Subject) { s.Metadata.Systems = []string{"erp", "crm"} }}},
		"cost_center":   {nil, []change{func(s *governance.Subject) { s.Metadata.Labels = nil }, func(s *governance.Subject) { s.Metadata.Labels = map[string]string{"cost-center": "x"} }}},
	}
	seen := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.+?)```").FindAllStringSubmatch(string(text), -1) {
		document, err := Parse([]byte(block[1]))
		if err != nil {
			t.Errorf("%s\n%s", block[1], err)
		}
		for _, rule := range document.Rules {
			seen++
			judged := func(change change) bool {
				subject := governance.Subject{
					Name: "invoice-export", Kind: governance.KindAWSRole, Category: governance.CategoryShared, Account: "111111111111", Operation: governance.OperationCreate,
					Metadata: governance.Metadata{
						Owner: "payments", TechnicalOwner: "platform", Purpose: "Nightly export", Expiry: "2026-08-01", Environment: "prod", Ticket: "SEC-1",
						Systems: []string{"billing-db"}, Labels: map[string]string{"cost-center": "4711"},
					},
				}
				change(&subject)
				allowed, err := rule.Judge.Judge(subject, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
				if err != nil {
					t.Errorf("%s: %s", rule.Name, err)
				}
				return allowed
			}
			of, ok := cases[rule.Name]
			if !ok {
				t.Errorf("%s is not tested", rule.Name)
			}
			for i, change := range append(of.allowed, func(*governance.Subject) {}) {
				if !judged(change) {
					t.Errorf("%s refuses %d", rule.Name, i)
				}
			}
			for i, change := range of.broken {
				if judged(change) {
					t.Errorf("%s allows %d", rule.Name, i)
				}
			}
		}
	}
	if seen != len(cases) {
		t.Errorf("%d examples were found", seen)
	}
}
