package azure

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

var compareRecords = cmp.AllowUnexported(quarantineRecord{}, taken{}, AssignedRole{})

// TestForgedQuarantineRecord takes nothing for a record that a quarantine has not written.
func TestForgedQuarantineRecord(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"yes", "quarantined soon", "free 2026-11-22T13:11:00Z", "quarantined 2026-11-22T13:11:00Z used=lately",
		"quarantined 2026-11-22T13:11:00Z sign_in=ajar", "quarantined 2026-11-22T13:11:00Z client=some", "quarantined 2026-11-22T13:11:00Z for=ever",
	} {
		if record, err := parseQuarantine(text); !errors.Is(err, errRecord) {
			t.Errorf("%q is taken for %+v", text, record)
		}
	}
}

// FuzzQuarantineRecord reads records that anybody may have written, on applications and on managed identities: never half of one
// without an error, and one that is read says the same when it is written again.
func FuzzQuarantineRecord(f *testing.F) {
	f.Add("quarantined 2026-11-22T13:11:00Z sign_in=open used=2026-10-01T00:00:00Z", "Leaked, see #7", "SEC-1", "")
	f.Add("releasing 2026-11-22T13:11:00Z sign_in=none release_after=2026-12-01 delete_after=2027-01-01T00:00:00+02:00", "x", "", packTaken([]taken{
		{kind: takenFederated, name: "main"},
		{kind: takenAppRole, name: "User.Read.All", resource: "r", appRole: "a"},
		{kind: takenRole, role: AssignedRole{Scope: "/subscriptions/s", RoleID: "i", RoleName: "Reader", assignmentID: "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/n", Condition: "c", ConditionVersion: "2.0", description: "d"}},
	}))
	f.Add("quarantined 2026-11-22T13:11:00Z client=none", "Unused", "", "")
	f.Add("imposing 0000-01-01T00:00:00+23:00 used=9999-12-31T23:59:59-23:00", "a_b", "\u2028", "bw")
	f.Fuzz(func(t *testing.T, main, reason, ticket, changes string) {
		for _, text := range []string{main, reason, ticket, changes} {
			if !utf8.ValidString(text) {
				return // Azure has no such tags.
			}
		}
		keys := governance.NewMetadataKeys(nil)
		plain := tagging{keys: keys}
		tags := map[string]string{"Team": "x"}
		texts := []string{"HideApp"}
		for key, value := range map[string]string{"nhi:quarantine": main, "nhi:quarantine_reason": reason, "nhi:quarantine_ticket": ticket, "nhi:quarantine_changes": changes} {
			if value != "" {
				tags[key] = value
				texts = append(texts, key+"="+value)
			}
		}
		if record, err := plain.quarantine(tags); err != nil {
			if !errors.Is(err, errRecord) || plain.readable(tags) != nil {
				t.Errorf("of a managed identity: %v", err)
			}
		} else if record != nil && record.tooLong() == "" {
			written := plain.recorded(tags, record)
			again, err := plain.quarantine(written)
			if diff := cmp.Diff(record, again, compareRecords); diff != "" || err != nil {
				t.Errorf("written as %q it is another: %v %s", written, err, diff)
			}
			if twice := plain.recorded(written, again); !maps.Equal(twice, written) {
				t.Errorf("written again %q became %q", written, twice)
			}
		}
		graph := graphTagging{keys: keys}
		if record, err := graph.quarantine(texts); err != nil {
			if !errors.Is(err, errRecord) || graph.readable(texts) != nil {
				t.Errorf("of an application: %v", err)
			}
		} else if record != nil {
			written := graph.recorded(texts, record)
			again, err := graph.quarantine(written)
			if diff := cmp.Diff(record, again, compareRecords); diff != "" || err != nil {
				t.Errorf("written as %q it is another: %v %s", written, err, diff)
			}
			if twice := graph.recorded(written, again); !slices.Equal(twice, written) || !strings.HasPrefix(written[0], "HideApp") {
				t.Errorf("written again %q became %q", written, twice)
			}
		}
	})
}
