package governance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func danger(rule governance.Rule, attribute, grant string) governance.Danger {
	return governance.Danger{Rule: rule, Attribute: []string{attribute}, Grant: grant, Why: "it does " + grant, Remedy: "Narrow " + grant + "."}
}

func enforcing(t *testing.T, enforcement map[governance.Rule]governance.Enforcement) governance.Policy {
	t.Helper()
	return mustPolicy(t, governance.PolicyDocument{Enforcement: enforcement})
}

// said is what violations say, in short.
func said(found []governance.Violation) []string {
	texts := make([]string, len(found))
	for i, v := range found {
		texts[i] = fmt.Sprintf("%s %s %s: %s", v.Enforcement, v.Rule, strings.Join(v.Attribute, "."), v.Message)
	}
	return texts
}

func TestEvaluateDangers(t *testing.T) {
	t.Parallel()
	implied := danger("privilege_escalation", "inline", "B")
	implied.Implied = true
	for name, c := range map[string]struct {
		enforcement map[governance.Rule]governance.Enforcement
		of          governance.Entitlements
		want        []string
	}{
		"nothing": {nil, governance.Entitlements{}, []string{}},
		"in the order of the rules": {
			nil,
			governance.Entitlements{Dangers: []governance.Danger{danger("data_exfiltration", "inline", "A"), danger("pass_role_unrestricted", "inline", "B")}},
			[]string{"error pass_role_unrestricted inline: B: it does B", "warn data_exfiltration inline: A: it does A"},
		},
		"each on its own attribute": {
			nil,
			governance.Entitlements{Dangers: []governance.Danger{danger("administrator", "inline", "A"), danger("administrator", "managed", "B")}},
			[]string{"error administrator inline: A: it does A", "error administrator managed: B: it does B"},
		},
		"implied by an administrator": {
			nil,
			governance.Entitlements{Dangers: []governance.Danger{danger("administrator", "inline", "A"), implied}},
			[]string{"error administrator inline: A: it does A"},
		},
		"implied, but more strictly enforced": {
			map[governance.Rule]governance.Enforcement{"administrator": "warn"},
			governance.Entitlements{Dangers: []governance.Danger{danger("administrator", "inline", "A"), implied}},
			[]string{"warn administrator inline: A: it does A", "error privilege_escalation inline: B: it does B"},
		},
		"administrators allowed": {
			map[governance.Rule]governance.Enforcement{"administrator": "off", "privilege_escalation": "off"},
			governance.Entitlements{Dangers: []governance.Danger{danger("administrator", "inline", "A"), implied}},
			[]string{},
		},
		"less than before": {
			nil,
			governance.Entitlements{Narrows: true, Dangers: []governance.Danger{danger("administrator", "inline", "A")}},
			[]string{"warn administrator inline: A: it does A"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, said(enforcing(t, c.enforcement).EvaluateDangers(c.of))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEvaluateDangersNamesTheFirst keeps a message to what somebody reads.
func TestEvaluateDangersNamesTheFirst(t *testing.T) {
	t.Parallel()
	var of governance.Entitlements
	for _, grant := range []string{"A", "B", "C", "D", "E", "F", "G"} {
		of.Dangers = append(of.Dangers, danger("privilege_escalation", "inline", grant))
	}
	of.Dangers[1].Remedy = of.Dangers[0].Remedy
	found := mustPolicy(t).EvaluateDangers(of)
	if len(found) != 1 {
		t.Fatalf("found %v", said(found))
	}
	wantMessage := "7 grants are dangerous:\n  - A: it does A\n  - B: it does B\n  - C: it does C\n  - D: it does D\n  - E: it does E\n  - and 2 more."
	if diff := cmp.Diff(wantMessage, found[0].Message); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("Narrow A.\nNarrow C.\nNarrow D.\nNarrow E.", found[0].Remedy); diff != "" {
		t.Error(diff)
	}
}

func TestEvaluateGains(t *testing.T) {
	t.Parallel()
	strict := map[governance.Rule]governance.Enforcement{"escalation_needs_ticket": "error", "purpose_follows_permissions": "warn"}
	gains := governance.Entitlements{Gains: []governance.Gain{{Level: "Write", Text: "s3:PutObject on *"}}}
	before := governance.Metadata{Ticket: "SEC-1", Purpose: "Nightly export of invoices"}
	for name, c := range map[string]struct {
		enforcement map[governance.Rule]governance.Enforcement
		change      func(*governance.Subject)
		of          governance.Entitlements
		want        []governance.Rule
	}{
		"by default":         {nil, func(*governance.Subject) {}, gains, nil},
		"nothing gained":     {strict, func(*governance.Subject) {}, governance.Entitlements{}, nil},
		"created":            {strict, func(s *governance.Subject) { s.Prior = nil }, gains, nil},
		"both unchanged":     {strict, func(*governance.Subject) {}, gains, []governance.Rule{"escalation_needs_ticket", "purpose_follows_permissions"}},
		"a new ticket":       {strict, func(s *governance.Subject) { s.Metadata.Ticket = "SEC-2" }, gains, []governance.Rule{"purpose_follows_permissions"}},
		"no ticket any more": {strict, func(s *governance.Subject) { s.Metadata.Ticket = "" }, gains, []governance.Rule{"escalation_needs_ticket", "purpose_follows_permissions"}},
		"a new purpose":      {strict, func(s *governance.Subject) { s.Metadata.Purpose = "Export and import of invoices" }, gains, []governance.Rule{"escalation_needs_ticket"}},
		"not known yet": {strict, func(s *governance.Subject) {
			s.Unknown = map[governance.Field]bool{governance.FieldTicket: true, governance.FieldPurpose: true}
		}, gains, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := governance.Subject{Metadata: before, Prior: &before}
			c.change(&subject)
			var rules []governance.Rule
			for _, v := range enforcing(t, c.enforcement).EvaluateGains(subject, c.of, false) {
				rules = append(rules, v.Rule)
			}
			if !slices.Equal(rules, c.want) {
				t.Errorf("found %v, not %v", rules, c.want)
			}
		})
	}
}

func TestUnjudged(t *testing.T) {
	t.Parallel()
	u := governance.Unjudged{What: []string{"A", "B"}, Reason: "it is secret"}
	if got := u.String(); got != "A, B are not judged, because it is secret" {
		t.Error(got)
	}
	u.What = []string{"A", "B", "C", "D", "E", "F"}
	if got := u.String(); got != "A, B, C, D, E and 1 more are not judged, because it is secret" {
		t.Error(got)
	}
}
