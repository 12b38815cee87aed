package aws

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// legalInTag tells whether IAM accepts a character in a tag: [\p{L}\p{Z}\p{N}_.:/=+\-@], from the API reference of
// the data type Tag.
func legalInTag(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Z, unicode.N) || strings.ContainsRune("_.:/=+-@", r)
}

// encodeTag writes any text with the characters that a tag can hold. A character that it cannot hold becomes the
// upper-case quoted-printable form of its UTF-8 bytes (RFC 2045), such as =2C for a comma. An equals sign stays as it
// is unless it would be read as such a form.
func encodeTag(text string) string { return encode(text, legalInTag) }

func encode(text string, legal func(rune) bool) string {
	var encoded strings.Builder
	for i, r := range text {
		switch {
		case r == '=' && isEscape(text[i:]):
			encoded.WriteString("=3D")
		case legal(r):
			encoded.WriteRune(r)
		default:
			for _, b := range utf8.AppendRune(nil, r) {
				fmt.Fprintf(&encoded, "=%02X", b)
			}
		}
	}
	return encoded.String()
}

// decodeTag reads what encodeTag wrote. A value that encodeTag would not have written, because somebody else wrote it,
// is returned as it is.
func decodeTag(value string) string { return decode(value, legalInTag) }

func decode(value string, legal func(rune) bool) string {
	var decoded strings.Builder
	for i := 0; i < len(value); i++ {
		if escaped, ok := readEscape(value[i:]); ok {
			decoded.WriteByte(escaped)
			i += 2
		} else {
			decoded.WriteByte(value[i])
		}
	}
	if text := decoded.String(); utf8.ValidString(text) && encode(text, legal) == value {
		return text
	}
	return value
}

// readEscape reads an equals sign and two upper-case hexadecimal digits at the start of a text.
func readEscape(text string) (value byte, ok bool) {
	if len(text) < 3 || text[0] != '=' || strings.ToUpper(text[1:3]) != text[1:3] {
		return 0, false
	}
	bytes, err := hex.DecodeString(text[1:3])
	if err != nil {
		return 0, false
	}
	return bytes[0], true
}

func isEscape(text string) bool {
	_, ok := readEscape(text)
	return ok
}

// encodeSystems puts several systems into one tag, separated by spaces, so white space within a name is encoded.
func encodeSystems(systems []string) string {
	encoded := make([]string, len(systems))
	for i, system := range systems {
		encoded[i] = encode(system, legalInSystem)
	}
	return strings.Join(encoded, " ")
}

func decodeSystems(value string) []string {
	var systems []string
	for _, system := range strings.Fields(value) {
		systems = append(systems, decode(system, legalInSystem))
	}
	return systems
}

func legalInSystem(r rune) bool {
	return legalInTag(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Z, r)
}

// tagLength counts as IAM does: in UTF-16 code units, which is never less than the characters that it documents.
func tagLength(text string) int { return len(utf16.Encode([]rune(text))) }
