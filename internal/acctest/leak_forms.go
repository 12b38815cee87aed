package acctest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// shortest is how many bytes a secret has at least to be told from any other text.
const shortest = 8

// secretForms finds secrets in every encoding by one pass over a text: it compares only where the first bytes of a form
// may begin.
type secretForms struct {
	begins  [1 << 10]uint64 // a bit for each hash of first bytes
	byStart map[uint64][]secretForm
}

// secretForm is a secret, by its number, in an encoding.
type secretForm struct {
	secret         int
	encoding, text string
}

func newSecretForms(secrets []string) *secretForms {
	f := &secretForms{byStart: map[uint64][]secretForm{}}
	for i, secret := range secrets {
		seen := map[string]bool{}
		for encoding, text := range encodings(secret) {
			if seen[text] || len(text) < shortest {
				continue
			}
			seen[text] = true
			start := binary.LittleEndian.Uint64([]byte(text))
			f.begins[bucket(start)>>6] |= 1 << (bucket(start) & 63)
			f.byStart[start] = append(f.byStart[start], secretForm{i, encoding, text})
		}
	}
	return f
}

// bucket spreads first bytes over the bits of begins.
func bucket(start uint64) uint64 { return start * 0x9E3779B97F4A7C15 >> 48 }

// in returns the forms that a text has, each once.
func (f *secretForms) in(text []byte) []secretForm {
	var found []secretForm
	seen := map[secretForm]bool{}
	for i := 0; i+shortest <= len(text); i++ {
		start := binary.LittleEndian.Uint64(text[i:])
		if f.begins[bucket(start)>>6]&(1<<(bucket(start)&63)) == 0 {
			continue
		}
		for _, form := range f.byStart[start] {
			if !seen[form] && len(text)-i >= len(form.text) && string(text[i:i+len(form.text)]) == form.text {
				seen[form] = true
				found = append(found, form)
			}
		}
	}
	return found
}

// encodings yields a text in each way in which it may be written, with the name of the way. Several can be the same text.
func encodings(secret string) func(yield func(encoding, text string) bool) {
	escaped := inJSON(secret, true)
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	written := []struct{ encoding, text string }{
		{"in plain text", secret},
		{"in JSON", escaped},
		{"in JSON", inJSON(secret, false)},
		{"in JSON within JSON", inJSON(escaped, true)},
		{"encoded for a URL", query},
		{"encoded for a URL", path},
		{"encoded for a URL", escapes.ReplaceAllStringFunc(query, strings.ToLower)},
		{"encoded for a URL", escapes.ReplaceAllStringFunc(path, strings.ToLower)},
	}
	return func(yield func(encoding, text string) bool) {
		for _, one := range written {
			if !yield(one.encoding, one.text) {
				return
			}
			for before := range 3 {
				for _, base := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
					if !yield(one.encoding+", in base64", inBase64(base, before, one.text)) {
						return
					}
				}
			}
		}
	}
}

var escapes = regexp.MustCompile(`%[0-9A-F]{2}`)

// inBase64 is what a longer text in base64 has of a text that follows so many bytes, modulo 3: the characters that are
// made of its bits alone.
func inBase64(encoding *base64.Encoding, before int, text string) string {
	const eight, six = 8, 6
	whole := encoding.EncodeToString(append(make([]byte, before), text...))
	return whole[(before*eight+six-1)/six : (before+len(text))*eight/six]
}

// inJSON is a text as it is within a string of JSON, with or without the escapes of what is special in HTML.
func inJSON(text string, html bool) string {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(html)
	_ = encoder.Encode(text) // A text cannot fail.
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(encoded.String()), `"`), `"`)
}

// secretMembers are the members of a document in a store that are secret by themselves.
var secretMembers = regexp.MustCompile(`(?i)(secret|secret_access_key|password|private_key|token)$`)

// secretParts are a secret and what of it is secret by itself: members of a JSON document, and a line of a key in PEM,
// whose line breaks may get lost.
func secretParts(secret string) []string {
	parts := []string{secret}
	var document map[string]any
	if json.Unmarshal([]byte(secret), &document) == nil {
		for name, member := range document {
			if text, ok := member.(string); ok && secretMembers.MatchString(name) {
				parts = append(parts, secretParts(text)...)
			}
		}
	}
	if lines := strings.Split(strings.TrimSpace(secret), "\n"); strings.Contains(lines[0], "PRIVATE KEY-----") && len(lines) > 2 {
		parts = append(parts, lines[len(lines)/2])
	}
	return parts
}
