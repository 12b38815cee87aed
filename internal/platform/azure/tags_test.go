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

// FuzzTags has whatever the check lets pass be tags that Resource Manager takes, beside those of others, and come back as it was
// written.
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
		if tagging.check(&found, metadata, 0); len(found) > 0 {
			return
		}
		tags, folded := tagging.tags(metadata), map[string]bool{}
		for key, value := range tags {
			if length := tagLength(key); length < 1 || length > maxTagNameLength || strings.ContainsAny(key, `<>%&\?/`) || tagLength(value) > maxTagValueLength || folded[strings.ToLower(key)] {
				t.Errorf("Resource Manager does not take %q=%q", key, value)
			}
			folded[strings.ToLower(key)] = true
		}
		others := map[string]string{"costCenter": "7", "hidden-link:x": "y"}
		if read, mark := tagging.metadata(tagging.merged(others, tags)); !reflect.DeepEqual(read, metadata) || mark != governance.ManagedBy {
			t.Errorf("%+v came back as %+v, %q", metadata, read, mark)
		}
	})
}
