package celrule

import (
	"errors"
	"slices"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// The variables of an expression.
const (
	varIdentity  = "identity"
	varOld       = "old"
	varOperation = "operation"
	varNow       = "now"
	varTrust     = "trust"
	varClasses   = "classes"
	varGrants    = "grants"
)

// variables are all of them, in the order of the documentation.
var variables = []string{varIdentity, varOld, varOperation, varNow, varTrust, varClasses, varGrants}

// The names of the types in expressions and their errors.
const (
	typeIdentity = "governed.Identity"
	typeTrustee  = "governed.Trustee"
	typeGrant    = "governed.Grant"
)

// identity is what expressions see of an identity. A text that is absent is empty, and has() tells.
type identity struct {
	Name     string `cel:"name"`
	Platform string `cel:"platform"`
	Kind     string `cel:"kind"`
	Category string `cel:"category"`
	Account  string `cel:"account"`

	Owner          string `cel:"owner"`
	BusinessOwner  string `cel:"business_owner"`
	TechnicalOwner string `cel:"technical_owner"`
	Purpose        string `cel:"purpose"`
	// Expiry is the instant at which access ends.
	Expiry      time.Time         `cel:"expiry"`
	Environment string            `cel:"environment"`
	Systems     []string          `cel:"systems"`
	Ticket      string            `cel:"ticket"`
	Labels      map[string]string `cel:"labels"`

	ThirdParty        string `cel:"third_party"`
	ThirdPartyContact string `cel:"third_party_contact"`
}

// trustee is what expressions see of one that can use the identity.
type trustee struct {
	Kind         string   `cel:"kind"`
	Name         string   `cel:"name"`
	Account      string   `cel:"account"`
	External     bool     `cel:"external"`
	ExternalID   bool     `cel:"external_id"`
	Organization string   `cel:"organization"`
	Subjects     []string `cel:"subjects"`
	Audiences    []string `cel:"audiences"`
	Conditioned  bool     `cel:"conditioned"`
}

// grant is what expressions see of a part of what an identity may do.
type grant struct {
	Level       string   `cel:"level"`
	Services    []string `cel:"services"`
	Whole       bool     `cel:"whole"`
	Actions     []string `cel:"actions"`
	Resources   []string `cel:"resources"`
	Except      []string `cel:"except"`
	Conditioned bool     `cel:"conditioned"`
}

// bounded refuses functions whose result can be as large as the product of their arguments, or as a number says: it would
// be there before its cost is counted.
type bounded struct{}

var unbounded = []string{"format", "join", "lists.range", "replace"}

// Name is the validator's, for cel-go.
func (bounded) Name() string { return "governed.bounded" }

// Validate reports each call of such a function.
func (bounded) Validate(_ *cel.Env, _ cel.ValidatorConfig, checked *ast.AST, issues *cel.Issues) {
	ast.PostOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.CallKind && slices.Contains(unbounded, e.AsCall().FunctionName()) {
			issues.ReportErrorAtID(e.ID(), "%s is not available, because nothing bounds its result", e.AsCall().FunctionName())
		}
	}))
}

// environment is made only when a policy has rules of its own. The functions are those of CEL itself and of its
// extensions for texts, lists and sets: none reads a clock, a file or a network.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		ext.NativeTypes(
			types.NativeTypeFor[identity](types.NativeTypeAlias(typeIdentity), types.ParseStructTags(true)),
			types.NativeTypeFor[trustee](types.NativeTypeAlias(typeTrustee), types.ParseStructTags(true)),
			types.NativeTypeFor[grant](types.NativeTypeAlias(typeGrant), types.ParseStructTags(true)),
		),
		func(env *cel.Env) (*cel.Env, error) {
			return cel.CustomTypeProvider(strict{env.CELTypeProvider()})(env)
		},
		cel.Variable(varIdentity, cel.ObjectType(typeIdentity)),
		cel.Variable(varOld, cel.ObjectType(typeIdentity)),
		cel.Variable(varOperation, cel.StringType),
		cel.Variable(varNow, cel.TimestampType),
		cel.Variable(varTrust, cel.ListType(cel.ObjectType(typeTrustee))),
		cel.Variable(varClasses, cel.ListType(cel.StringType)),
		cel.Variable(varGrants, cel.ListType(cel.ObjectType(typeGrant))),
		allows,
		ext.Strings(ext.StringsVersion(4)), ext.Lists(), ext.Sets(),
		cel.ParserExpressionSizeLimit(governance.MaxExpressionLength),
		cel.ExpressionNodeLimit(10_000),
		cel.ParserRecursionLimit(50),
		cel.RegexProgramSizeLimit(1000),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateRegexLiterals(), cel.ValidateHomogeneousAggregateLiterals(), bounded{}, named{}),
	)
})

// strict has an error come of a field of null, where CEL's own reading of Go structs has null: a rule about the prior
// identity has to say what it means for a new one.
type strict struct{ types.Provider }

var errOfNull = errors.New("there is no prior identity: old is null")

// FindStructFieldType reads fields of structs only.
func (s strict) FindStructFieldType(structType, fieldName string) (*types.FieldType, bool) {
	found, ok := s.Provider.FindStructFieldType(structType, fieldName)
	if !ok {
		return nil, false
	}
	read := found.GetFrom
	return &types.FieldType{Type: found.Type, IsSet: found.IsSet, IsJSONField: found.IsJSONField, GetFrom: func(target any) (any, error) {
		switch target.(type) {
		case *identity, *trustee, *grant:
			return read(target)
		}
		return nil, errOfNull
	}}, true
}
