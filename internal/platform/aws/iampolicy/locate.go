package iampolicy

import (
	"strings"
	"unicode/utf8"
)

// Locate says where in a policy's text an action of a statement stands, from 1 as in SyntaxError: the value in Action or
// NotAction, or where the statement has no such value, the statement itself. Statements count from 0. It is not ok for a
// text that does not parse and for a statement that is not there.
func Locate(text string, statement int, action string) (line, column int, ok bool) {
	_, p, err := parse(text)
	if err != nil || statement < 0 || statement >= len(p.statements) {
		return 0, 0, false
	}
	n := &p.statements[statement]
	off := n.off
	for _, element := range []string{"Action", "NotAction"} {
		m := n.member(element)
		if m == nil {
			continue
		}
		values := []node{*m}
		if m.kind == kindArray {
			values = m.children
		}
		for i := range values {
			if values[i].text == action {
				off = values[i].off
				break
			}
		}
	}
	line, column = p.position(off)
	return line, column, true
}

// position counts lines and characters up to a byte.
func (s *source) position(off int) (line, column int) {
	before := s.text[:min(max(off, 0), len(s.text))]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}
