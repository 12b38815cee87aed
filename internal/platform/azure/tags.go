package azure

import (
	"maps"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// tagging is how the provider keeps metadata in the tags of Resource Manager. Their values can be any text, so that only a
// list needs a form of its own.
type tagging struct {
	keys governance.MetadataKeys
	// ignore tells which tags belong to others; they are neither shown nor removed.
	ignore platform.IgnoreTags
}

// azureOwn begins the tags that Azure's portal writes for itself ("hidden-title", "hidden-link:…").
const azureOwn = "hidden-"

// foreign tells whether a tag is Azure's own or another tool's.
func (t tagging) foreign(key string) bool {
	_, ours := t.keys.Field(key)
	return !ours && (strings.HasPrefix(strings.ToLower(key), azureOwn) || t.ignore.Matches(key))
}

// tags are what an identity with the metadata carries, mark included.
func (t tagging) tags(metadata governance.Metadata) map[string]string {
	tags := maps.Clone(metadata.Labels)
	if tags == nil {
		tags = map[string]string{}
	}
	for _, field := range governance.KeptFields {
		if value := written(metadata, field); value != "" {
			tags[t.keys.Key(field)] = value
		}
	}
	tags[t.keys.ManagedByKey()] = governance.ManagedBy
	return tags
}

// written is a field as its tag holds it; empty when it needs none.
func written(metadata governance.Metadata, field governance.Field) string {
	if field == governance.FieldSystems {
		return joinList(metadata.Systems)
	}
	return metadata.Text(field)
}

// metadata reads tags back. Everything that is not a field, not Azure's own and not ignored is a label.
func (t tagging) metadata(tags map[string]string) (metadata governance.Metadata, managedBy string) {
	for key, value := range tags {
		field, known := t.keys.Field(key)
		switch {
		case known && field.IsManagedBy():
			managedBy = value
		case field == governance.FieldSystems:
			metadata.Systems = splitList(value)
		case known:
			metadata.Set(field, value)
		case t.foreign(key):
		default:
			if metadata.Labels == nil {
				metadata.Labels = map[string]string{}
			}
			metadata.Labels[key] = value
		}
	}
	return metadata, managedBy
}

// record is the provider's own note of the name; empty when there is none.
func (t tagging) record(tags map[string]string, field governance.Field) string {
	for key, value := range tags {
		if found, ok := t.keys.Field(key); ok && found == field {
			return value
		}
	}
	return ""
}

// merged are the wanted tags with those of others among the existing ones. Resource Manager replaces all tags at once.
func (t tagging) merged(have, want map[string]string) map[string]string {
	all := maps.Clone(want)
	for key, value := range have {
		if t.foreign(key) {
			all[key] = value
		}
	}
	return all
}

// joinList writes a list as one text, with a comma between the elements; a backslash stands before one that is meant.
func joinList(elements []string) string {
	escaped := make([]string, len(elements))
	for i, element := range elements {
		escaped[i] = listEscapes.Replace(element)
	}
	return strings.Join(escaped, ",")
}

var listEscapes = strings.NewReplacer(`\`, `\\`, `,`, `\,`)

// splitList reads it back.
func splitList(text string) []string {
	if text == "" {
		return nil
	}
	elements := []string{""}
	escaped := false
	for _, r := range text {
		last := &elements[len(elements)-1]
		switch {
		case escaped:
			*last, escaped = *last+string(r), false
		case r == '\\':
			escaped = true
		case r == ',':
			elements = append(elements, "")
		default:
			*last += string(r)
		}
	}
	return elements
}

func tagMap(tags map[string]*string) map[string]string {
	plain := make(map[string]string, len(tags))
	for key, value := range tags {
		plain[key] = deref(value)
	}
	return plain
}

func sdkTags(tags map[string]string) map[string]*string {
	pointers := make(map[string]*string, len(tags))
	for key, value := range tags {
		pointers[key] = &value
	}
	return pointers
}

// deref is what a pointer of the SDK points to; the zero value without one.
func deref[T any](pointer *T) (value T) {
	if pointer != nil {
		value = *pointer
	}
	return value
}
