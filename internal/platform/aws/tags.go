package aws

import (
	"maps"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// tagging is how the provider keeps metadata in tags.
type tagging struct {
	keys governance.MetadataKeys
	// ignore tells which tags belong to others; they are neither shown nor removed.
	ignore platform.IgnoreTags
}

// foreign tells whether a tag is AWS's own or another tool's.
func (t tagging) foreign(key string) bool {
	_, ours := t.keys.Field(key)
	return strings.HasPrefix(key, "aws:") || (!ours && t.ignore.Matches(key))
}

// record tells whether a tag is a note of the provider's own, or of the console's on an access key.
func (t tagging) record(key string) bool {
	field, ours := t.keys.Field(key)
	return (ours && field.IsRecord()) || isKeyNote(key)
}

// tags are what an identity with the metadata carries, mark included.
func (t tagging) tags(metadata governance.Metadata) map[string]string {
	tags := maps.Clone(metadata.Labels)
	if tags == nil {
		tags = map[string]string{}
	}
	for _, field := range governance.KeptFields {
		if value := t.encoded(metadata, field); value != "" {
			tags[t.keys.Key(field)] = value
		}
	}
	tags[t.keys.ManagedByKey()] = governance.ManagedBy
	return tags
}

// encoded is a field as its tag holds it; empty when it needs none.
func (t tagging) encoded(metadata governance.Metadata, field governance.Field) string {
	if field == governance.FieldSystems {
		return encodeSystems(metadata.Systems)
	}
	return encodeTag(metadata.Text(field))
}

// metadata reads tags back. Everything that is not a field, not AWS's own and not ignored is a label.
func (t tagging) metadata(tags map[string]string) (metadata governance.Metadata, managedBy string) {
	for key, value := range tags {
		field, known := t.keys.Field(key)
		switch {
		case known && field.IsManagedBy():
			managedBy = value
		case field == governance.FieldSystems:
			metadata.Systems = decodeSystems(value)
		case known:
			metadata.Set(field, decodeTag(value))
		case t.foreign(key), isKeyNote(key):
		default:
			if metadata.Labels == nil {
				metadata.Labels = map[string]string{}
			}
			metadata.Labels[key] = value
		}
	}
	return metadata, managedBy
}

// changes are the keys to remove and then the tags to write to get from one set to the other; a key in another letter
// case is removed first, because IAM takes it for the same. Tags of others stay, and so do records, which go when what they
// tell of is done.
func (t tagging) changes(have, want map[string]string) (set map[string]string, remove []string) {
	set = map[string]string{}
	for key, value := range want {
		if current, ok := have[key]; !ok || current != value {
			set[key] = value
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, wanted := want[key]; !wanted && !t.foreign(key) && !t.record(key) {
			remove = append(remove, key)
		}
	}
	return set, remove
}

func sdkTags(tags map[string]string) []types.Tag {
	list := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: awssdk.String(key), Value: awssdk.String(tags[key])})
	}
	return list
}

func tagMap(tags []types.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, tag := range tags {
		m[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	return m
}
