package governance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestSessionDuration(t *testing.T) {
	t.Parallel()
	expiry, err := governance.ParseExpiry("2027-03-31T12:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	end := expiry.End()
	for name, test := range map[string]struct {
		asked, most, before time.Duration
		chained             bool
		want                time.Duration
		cut                 bool
		refusal             string
	}{
		"default":                   {0, 12 * time.Hour, 100 * time.Hour, false, time.Hour, false, ""},
		"as asked":                  {2 * time.Hour, 2 * time.Hour, 100 * time.Hour, false, 2 * time.Hour, false, ""},
		"until the expiry":          {time.Hour, time.Hour, 20 * time.Minute, false, 20 * time.Minute, true, ""},
		"exactly to the expiry":     {time.Hour, time.Hour, time.Hour, false, time.Hour, false, ""},
		"the shortest":              {time.Hour, time.Hour, 15 * time.Minute, false, 15 * time.Minute, true, ""},
		"less than the shortest":    {time.Hour, time.Hour, 15*time.Minute - time.Second, false, 0, false, "in 14m59s"},
		"expired":                   {time.Hour, time.Hour, 0, false, 0, false, "expired at 2027-03-31T12:00:00Z"},
		"over the maximum":          {2 * time.Hour, time.Hour, 100 * time.Hour, false, 0, false, "duration_seconds is 7200, and the role's own maximum is 3600"},
		"over the maximum, and cut": {2 * time.Hour, time.Hour, 30 * time.Minute, false, 0, false, "the role's own maximum is 3600"},
		"chained":                   {2 * time.Hour, 12 * time.Hour, 100 * time.Hour, true, 0, false, "role chaining"},
		"chained by default":        {0, 12 * time.Hour, 100 * time.Hour, true, time.Hour, false, ""},
	} {
		bounds := governance.SessionBounds{Asked: test.asked, RoleMaximum: test.most, Chained: test.chained, Expiry: expiry, Now: end.Add(-test.before)}
		got, cut, refusal := bounds.Duration()
		if got != test.want || cut != test.cut || (refusal == nil) != (test.refusal == "") || (refusal != nil && !strings.Contains(refusal.Reason, test.refusal)) {
			t.Errorf("%s: %s, cut %t, refusal %v", name, got, cut, refusal)
		}
	}
}

func TestSessionName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very long purpose ", 10)
	for _, test := range []struct{ owner, purpose, ending, want string }{
		{"payments", "Nightly export", "", "payments,Nightly-export"},
		{"ada@contoso.example", "Rechnungen über 1.000 €", "", "ada@contoso.example,Rechnungen-ber-1.000"},
		{"日本", "日本", "", "governed-session"},
		{"日本", "CI", "", "CI"},
		{"payments", long, "", "payments,very-long-purpose-very-long-purpose-very-long-purpose-v"},
		{"payments", long, "0a1b2c3d", "payments,very-long-purpose-very-long-purpose-very-long,0a1b2c3d"},
	} {
		got := governance.SessionName(test.owner, test.purpose, test.ending)
		if got != test.want || len(got) > 64 {
			t.Errorf("%q is %q with %d characters, not %q", test.purpose, got, len(got), test.want)
		}
	}
	if got := governance.EndSessionName(strings.Repeat("a", 64), "0a1b2c3d"); got != strings.Repeat("a", 55)+",0a1b2c3d" {
		t.Errorf("a long name becomes %q", got)
	}
	for owner, want := range map[string]string{"payments": "payments", "Päyments team": "P-yments-team", "日": "", "é": "", strings.Repeat("ab", 40): strings.Repeat("ab", 32)} {
		if got := governance.SourceIdentity(owner); got != want {
			t.Errorf("the source identity of %q is %q, not %q", owner, got, want)
		}
	}
}
