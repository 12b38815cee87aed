package governance_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// contains tells whether an approval on the resources of one pattern allows those of another.
func contains(outer, inner string) bool {
	approved := governance.Approval{Grants: []governance.Grant{{Actions: []string{"s3:GetObject"}, Resources: []string{outer}}}}
	return len(approved.Lacks(governance.ApprovalNeed{Classes: governance.DangerRules, Grants: []governance.Grant{{Actions: []string{"s3:GetObject"}, Resources: []string{inner}}}})) == 0
}

// TestContains proves containment, and never what does not hold.
func TestContains(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outer, inner string
		want         bool
	}{
		{"*", "anything", true},
		{"*", "", true},
		{"a", "a", true},
		{"a", "b", false},
		{"a", "", false},
		{"", "a", false},
		{"a*", "a*", true},
		{"a*", "ab*c", true},
		{"a*", "*", false},
		{"a*c", "abc", true},
		{"a*c", "a*c", true},
		{"a*c", "a*", false},
		{"a*c", "ac", true},
		{"a*b*c", "axbybzc", true},
		{"a?", "ab", true},
		{"a?", "a?", true},
		{"a?", "a*", false},
		{"a?*", "a*", false},
		{"a*", "a?", true},
		{"a??", "a?", false},
		{"a?", "aé", false}, // é is one character, and two bytes
		{"arn:aws:iam::*:role/app-*", "arn:aws:iam::111111111111:role/app-x", true},
		{"arn:aws:iam::*:role/app-*", "arn:aws:iam::111111111111:role/application", false},
		{"arn:aws:iam::*:role/app-*", "arn:aws:iam::*:role/*", false},
		{"arn:aws:iam::*:role/app-*", "arn:aws:iam::*:role/app-?*", true},
		{"home/${aws:username}", "home/${aws:username}", true},
		{"home/*", "home/${aws:username}", true},
		{"home/???????????????", "home/${aws:username}", false},
		{"home/$*", "home/${aws:username}", false},
		{"home/${*", "home/${aws:username}/x", false},
		{"home/${aws:username}", "home/alice", false},
		{"home/*", "home/${open", true},
		{"home/${open", "home/${open*", false},
		{strings.Repeat("a*", 200) + "b", strings.Repeat("a", 4000), false},
		{strings.Repeat("*a", 2000), strings.Repeat("a", 2000), true},
	} {
		if got := contains(c.outer, c.inner); got != c.want {
			t.Errorf("%.60q contains %.60q: %t", c.outer, c.inner, got)
		}
	}
}

// FuzzContains holds a proof against texts that the inner pattern matches, and finds it where there is no wildcard to prove
// anything of.
func FuzzContains(f *testing.F) {
	f.Add("a*", "ab*", "xyz")
	f.Add("a?c", "abc", "")
	f.Add("*x?", "**x*", "qx")
	f.Fuzz(func(t *testing.T, outer, inner, filling string) {
		if len(outer)+len(inner)+len(filling) > 200 || strings.ContainsAny(filling, "*?") || strings.Contains(outer+inner, "${") {
			return
		}
		text := strings.ReplaceAll(strings.ReplaceAll(inner, "*", filling), "?", "q")
		if contains(outer, inner) && !contains(outer, text) {
			t.Errorf("%q contains %q, but not %q", outer, inner, text)
		}
		if !contains(outer, outer) || !contains("*", inner) {
			t.Errorf("%q does not contain itself, or not everything contains %q", outer, inner)
		}
		literal := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(outer))
		if ascii := !strings.ContainsFunc(outer+text, func(r rune) bool { return r >= utf8.RuneSelf }); ascii && contains(outer, text) != regexp.MustCompile(`(?s)\A`+literal+`\z`).MatchString(text) {
			t.Errorf("%q contains %q: %t", outer, text, contains(outer, text))
		}
	})
}

func granted(rule governance.Rule, action string, resources ...string) governance.Danger {
	return governance.Danger{Rule: rule, Attribute: []string{"aws_role"}, Grant: "statement 1", Why: "it is dangerous", Remedy: "Do not.", Grants: []governance.Grant{{[]string{action}, resources}}}
}

