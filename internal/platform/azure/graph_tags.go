package azure

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Limits of the property tags of applications ("application resource type"): of each text, in characters, of which none
// may be white space.
const (
	maxGraphTagLength = 256
	// mostTagParts is how many tags a long value is spread over.
	mostTagParts = 8
)

// graphTagging is how the provider keeps metadata in the property tags of an application, which is a set of texts: each is
// a key, an equals sign and a value. Every other text in it is somebody else's.
type graphTagging struct{ keys governance.MetadataKeys }

// graphRecords are the provider's own notes on an application.
type graphRecords struct {
	// Deactivated is what the expiry has closed: sign-in, or nothing when it was blocked before. It is empty while nothing is.
	Deactivated string
	// Purge says that a deletion is final.
	Purge bool
}

// What RecordDeactivated says.
const (
	deactivatedSignIn  = "sign-in"
	deactivatedNothing = "nothing"
	recordYes          = "true"
)

// graphMetadata is what tags say.
type graphMetadata struct {
	governance.Metadata
	ManagedBy string
	graphRecords
}

// tags are what an application with the metadata carries, mark and records included.
func (t graphTagging) tags(metadata governance.Metadata, records graphRecords) []string {
	var tags []string
	for _, field := range governance.KeptFields {
		tags = append(tags, tagParts(t.keys.Key(field), encodedForGraph(metadata, field))...)
	}
	labels := slices.Sorted(maps.Keys(metadata.Labels))
	tags = append(tags, tagParts(t.keys.Key(governance.RecordLabels), encodeGraphList(labels))...)
	for _, key := range labels {
		tags = append(tags, key+"="+metadata.Labels[key])
	}
	tags = append(tags, tagParts(t.keys.Key(governance.RecordDeactivated), encodeGraphTag(records.Deactivated))...)
	if records.Purge {
		tags = append(tags, tagParts(t.keys.Key(governance.RecordPurge), recordYes)...)
	}
	return append(tags, tagParts(t.keys.ManagedByKey(), governance.ManagedBy)...)
}

// encodedForGraph is a field as its tags hold it; empty when it needs none.
func encodedForGraph(metadata governance.Metadata, field governance.Field) string {
	if field == governance.FieldSystems {
		return encodeGraphList(metadata.Systems)
	}
	return encodeGraphTag(metadata.Text(field))
}

// metadata reads tags back.
func (t graphTagging) metadata(tags []string) graphMetadata {
	var found graphMetadata
	for _, field := range governance.KeptFields {
		switch value := joinedParts(t.keys.Key(field), tags); {
		case value == "":
		case field == governance.FieldSystems:
			found.Systems = decodeGraphList(value)
		default:
			found.Set(field, decodeGraphTag(value))
		}
	}
	for _, key := range decodeGraphList(joinedParts(t.keys.Key(governance.RecordLabels), tags)) {
		if i := slices.IndexFunc(tags, func(tag string) bool { return strings.HasPrefix(tag, key+"=") }); i >= 0 {
			if found.Labels == nil {
				found.Labels = map[string]string{}
			}
			found.Labels[key] = tags[i][len(key)+1:]
		}
	}
	found.Deactivated = decodeGraphTag(joinedParts(t.keys.Key(governance.RecordDeactivated), tags))
	found.Purge = joinedParts(t.keys.Key(governance.RecordPurge), tags) == recordYes
	found.ManagedBy = decodeGraphTag(joinedParts(t.keys.ManagedByKey(), tags))
	return found
}

// merged are the wanted tags together with those of others among the present ones, which stay, as a quarantine's do.
func (t graphTagging) merged(have, want []string) []string {
	keys := decodeGraphList(joinedParts(t.keys.Key(governance.RecordLabels), have))
	keys = append(keys, decodeGraphList(joinedParts(t.keys.Key(governance.RecordLabels), want))...)
	ours := func(tag string) bool {
		return slices.Contains(want, tag) || slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(tag, key+"=") }) || (t.holds(tag) && !t.ofQuarantine(tag))
	}
	return append(slices.DeleteFunc(slices.Clone(have), ours), want...)
}

// without are those of the tags that do not hold a field.
func (t graphTagging) without(tags []string, field governance.Field) []string {
	head := partKey(t.keys.Key(field), 1)
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return strings.HasPrefix(tag, head) })
}

func sameTexts(one, other []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(one)), slices.Sorted(slices.Values(other)))
}

// holds tells whether a tag has metadata, the mark or a record.
func (t graphTagging) holds(tag string) bool {
	return slices.ContainsFunc(governance.MetadataKeyFields, func(field governance.Field) bool {
		if field == governance.RecordIssuing {
			return false // The credentials of the application have notes of their own.
		}
		rest, ours := strings.CutPrefix(tag, graphKey(t.keys.Key(field)))
		return ours && (strings.HasPrefix(rest, "=") || isPart(rest))
	})
}

// isPart tells whether a text goes on from a key as a part of its value does, such as .2=.
func isPart(rest string) bool {
	for part := 2; part <= mostTagParts; part++ {
		if strings.HasPrefix(rest, fmt.Sprintf(".%d=", part)) {
			return true
		}
	}
	return false
}

