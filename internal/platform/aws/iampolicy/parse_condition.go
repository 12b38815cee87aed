package iampolicy

import "strings"

// condition reads a Condition element. An empty one is the same as none.
func (p *parsed) condition(n *node) (Condition, error) {
	if n == nil {
		return nil, nil
	}
	if n.kind != kindObject {
		return nil, p.fail(n.off, "Condition must be an object, not %v", n.kind)
	}
	if len(n.children) == 0 {
		return nil, nil
	}
	out := make(Condition, len(n.children))
	for i := range n.children {
		operator := &n.children[i]
		if !knownOperator(operator.key) {
			base, _ := splitOperator(operator.key)
			return nil, p.fail(operator.keyOff, "unknown condition operator %s%s",
				quote(operator.key), suggestion(base, conditionOperators))
		}
		if operator.kind != kindObject {
			return nil, p.fail(operator.off, "%s must be an object of condition keys, not %v", operator.key, operator.kind)
		}
		keys := make(map[string][]string, len(operator.children))
		for j := range operator.children {
			key := &operator.children[j]
			if strings.TrimSpace(key.key) == "" {
				return nil, p.fail(key.keyOff, "a condition key is empty")
			}
			values, err := p.conditionValues(key)
			if err != nil {
				return nil, err
			}
			keys[key.key] = values
		}
		out[operator.key] = keys
	}
	return out, nil
}

func (p *parsed) conditionValues(n *node) ([]string, error) {
	values := []node{*n}
	if n.kind == kindArray {
		values = n.children
	}
	out := make([]string, 0, len(values))
	for i := range values {
		v := &values[i]
		switch v.kind {
		case kindString, kindNumber, kindBool:
			out = append(out, v.text)
		default:
			return nil, p.fail(v.off, "a condition value must be a string, a number or a boolean, not %v", v.kind)
		}
	}
	return out, nil
}

// qualifier is what a condition operator has around its base name.
type qualifier struct {
	forAllValues, forAnyValue, ifExists bool
}

// splitOperator takes a condition operator apart. The base keeps its case.
func splitOperator(operator string) (base string, q qualifier) {
	base, q.forAllValues = cutPrefixFold(operator, "ForAllValues:")
	if !q.forAllValues {
		base, q.forAnyValue = cutPrefixFold(operator, "ForAnyValue:")
	}
	const suffix = "IfExists"
	if cut := len(base) - len(suffix); cut >= 0 && equalFold(base[cut:], suffix) {
		base, q.ifExists = base[:cut], true
	}
	return base, q
}

func knownOperator(operator string) bool {
	base, q := splitOperator(operator)
	for _, known := range conditionOperators {
		if equalFold(base, known) {
			return known != "Null" || !q.ifExists
		}
	}
	return false
}