// TestApprovalLacks compares what is needed with what is approved.
func TestApprovalLacks(t *testing.T) {
	t.Parallel()
	need := governance.ApprovalNeed{
		Classes: []governance.Rule{governance.RulePrivilegeEscalation, governance.RuleDataExfiltration},
		Grants:  []governance.Grant{{[]string{"iam:PutRolePolicy", "s3:GetObject"}, []string{"arn:aws:iam::*:role/*", "*"}}},
	}
	for name, c := range map[string]struct {
		approval governance.Approval
		want     []string
	}{
		"all classes, all grants": {governance.Approval{Grants: []governance.Grant{{[]string{"*"}, []string{"*"}}}}, nil},
		"classes alone":           {governance.Approval{Classes: need.Classes}, nil},
		"more classes":            {governance.Approval{Classes: governance.DangerRules}, nil},
		"a class less":            {governance.Approval{Classes: []governance.Rule{governance.RuleDataExfiltration}}, []string{"the class privilege_escalation"}},
		"exactly":                 {governance.Approval{Classes: need.Classes, Grants: need.Grants}, nil},
		"other case":              {governance.Approval{Grants: []governance.Grant{{[]string{"IAM:Put*", "S3:getobject"}, []string{"*"}}}}, nil},
		"Kelvin sign":             {governance.Approval{Grants: []governance.Grant{{[]string{"iam:PutRolePolicy", "s3:GetObject\u212a"}, []string{"*"}}}}, []string{"s3:GetObject on arn:aws:iam::*:role/*", "s3:GetObject on *"}},
		"an action less":          {governance.Approval{Grants: []governance.Grant{{[]string{"iam:*"}, []string{"*"}}}}, []string{"s3:GetObject on arn:aws:iam::*:role/*", "s3:GetObject on *"}},
		"less of a resource": {
			governance.Approval{Classes: need.Classes, Grants: []governance.Grant{{[]string{"*"}, []string{"arn:aws:iam::*:role/*"}}}},
			[]string{"iam:PutRolePolicy on *", "s3:GetObject on *"},
		},
		"resources of another case": {governance.Approval{Grants: []governance.Grant{{[]string{"*"}, []string{"ARN:*", "*"}}}}, nil},
		"an action of one grant on a resource of another": {
			governance.Approval{Grants: []governance.Grant{{[]string{"iam:PutRolePolicy"}, []string{"arn:aws:iam::*:role/*"}}, {[]string{"s3:GetObject"}, []string{"*"}}}},
			[]string{"iam:PutRolePolicy on *"},
		},
	} {
		if got := c.approval.Lacks(need); !slices.Equal(got, c.want) {
			t.Errorf("%s: lacks %q", name, got)
		}
	}
	if got := (governance.Approval{Grants: need.Grants}).Lacks(governance.ApprovalNeed{Classes: need.Classes}); len(got) != 1 {
		t.Errorf("of what nobody names it lacks %q", got)
	}
}

// TestApprovalClear takes out what is approved and says why not of the rest.
func TestApprovalClear(t *testing.T) {
	t.Parallel()
	until := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	approved := governance.Approval{Classes: []governance.Rule{governance.RulePrivilegeEscalation}, Grants: []governance.Grant{{[]string{"iam:Put*"}, []string{"arn:aws:iam::*:role/app-*"}}}, Approver: "alice", Ticket: "SEC-1", Until: until}
	of := governance.Entitlements{Identity: "aws:1:role/x", Gains: []governance.Gain{{Level: "Write"}}, Dangers: []governance.Danger{
		granted(governance.RulePrivilegeEscalation, "iam:PutRolePolicy", "arn:aws:iam::*:role/app-*"),
		granted(governance.RulePrivilegeEscalation, "iam:PutRolePolicy", "*"),
		granted(governance.RuleAdministrator, "iam:PutRolePolicy", "arn:aws:iam::*:role/app-*"),
	}}
	cleared, left := approved.Clear(of)
	if len(cleared.Dangers) != 1 || len(left.Dangers) != 2 || len(left.Gains) != 1 || left.Identity != of.Identity {
		t.Fatalf("%+v\n%+v", cleared, left)
	}
	for i, want := range []string{
		"it is dangerous; the approval of alice (SEC-1, until 2027-01-01T00:00:00Z) does not allow iam:PutRolePolicy on *",
		"it is dangerous; the approval of alice (SEC-1, until 2027-01-01T00:00:00Z) does not allow the class administrator",
	} {
		if got := left.Dangers[i].Why; got != want {
			t.Error(got)
		}
	}
	if of.Dangers[1].Why != "it is dangerous" {
		t.Error("what it was given has changed")
	}
}

