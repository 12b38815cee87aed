package celrule

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Bounds of the cost of an expression, in CEL's own units: those that Kubernetes sets for a ValidatingAdmissionPolicy.
const (
	// maxEstimate is for the largest identity that there can be, when the expression is compiled.
	maxEstimate = 10_000_000
	// maxCost is for the identity at hand, when it is judged.
	maxCost = 1_000_000
	// maxMemory is in CEL's elements: members of lists and maps, and every ten characters of a text. The grants of a policy that
	// names each of AWS's actions have some 100,000.
	maxMemory = 200_000
)

// deep measures values with all that is in them.
var deep = types.NewSizeCalculator(types.SizeCalculatorMaxTraversal(maxMemory))

// limits bound an expression while it is judged.
func limits() []cel.ProgramOption {
	options := []cel.ProgramOption{
		cel.CostTracking(pricing{}), cel.CostLimit(maxCost),
		cel.MemoryTracking(types.MemoryTrackerSizeCalculator(deep)), cel.MemoryLimit(maxMemory),
	}
	for overload, units := range prices {
		options = append(options, cel.CostTrackerOptions(cost.OverloadTracker(overload, func(args []ref.Val, _ ref.Val) *uint64 {
			price := units(args)
			return &price
		})))
	}
	return options
}

// prices are what functions cost that compare members of lists, which can be lists of thousands in turn: CEL itself counts the
// outer members alone.
var prices = map[string]func(args []ref.Val) uint64{
	overloadAllows:              func(args []ref.Val) uint64 { return costOfAllows(args[0]) },
	"list_distinct":             func(args []ref.Val) uint64 { return size(args[0]) * members(args[0]) },
	"list_sets_contains_list":   func(args []ref.Val) uint64 { return size(args[0]) * members(args[1]) },
	"list_sets_intersects_list": func(args []ref.Val) uint64 { return size(args[0]) * members(args[1]) },
	"list_sets_equivalent_list": func(args []ref.Val) uint64 { return 2 * size(args[0]) * members(args[1]) },
}

// pricing is the same for operators.
type pricing struct{}

// CallCost prices a call; nil leaves that to CEL.
func (pricing) CallCost(function, _ string, args []ref.Val, _ ref.Val) *uint64 {
	var units uint64
	switch function {
	case operators.Equals, operators.NotEquals:
		units = min(size(args[0]), size(args[1]))
	case operators.In:
		units = size(args[1])
	default:
		return nil
	}
	return &units
}

func size(value ref.Val) uint64 { return uint64(deep.AggregateSize(value)) }

func members(list ref.Val) uint64 {
	sizer, ok := list.(traits.Sizer)
	if !ok {
		return 1
	}
	count, _ := sizer.Size().(types.Int)
	return uint64(max(count, 1))
}

// Sizes of what a cloud can keep of an identity, for the estimate of a cost. What turns out larger is bounded while it is
// judged.
const (
	longestText = 512
	mostMembers = 50
	// largestIdentity is in characters of all its texts.
	largestIdentity = 10_000
)

// sizes bounds the variables for the estimate.
type sizes struct{}

// EstimateSize bounds what comes from a variable, also where that has been filtered, by its type.
func (sizes) EstimateSize(element cost.AstNode) *cost.SizeEstimate {
	if expr := element.Expr(); element.Path() == nil && expr != nil && expr.Kind() != ast.SelectKind {
		return nil
	}
	var most uint64
	switch element.Type().Kind() {
	case types.StringKind, types.BytesKind:
		most = longestText
	case types.ListKind, types.MapKind:
		most = mostMembers
	case types.StructKind:
		most = largestIdentity
	default:
		return nil
	}
	size := cost.RangedSizeEstimate(0, most)
	return &size
}

// EstimateCallCost leaves calls to the extensions' own estimates.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
