package iampolicy

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// JSON returns the canonical compact text of the document. Elements come in a
// fixed order (Version, Id, Statement; in a statement Sid, Effect, Principal,
// NotPrincipal, Action, NotAction, Resource, NotResource, Condition), absent
// ones are left out, lists of one are scalars, condition operators and keys are
// sorted. Statement is always a list, as in every policy that AWS publishes.
//
// Nothing is escaped for HTML. Characters above U+00FF are written as \u
// escapes, because the policyDocument parameters of the IAM API take only
// Latin-1.
//
// Parse(d.JSON()) gives back a document equal to d for every d that Parse made.
func (d Document) JSON() string {
	var b strings.Builder
	b.WriteByte('{')
	if d.Version != "" {
		b.WriteString(`"Version":`)
		writeString(&b, d.Version)
		b.WriteByte(',')
	}
	if d.ID != "" {
		b.WriteString(`"Id":`)
		writeString(&b, d.ID)
		b.WriteByte(',')
	}
	b.WriteString(`"Statement":[`)
	for i, s := range d.Statements {
		if i > 0 {
			b.WriteByte(',')
		}
		s.write(&b)
	}
	b.WriteString("]}")
	return b.String()
}

func (s Statement) write(b *strings.Builder) {
	b.WriteByte('{')
	if s.SID != "" {
		b.WriteString(`"Sid":`)
		writeString(b, s.SID)
		b.WriteByte(',')
	}
	b.WriteString(`"Effect":`)
	writeString(b, string(s.Effect))
	s.Principal.write(b, "Principal")
	s.NotPrincipal.write(b, "NotPrincipal")
	for _, element := range []struct {
		name   string
		values []string
	}{
		{"Action", s.Action},
		{"NotAction", s.NotAction},
		{"Resource", s.Resource},
		{"NotResource", s.NotResource},
	} {
		if len(element.values) == 0 {
			continue
		}
		b.WriteByte(',')
		writeString(b, element.name)
		b.WriteByte(':')
		writeList(b, element.values)
	}
	s.Condition.write(b)
	b.WriteByte('}')
}

func (p *Principal) write(b *strings.Builder, name string) {
	if p == nil {
		return
	}
	b.WriteByte(',')
	writeString(b, name)
	b.WriteByte(':')
	if p.Any {
		b.WriteString(`"*"`)
		return
	}
	b.WriteByte('{')
	first := true
	for _, kind := range []struct {
		name   string
		values []string
	}{
		{"AWS", p.AWS},
		{"Service", p.Service},
		{"Federated", p.Federated},
		{"CanonicalUser", p.CanonicalUser},
	} {
		if len(kind.values) == 0 {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		writeString(b, kind.name)
		b.WriteByte(':')
		writeList(b, kind.values)
	}
	b.WriteByte('}')
}

func (c Condition) write(b *strings.Builder) {
	if len(c) == 0 {
		return
	}
	b.WriteString(`,"Condition":{`)
	for i, operator := range sortedKeys(c) {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, operator)
		b.WriteString(":{")
		for j, key := range sortedKeys(c[operator]) {
			if j > 0 {
				b.WriteByte(',')
			}
			writeString(b, key)
			b.WriteByte(':')
			writeList(b, c[operator][key])
		}
		b.WriteByte('}')
	}
	b.WriteByte('}')
}

func writeList(b *strings.Builder, values []string) {
	if len(values) == 1 {
		writeString(b, values[0])
		return
	}
	b.WriteByte('[')
	for i, value := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, value)
	}
	b.WriteByte(']')
}

// writeString writes a JSON string without escaping < > & as encoding/json
// does, because IAM counts every character against its quotas.
func writeString(b *strings.Builder, value string) {
	b.WriteByte('"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		case r < 0x20 || r > 0xFF:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
