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

// source is the text under parse, up to the byte at. It makes errors with positions.
type source struct {
	text       string
	at, values int
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
	if text := []byte(s.text); !json.Valid(text) {
		var raw json.RawMessage
		return node{}, s.jsonError(json.Unmarshal(text, &raw))
	}
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

// next goes to the next token and returns its offset. The text is known to be JSON from here on: a json.Decoder, which
// would have to find that out again, takes five times as long.
func (s *source) next() int {
	for strings.IndexByte(" \t\r\n,:", s.text[s.at]) >= 0 {
		s.at++
	}
	return s.at
}

// more tells whether another value comes before the list or object ends, and steps over its end where none does.
func (s *source) more() bool {
	if c := s.text[s.next()]; c == ']' || c == '}' {
		s.at++
		return false
	}
	return true
}

func (s *source) value(depth int) (n node, err error) {
	n.off = s.next()
	if depth > maxDepth {
		return n, s.fail(n.off, "values are nested more than %d deep", maxDepth)
	}
	if s.values++; s.values > maxValues {
		return n, s.fail(n.off, "the policy has more than %d values", maxValues)
	}
	switch s.text[n.off] {
	case '"':
		n.kind, n.text = kindString, s.quoted()
	case '{':
		s.at++
		n.kind = kindObject
		n.children, err = s.members(depth)
	case '[':
		s.at++
		n.kind = kindArray
		n.children, err = s.items(depth)
	case 't', 'f':
		n.kind, n.text = kindBool, s.plain()
	case 'n':
		n.kind = kindNull
		s.plain()
	default:
		n.kind, n.text = kindNumber, s.plain()
	}
	return n, err
}

// plain reads a number or a word.
func (s *source) plain() string {
	end := len(s.text)
	if i := strings.IndexAny(s.text[s.at:], ",]} \t\r\n"); i >= 0 {
		end = s.at + i
	}
	from := s.at
	s.at = end
	return s.text[from:end]
}

// quoted reads a string, which shares the bytes of the text where nothing in it is escaped.
func (s *source) quoted() (text string) {
	from, escaped := s.at, false
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	s.at++
	if !escaped {
		return s.text[from+1 : s.at-1]
	}
	if err := json.Unmarshal([]byte(s.text[from:s.at]), &text); err != nil {
		panic("a part of valid JSON is none: " + err.Error())
	}
	return text
}

func (s *source) items(depth int) (out []node, err error) {
	for s.more() {
		item, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

func (s *source) members(depth int) (out []node, err error) {
	seen := map[string]bool{}
	for s.more() {
		off := s.at
		key := s.quoted()
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
	return out, nil
}

// position counts lines and characters up to a byte.
func (s *source) position(off int) (line, column int) {
	before := s.text[:min(max(off, 0), len(s.text))]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}
