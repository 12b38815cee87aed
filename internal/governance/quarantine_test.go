package governance

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEvaluateQuarantine judges orders.
func TestEvaluateQuarantine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const reason = "Unused for 400 days, and nobody knows it"
	for name, test := range map[string]struct {
		order QuarantineOrder
		prior *QuarantineOrder
		want  []string
	}{
		"a good order": {order: QuarantineOrder{Reason: reason, Ticket: "SEC-1", ReleaseAfter: "2026-12-01", DeleteAfter: "2027-01-01"}},
		"today":        {order: QuarantineOrder{Reason: reason, ReleaseAfter: "2026-11-22", DeleteAfter: "2026-11-22"}},
		"no reason":    {order: QuarantineOrder{Reason: " "}, want: []string{"reason is empty, so nobody could tell why the identity is kept from being used"}},
		"filler":       {order: QuarantineOrder{Reason: "test account"}, want: []string{`reason is "test account", which is filler: nobody could decide from it whether the identity can be given back`}},
		"one letter":   {order: QuarantineOrder{Reason: "x"}, want: []string{`reason is "x", which has 1 character; the policy wants at least 10`}},
		"too short":    {order: QuarantineOrder{Reason: "leaked"}, want: []string{`reason is "leaked", which has 6 characters; the policy wants at least 10`}},
		"what tags cannot show": {
			order: QuarantineOrder{Reason: reason, Ticket: "SEC-1\n"},
			want:  []string{"ticket has the control character U+000A at position 6, which tags and reports cannot show"},
		},
		"no times": {
			order: QuarantineOrder{Reason: reason, ReleaseAfter: "soon", DeleteAfter: "later"},
			want:  []string{`release_after is "soon", which is not a time`, `delete_after is "later", which is not a time`},
		},
		"deleted before it can be released": {
			order: QuarantineOrder{Reason: reason, ReleaseAfter: "2027-01-01", DeleteAfter: "2026-12-31"},
			want:  []string{"delete_after 2026-12-31 is before release_after 2027-01-01, so the identity would be deleted before anybody could have it back"},
		},
		"in the past": {
			order: QuarantineOrder{Reason: reason, ReleaseAfter: "2026-11-20", DeleteAfter: "2026-11-21"},
			want: []string{
				"release_after is 2026-11-20, which has passed, so it would keep nobody from anything",
				"delete_after is 2026-11-21, which has passed, so the identity would be deleted at once and nobody could speak up for it",
			},
		},
		"time passes": {
			order: QuarantineOrder{Reason: reason, ReleaseAfter: "2026-11-20", DeleteAfter: "2026-11-21"},
			prior: &QuarantineOrder{Reason: reason, ReleaseAfter: "2026-11-20", DeleteAfter: "2026-11-21"},
		},
		"released early": {
			order: QuarantineOrder{Reason: reason, ReleaseAfter: "2026-11-20"},
			prior: &QuarantineOrder{Reason: reason, ReleaseAfter: "2026-12-20"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, err := NewPolicy()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, violation := range policy.EvaluateQuarantine(QuarantineSubject{QuarantineOrder: test.order, Prior: test.prior}, now) {
				got = append(got, violation.Message)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

// TestBreakGlass finds the identities that a policy keeps for emergencies.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	policy, err := NewPolicy(PolicyDocument{BreakGlass: []string{"aws:123456789012:role/break-glass*"}}, PolicyDocument{BreakGlass: []string{"aws:*:user/emergency?"}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"aws:123456789012:role/break-glass":      "aws:123456789012:role/break-glass*",
		"aws:123456789012:role/Break-Glass/root": "aws:123456789012:role/break-glass*",
		"aws:999999999999:user/emergency1":       "aws:*:user/emergency?",
		"aws:999999999999:role/break-glass":      "",
		"aws:999999999999:user/emergency":        "",
	} {
		id, err := ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := policy.BreakGlass(id); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	for _, pattern := range []string{"", "aws:", "break-glass*", "gcp:x"} {
		_, err := NewPolicy(PolicyDocument{BreakGlass: []string{pattern}})
		if err == nil || !strings.HasPrefix(err.Error(), "break_glass[0]: ") {
			t.Errorf("%q gives %v", pattern, err)
		}
	}
}
