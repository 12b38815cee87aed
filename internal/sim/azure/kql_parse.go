package azuresim

import (
	"fmt"
	"regexp"
	"strings"
)

// The simulator reads a part of the Kusto query language of Azure Resource
// Graph: a table and the operators where, project, extend, order by (or sort
// by), take (or limit) and count, with expressions over columns and their
// members. It refuses anything else, and guesses nothing.

// kqlStage is one operator of a query.
type kqlStage struct {
	operator string
	columns  []kqlColumn // of project, extend and order by
	where    kqlExpr
	take     int
}

// kqlColumn is a column that an operator names.
type kqlColumn struct {
	name       string
	value      kqlExpr
	descending bool
}

type kqlQuery struct {
	table  string
	stages []kqlStage
}

var kqlToken = regexp.MustCompile(`^(?:(\s+|//[^\n]*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\d+)|([A-Za-z_][A-Za-z0-9_]*~?)|(==|!=|=~|!~|<=|>=|[|()\[\],.=<>!-]))`)

type kqlParser struct {
	tokens []string
	at     int
	err    error
}

func kqlTokens(text string) ([]string, error) {
	var out []string
	for text != "" {
		m := kqlToken.FindStringSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("the character %q", text[:1])
		}
		if m[1] == "" {
			out = append(out, m[0])
		}
		text = text[len(m[0]):]
	}
	return out, nil
}

func (p *kqlParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *kqlParser) next() string {
	t := p.peek()
	p.at++
	return t
}

// take reads one token if it is the next one.
func (p *kqlParser) take(token string) bool {
	if strings.EqualFold(p.peek(), token) {
		p.at++
		return true
	}
	return false
}

func (p *kqlParser) want(token string) {
	if !p.take(token) {
		p.fail("%q where %q is expected", p.peek(), token)
	}
}

// fail keeps the first mistake, and ends the reading.
func (p *kqlParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.at = len(p.tokens)
}

var kqlName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (p *kqlParser) name() string {
	t := p.next()
	if !kqlName.MatchString(t) {
		p.fail("%q where a name is expected", t)
	}
	return t
}

// parseKQL reads a query.
func parseKQL(text string) (*kqlQuery, error) {
	tokens, err := kqlTokens(text)
	if err != nil {
		return nil, err
	}
	p := &kqlParser{tokens: tokens}
	q := &kqlQuery{table: strings.ToLower(p.name())}
	for p.err == nil && p.at < len(p.tokens) {
		p.want("|")
		q.stages = append(q.stages, p.stage())
	}
	return q, p.err
}

func (p *kqlParser) stage() kqlStage {
	s := kqlStage{operator: strings.ToLower(p.name())}
	switch s.operator {
	case "where":
		s.where = p.or()
	case "project", "extend":
		s.columns = p.columns(s.operator == "project")
	case "order", "sort":
		s.operator = "order"
		p.want("by")
		for more := true; more; more = p.take(",") {
			c := kqlColumn{value: p.path(p.name()), descending: true}
			if p.take("asc") {
				c.descending = false
			} else {
				p.take("desc")
			}
			s.columns = append(s.columns, c)
		}
	case "take", "limit":
		s.operator = "take"
		if _, err := fmt.Sscan(p.next(), &s.take); err != nil {
			p.fail("a number is expected after %s", s.operator)
		}
	case "count":
	default:
		p.fail("the operator %q", s.operator)
	}
	return s
}

// columns reads a list of columns; bare says whether one may stand without a
// value.
func (p *kqlParser) columns(bare bool) []kqlColumn {
	var out []kqlColumn
	for more := true; more && p.err == nil; more = p.take(",") {
		name := p.name()
		switch {
		case p.take("="):
			out = append(out, kqlColumn{name: name, value: p.or()})
		case bare && (p.peek() == "." || p.peek() == "["):
			value := p.path(name)
			out = append(out, kqlColumn{name: strings.ReplaceAll(value.String(), ".", "_"), value: value})
		case bare:
			out = append(out, kqlColumn{name: name, value: kqlPath{name}})
		default:
			p.fail("the column %q has no value", name)
		}
	}
	return out
}

// kqlUnquote reads a literal text.
func kqlUnquote(token string) string {
	return regexp.MustCompile(`\\(.)`).ReplaceAllString(token[1:len(token)-1], "$1")
}

// path reads the members of a column: a.b, a['b'].
func (p *kqlParser) path(first string) kqlPath {
	out := kqlPath{first}
	for p.err == nil {
		switch {
		case p.take("."):
			out = append(out, p.name())
		case p.take("["):
			t := p.next()
			if t == "" || t[0] != '\'' && t[0] != '"' {
				p.fail("an index that is no text")
				return out
			}
			out = append(out, kqlUnquote(t))
			p.want("]")
		default:
			return out
		}
	}
	return out
}

func (p *kqlParser) or() kqlExpr {
	left := p.and()
	for p.take("or") {
		left = kqlOp{"or", left, p.and()}
	}
	return left
}

func (p *kqlParser) and() kqlExpr {
	left := p.comparison()
	for p.take("and") {
		left = kqlOp{"and", left, p.comparison()}
	}
	return left
}

func (p *kqlParser) comparison() kqlExpr {
	left := p.operand()
	switch op := strings.ToLower(p.peek()); op {
	case "==", "!=", "=~", "!~", "has", "contains", "startswith", "endswith":
		p.at++
		return kqlOp{op, left, p.operand()}
	case "in", "in~":
		p.at++
		return kqlOp{op, left, p.list()}
	case "!":
		p.at++
		switch op := strings.ToLower(p.next()); op {
		case "in", "in~":
			return kqlCall{"not", []kqlExpr{kqlOp{op, left, p.list()}}}
		case "has", "contains", "startswith", "endswith":
			return kqlCall{"not", []kqlExpr{kqlOp{op, left, p.operand()}}}
		default:
			p.fail("the operator %q", "!"+op)
		}
	}
	return left
}

func (p *kqlParser) list() kqlList {
	var out kqlList
	p.want("(")
	for more := true; more && p.err == nil; more = p.take(",") {
		out = append(out, p.operand())
	}
	p.want(")")
	return out
}

func (p *kqlParser) operand() kqlExpr {
	t := p.next()
	switch {
	case t == "(":
		inner := p.or()
		p.want(")")
		return inner
	case t == "":
		p.fail("the query ends too early")
	case t[0] == '\'' || t[0] == '"':
		return kqlLiteral{kqlUnquote(t)}
	case t[0] >= '0' && t[0] <= '9':
		var n float64
		// The token has digits only.
		_, _ = fmt.Sscan(t, &n)
		return kqlLiteral{n}
	case strings.EqualFold(t, "true"), strings.EqualFold(t, "false"):
		return kqlLiteral{strings.EqualFold(t, "true")}
	case !kqlName.MatchString(t):
		p.fail("%q where a value is expected", t)
	case p.take("("):
		return p.call(strings.ToLower(t))
	default:
		return p.path(t)
	}
	return kqlLiteral{}
}

func (p *kqlParser) call(name string) kqlExpr {
	if !kqlFunctions[name] {
		p.fail("the function %q", name)
		return kqlLiteral{}
	}
	out := kqlCall{name, []kqlExpr{p.or()}}
	p.want(")")
	return out
}
