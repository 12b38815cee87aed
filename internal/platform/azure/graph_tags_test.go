package azure

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestEncodeGraphTag(t *testing.T) {
	t.Parallel()
	for text, encoded := range map[string]string{
		"payments":           "payments",
		"Export of invoices": "Export_of_invoices",
		"a_b=c":              "a=5Fb=3Dc",
		"tab\there":          "tab=09here",
		"a\u00a0b":           "a=C2=A0b",
		"Größe, 100%":        "Größe,_100%",
		"🚀":                  "🚀",
		"":                   "",
	} {
		if got := encodeGraphTag(text); got != encoded || decodeGraphTag(got) != text {
			t.Errorf("%q is %q, and back %q", text, got, decodeGraphTag(got))
		}
	}
	// What somebody else has written is not decoded.
	for _, foreign := range []string{"a=2cb", "a=", "a=G1", "a b", "a=41"} {
		if got := decodeGraphTag(foreign); got != foreign {
			t.Errorf("%q is read as %q", foreign, got)
		}
	}
}

// TestGraphTags keeps what tags say, however long it is, and every tag within the limits.
func TestGraphTags(t *testing.T) {
	t.Parallel()
	tagging := graphTagging{keys: governance.NewMetadataKeys(map[governance.Field]string{governance.FieldOwner: "Cost Owner=x"})}
	for name, text := range map[string]string{
		"short": "x", "just one": strings.Repeat("x", 244), "just two": strings.Repeat("x", 245), "long": strings.Repeat("invoices ", 150),
		"escapes at the cut": strings.Repeat("=", 300), "characters at the cut": strings.Repeat("🚀é", 200),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			metadata := governance.Metadata{Owner: text, Purpose: text, Expiry: "2027-01-01", Systems: []string{"a,b", text}, Labels: map[string]string{"team": "x=y", "empty": ""}}
			tags := tagging.tags(metadata, graphRecords{Deactivated: deactivatedSignIn, Purge: true})
			for i, tag := range tags {
				if graphLength(tag) > maxGraphTagLength || strings.ContainsFunc(tag, unicode.IsSpace) || slices.Contains(tags[:i], tag) {
					t.Errorf("%q cannot be a tag", tag)
				}
			}
			slices.Reverse(tags)
			read := tagging.metadata(append(tags, "HideApp", "other=1"))
			if !reflect.DeepEqual(read.Metadata, metadata) || read.ManagedBy != governance.ManagedBy || read.Deactivated != deactivatedSignIn || !read.Purge {
				t.Errorf("read %+v", read)
			}
		})
	}
}

// TestGraphTagsMerged takes away what is ours and not wanted, and nothing else.
func TestGraphTagsMerged(t *testing.T) {
	t.Parallel()
	tagging := graphTagging{keys: governance.NewMetadataKeys(nil)}
	have := []string{"HideApp", "team=others", "nhi:ownership=x", "nhi:owner=a", "nhi:purpose=b", "nhi:purpose.2=c", "nhi:labels=stage", "stage=prod", "nhi:purpose.23=x"}
	want := tagging.tags(governance.Metadata{Owner: "b", Labels: map[string]string{"zone": "eu"}}, graphRecords{})
	got := tagging.merged(have, want)
	if expected := append([]string{"HideApp", "team=others", "nhi:ownership=x", "nhi:purpose.23=x"}, want...); !slices.Equal(got, expected) {
		t.Errorf("merged to %v, want %v", got, expected)
	}
	if again := tagging.merged(got, want); !slices.Equal(again, got) {
		t.Errorf("merged again to %v", again)
	}
}

// TestEveryCharacter has each character of Unicode come back, alone and in a list, by what prints and is not white space.
func TestEveryCharacter(t *testing.T) {
	t.Parallel()
	const page = 1 << 8
	for first := rune(0); first <= unicode.MaxRune; first += page {
		var text strings.Builder
		for r := first; r < first+page; r++ {
			if utf8.ValidRune(r) {
				text.WriteRune(r)
			}
		}
		encoded := encodeGraphTag(text.String())
		if strings.ContainsFunc(encoded, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }) || decodeGraphTag(encoded) != text.String() {
			t.Errorf("the page from U+%04X came back as %q by way of %q", first, decodeGraphTag(encoded), encoded)
		}
		if list := []string{"a" + text.String(), "b"}; !slices.Equal(decodeGraphList(encodeGraphList(list)), list) {
			t.Errorf("the page from U+%04X came back as %q", first, decodeGraphList(encodeGraphList(list)))
		}
	}
}

// FuzzGraphTags has whatever the check lets pass be tags that Entra ID takes, in any order and beside those of others, and come
// back as it was written.
func FuzzGraphTags(f *testing.F) {
	f.Add("payments", "Export (EU), nightly", "billing db", "team", "x=y", "HideApp")
	f.Add("a_b=c,=5F", strings.Repeat("=", 300), ",", "nhi:owner", "", "nhi:owner=mallory")
	f.Add("🚀\u00a0\x00", strings.Repeat("🚀é", 200), "a,b", "nhi:purpose.2", "x", "team=others")
	f.Add("a", "b", "c", "nhi:credential.11111111-2222-3333-4444-555555555555", "x", "nhi:credential.11111111-2222-3333-4444-555555555555=vault")
	f.Fuzz(func(t *testing.T, owner, purpose, system, key, value, foreign string) {
		for _, text := range []string{owner, purpose, system, key, value, foreign} {
			if !utf8.ValidString(text) {
				return // Terraform has no such texts.
			}
		}
		for _, text := range []string{owner, purpose} {
			// As a value that somebody else has written.
			if decoded := decodeGraphTag(text); decoded != text && encodeGraphTag(decoded) != text {
				t.Errorf("%q is read as %q, which loses it", text, decoded)
			}
		}
		metadata := governance.Metadata{Owner: owner, Purpose: purpose, Labels: map[string]string{key: value}}
		if system != "" {
			metadata.Systems = []string{system, "data-lake"}
		}
		for _, keys := range []governance.MetadataKeys{governance.NewMetadataKeys(nil), governance.NewMetadataKeys(map[governance.Field]string{governance.FieldOwner: "Cost Owner=x"})} {
			tagging := graphTagging{keys: keys}
			var found findings
			if tagging.check(&found, metadata); len(found) > 0 {
				continue
			}
			tags := tagging.tags(metadata, graphRecords{Deactivated: deactivatedSignIn, Purge: true})
			for i, tag := range tags {
				if length := graphLength(tag); length < 1 || length > maxGraphTagLength || strings.ContainsFunc(tag, unicode.IsSpace) || slices.Contains(tags[:i], tag) {
					t.Errorf("%q cannot be a tag", tag)
				}
			}
			merged := tagging.merged([]string{"HideApp", foreign}, tags)
			if again := tagging.merged(merged, tags); !slices.Equal(again, merged) {
				t.Errorf("merged again %q became %q", merged, again)
			}
			slices.Reverse(merged)
			read := tagging.metadata(merged)
			if !reflect.DeepEqual(read.Metadata, metadata) || read.ManagedBy != governance.ManagedBy || read.Deactivated != deactivatedSignIn || !read.Purge {
				t.Errorf("%+v came back as %+v by way of %q", metadata, read, merged)
			}
		}
	})
}
