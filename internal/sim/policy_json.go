package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// jsonKind is the kind of a JSON value.
type jsonKind int

const (
	jsonNull jsonKind = iota
	jsonString
	jsonNumber
	jsonBool
	jsonArray
	jsonObject
)

// jsonValue is a parsed JSON value that knows where in the text it stands, so
// that single strings of a stored policy can be rewritten in place.
type jsonValue struct {
	kind       jsonKind
	text       string // of a string; the literal of a number or bool
	items      []*jsonValue
	members    []jsonMember
	start, end int // byte range in the text, for strings
}

type jsonMember struct {
	name  string
	value *jsonValue
}

// parseJSON parses one JSON value and refuses duplicate keys and anything
// after the value. encoding/json would let both pass.
func parseJSON(text string) (*jsonValue, error) {
	p := &jsonParser{text: text, dec: json.NewDecoder(strings.NewReader(text))}
	p.dec.UseNumber()
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON value")
	}
	return v, nil
}

type jsonParser struct {
	text  string
	dec   *json.Decoder
	depth int
}

func (p *jsonParser) value() (*jsonValue, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > 32 {
		return nil, errors.New("nested too deeply")
	}
	from := int(p.dec.InputOffset())
	tok, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := tok.(type) {
	case string:
		end := int(p.dec.InputOffset())
		start := from + strings.IndexByte(p.text[from:end], '"')
		return &jsonValue{kind: jsonString, text: t, start: start, end: end}, nil
	case json.Number:
		return &jsonValue{kind: jsonNumber, text: t.String()}, nil
	case bool:
		return &jsonValue{kind: jsonBool, text: fmt.Sprint(t)}, nil
	case json.Delim:
		if t == '[' {
			return p.array()
		}
		return p.object()
	}
	return &jsonValue{kind: jsonNull}, nil
}

func (p *jsonParser) array() (*jsonValue, error) {
	v := &jsonValue{kind: jsonArray}
	for p.dec.More() {
		item, err := p.value()
		if err != nil {
			return nil, err
		}
		v.items = append(v.items, item)
	}
	_, err := p.dec.Token()
	return v, err
}

func (p *jsonParser) object() (*jsonValue, error) {
	v := &jsonValue{kind: jsonObject}
	seen := map[string]bool{}
	for p.dec.More() {
		tok, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := tok.(string)
		if !ok {
			return nil, errors.New("a member name is not a string")
		}
		if seen[name] {
			return nil, fmt.Errorf("duplicate key %q", name)
		}
		seen[name] = true
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		v.members = append(v.members, jsonMember{name, value})
	}
	_, err := p.dec.Token()
	return v, err
}

// strings returns a string or a list of strings; ok is false for anything
// else.
func (v *jsonValue) strings() (values []*jsonValue, ok bool) {
	switch v.kind {
	case jsonString:
		return []*jsonValue{v}, true
	case jsonArray:
		for _, i := range v.items {
			if i.kind != jsonString {
				return nil, false
			}
		}
		return v.items, true
	}
	return nil, false
}

// scalars returns a scalar or a list of scalars, as the values of a condition
// may be.
func (v *jsonValue) scalars() (values []string, ok bool) {
	items := []*jsonValue{v}
	if v.kind == jsonArray {
		items = v.items
	}
	for _, i := range items {
		if i.kind != jsonString && i.kind != jsonNumber && i.kind != jsonBool {
			return nil, false
		}
		values = append(values, i.text)
	}
	return values, true
}

func texts(values []*jsonValue) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.text
	}
	return out
}
