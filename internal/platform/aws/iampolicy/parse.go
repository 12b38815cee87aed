package iampolicy

import (
	"slices"
	"strings"
)

var (
	documentElements  = []string{"Version", "Id", "Statement"}
	statementElements = []string{
		"Sid", "Effect", "Principal", "NotPrincipal",
		"Action", "NotAction", "Resource", "NotResource", "Condition",
	}
	principalKinds = []string{"AWS", "Service", "Federated", "CanonicalUser"}
)

// conditionOperators are those of "IAM JSON policy elements: Condition
// operators". All but Null take the suffix IfExists; all take the prefixes
// ForAllValues: and ForAnyValue:.
var conditionOperators = []string{
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
	"StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
	"NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals",
	"DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
	"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
}

// Parse reads a policy of any kind and checks it against the grammar of the IAM
// policy language. Element names and effects are compared with case, condition
// operators without, as IAM does for condition keys.
//
// The error is always a *SyntaxError. It stands at the first thing found wrong:
// JSON syntax, text after the document, a duplicate key, an unknown element or
// operator, a wrong type, a missing Effect, Action or Statement, an Effect other
// than Allow and Deny, a version that IAM does not know, or two elements that
// exclude each other. Texts over 1 MiB are refused.
func Parse(text string) (Document, error) {
	d, _, err := parse(text)
	return d, err
}

// parsed keeps what the rules for one kind of policy need: the source for
// error positions and the node of each statement.
type parsed struct {
	*source
	statements []node
}

func parse(text string) (Document, parsed, error) {
	p := parsed{source: &source{text: text}}
	root, err := p.tree()
	if err != nil {
		return Document{}, p, err
	}
	d, err := p.document(&root)
	if err != nil {
		return Document{}, p, err
	}
	return d, p, nil
}

func (p *parsed) document(root *node) (Document, error) {
	var d Document
	if root.kind != kindObject {
		return d, p.fail(root.off, "a policy must be an object, not %v", root.kind)
	}
	if err := p.known(root, documentElements, "policy element"); err != nil {
		return d, err
	}
	if n := root.member("Version"); n != nil {
		if n.kind != kindString || (n.text != Version2012 && n.text != Version2008) {
			return d, p.fail(n.off, "Version must be %q (or %q, which is older)", Version2012, Version2008)
		}
		d.Version = n.text
	}
	var err error
	if d.ID, err = p.stringElement(root, "Id"); err != nil {
		return d, err
	}
	list := root.member("Statement")
	switch {
	case list == nil:
		return d, p.fail(root.off, "the policy has no Statement")
	case list.kind == kindObject:
		p.statements = []node{*list}
	case list.kind != kindArray:
		return d, p.fail(list.off, "Statement must be an object or a list of objects, not %v", list.kind)
	case len(list.children) == 0:
		return d, p.fail(list.off, "Statement is empty")
	default:
		p.statements = list.children
	}
	for i := range p.statements {
		s, err := p.statement(&p.statements[i])
		if err != nil {
			return d, err
		}
		d.Statements = append(d.Statements, s)
	}
	return d, nil
}

