package azure

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// FuzzTags has the check let pass what makes tags that Resource Manager takes and that come back as they were written, beside
// those of others, and nothing else.
func FuzzTags(f *testing.F) {
	f.Add("payments", "Export (EU), nightly", "billing db", `a\,b`, "team", "x")
	f.Add("請求書 🚀", "e\u0301\x00\u2028", `\`, ",", "Hidden-title", "")
	f.Add("=2C", strings.Repeat("🚀", 128), " ", "", "NHI:Owner", "x")
	f.Add("a", "b", "c", "d", "costcenter", "x")
	f.Fuzz(func(t *testing.T, owner, purpose, system, other, key, value string) {
		for _, text := range []string{owner, purpose, system, other, key, value} {
			if !utf8.ValidString(text) {
				return // Terraform has no such texts.
			}
		}
		metadata := governance.Metadata{Owner: owner, Purpose: purpose, Labels: map[string]string{key: value}}
		if system != "" {
			metadata.Systems = []string{system, other}
		}
		if read := splitList(joinList(metadata.Systems)); !slices.Equal(read, metadata.Systems) {
			t.Errorf("%q came back as %q", metadata.Systems, read)
		}
		tagging := tagging{keys: governance.NewMetadataKeys(nil), ignore: platform.IgnoreTags{Keys: []string{"CostCenter"}}}
		var found findings
		tagging.check(&found, metadata, 0)
		tags, folded, fits := tagging.tags(metadata), map[string]bool{}, true
		for key, value := range tags {
			length := tagLength(key)
			fits = fits && length > 0 && length <= maxTagNameLength && !strings.ContainsAny(key, `<>%&\?/`) && tagLength(value) <= maxTagValueLength && !folded[strings.ToLower(key)]
			folded[strings.ToLower(key)] = true
		}
		others := map[string]string{"costCenter": "7", "hidden-link:x": "y"}
		read, mark := tagging.metadata(tagging.merged(others, tags))
		same := reflect.DeepEqual(read, metadata) && mark == governance.ManagedBy
		if passes := len(found) == 0; passes != (fits && same) {
			t.Errorf("the check says %v of the tags %q, which Resource Manager takes (%t) and which come back as %+v, %q", found, tags, fits, read, mark)
		}
	})
}
