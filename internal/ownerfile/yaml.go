package ownerfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/yamlbound"
)

// Keys of an entry, which are the columns of a table too.
const (
	keyName    = "name"
	keyAliases = "aliases"
	keyEmail   = "email"
	keyActive  = "active"
	keyLeft    = "left"
)

// keys are in the order of the documentation. A key that is not among them is an error and not left out: a misspelt left
// would keep an owner who has gone.
var keys = []string{keyName, keyAliases, keyEmail, keyActive, keyLeft}

const (
	yamlExample = `write a list of owners, such as "- payments" or "- {name: alice, left: 2026-09-30}"`
	jsonExample = `write a list of owners, such as ["payments", {"name": "alice", "left": "2026-09-30"}]`
)

func (l *list) parseYAML(text []byte) { l.parseTree(text, yamlExample) }

// parseJSON reads JSON as the YAML that it is.
func (l *list) parseJSON(text []byte) { l.parseTree(text, jsonExample) }

// maxTreeSize in bytes is less than that of a table, because a tree takes a hundred times its text in memory.
const maxTreeSize = 1 << 20

func (l *list) parseTree(text []byte, example string) {
	if len(text) > maxTreeSize {
		l.problems = append(l.problems, fmt.Sprintf("it is too large; in YAML and JSON, an owner directory has %d bytes at most: write a larger one as CSV", maxTreeSize))
		return
	}
	if yamlbound.Nested(text) {
		l.problems = append(l.problems, "it is nested deeper than any owner directory; "+example)
		return
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		l.malformed(err, example)
		return
	}
	for i, document := range file.Docs {
		if document.Body == nil {
			continue
		}
		line, column := position(document.Body)
		if i > 0 {
			l.problem(line, column, "found another document; an owner directory is one")
			return
		}
		entries, ok := document.Body.(*ast.SequenceNode)
		if !ok {
			l.problem(line, column, "found %s where a list should be; %s", found(document.Body), example)
			return
		}
		for _, entry := range entries.Values {
			l.entry(entry, example)
		}
	}
}

func (l *list) malformed(err error, example string) {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		at := syntax.Token.Position
		l.problem(at.Line, at.Column, "%s; %s", syntax.Message, example)
		return
	}
	l.problems = append(l.problems, err.Error()+"; "+example)
}

func (l *list) entry(node ast.Node, example string) {
	line, column := position(node)
	switch node := node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		if name, ok := l.textOf(node, "an owner"); ok {
			l.add(governance.Owner{Name: name}, line, column)
		}
	case *ast.MappingNode:
		l.fields(node)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		l.problem(line, column, "found %s where an owner should be; write a name in quotes", found(node))
	default:
		l.problem(line, column, "found %s where an owner should be; %s", found(node), example)
	}
}

// fields reads an owner with more than a name.
func (l *list) fields(node *ast.MappingNode) {
	line, column := position(node)
	before := len(l.problems)
	var owner governance.Owner
	named := false
	for _, field := range node.Values {
		key, value := field.Key.GetToken().Value, field.Value
		atLine, atColumn := position(value)
		if _, absent := value.(*ast.NullNode); absent && key != keyName {
			value = nil
		}
		switch key {
		case keyName:
			named, line, column = true, atLine, atColumn
			owner.Name, _ = l.textOf(value, keyName)
		case keyAliases:
			owner.Aliases = append(owner.Aliases, l.aliases(value)...)
		case keyEmail:
			if email, ok := l.optional(value, keyEmail); ok {
				owner.Aliases = append(owner.Aliases, email)
			}
		case keyActive:
			active, ok := value.(*ast.BoolNode)
			if value != nil && !ok {
				l.problem(atLine, atColumn, "found %s where active should be true or false", found(value))
			}
			owner.Inactive = ok && !active.Value
		case keyLeft:
			if date, ok := l.optional(value, keyLeft); ok {
				owner.Left = l.leaving(date, atLine, atColumn)
			}
		default:
			atLine, atColumn = position(field.Key)
			l.problem(atLine, atColumn, "found the key %q; the keys of an owner are %s", key, strings.Join(keys, ", "))
		}
	}
	if !named {
		l.problem(line, column, "found an owner without a name; write name: payments")
	}
	if len(l.problems) == before {
		l.add(owner, line, column)
	}
}

func (l *list) aliases(node ast.Node) []string {
	if node == nil {
		return nil
	}
	values, ok := node.(*ast.SequenceNode)
	if !ok {
		line, column := position(node)
		l.problem(line, column, "found %s where aliases should be a list; write [first, second]", found(node))
		return nil
	}
	var names []string
	for _, value := range values.Values {
		if name, ok := l.textOf(value, "an alias"); ok {
			names = append(names, name)
		}
	}
	return names
}

func (l *list) optional(node ast.Node, what string) (text string, ok bool) {
	if node == nil {
		return "", false
	}
	return l.textOf(node, what)
}

func (l *list) textOf(node ast.Node, what string) (text string, ok bool) {
	line, column := position(node)
	switch node := node.(type) {
	case *ast.StringNode:
		return l.text(node.Value, what, line, column)
	case *ast.LiteralNode:
		return l.text(node.Value.Value, what, line, column)
	}
	l.problem(line, column, "found %s where %s should be a text; write it in quotes", found(node), what)
	return "", false
}

// position is where a node starts. That of a mapping in lines is its first key's, because its own is the colon's.
func position(node ast.Node) (line, column int) {
	if mapping, ok := node.(*ast.MappingNode); ok && !mapping.IsFlowStyle && len(mapping.Values) > 0 {
		return position(mapping.Values[0].Key)
	}
	at := node.GetToken().Position
	return at.Line, at.Column
}

// found describes a node that is not what it should be.
func found(node ast.Node) string {
	switch node := node.(type) {
	case *ast.StringNode:
		return fmt.Sprintf("the text %q", node.Value)
	case *ast.LiteralNode:
		return "a text of several lines"
	case *ast.IntegerNode, *ast.FloatNode:
		return "the number " + node.GetToken().Value
	case *ast.BoolNode:
		return fmt.Sprint(node.Value)
	case *ast.NullNode:
		return "nothing"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode:
		if len(node.Values) > 0 {
			return fmt.Sprintf("a mapping with the key %q", node.Values[0].Key.GetToken().Value)
		}
		return "an empty mapping"
	case *ast.AnchorNode, *ast.AliasNode:
		return "a YAML anchor or alias, which an owner directory cannot have,"
	case *ast.TagNode:
		return "a YAML tag, which an owner directory cannot have,"
	}
	return fmt.Sprintf("%q", node.GetToken().Value)
}
