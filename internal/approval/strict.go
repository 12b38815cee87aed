package approval

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
)

// header is what the header of an approval can have. What another one would have, such as a key of its own (jwk, x5c, jku)
// or something critical (crit), is refused and not passed over: nothing of it can then be believed.
type header struct {
	alg jose.SignatureAlgorithm
	typ string
	kid string
}

// parseHeader reads the header of a token that has the shape of a compact JWS. The reason says what is wrong.
func parseHeader(token string) (h header, reason string) {
	if len(token) > maxToken {
		return h, "it is longer than 16 KiB"
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return h, "a compact JWS has three parts with dots between them"
	}
	for _, part := range parts {
		// Package base64 would pass over line breaks.
		if strings.Trim(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" || strings.ContainsAny(part, "\r\n") {
			return h, "it has characters that are not base64url"
		}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return h, "its header is not base64url"
	}
	members, reason := object(text, "alg", "typ", "kid")
	if reason != "" {
		return h, "its header is not that of an approval: " + reason
	}
	var alg string
	for _, text := range []struct {
		name string
		into *string
	}{{"alg", &alg}, {"typ", &h.typ}, {"kid", &h.kid}} {
		if value, ok := members[text.name]; ok && !textOf(value, text.into) {
			return h, "in its header " + text.name + " is not a text"
		}
	}
	h.alg = jose.SignatureAlgorithm(alg)
	return h, ""
}

// object reads a JSON object that has nothing but these members, each once and with this case; package json would take the
// last of several, and any case.
func object(text []byte, names ...string) (members map[string]json.RawMessage, reason string) {
	if !utf8.Valid(text) {
		return nil, "it is not UTF-8"
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, "it is no JSON object"
	}
	members = map[string]json.RawMessage{}
	for decoder.More() {
		key, err := decoder.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return nil, "it is no JSON object"
		}
		if names != nil && !slices.Contains(names, name) {
			return nil, "it has the member " + quote(name) + ", and can have " + strings.Join(names, ", ") + " only"
		}
		if _, twice := members[name]; twice {
			return nil, "it has the member " + quote(name) + " twice"
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, "it is no JSON object"
		}
		members[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, "it is no JSON object"
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, "something follows its JSON object"
	}
	return members, ""
}

// textOf reads a text, which null is not.
func textOf(value json.RawMessage, into *string) bool {
	return bytes.HasPrefix(value, []byte(`"`)) && json.Unmarshal(value, into) == nil
}

// textsOf reads a list of texts with something in it.
func textsOf(value json.RawMessage) (texts []string, ok bool) {
	var raw []json.RawMessage
	if json.Unmarshal(value, &raw) != nil || len(raw) == 0 {
		return nil, false
	}
	texts = make([]string, len(raw))
	for i, one := range raw {
		if !textOf(one, &texts[i]) {
			return nil, false
		}
	}
	return texts, true
}
