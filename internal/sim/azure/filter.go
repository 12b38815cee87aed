package azuresim

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// filter decides about one object. entity is nil for what is no directory
// object.
type filter func(props object, e *entity) bool

var (
	comparison  = regexp.MustCompile(`^(\w+) (eq|ne|ge|le) (.+)$`)
	membership  = regexp.MustCompile(`^(\w+) in \((.+)\)$`)
	prefixTest  = regexp.MustCompile(`^startswith\((\w+), ?('(?:[^']|'')*')\)$`)
	anyEqual    = regexp.MustCompile(`^(\w+)/any\((\w+): ?(\w+) eq ('(?:[^']|'')*')\)$`)
	anyPrefix   = regexp.MustCompile(`^(\w+)/any\((\w+): ?startswith\((\w+), ?('(?:[^']|'')*')\)\)$`)
	ownersCount = regexp.MustCompile(`^owners/\$count (eq|ne) (\d+)$`)
)

// parseFilter reads a $filter: comparisons that are joined by "and" or by "or".
// Of what the directory takes it knows the forms above, and refuses others as
// the directory refuses what it does not take.
func (r *request) parseFilter(text string) (filter, error) {
	var branches []filter
	for _, branch := range splitOutside(text, " or ") {
		var all []filter
		for _, term := range splitOutside(branch, " and ") {
			f, err := r.parseTerm(strings.TrimSpace(term))
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
		branches = append(branches, func(o object, e *entity) bool {
			return !slices.ContainsFunc(all, func(f filter) bool { return !f(o, e) })
		})
	}
	return func(o object, e *entity) bool {
		return slices.ContainsFunc(branches, func(f filter) bool { return f(o, e) })
	}, nil
}

// splitOutside splits a text at a separator that stands in no quotes.
func splitOutside(text, separator string) []string {
	var out []string
	quoted, start := false, 0
	for i := 0; i < len(text); i++ {
		if text[i] == '\'' {
			quoted = !quoted
		}
		if !quoted && strings.HasPrefix(text[i:], separator) {
			out = append(out, text[start:i])
			start = i + len(separator)
		}
	}
	return append(out, text[start:])
}

func (r *request) parseTerm(term string) (filter, error) {
	if m := ownersCount.FindStringSubmatch(term); m != nil {
		if !r.advanced() || r.query.Get("$count") != "true" {
			return nil, errQuery("Operator '%s' is not supported because the 'ConsistencyLevel:eventual' header and $count=true are missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information", m[1])
		}
		n, _ := strconv.Atoi(m[2])
		return func(_ object, e *entity) bool { return e != nil && (len(e.liveOwners()) == n) == (m[1] == "eq") }, nil
	}
	if m := comparison.FindStringSubmatch(term); m != nil {
		return r.compare(m[1], m[2], m[3])
	}
	if m := membership.FindStringSubmatch(term); m != nil {
		var values []any
		for _, text := range strings.Split(m[2], ",") {
			v, err := literal(strings.TrimSpace(text))
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		return func(o object, _ *entity) bool {
			return slices.ContainsFunc(values, func(v any) bool { return same(o[m[1]], v) })
		}, nil
	}
	if m := prefixTest.FindStringSubmatch(term); m != nil {
		prefix := strings.ToLower(unquote(m[2]))
		return func(o object, _ *entity) bool { return strings.HasPrefix(strings.ToLower(o.str(m[1])), prefix) }, nil
	}
	if m := anyEqual.FindStringSubmatch(term); m != nil && m[2] == m[3] {
		return func(o object, _ *entity) bool {
			return slices.ContainsFunc(o.texts(m[1]), func(s string) bool { return strings.EqualFold(s, unquote(m[4])) })
		}, nil
	}
	if m := anyPrefix.FindStringSubmatch(term); m != nil && m[2] == m[3] {
		if m[1] == "tags" && !r.advanced() {
			return nil, errQuery("Unsupported Query.")
		}
		prefix := strings.ToLower(unquote(m[4]))
		return func(o object, _ *entity) bool {
			return slices.ContainsFunc(o.texts(m[1]), func(s string) bool { return strings.HasPrefix(strings.ToLower(s), prefix) })
		}, nil
	}
	return nil, errQuery("Unsupported or invalid query filter clause specified for property in: '%s'.", term)
}

func (r *request) compare(name, operator, text string) (filter, error) {
	want, err := literal(text)
	if err != nil {
		return nil, err
	}
	switch operator {
	case "ne":
		if !r.advanced() || r.query.Get("$count") != "true" {
			return nil, errQuery("Operator 'not' is not supported because the 'ConsistencyLevel:eventual' header and $count=true are missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information")
		}
		return func(o object, _ *entity) bool { return !same(o[name], want) }, nil
	case "ge", "le":
		// Times in this form compare as texts do.
		limit, _ := want.(string)
		return func(o object, _ *entity) bool {
			have := o.str(name)
			return have != "" && (have >= limit) == (operator == "ge") || have == limit
		}, nil
	}
	return func(o object, _ *entity) bool { return same(o[name], want) }, nil
}

// same compares as the directory does: without regard to case.
func same(have, want any) bool {
	a, ok := have.(string)
	b, too := want.(string)
	if ok && too {
		return strings.EqualFold(a, b)
	}
	return have == want
}

func unquote(text string) string {
	return strings.ReplaceAll(text[1:len(text)-1], "''", "'")
}

var timeLiteral = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[\d:.]+Z$`)

// literal reads a value: a text, a GUID, a time, true, false or null.
func literal(text string) (any, error) {
	switch {
	case text == "true", text == "false":
		return text == "true", nil
	case text == "null":
		return nil, nil
	case len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'':
		return unquote(text), nil
	case guidPattern.MatchString(text), timeLiteral.MatchString(text):
		return text, nil
	}
	return nil, errBadRequest("Invalid filter clause: '%s' is not a value.", text)
}
