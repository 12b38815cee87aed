package governance

import (
	"slices"
	"strings"
)

// Grant is what lets an identity do something: every one of the actions on every one of the resources. Both are patterns
// in the platform's words, in which * is any text and ? one character, and in a resource a variable, ${…}, any text too.
// Conditions are no part of it.
type Grant struct {
	Actions, Resources []string
}

// String is the grant in a message.
func (g Grant) String() string {
	return strings.Join(g.Actions, ", ") + " on " + strings.Join(g.Resources, ", ")
}

// allows tells whether an action on a resource is certainly within the grant.
func (g Grant) allows(action, resource string) bool {
	return slices.ContainsFunc(g.Actions, func(outer string) bool { return contains(foldASCII(outer), foldASCII(action)) }) &&
		slices.ContainsFunc(g.Resources, func(outer string) bool { return contains(outer, resource) })
}

// merge adds grants, the actions on the same resources together, each once.
func merge(grants, more []Grant) []Grant {
	for _, grant := range more {
		i := slices.IndexFunc(grants, func(g Grant) bool { return slices.Equal(g.Resources, grant.Resources) })
		if i < 0 {
			grants = append(grants, Grant{slices.Clone(grant.Actions), grant.Resources})
			continue
		}
		for _, action := range grant.Actions {
			if !slices.Contains(grants[i].Actions, action) {
				grants[i].Actions = append(grants[i].Actions, action)
			}
		}
	}
	return grants
}

// maxComparison bounds the steps of one comparison, so that hostile patterns cost little.
const maxComparison = 1 << 16

// contains tells whether everything that the pattern inner matches is certainly matched by outer. What cannot be proven
// within the bound is not.
func contains(outer, inner string) bool {
	if outer == inner {
		return true
	}
	inner = anyVariable(inner)
	// Wildcards of inner are characters that only those of outer match: a * only a *, which stands for no text as well.
	o, i, star, mark := 0, 0, -1, 0
	for steps := 0; i < len(inner); steps++ {
		switch {
		case steps > maxComparison:
			return false
		case o < len(outer) && outer[o] == '*':
			star, mark = o, i
			o++
		case o < len(outer) && inner[i] != '*' && (outer[o] == inner[i] || outer[o] == '?' && inner[i] < 0x80):
			o++
			i++
		case star >= 0:
			mark++
			o, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(outer[o:], "*") == ""
}

// anyVariable writes a * for each variable. What is open at the end counts as one too.
func anyVariable(pattern string) string {
	start := strings.Index(pattern, "${")
	if start < 0 {
		return pattern
	}
	end := strings.IndexByte(pattern[start:], '}')
	if end < 0 {
		return pattern[:start] + "*"
	}
	return pattern[:start] + "*" + anyVariable(pattern[start+end+1:])
}

// foldASCII is the text in lower case as IAM compares actions: package strings folds more, such as the Kelvin sign to a k.
func foldASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
