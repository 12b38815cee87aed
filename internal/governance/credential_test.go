package governance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// TestValidDays judges credentials that the cloud itself ends.
func TestValidDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	policy, err := governance.NewPolicy()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		valid, rotate, overlap, prior int
		unknown                       string
		want                          string
	}{
		"no end of its own":      {rotate: 90, overlap: 24},
		"room for the overlap":   {valid: 80, rotate: 79, overlap: 24},
		"no room":                {valid: 80, rotate: 80, overlap: 1, want: "error rotate_after_days: Write rotate_after_days = 79 or less, or more valid_days."},
		"no room for anything":   {valid: 1, rotate: 1, overlap: 23, want: "error rotate_after_days: Write more valid_days, or fewer overlap_hours."},
		"at once":                {valid: 1, rotate: 1, overlap: 0},
		"too long":               {valid: 91, rotate: 60, overlap: 24, want: "error valid_days: Write 90 or less, or leave it out."},
		"too long already":       {valid: 91, rotate: 60, overlap: 24, prior: 91, want: "warn valid_days: Write 90 or less, or leave it out."},
		"overlap not known":      {valid: 80, rotate: 80, overlap: 24, unknown: "overlap_hours"},
		"valid_days not known":   {valid: 0, rotate: 80, overlap: 24, unknown: "valid_days"},
		"rotation not known yet": {valid: 80, rotate: 0, overlap: 24, unknown: "rotate_after_days"},
	} {
		var got []string
		for _, violation := range policy.EvaluateCredential(governance.CredentialSubject{
			Justification: "The vendor's connector signs in with a secret only", Expiry: "2027-03-31", Type: "client_secret", ValidDays: test.valid, RotateAfterDays: test.rotate,
			OverlapHours: test.overlap, PriorValidDays: test.prior, Unknown: map[string]bool{test.unknown: true},
		}, now) {
			got = append(got, string(violation.Enforcement)+" "+strings.Join(violation.Attribute, ".")+": "+violation.Remedy)
		}
		if text := strings.Join(got, "; "); text != test.want {
			t.Errorf("%s: %q, not %q", name, text, test.want)
		}
	}
	for valid, want := range map[int]int{1: 1, 2: 1, 7: 6, 30: 25, 90: 75, 180: 150} {
		if got := governance.DefaultRotation(valid); got != want {
			t.Errorf("what is valid for %d days is rotated after %d, not %d", valid, got, want)
		}
	}
}
