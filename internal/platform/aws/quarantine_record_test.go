package aws

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// TestQuarantineRecord writes records into tags that IAM takes, and reads the same back.
func TestQuarantineRecord(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 22, 13, 11, 0, 0, time.UTC)
	whole := func(change func(*quarantineRecord)) quarantineRecord {
		r := quarantineRecord{Quarantine: governance.Quarantine{Since: since, QuarantineOrder: governance.QuarantineOrder{Reason: "Leaked, see #7 (again)"}}, phase: phaseComplete, deny: denyInline}
		change(&r)
		return r
	}
	keys := func(n int) []held {
		all := make([]held, n)
		for i := range all {
			all[i] = held{codeSSHKey, fmt.Sprintf("APKAEXAMPLE%09d", i)}
		}
		return all
	}
	for name, test := range map[string]struct {
		record quarantineRecord
		main   string
		tags   int
	}{
		"a user": {whole(func(r *quarantineRecord) { r.usedKnown = true }), "quarantined 2026-11-22T13:11:00Z deny=inline used=never", 2},
		"a role": {whole(func(r *quarantineRecord) {
			r.phase, r.trust, r.digest, r.usedKnown, r.usedAt = phaseImposing, trustWrapped, "0123456789ab", true, since.AddDate(0, 0, -300)
		}), "imposing 2026-11-22T13:11:00Z deny=inline trust=wrapped digest=0123456789ab used=2026-01-26T13:11:00Z", 2},
		"times": {whole(func(r *quarantineRecord) {
			r.phase, r.Ticket, r.ReleaseAfter, r.DeleteAfter = phaseReleasing, "SEC-1, SEC-2", "2026-12-01", "2027-01-01T00:00:00+02:00"
		}), "releasing 2026-11-22T13:11:00Z deny=inline release_after=2026-12-01 delete_after=2027-01-01T00:00:00+02:00", 3},
		"a boundary":  {whole(func(r *quarantineRecord) { r.deny, r.boundary = denyBoundary, "arn:aws:iam::123456789012:policy/a,b/c" }), "quarantined 2026-11-22T13:11:00Z deny=boundary", 3},
		"no boundary": {whole(func(r *quarantineRecord) { r.deny = denyBoundary }), "quarantined 2026-11-22T13:11:00Z deny=boundary", 3},
		"credentials": {whole(func(r *quarantineRecord) {
			r.held = []held{{codeAccessKey, "AKIAEXAMPLE"}, {codeService, "ACCAEXAMPLE"}}
		}), "quarantined 2026-11-22T13:11:00Z deny=inline", 3},
		"one tag is full": {whole(func(r *quarantineRecord) { r.held = keys(25) }), "quarantined 2026-11-22T13:11:00Z deny=inline", 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tagging := tagging{keys: governance.NewMetadataKeys(nil)}
			set, remove := tagging.recordChanges(map[string]string{"Team": "x"}, &test.record)
			if len(set) != test.tags || len(remove) != 0 || set["nhi:quarantine"] != test.main {
				t.Errorf("the tags are %q", set)
			}
			for key, value := range set {
				if tagLength(value) > maxTagValueLength || strings.ContainsFunc(value, func(r rune) bool { return !legalInTag(r) }) {
					t.Errorf("IAM does not take %s=%s", key, value)
				}
			}
			if problem := test.record.tooLong(); problem != "" {
				t.Error(problem)
			}
			back, err := tagging.quarantine(set)
			if err != nil || !reflect.DeepEqual(*back, test.record) {
				t.Errorf("read back it is\n%+v (%v), not\n%+v", back, err, test.record)
			}
			if again, gone := tagging.recordChanges(set, back); len(again)+len(gone) > 0 {
				t.Errorf("written again it takes %q and %q", again, gone)
			}
			if none, gone := tagging.recordChanges(set, nil); len(none) > 0 || len(gone) != len(set) {
				t.Errorf("taken away it takes %q and %q", none, gone)
			}
		})
	}
	for want, record := range map[string]quarantineRecord{
		"reason takes 258 characters in its tag, 2 more than IAM's limit of 256":                                             whole(func(r *quarantineRecord) { r.Reason = strings.Repeat(",", 86) }),
		"40 credentials and the permissions boundary are more than the 3 tags can hold that record what a release puts back": whole(func(r *quarantineRecord) { r.held = keys(40) }),
	} {
		if got := record.tooLong(); got != want {
			t.Errorf("it says %q", got)
		}
	}
}