// tagParts spreads an encoded value over as many tags as it needs: key=…, key.2=… and so on; none for an empty value.
func tagParts(key, value string) []string {
	var parts []string
	for part := 1; value != ""; part++ {
		head := partKey(key, part)
		cut := cutEncoded(value, max(maxGraphTagLength-graphLength(head), 1))
		parts, value = append(parts, head+value[:cut]), value[cut:]
	}
	return parts
}

func partKey(key string, part int) string {
	if part == 1 {
		return graphKey(key) + "="
	}
	return fmt.Sprintf("%s.%d=", graphKey(key), part)
}

// graphKey writes a key as it is but for what cannot be in one: nobody has to read it back.
var graphKey = strings.NewReplacer(" ", "=20", "=", "=3D").Replace

// cutEncoded is the byte up to which an encoded text has at most so many characters, without an escape or a character cut
// in two.
func cutEncoded(text string, most int) int {
	length := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == '=' {
			size = min(3, len(text)-i)
		}
		if length += graphLength(text[i : i+size]); length > most && i > 0 {
			return i
		}
		i += size
	}
	return len(text)
}

// joinedParts is the encoded value of a key.
func joinedParts(key string, tags []string) string {
	var value strings.Builder
	for part := 1; ; part++ {
		head := partKey(key, part)
		i := slices.IndexFunc(tags, func(tag string) bool { return strings.HasPrefix(tag, head) })
		if i < 0 {
			return value.String()
		}
		value.WriteString(tags[i][len(head):])
	}
}

// graphLength counts in UTF-16 code units, which is never less than the characters that Graph documents.
func graphLength(text string) int { return len(utf16.Encode([]rune(text))) }

// encodeGraphTag writes any text without white space, as the Q encoding of RFC 2047 does: a space becomes an underscore,
// and an underscore, an equals sign and whatever does not print the upper-case hexadecimal form of its UTF-8 bytes.
func encodeGraphTag(text string) string { return encodeGraph(text, "") }

func encodeGraph(text, escaped string) string {
	var encoded strings.Builder
	for _, r := range text {
		switch {
		case r == ' ':
			encoded.WriteByte('_')
		case r != '_' && r != '=' && unicode.IsPrint(r) && !strings.ContainsRune(escaped, r):
			encoded.WriteRune(r)
		default:
			for _, b := range utf8.AppendRune(nil, r) {
				fmt.Fprintf(&encoded, "=%02X", b)
			}
		}
	}
	return encoded.String()
}

// decodeGraphTag reads what encodeGraphTag wrote. A value that it would not have written, because somebody else wrote it,
// is returned as it is.
func decodeGraphTag(value string) string { return decodeGraph(value, "") }

func decodeGraph(value, escaped string) string {
	var decoded strings.Builder
	for i := 0; i < len(value); i++ {
		switch {
		case value[i] == '_':
			decoded.WriteByte(' ')
		case value[i] == '=' && i+2 < len(value):
			bytes, err := hex.DecodeString(value[i+1 : i+3])
			if err != nil {
				return value
			}
			decoded.Write(bytes)
			i += 2
		default:
			decoded.WriteByte(value[i])
		}
	}
	if text := decoded.String(); utf8.ValidString(text) && encodeGraph(text, escaped) == value {
		return text
	}
	return value
}

// Several texts share one value, separated by commas.
const listSeparator = ","

func encodeGraphList(texts []string) string {
	encoded := make([]string, len(texts))
	for i, text := range texts {
		encoded[i] = encodeGraph(text, listSeparator)
	}
	return strings.Join(encoded, listSeparator)
}

func decodeGraphList(value string) []string {
	if value == "" {
		return nil
	}
	texts := strings.Split(value, listSeparator)
	for i, text := range texts {
		texts[i] = decodeGraph(text, listSeparator)
	}
	return texts
}

// check finds metadata that tags could not hold.
func (t graphTagging) check(found *findings, metadata governance.Metadata) {
	for _, field := range governance.KeptFields {
		value := encodedForGraph(metadata, field)
		if parts := tagParts(t.keys.Key(field), value); len(parts) > mostTagParts {
			found.add(field.Argument(), "Shorten it, and keep the full story in the ticket.",
				"%s takes %d characters as it is stored, which are %d tags; at most %d are used for one text", strings.Join(field.Argument(), "."), graphLength(value), len(parts), mostTagParts)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(metadata.Labels)) {
		path, value := []string{"labels", key}, metadata.Labels[key]
		field, taken := t.keys.Field(key)
		white := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
		switch length := graphLength(key + "=" + value); {
		case taken:
			found.add(path, "Use another key.", "the label %q is the tag that holds %s", key, field)
		case t.holds(key+"=") || t.isCredentialNote(key+"="):
			found.add(path, "Use another key.", "the label %q is a tag that the provider writes for itself", key)
		case key == "" || strings.ContainsFunc(key, white) || strings.Contains(key, "="):
			found.add(path, "Write a key without white space and equals signs.", "the label %q has a key that cannot be in a tag", key)
		case strings.ContainsFunc(value, white):
			found.add(path, "Write the value without white space: labels are stored as they are, for other tools to read.", "the value of the label %q has white space, which Entra ID does not take in tags", key)
		case length > maxGraphTagLength:
			found.add(path, "Shorten it.", "the label %q makes a tag of %d characters, %d more than the limit of %d", key, length, length-maxGraphTagLength, maxGraphTagLength)
		}
	}
}
