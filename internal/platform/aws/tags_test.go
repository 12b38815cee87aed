package aws

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

var (
	defaultKeys = governance.NewMetadataKeys(nil)
	renamedKeys = governance.NewMetadataKeys(map[governance.Field]string{governance.FieldOwner: "Owner", governance.FieldPurpose: "acme:why", "managed_by": "acme:tool"})
)

func TestTags(t *testing.T) {
	t.Parallel()
	full := governance.Metadata{
		Owner: "payments", Purpose: "Export (EU)", Expiry: "2027-03-31", BusinessOwner: "finance", TechnicalOwner: "platform",
		Environment: "prod", Systems: []string{"billing db", "lake"}, Ticket: "CHG-1", Labels: map[string]string{"team": "a=2Cb"},
	}
	for name, test := range map[string]struct {
		keys     governance.MetadataKeys
		metadata governance.Metadata
		tags     map[string]string
	}{
		"full": {defaultKeys, full, map[string]string{
			"nhi:owner": "payments", "nhi:purpose": "Export =28EU=29", "nhi:expiry": "2027-03-31", "nhi:business_owner": "finance",
			"nhi:technical_owner": "platform", "nhi:environment": "prod", "nhi:systems": "billing=20db lake", "nhi:ticket": "CHG-1",
			"nhi:managed_by": governance.ManagedBy, "team": "a=2Cb",
		}},
		"absent": {defaultKeys, governance.Metadata{Owner: "payments"}, map[string]string{"nhi:owner": "payments", "nhi:managed_by": governance.ManagedBy}},
		"renamed": {renamedKeys, governance.Metadata{Owner: "payments", Purpose: "x", Ticket: "y"}, map[string]string{
			"Owner": "payments", "acme:why": "x", "nhi:ticket": "y", "acme:tool": governance.ManagedBy,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tagging := tagging{keys: test.keys}
			if got := tagging.tags(test.metadata); !maps.Equal(got, test.tags) {
				t.Errorf("tags are %v, want %v", got, test.tags)
			}
			metadata, managedBy := tagging.metadata(test.tags)
			if !reflect.DeepEqual(metadata, test.metadata) || managedBy != governance.ManagedBy {
				t.Errorf("metadata is %+v by %q, want %+v", metadata, managedBy, test.metadata)
			}
			if got := tagMap(sdkTags(test.tags)); !maps.Equal(got, test.tags) {
				t.Errorf("through the SDK's type they are %v", got)
			}
		})
	}
	if full.Labels["nhi:owner"] != "" {
		t.Error("the labels were changed")
	}
}

func TestMetadataOfForeignTags(t *testing.T) {
	t.Parallel()
	tagging := tagging{keys: defaultKeys, ignore: platform.IgnoreTags{Keys: []string{"CostCenter"}, KeyPrefixes: []string{"kubernetes.io/", "nhi:"}}}
	metadata, managedBy := tagging.metadata(map[string]string{
		"NHI:Owner": "payments", "nhi:purpose": "Export =zz", "aws:cloudformation:stack-name": "x", "costcenter": "1", "Kubernetes.io/cluster": "y",
		"Team": "z", "nhi:unknown": "w",
	})
	want := governance.Metadata{Owner: "payments", Purpose: "Export =zz", Labels: map[string]string{"Team": "z"}}
	if !reflect.DeepEqual(metadata, want) || managedBy != "" {
		t.Errorf("metadata is %+v by %q, want %+v", metadata, managedBy, want)
	}
}

func TestTagChanges(t *testing.T) {
	t.Parallel()
	tagging := tagging{keys: defaultKeys, ignore: platform.IgnoreTags{Keys: []string{"Backup"}, KeyPrefixes: []string{"k8s/", "nhi:"}}}
	for name, test := range map[string]struct {
		have, want, set map[string]string
		remove          []string
	}{
		"nothing":             {have: map[string]string{"a": "1"}, want: map[string]string{"a": "1"}},
		"new":                 {want: map[string]string{"a": ""}, set: map[string]string{"a": ""}},
		"changed":             {have: map[string]string{"a": "1"}, want: map[string]string{"a": "2"}, set: map[string]string{"a": "2"}},
		"removed in order":    {have: map[string]string{"c": "", "a": "", "b": ""}, remove: []string{"a", "b", "c"}},
		"other case":          {have: map[string]string{"Team": "x"}, want: map[string]string{"team": "x"}, set: map[string]string{"team": "x"}, remove: []string{"Team"}},
		"AWS's own":           {have: map[string]string{"aws:cloudformation:stack-id": "x"}},
		"ignored":             {have: map[string]string{"backup": "x", "K8s/cluster": "y"}},
		"a field is not lost": {have: map[string]string{"nhi:ticket": "x"}, remove: []string{"nhi:ticket"}},
		"ignored prefix":      {have: map[string]string{"nhi:else": "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, remove := tagging.changes(test.have, test.want)
			if !maps.Equal(set, test.set) || !slices.Equal(remove, test.remove) {
				t.Errorf("changes are %v and without %v, want %v and %v", set, remove, test.set, test.remove)
			}
		})
	}
}

// FuzzTags has the check let pass what makes tags that IAM takes and that come back as they were written, and nothing else.
func FuzzTags(f *testing.F) {
	f.Add("payments", "Export (EU), nightly", "billing db", "team", "a=2Cb")
	f.Add("請求書 🚀", "e\u0301\x00\u2028", "a\u00a0b,c", "aws:x", "")
	f.Add("=2C", strings.Repeat(",", 86), "=20", "NHI:Owner", "x")
	f.Add("a", "b", "c", "AKIAIOSFODNN7EXAMPLE", "x")
	f.Fuzz(func(t *testing.T, owner, purpose, system, key, value string) {
		for _, text := range []string{owner, purpose, system, key, value} {
			if !utf8.ValidString(text) {
				return // Terraform has no such texts.
			}
		}
		metadata := governance.Metadata{Owner: owner, Purpose: purpose, Labels: map[string]string{key: value}}
		if system != "" {
			metadata.Systems = []string{system, "data-lake"}
		}
		for _, keys := range []governance.MetadataKeys{defaultKeys, renamedKeys} {
			tagging := tagging{keys: keys}
			var found violations
			tagging.check(&found, metadata, 0)
			tags, folded, fits := tagging.tags(metadata), map[string]bool{}, true
			for key, value := range tags {
				illegal := strings.ContainsFunc(key+value, func(r rune) bool { return !legalInTag(r) })
				length := tagLength(key)
				fits = fits && !illegal && length > 0 && length <= maxTagKeyLength && tagLength(value) <= maxTagValueLength && !folded[strings.ToLower(key)] && !strings.HasPrefix(strings.ToLower(key), "aws:")
				folded[strings.ToLower(key)] = true
			}
			read, mark := tagging.metadata(tags)
			same := reflect.DeepEqual(read, metadata) && mark == governance.ManagedBy
			if passes := len(found) == 0; passes != (fits && same) {
				t.Errorf("the check says %v of the tags %q, which IAM takes (%t) and which come back as %+v, %q", found, tags, fits, read, mark)
			}
			if len(found) > 0 {
				continue
			}
			if set, remove := tagging.changes(tags, tags); len(set)+len(remove) > 0 {
				t.Errorf("what is there already takes %q and %q", set, remove)
			}
		}
	})
}
