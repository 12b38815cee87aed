package azure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Limits of tags, from "Use tags to organize your Azure resources". Lengths are in UTF-16 code units, as Resource Manager
// counts.
const (
	maxTags           = 50
	maxTagNameLength  = 512
	maxTagValueLength = 256
	illegalInTagName  = `<>%&\?/`
)

func tagLength(text string) int { return len(utf16.Encode([]rune(text))) }

// check finds metadata that tags could not hold. Some tags are kept for records.
func (t tagging) check(found *findings, metadata governance.Metadata, reserved int) {
	for _, field := range governance.KeptFields {
		if length := tagLength(written(metadata, field)); length > maxTagValueLength {
			found.add(field.Argument(), "Shorten it, and keep the full story in the ticket.",
				"%s takes %d characters in its tag, %d more than Azure's limit of %d", strings.Join(field.Argument(), "."), length, length-maxTagValueLength, maxTagValueLength)
		}
	}
	seen := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(metadata.Labels)) {
		path := []string{"labels", key}
		t.checkLabel(found, path, key, metadata.Labels[key])
		if other, twice := seen[strings.ToLower(key)]; twice {
			found.add(path, "Keep one of the two.", "the labels %q and %q are the same tag to Azure, which ignores the case of names", other, key)
		}
		seen[strings.ToLower(key)] = key
	}
	if tags, room := len(t.tags(metadata)), maxTags-reserved; tags > room {
		found.add([]string{"labels"}, fmt.Sprintf("Remove %d labels.", tags-room),
			"the labels and the metadata make %d tags, %d more than Azure's limit of %d, of which %d are kept for what the provider has to note", tags, tags-room, maxTags, reserved)
	}
}

func (t tagging) checkLabel(found *findings, path []string, key, value string) {
	switch field, taken := t.keys.Field(key); {
	case taken && (field.IsRecord() || field.IsManagedBy()):
		found.add(path, "Use another key.", "the label %q is a tag that the provider writes for itself", key)
	case taken:
		found.add(path, fmt.Sprintf("Use the argument %s, or another key.", strings.Join(field.Argument(), ".")), "the label %q is the tag that holds %s", key, field)
	case strings.HasPrefix(strings.ToLower(key), azureOwn):
		found.add(path, "Use another key.", "the label %q starts with %s, which is Azure's own", key, azureOwn)
	case t.ignore.Matches(key):
		found.add(path, "Remove it from azure.ignore_tags, or use another key.", "the label %q is among the tags that the provider ignores", key)
	}
	switch {
	case key == "":
		found.add(path, "Write a key.", "a label has an empty key")
	case strings.ContainsAny(key, illegalInTagName):
		found.add(path, "Leave these out: < > % & \\ ? /.", "the key of the label %q has a character that Azure does not take in the name of a tag", key)
	}
	if length := tagLength(key); length > maxTagNameLength {
		found.add(path, "Shorten it.", "the key of the label %q has %d characters, %d more than Azure's limit of %d", key, length, length-maxTagNameLength, maxTagNameLength)
	}
	if length := tagLength(value); length > maxTagValueLength {
		found.add(path, "Shorten it.", "the value of the label %q has %d characters, %d more than Azure's limit of %d", key, length, length-maxTagValueLength, maxTagValueLength)
	}
}
