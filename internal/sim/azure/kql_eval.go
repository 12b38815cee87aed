package azuresim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kqlExpr is an expression over a row.
type kqlExpr interface{ eval(row object) any }

// kqlPath is a column, or a member of one. Names of columns and of members that
// a query writes take the case that they have.
type kqlPath []string

type (
	kqlLiteral struct{ value any }
	kqlList    []kqlExpr
	kqlOp      struct {
		operator    string
		left, right kqlExpr
	}
	kqlCall struct {
		function  string
		arguments []kqlExpr
	}
)

// kqlFunctions are the functions that there are, of one argument each.
var kqlFunctions = map[string]bool{
	"isempty": true, "isnotempty": true, "isnull": true, "isnotnull": true, "not": true, "tolower": true, "toupper": true, "tostring": true, "array_length": true, "bag_keys": true,
}

func (p kqlPath) String() string { return strings.Join(p, ".") }

func (p kqlPath) eval(row object) any {
	var v any = row
	for _, name := range p {
		o := asObject(v)
		if o == nil {
			return nil
		}
		v = o[name]
	}
	return v
}

func (l kqlLiteral) eval(object) any { return l.value }

func (l kqlList) eval(row object) any {
	var out []any
	for _, e := range l {
		out = append(out, e.eval(row))
	}
	return out
}

// kqlText writes a value as tostring does: null is empty.
func kqlText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool, float64, int:
		return fmt.Sprint(v)
	}
	// What is in a row is made of JSON.
	text, _ := json.Marshal(v)
	return string(text)
}

func (o kqlOp) eval(row object) any {
	left := o.left.eval(row)
	switch o.operator {
	case "and":
		return left == true && o.right.eval(row) == true
	case "or":
		return left == true || o.right.eval(row) == true
	}
	right := o.right.eval(row)
	a, b := kqlText(left), kqlText(right)
	lowerA, lowerB := strings.ToLower(a), strings.ToLower(b)
	switch o.operator {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "=~":
		return lowerA == lowerB
	case "!~":
		return lowerA != lowerB
	case "contains":
		return strings.Contains(lowerA, lowerB)
	case "startswith":
		return strings.HasPrefix(lowerA, lowerB)
	case "endswith":
		return strings.HasSuffix(lowerA, lowerB)
	case "has":
		return regexp.MustCompile(`(^|[^a-z0-9])` + regexp.QuoteMeta(lowerB) + `($|[^a-z0-9])`).MatchString(lowerA)
	}
	items, _ := right.([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		if o.operator == "in~" {
			return strings.EqualFold(a, kqlText(item))
		}
		return a == kqlText(item)
	})
}

func (c kqlCall) eval(row object) any {
	v := c.arguments[0].eval(row)
	switch c.function {
	case "isempty":
		return kqlText(v) == ""
	case "isnotempty":
		return kqlText(v) != ""
	case "isnull":
		return v == nil
	case "isnotnull":
		return v != nil
	case "not":
		return v != true
	case "tolower":
		return strings.ToLower(kqlText(v))
	case "toupper":
		return strings.ToUpper(kqlText(v))
	case "array_length":
		if list, ok := v.([]any); ok {
			return len(list)
		}
		return nil
	case "bag_keys":
		if o := asObject(v); o != nil {
			return o.names()
		}
		return nil
	}
	return kqlText(v)
}

// run answers a query about rows.
func (q *kqlQuery) run(rows []object) ([]object, error) {
	for _, s := range q.stages {
		switch s.operator {
		case "where":
			rows = slices.DeleteFunc(slices.Clone(rows), func(row object) bool { return s.where.eval(row) != true })
		case "take":
			rows = rows[:min(s.take, len(rows))]
		case "count":
			rows = []object{{"Count": len(rows)}}
		case "order":
			rows = slices.Clone(rows)
			slices.SortStableFunc(rows, s.compare)
		default:
			made, err := s.columnsOf(rows)
			if err != nil {
				return nil, err
			}
			rows = made
		}
	}
	return rows, nil
}

func (s *kqlStage) compare(a, b object) int {
	for _, c := range s.columns {
		n := strings.Compare(kqlText(c.value.eval(a)), kqlText(c.value.eval(b)))
		if c.descending {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return 0
}

// columnsOf is project and extend. A column that no row has is a mistake.
func (s *kqlStage) columnsOf(rows []object) ([]object, error) {
	var out []object
	for _, row := range rows {
		made := object{}
		if s.operator == "extend" {
			for name, v := range row {
				made[name] = v
			}
		}
		for _, c := range s.columns {
			if p, ok := c.value.(kqlPath); ok {
				if _, there := row[p[0]]; !there {
					return nil, fmt.Errorf("the column %q is none", p[0])
				}
			}
			made[c.name] = c.value.eval(row)
		}
		out = append(out, made)
	}
	return out, nil
}
