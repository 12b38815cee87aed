// Package celrule compiles and judges the rules of a policy's own, which are written in the Common Expression Language
// (CEL). An expression sees one identity and nothing else: it reads no file, calls nothing, and its cost is bounded before
// and while it is judged. Pure.
package celrule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Compile compiles the expressions of a policy's rules, in place. The error joins a *governance.PolicyError for each thing
// that is wrong in them. What is blank, too long or too many is left to governance.NewPolicy.
func Compile(rules []governance.RuleDocument) error {
	var errs []error
	for i := range rules {
		rule := &rules[i]
		text := rule.Expression
		if i >= governance.MaxRules || strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > governance.MaxExpressionLength {
			continue
		}
		judge, problems := compile(text)
		for _, problem := range problems {
			errs = append(errs, &governance.PolicyError{Path: []string{"rules", strconv.Itoa(i), "expression"}, Reason: fmt.Sprintf("rule %q: %s", rule.Name, problem)})
		}
		if len(problems) == 0 {
			rule.Judge = judge
		}
	}
	return errors.Join(errs...)
}

// compiling is held while the environment is used: on the first misspelt name it makes itself a catalogue of all names, which it
// reads without a lock elsewhere.
var compiling sync.Mutex

func compile(text string) (*judge, []string) {
	compiling.Lock()
	defer compiling.Unlock()
	env, err := environment()
	if err != nil {
		return nil, []string{err.Error()}
	}
	compiled, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, located(issues.Errors(), text)
	}
	if got := compiled.OutputType(); !got.IsExactType(cel.BoolType) {
		return nil, []string{fmt.Sprintf("it is a %s, but has to be a bool: true for what is allowed", got)}
	}
	estimate, err := env.EstimateCost(compiled, sizes{})
	if err != nil {
		return nil, []string{"its cost cannot be estimated: " + err.Error()}
	}
	if estimate.Max > maxEstimate {
		return nil, []string{fmt.Sprintf("it could cost %d units, and a rule may cost %d: judge fewer lists within lists, or shorter texts", estimate.Max, maxEstimate)}
	}
	program, err := env.Program(compiled, append(limits(), cel.EvalOptions(cel.OptPartialEval, cel.OptOptimize))...)
	if err != nil {
		return nil, []string{err.Error()}
	}
	return &judge{program, env.CELTypeAdapter(), mentions(compiled, varClasses) || mentions(compiled, varGrants)}, nil
}

// mentions tells whether an expression has a variable of a name.
func mentions(compiled *cel.Ast, name string) bool {
	found := false
	ast.PostOrderVisit(compiled.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		found = found || e.Kind() == ast.IdentKind && e.AsIdent() == name
	}))
	return found
}

// judge is a compiled expression.
type judge struct {
	program cel.Program
	adapter types.Adapter
	granted bool
}

// Granted tells whether the expression is about what the subject may do.
func (j *judge) Granted() bool { return j.granted }

// Judge evaluates the expression as far as the subject is known.
func (j *judge) Judge(subject governance.Subject, now time.Time) (bool, error) {
	variables, err := variablesOf(subject, now, j.adapter)
	if err != nil {
		return false, err
	}
	result, _, err := j.program.Eval(variables)
	if err != nil {
		return false, err
	}
	if unknown, ok := result.(*types.Unknown); ok {
		return false, &governance.NotKnownError{Values: trails(unknown)}
	}
	allowed, ok := result.Value().(bool)
	if !ok {
		return false, fmt.Errorf("it is a %s and not a bool", result.Type().TypeName())
	}
	return allowed, nil
}

// trails are the values that are not known, such as identity.owner.
func trails(unknown *types.Unknown) []string {
	var values []string
	for _, id := range unknown.IDs() {
		found, _ := unknown.GetAttributeTrails(id)
		for _, trail := range found {
			values = append(values, trail.String())
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}
