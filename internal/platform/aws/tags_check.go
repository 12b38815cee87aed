package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Limits of IAM tags, from the API reference of the data type Tag and "Tagging IAM resources".
const (
	maxTags           = 50
	maxTagKeyLength   = 128
	maxTagValueLength = 256
)

// check finds metadata that tags could not hold. Some tags can be reserved for records.
func (t tagging) check(found *violations, metadata governance.Metadata, reserved int) {
	for _, field := range governance.KeptFields {
		value := t.encoded(metadata, field)
		length := tagLength(value)
		if length <= maxTagValueLength {
			continue
		}
		plain, escaped := tagLength(metadata.Text(field)), ""
		if length > plain {
			escaped = fmt.Sprintf(" (%d as written; characters that IAM does not take in tags, such as %s, are stored in three or more)", plain, examplesOfEscaped(metadata.Text(field)))
		}
		found.add(field.Argument(), "Shorten it, and keep the full story in the ticket.",
			"%s takes %d characters in its tag%s, %d more than IAM's limit of %d", strings.Join(field.Argument(), "."), length, escaped, length-maxTagValueLength, maxTagValueLength)
	}
	seen := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(metadata.Labels)) {
		path := []string{"labels", key}
		t.checkLabel(found, path, key, metadata.Labels[key])
		if other, twice := seen[strings.ToLower(key)]; twice {
			found.add(path, "Keep one of the two.", "the labels %q and %q are the same tag to IAM, which ignores the case of keys", other, key)
		}
		seen[strings.ToLower(key)] = key
	}
	if tags, room := len(t.tags(metadata)), maxTags-reserved; tags > room {
		kept := ""
		if reserved > 0 {
			kept = fmt.Sprintf(", of which %d are kept for what the provider has to note", reserved)
		}
		found.add([]string{"labels"}, fmt.Sprintf("Remove %d labels.", tags-room), "the labels and the metadata make %d tags, %d more than IAM's limit of %d%s", tags, tags-room, maxTags, kept)
	}
}

func (t tagging) checkLabel(found *violations, path []string, key, value string) {
	switch field, taken := t.keys.Field(key); {
	case taken && (field.IsRecord() || field.IsManagedBy()):
		found.add(path, "Use another key.", "the label %q is a tag that the provider writes for itself", key)
	case taken:
		found.add(path, fmt.Sprintf("Use the argument %s, or another key.", strings.Join(field.Argument(), ".")), "the label %q is the tag that holds %s", key, field)
	}
	if isKeyNote(key) {
		found.add(path, "Use another key.", "the label %q is named as an access key, whose description IAM keeps in the tag of that name", key)
	}
	if strings.HasPrefix(strings.ToLower(key), "aws:") {
		found.add(path, "Use another key.", "the label %q starts with aws:, which is reserved", key)
	}
	if t.ignore.Matches(key) {
		found.add(path, "Remove it from aws.ignore_tags, or use another key.", "the label %q is among the tags that the provider ignores", key)
	}
	t.checkLabelText(found, path, "key", key, key, maxTagKeyLength)
	t.checkLabelText(found, path, "value", key, value, maxTagValueLength)
	if key == "" {
		found.add(path, "Write a key.", "a label has an empty key")
	}
}

func (t tagging) checkLabelText(found *violations, path []string, what, key, text string, limit int) {
	if length := tagLength(text); length > limit {
		found.add(path, "Shorten it.", "the %s of the label %q has %d characters, %d more than IAM's limit of %d", what, key, length, length-limit, limit)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !legalInTag(r) }) {
		found.add(path, "Use letters, digits, spaces and _.:/=+-@ only: labels are stored as they are, for other tools to read.",
			"the %s of the label %q has characters that IAM does not take in tags: %s", what, key, examplesOfEscaped(text))
	}
}

// examplesOfEscaped are the first characters of a text that tags cannot hold.
func examplesOfEscaped(text string) string {
	var examples []string
	for _, r := range text {
		if quoted := fmt.Sprintf("%q", r); !legalInTag(r) && !slices.Contains(examples, quoted) {
			if examples = append(examples, quoted); len(examples) == 3 {
				break
			}
		}
	}
	return strings.Join(examples, " ")
}
