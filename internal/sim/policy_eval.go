package sim

import (
	"slices"
	"strings"
)

// evalContext is the request context of an evaluation: values by lower-case
// key. Condition keys are compared without regard to case.
type evalContext map[string][]string

func (c evalContext) set(key string, values ...string) { c[strings.ToLower(key)] = values }

func (c evalContext) get(key string) ([]string, bool) {
	v, ok := c[strings.ToLower(key)]
	return v, ok
}

// verdict is what a set of policies says about one action on one resource.
type verdict struct {
	allowed bool
	denied  bool     // by an explicit Deny
	sids    []string // of the statements that allow it
}

// evaluate runs one action on one resource through identity-based policies.
func evaluate(docs []*document, action, resource string, ctx evalContext) verdict {
	var v verdict
	for _, d := range docs {
		for _, s := range d.statements {
			if !s.coversAction(action) || !s.coversResource(d, resource, ctx) || !s.holds(d, ctx) {
				continue
			}
			if s.allow {
				v.allowed, v.sids = true, append(v.sids, s.sid)
			} else {
				v.denied = true
			}
		}
	}
	return v
}

func (s *statement) coversAction(action string) bool {
	match := func(pattern string) bool { return matchAction(pattern, action) }
	if s.notActions != nil {
		return !slices.ContainsFunc(s.notActions, match)
	}
	return slices.ContainsFunc(s.actions, match)
}

func (s *statement) coversResource(d *document, resource string, ctx evalContext) bool {
	match := func(pattern string) bool {
		tokens, ok := d.expand(pattern, ctx)
		return ok && matchARN(tokens, resource)
	}
	if s.notResources != nil {
		return !slices.ContainsFunc(s.notResources, match)
	}
	return slices.ContainsFunc(s.resources, match)
}

// holds reports whether every condition of the statement is met.
func (s *statement) holds(d *document, ctx evalContext) bool {
	for _, c := range s.conditions {
		if !c.holds(d, ctx) {
			return false
		}
	}
	return true
}

// expand replaces policy variables such as ${aws:username} and
// ${aws:PrincipalTag/team, 'none'}; what a variable stands for is taken
// literally. ok is false when a variable has no single value.
func (d *document) expand(value string, ctx evalContext) (tokens []globToken, ok bool) {
	if !d.variables() {
		return globTokens(value), true
	}
	for {
		before, rest, found := strings.Cut(value, "${")
		tokens = append(tokens, globTokens(before)...)
		if !found {
			return tokens, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return append(tokens, globTokens("${"+rest)...), true
		}
		replacement, ok := variable(name, ctx)
		if !ok {
			return nil, false
		}
		tokens = append(tokens, literalTokens(replacement)...)
		value = after
	}
}

func variable(name string, ctx evalContext) (string, bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, true
	}
	key, fallback, hasFallback := strings.Cut(name, ",")
	if values, ok := ctx.get(strings.TrimSpace(key)); ok && len(values) == 1 {
		return values[0], true
	}
	if hasFallback {
		return strings.Trim(strings.TrimSpace(fallback), "'"), true
	}
	return "", false
}

// literal is expand for operators without wildcards.
func (d *document) literal(value string, ctx evalContext) (string, bool) {
	tokens, ok := d.expand(value, ctx)
	var b strings.Builder
	for _, t := range tokens {
		b.WriteRune(t.char)
	}
	return b.String(), ok
}
