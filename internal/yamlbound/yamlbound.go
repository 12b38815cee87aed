// Package yamlbound tells YAML that a reader would spend hours on from what somebody has written in earnest. It has no I/O.
package yamlbound

import (
	"bytes"

	"github.com/goccy/go-yaml/ast"
)

// mostNested is far more than any file of the provider's needs. The parser takes quadratic time for what is nested deeper.
const mostNested = 100

// Nested tells whether a text has more brackets open, or more dashes in a row, than a file of the provider's can have. It is asked
// before the text is parsed.
func Nested(text []byte) bool {
	open := 0
	for _, b := range text {
		switch b {
		case '[', '{':
			open++
		case ']', '}':
			open = max(open-1, 0)
		}
		if open > mostNested {
			return true
		}
	}
	for line := range bytes.Lines(text) {
		if dashes(line) >= mostNested {
			return true
		}
	}
	return false
}

// dashes are the most dashes and question marks in a row, each of which nests what comes next; a tag or an anchor between them
// changes nothing.
func dashes(line []byte) int {
	most, open := 0, 0
	for word := range bytes.FieldsSeq(line) {
		switch {
		case len(word) == 1 && (word[0] == '-' || word[0] == '?'):
			open++
			most = max(most, open)
		case word[0] != '!' && word[0] != '&':
			open = 0
		}
	}
	return most
}

// mostAliases bounds what anchors can multiply a file by.
const mostAliases = 100

// Multiplies tells whether a file has many aliases, or one within what an anchor names: a few lines of those stand for gigabytes.
func Multiplies(file *ast.File) bool {
	found := counter{aliases: new(int), chained: new(bool)}
	for _, document := range file.Docs {
		if document.Body != nil {
			ast.Walk(found, document.Body)
		}
	}
	return *found.chained || *found.aliases > mostAliases
}

type counter struct {
	aliases  *int
	chained  *bool
	anchored bool
}

// Visit is what ast.Walk asks for.
func (c counter) Visit(node ast.Node) ast.Visitor {
	switch node.(type) {
	case *ast.AnchorNode:
		c.anchored = true
	case *ast.AliasNode:
		*c.aliases++
		*c.chained = *c.chained || c.anchored
	}
	return c
}
