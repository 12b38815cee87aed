package celrule

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"cel.dev/cel-go/common"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// maxErrors are told of one expression: what follows the first ones mostly follows from them.
const maxErrors = 3

// located says what is wrong and where. Lines and columns count from 1.
func located(found []*common.Error, source string) []string {
	var texts []string
	for _, problem := range found[:min(len(found), maxErrors)] {
		text := plain(governance.Printable(strings.TrimSuffix(problem.Message, " (in container '')")))
		if near := meant(text); near != "" {
			text += fmt.Sprintf(" (did you mean '%s'?)", near)
		}
		if isVariable(text, source, problem.Location) {
			text += "; the variables are " + strings.Join(variables, ", ")
		}
		if line := problem.Location.Line(); line > 0 { // an expression that is too deep is wrong nowhere in particular
			text = fmt.Sprintf("line %d, column %d: %s", line, problem.Location.Column()+1, text)
		}
		texts = append(texts, text)
	}
	if more := len(found) - maxErrors; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more errors", more))
	}
	return texts
}

// plain leaves out of a syntax error what only the parser's authors know: a list of all tokens that could follow.
func plain(message string) string {
	if strings.HasPrefix(message, "Syntax error: ") {
		message, _, _ = strings.Cut(message, " expecting ")
	}
	return strings.Replace(message, "mismatched input '<EOF>'", "the expression ends too early", 1)
}

var undeclared = regexp.MustCompile(`^undeclared reference to '([^']+)'`)

// isVariable tells whether what is not declared is a variable: the error about a function lies on its parenthesis.
func isVariable(message, source string, at common.Location) bool {
	parts := undeclared.FindStringSubmatch(message)
	lines := strings.Split(source, "\n")
	if parts == nil || at.Line() < 1 || at.Line() > len(lines) {
		return false
	}
	line := []rune(lines[at.Line()-1])
	return at.Column() <= len(line) && strings.HasPrefix(string(line[at.Column():]), parts[1])
}

// misspelt takes the field out of the checker's message, which has no other form. Of variables and functions the checker
// itself names the nearest.
var misspelt = regexp.MustCompile(`^undefined field '([^']+)'`)

// meant is the field that is nearest to one that is not there; empty when none is near.
func meant(message string) (best string) {
	parts := misspelt.FindStringSubmatch(message)
	if parts == nil {
		return ""
	}
	least := min(3, len(parts[1])/2+1)
	for _, structure := range []reflect.Type{reflect.TypeFor[identity](), reflect.TypeFor[trustee](), reflect.TypeFor[grant]()} {
		for i := range structure.NumField() {
			name := structure.Field(i).Tag.Get("cel")
			if d := governance.EditDistance(parts[1], name); d < least {
				best, least = name, d
			}
		}
	}
	return best
}
