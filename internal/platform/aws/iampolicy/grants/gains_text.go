package grants

import (
	"fmt"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// String is the gain as a message says it, such as "gains iam:PassRole on *".
func (g Gain) String() string {
	text := "gains " + g.what() + " on " + some(g.Resources)
	if len(g.Except) > 0 {
		text += " except " + some(g.Except)
	}
	switch {
	case g.Kind == Freed && g.Conditioned:
		return text + " under other conditions"
	case g.Kind == Freed:
		return text + " without the condition it had"
	case g.Kind == Widened:
		text += " as well"
	}
	if g.Conditioned {
		text += ", under a condition"
	}
	return text
}

// Patterns are the actions, but every action of a service as a wildcard: all of AWS is more than 20,000.
func (g Gain) Patterns() []string {
	var texts []string
	switch {
	case !g.Whole:
		for _, a := range g.Actions {
			texts = append(texts, a.String())
		}
	case len(g.Services) == 0:
		return []string{"*"}
	default:
		for _, service := range g.Services {
			texts = append(texts, service+":*")
		}
	}
	return texts
}

func (g Gain) what() string {
	switch {
	case len(g.Actions) == 1:
		return g.Actions[0].String()
	case g.Whole:
		among := ""
		if g.Level >= actions.Write {
			among = ", " + g.Level.String() + " among them"
		}
		return fmt.Sprintf("%s (%d actions%s)", g.whole(), len(g.Actions), among)
	}
	names := make([]string, 0, listed)
	for _, a := range g.Actions[:min(len(g.Actions), listed)] {
		names = append(names, a.String())
	}
	if len(names) < len(g.Actions) {
		names = append(names, "…")
	}
	level := g.Level.String()
	if g.Level == 0 {
		level = "actions that AWS's table does not know"
	}
	return fmt.Sprintf("%s %s (%d actions: %s)", g.Services[0], level, len(g.Actions), strings.Join(names, ", "))
}

func (g Gain) whole() string {
	switch {
	case len(g.Services) == 0:
		return "every action of AWS"
	case len(g.Services) < manyServices:
		return "all of " + strings.Join(g.Services, ", ")
	}
	return fmt.Sprintf("all of %d services", len(g.Services))
}

// some names the first of several patterns.
func some(patterns []string) string {
	if len(patterns) <= listed {
		return strings.Join(patterns, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(patterns[:listed], ", "), len(patterns)-listed)
}