// TestForgedQuarantineRecord takes nothing for a record that a quarantine has not written.
func TestForgedQuarantineRecord(t *testing.T) {
	t.Parallel()
	tagging := tagging{keys: governance.NewMetadataKeys(nil)}
	for _, text := range []string{"", "yes", "quarantined soon", "free 2026-11-22T13:11:00Z", "quarantined 2026-11-22T13:11:00Z used=lately"} {
		record, err := tagging.quarantine(map[string]string{"NHI:Quarantine": text})
		if record == nil || err == nil || err.Error() != fmt.Sprintf("the tag nhi:quarantine is %q: it is not what a quarantine has written", text) {
			t.Errorf("%q gives %v %v", text, record, err)
		}
	}
	for _, test := range []struct{ deny, changes string }{
		{"inline", "everything"},
		{"inline", "key:"},
		{"inline", "totp:AKIAEXAMPLE"},
		{"inline", ":AKIAEXAMPLE"},
		{"boundary", ""},
		{"boundary", "key:AKIAEXAMPLE"},
		{"boundary", "boundary:none boundary:none"},
		{"everything", ""},
		{"", ""},
		{"inline trust=ajar", ""},
		{"inline for=ever", ""},
	} {
		main := "quarantined 2026-11-22T13:11:00Z deny=" + test.deny
		if record, err := tagging.quarantine(map[string]string{"nhi:quarantine": main, "nhi:quarantine_changes": test.changes}); !errors.Is(err, errRecord) {
			t.Errorf("%s with %q is taken for %+v", main, test.changes, record)
		}
	}
	if record, err := tagging.quarantine(map[string]string{"nhi:quarantine": "quarantined 2026-11-22T13:11:00Z deny=inline", "nhi:quarantine_changes": "boundary:arn:aws:iam::123456789012:policy/left"}); err != nil || record.boundary != "" {
		t.Errorf("what an interruption has left gives %+v, %v", record, err)
	}
	if record, err := tagging.quarantine(map[string]string{"nhi:quarantine_reason": "x"}); record != nil || err != nil {
		t.Errorf("a reason alone gives %v %v", record, err)
	}
}

// FuzzQuarantineRecord reads records that anybody may have written: never half of one without an error, and one that is read says
// the same when it is written again.
func FuzzQuarantineRecord(f *testing.F) {
	f.Add("quarantined 2026-11-22T13:11:00Z deny=inline trust=closed digest=0123456789ab used=never", "Leaked=2C see =237", "SEC-1", "key:AKIAEXAMPLE ssh:APKAEXAMPLE boundary:none", "service:ACCAEXAMPLE")
	f.Add("releasing 2026-11-22T13:11:00Z deny=boundary release_after=2026-12-01 delete_after=2027-01-01T00:00:00+02:00", "x", "", "boundary:arn:aws:iam::123456789012:policy/a=2Cb", "")
	f.Add("imposing 0000-01-01T00:00:00+23:00 used=9999-12-31T23:59:59-23:00", "=2C", "", "key:", ":")
	f.Fuzz(func(t *testing.T, main, reason, ticket, changes, more string) {
		for _, text := range []string{main, reason, ticket, changes, more} {
			if !utf8.ValidString(text) {
				return // IAM has no such tags.
			}
		}
		tagging := tagging{keys: governance.NewMetadataKeys(nil)}
		tags := map[string]string{"Team": "x", "nhi:quarantine": main, "NHI:quarantine_reason": reason, "nhi:quarantine_changes": changes, "nhi:quarantine_changes_3": more}
		if ticket != "" {
			tags["nhi:quarantine_ticket"] = ticket
		}
		record, err := tagging.quarantine(tags)
		if err != nil {
			if !errors.Is(err, errRecord) || tagging.readable(tags) != nil {
				t.Fatalf("%v", err)
			}
			return
		}
		if record == nil {
			t.Fatal("a record is passed over")
		}
		if record.tooLong() != "" {
			return
		}
		set, _ := tagging.recordChanges(map[string]string{"Team": "x"}, record)
		again, err := tagging.quarantine(set)
		if diff := cmp.Diff(record, again, cmp.AllowUnexported(quarantineRecord{}, held{})); diff != "" || err != nil {
			t.Errorf("written as %q it is another: %v %s", set, err, diff)
		}
		if set, remove := tagging.recordChanges(set, again); len(set)+len(remove) > 0 {
			t.Errorf("written again it takes %q and %q", set, remove)
		}
	})
}
