package celrule

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

const (
	functionAllows = "allows"
	overloadAllows = "grant_allows_string"
)

// allows is the function <governed.Grant>.allows(<action>), because actions can be patterns. Each pattern costs a unit.
func allows(env *cel.Env) (*cel.Env, error) {
	for _, option := range []cel.EnvOption{
		cel.Function(functionAllows, cel.MemberOverload(overloadAllows, []*cel.Type{cel.ObjectType(typeGrant), cel.StringType}, cel.BoolType, cel.BinaryBinding(grantAllows))),
		cel.CostEstimatorOptions(cost.OverloadCostEstimate(overloadAllows, func(cost.Estimator, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
			return &cost.CallEstimate{CostEstimate: cost.RangedCostEstimate(1, mostMembers)}
		})),
	} {
		var err error
		if env, err = option(env); err != nil {
			return nil, err
		}
	}
	return env, nil
}

// costOfAllows is what a call on the receiver has cost.
func costOfAllows(receiver ref.Val) uint64 {
	if g, ok := receiver.Value().(*grant); ok {
		return 1 + uint64(len(g.Actions))
	}
	return 1
}

func grantAllows(receiver, argument ref.Val) ref.Val {
	g, isGrant := receiver.Value().(*grant)
	action, isText := argument.Value().(string)
	if !isGrant || !isText {
		return types.MaybeNoSuchOverloadErr(argument)
	}
	if problem := notAnAction(action); problem != "" {
		return types.NewErr("%s", problem)
	}
	for _, pattern := range g.Actions {
		if matches(strings.ToLower(pattern), strings.ToLower(action)) {
			return types.True
		}
	}
	return types.False
}

var oneAction = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}:[A-Za-z0-9]{1,128}$`)

// notAnAction says what is wrong with the name of an action: what matches nothing would let everything pass.
func notAnAction(name string) string {
	if oneAction.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of one action, such as iam:PassRole", name)
}

// matches tells whether a text fits a pattern with the wildcards * and ?. Both are short.
func matches(pattern, text string) bool {
	star, from := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// named refuses calls of allows() with a literal that is no name of an action.
type named struct{}

// Name is the validator's, for cel-go.
func (named) Name() string { return "governed.named" }

// Validate reports each such call.
func (named) Validate(_ *cel.Env, _ cel.ValidatorConfig, checked *ast.AST, issues *cel.Issues) {
	ast.PostOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != functionAllows || len(e.AsCall().Args()) != 1 {
			return
		}
		argument := e.AsCall().Args()[0]
		if argument.Kind() != ast.LiteralKind {
			return
		}
		if text, ok := argument.AsLiteral().Value().(string); ok {
			if problem := notAnAction(text); problem != "" {
				issues.ReportErrorAtID(argument.ID(), "%s", problem)
			}
		}
	}))
}
