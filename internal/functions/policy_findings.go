package functions

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// policyFindings is provider::governed::policy_findings.
type policyFindings struct{}

// NewPolicyFindings makes the function for the provider's list.
func NewPolicyFindings() function.Function { return policyFindings{} }

// policyFinding is one of its results.
type policyFinding struct {
	Class       string   `tfsdk:"class"`
	Path        string   `tfsdk:"path"`
	Actions     []string `tfsdk:"actions"`
	Statements  []int64  `tfsdk:"statements"`
	Conditioned bool     `tfsdk:"conditioned"`
	Message     string   `tfsdk:"message"`
	Remedy      string   `tfsdk:"remedy"`
}

var policyFindingType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"class": types.StringType, "path": types.StringType, "actions": types.ListType{ElemType: types.StringType}, "statements": types.ListType{ElemType: types.Int64Type},
	"conditioned": types.BoolType, "message": types.StringType, "remedy": types.StringType,
}}

// Metadata names the function.
func (policyFindings) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "policy_findings"
}

// Definition describes the function.
func (policyFindings) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Find what is dangerous in a policy",
		MarkdownDescription: "Finds what an identity with this policy should not be able to do, or only for a reason; an empty list where there is nothing. Each finding has\n\n" +
			"- `class`: `administrator`, `privilege_escalation`, `pass_role_unrestricted`, `permissions_management`, `credential_exposure`, `data_exfiltration`, `service_wildcard` or `resource_wildcard_write`, in this order; of an administrator no other; then `unknown_action`, for each value of `Action` or `NotAction` that AWS is not known to have\n" +
			"- `path`: the known way of privilege escalation, by its actions, such as `iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction`; empty for the other classes\n" +
			"- `actions`: those that make it; of `unknown_action` the value as it is written\n" +
			"- `statements`: the numbers of the statements that grant them, from 1\n" +
			"- `conditioned`: whether it takes conditions, none of which limits it to fewer things\n" +
			"- `message` and `remedy`: why it is dangerous, and what to write instead\n\n" +
			"A grant counts where it reaches resources of any name; `role/app-*` is taken for a convention. " + theAnswer,
		Parameters: []function.Parameter{policyParameter},
		Return:     function.ListReturn{ElementType: policyFindingType},
	}
}

// Run finds them.
func (policyFindings) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	document, set, err := granted(ctx, req.Arguments)
	if err != nil {
		resp.Error = err
		return
	}
	found := []policyFinding{}
	dangers := grants.Classify(set)
	if len(dangers) > 0 && dangers[0].Class == grants.Administrator { // Who can do anything can also do the rest.
		dangers = slices.DeleteFunc(dangers, func(d grants.Danger) bool { return d.Class != grants.Administrator })
	}
	for _, danger := range dangers {
		finding := policyFinding{
			Class: string(danger.Class), Path: danger.Path, Actions: named(danger.Actions), Statements: []int64{},
			Conditioned: danger.Conditioned, Message: danger.Why, Remedy: danger.Remedy,
		}
		for _, source := range danger.Sources {
			finding.Statements = append(finding.Statements, int64(source.Statement)+1)
		}
		slices.Sort(finding.Statements)
		finding.Statements = slices.Compact(finding.Statements)
		found = append(found, finding)
	}
	for _, unknown := range iampolicy.UnknownActions(document) {
		message := unknown.String()
		message = strings.ToUpper(message[:1]) + message[1:]
		if !strings.HasSuffix(message, "?") {
			message += "."
		}
		found = append(found, policyFinding{
			Class: string(governance.RuleUnknownAction), Actions: []string{unknown.Value}, Statements: []int64{int64(unknown.Statement) + 1},
			Message: message, Remedy: "Check the spelling. AWS adds actions daily, so one that is right may have come after " + actions.Source().Updated + ".",
		})
	}
	resp.Error = resp.Result.Set(ctx, found)
}