// TestApprovalNeed is what the policy refuses, each grant once.
func TestApprovalNeed(t *testing.T) {
	t.Parallel()
	implied := granted(governance.RulePrivilegeEscalation, "*", "*")
	implied.Implied = true
	of := governance.Entitlements{Identity: "aws:1:role/x", Dangers: []governance.Danger{
		granted(governance.RuleDataExfiltration, "s3:GetObject", "*"), // warned of by default
		granted(governance.RulePassRoleUnrestricted, "iam:PassRole", "*"),
		granted(governance.RulePrivilegeEscalation, "iam:PassRole", "*"),
		granted(governance.RulePrivilegeEscalation, "ec2:RunInstances", "*"),
		granted(governance.RulePrivilegeEscalation, "iam:PutRolePolicy", "a", "b"),
		implied,
	}}
	need := mustPolicy(t).NeedOf(of)
	if got, want := need.String(), "  - classes: privilege_escalation, pass_role_unrestricted\n  - iam:PassRole, ec2:RunInstances on *\n  - iam:PutRolePolicy on a, b"; got != want || need.Identity != of.Identity {
		t.Errorf("%s: %s", need.Identity, got)
	}
	of.Dangers = of.Dangers[:1]
	if need := mustPolicy(t).NeedOf(of); !need.Empty() || need.Identity != "" {
		t.Errorf("%+v", need)
	}
	lenient := enforcing(t, map[governance.Rule]governance.Enforcement{governance.RulePassRoleUnrestricted: governance.EnforceWarn})
	if under := need.Under(lenient); len(under.Classes) != 1 || len(under.Grants) != 2 || len(need.Classes) != 2 {
		t.Errorf("%+v of %+v", under, need)
	}
	lenient = enforcing(t, map[governance.Rule]governance.Enforcement{governance.RulePassRoleUnrestricted: governance.EnforceWarn, governance.RulePrivilegeEscalation: governance.EnforceOff})
	if under := need.Under(lenient); !under.Empty() || under.Grants != nil {
		t.Errorf("%+v", under)
	}
}

// TestEndsSoon warns in the policy's window, or in the second half of a short life.
func TestEndsSoon(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name        string
		now, life   int
		enforcement governance.Enforcement
		want        bool
	}{
		{"long before", 10, 90, governance.EnforceWarn, false},
		{"30 days before", 60, 90, governance.EnforceWarn, false},
		{"29 days before", 61, 90, governance.EnforceWarn, true},
		{"at the beginning of a short one", 1, 7, governance.EnforceWarn, false},
		{"at the end of a short one", 4, 7, governance.EnforceWarn, true},
		{"nobody wants to know", 89, 90, governance.EnforceOff, false},
	} {
		p := enforcing(t, map[governance.Rule]governance.Enforcement{governance.RuleWarnBefore: c.enforcement})
		if got := p.EndsSoon(governance.Approval{IssuedAt: day(0), Until: day(c.life)}, day(c.now)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// TestApprovalInsteadOfTicket takes a new approval for a new ticket, and nothing else for it.
func TestApprovalInsteadOfTicket(t *testing.T) {
	t.Parallel()
	p := enforcing(t, map[governance.Rule]governance.Enforcement{governance.RuleEscalationTicket: governance.EnforceError, governance.RulePurposeFollows: governance.EnforceWarn})
	metadata := governance.Metadata{Owner: "payments", Purpose: "Nightly export", Ticket: "SEC-1"}
	subject := governance.Subject{Metadata: metadata, Prior: &metadata}
	of := governance.Entitlements{Gains: []governance.Gain{{Level: "Write"}}}
	if got := p.EvaluateGains(subject, of, false); len(got) != 2 || got[0].Rule != governance.RuleEscalationTicket {
		t.Errorf("%+v", got)
	}
	if got := p.EvaluateGains(subject, of, true); len(got) != 1 || got[0].Rule != governance.RulePurposeFollows {
		t.Errorf("%+v", got)
	}
}