func (p *parsed) statement(n *node) (Statement, error) {
	var s Statement
	if n.kind != kindObject {
		return s, p.fail(n.off, "a statement must be an object, not %v", n.kind)
	}
	if err := p.known(n, statementElements, "statement element"); err != nil {
		return s, err
	}
	for _, pair := range [][2]string{
		{"Principal", "NotPrincipal"}, {"Action", "NotAction"}, {"Resource", "NotResource"},
	} {
		if a, b := n.member(pair[0]), n.member(pair[1]); a != nil && b != nil {
			return s, p.fail(max(a.keyOff, b.keyOff), "a statement cannot have both %s and %s", pair[0], pair[1])
		}
	}
	var err error
	if s.SID, err = p.stringElement(n, "Sid"); err != nil {
		return s, err
	}
	if s.Effect, err = p.effect(n); err != nil {
		return s, err
	}
	if n.member("Action") == nil && n.member("NotAction") == nil {
		return s, p.fail(n.off, "the statement has neither Action nor NotAction")
	}
	for _, element := range []struct {
		name string
		into *[]string
	}{
		{"Action", &s.Action},
		{"NotAction", &s.NotAction},
		{"Resource", &s.Resource},
		{"NotResource", &s.NotResource},
	} {
		if m := n.member(element.name); m != nil {
			if *element.into, err = p.stringList(m); err != nil {
				return s, err
			}
		}
	}
	if s.Principal, err = p.principal(n.member("Principal")); err != nil {
		return s, err
	}
	if s.NotPrincipal, err = p.principal(n.member("NotPrincipal")); err != nil {
		return s, err
	}
	s.Condition, err = p.condition(n.member("Condition"))
	return s, err
}

func (p *parsed) known(n *node, names []string, what string) error {
	for _, m := range n.children {
		if !slices.Contains(names, m.key) {
			return p.fail(m.keyOff, "unknown %s %s%s", what, quote(m.key), suggestion(m.key, names))
		}
	}
	return nil
}

func (p *parsed) stringElement(n *node, name string) (string, error) {
	m := n.member(name)
	if m == nil {
		return "", nil
	}
	if m.kind != kindString {
		return "", p.fail(m.off, "%s must be a string, not %v", name, m.kind)
	}
	return m.text, nil
}

func (p *parsed) effect(n *node) (Effect, error) {
	m := n.member("Effect")
	if m == nil {
		return "", p.fail(n.off, "the statement has no Effect")
	}
	if m.kind != kindString {
		return "", p.fail(m.off, "Effect must be a string, not %v", m.kind)
	}
	if effect := Effect(m.text); effect == Allow || effect == Deny {
		return effect, nil
	}
	return "", p.fail(m.off, `Effect must be "Allow" or "Deny", not %s`, quote(m.text))
}

// stringList reads an element that is a string or a list of strings.
func (p *parsed) stringList(n *node) ([]string, error) {
	values := []node{*n}
	if n.kind == kindArray {
		values = n.children
	}
	if len(values) == 0 {
		return nil, p.fail(n.off, "%s is empty", n.key)
	}
	out := make([]string, 0, len(values))
	for i := range values {
		v := &values[i]
		if v.kind != kindString {
			hint := ""
			if v.kind == kindNumber {
				hint = "; put it in quotation marks"
			}
			return nil, p.fail(v.off, "%s must be a string or a list of strings, not %v%s", n.key, v.kind, hint)
		}
		if strings.TrimSpace(v.text) == "" {
			return nil, p.fail(v.off, "%s has an empty value", n.key)
		}
		out = append(out, v.text)
	}
	return out, nil
}

func (p *parsed) principal(n *node) (*Principal, error) {
	switch {
	case n == nil:
		return nil, nil
	case n.kind == kindString && n.text == "*":
		return &Principal{Any: true}, nil
	case n.kind == kindString:
		return nil, p.fail(n.off, `%s must be "*" or an object such as {"AWS": %s}`, n.key, quote(n.text))
	case n.kind != kindObject:
		return nil, p.fail(n.off, `%s must be "*" or an object, not %v`, n.key, n.kind)
	case len(n.children) == 0:
		return nil, p.fail(n.off, "%s is empty", n.key)
	}
	if err := p.known(n, principalKinds, "kind of principal"); err != nil {
		return nil, err
	}
	out := &Principal{}
	into := map[string]*[]string{
		"AWS": &out.AWS, "Service": &out.Service,
		"Federated": &out.Federated, "CanonicalUser": &out.CanonicalUser,
	}
	for i := range n.children {
		m := &n.children[i]
		values, err := p.stringList(m)
		if err != nil {
			return nil, err
		}
		*into[m.key] = values
	}
	return out, nil
}
