package iampolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds on what is read, far above what IAM stores (a managed policy has 6,144
// characters), so that hostile input costs little.
const (
	maxBytes  = 1 << 20
	maxDepth  = 16
	maxValues = 1 << 14
)

// SyntaxError says what is wrong with a policy text and where.
type SyntaxError struct {
	// Line and Column are those of the offending token, from 1. Column counts
	// characters, not bytes.
	Line, Column int
	// Reason is a sentence fragment for the user, without the position.
	Reason string
}

// Error returns the reason preceded by the position.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

type kind uint8

const (
	kindString kind = iota
	kindNumber
	kindBool
	kindNull
	kindArray
	kindObject
)

func (k kind) String() string {
	return [...]string{"a string", "a number", "a boolean", "null", "a list", "an object"}[k]
}

// node is one JSON value with its byte offset. Members of an object also have
// their key and its offset, in the order of the text.
type node struct {
	kind     kind
	text     string
	off      int
	key      string
	keyOff   int
	children []node
}

// member returns the member of an object with that key, or nil.
func (n *node) member(key string) *node {
	for i := range n.children {
		if n.children[i].key == key {
			return &n.children[i]
		}
	}
	return nil
}

// source is the text under parse. It makes errors with positions.
type source struct {
	text   string
	dec    *json.Decoder
	values int
}

func (s *source) fail(off int, format string, args ...any) error {
	line, column := s.position(off)
	return &SyntaxError{Line: line, Column: column, Reason: fmt.Sprintf(format, args...)}
}

// tree checks the JSON syntax of the whole text and returns its value.
// Duplicate keys are refused because IAM refuses them and because readers that
// do not would disagree about what the policy says.
func (s *source) tree() (node, error) {
	if len(s.text) > maxBytes {
		return node{}, s.fail(0, "the policy has %d bytes; more than %d are not read", len(s.text), maxBytes)
	}
	if strings.TrimLeft(s.text, " \t\r\n") == "" {
		return node{}, s.fail(len(s.text), "the policy is empty")
	}
	if !utf8.ValidString(s.text) {
		return node{}, s.fail(invalidUTF8(s.text), "the policy is not valid UTF-8")
	}
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(s.text), &raw); err != nil {
		return node{}, s.jsonError(err)
	}
	s.dec = json.NewDecoder(strings.NewReader(s.text))
	s.dec.UseNumber()
	return s.value(1)
}

func invalidUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size <= 1 {
				return i
			}
		}
	}
	return len(text)
}

func (s *source) jsonError(err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return s.fail(0, "invalid JSON: %v", err)
	}
	off := int(syntax.Offset)
	if reason := syntax.Error(); reason != "unexpected end of JSON input" {
		// The offset counts the offending byte.
		off--
	}
	return s.fail(off, "invalid JSON: %v", syntax)
}

// next returns the next token and the offset of its first byte.
func (s *source) next() (json.Token, int, error) {
	off := int(s.dec.InputOffset())
	for off < len(s.text) && strings.IndexByte(" \t\r\n,:", s.text[off]) >= 0 {
		off++
	}
	token, err := s.dec.Token()
	if err != nil {
		return nil, off, s.fail(off, "invalid JSON: %v", err)
	}
	return token, off, nil
}

func (s *source) value(depth int) (node, error) {
	token, off, err := s.next()
	if err != nil {
		return node{}, err
	}
	if depth > maxDepth {
		return node{}, s.fail(off, "values are nested more than %d deep", maxDepth)
	}
	if s.values++; s.values > maxValues {
		return node{}, s.fail(off, "the policy has more than %d values", maxValues)
	}
	n := node{off: off}
	switch t := token.(type) {
	case string:
		n.kind, n.text = kindString, t
	case json.Number:
		n.kind, n.text = kindNumber, t.String()
	case bool:
		n.kind, n.text = kindBool, fmt.Sprint(t)
	case json.Delim:
		if t == '{' {
			n.kind = kindObject
			n.children, err = s.members(depth)
		} else {
			n.kind = kindArray
			n.children, err = s.items(depth)
		}
	default:
		n.kind = kindNull
	}
	return n, err
}

func (s *source) items(depth int) ([]node, error) {
	var out []node
	for s.dec.More() {
		item, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	_, _, err := s.next()
	return out, err
}

func (s *source) members(depth int) ([]node, error) {
	var out []node
	seen := map[string]bool{}
	for s.dec.More() {
		token, off, err := s.next()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, s.fail(off, "invalid JSON: a key must be a string")
		}
		if seen[key] {
			return nil, s.fail(off, "duplicate key %s", quote(key))
		}
		seen[key] = true
		member, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		member.key, member.keyOff = key, off
		out = append(out, member)
	}
	_, _, err := s.next()
	return out, err
}
