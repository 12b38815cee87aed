package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// policyGrants is provider::governed::policy_grants.
type policyGrants struct{}

// NewPolicyGrants makes the function for the provider's list.
func NewPolicyGrants() function.Function { return policyGrants{} }

// policyGrant is one of its results.
type policyGrant struct {
	Level       string   `tfsdk:"level"`
	Services    []string `tfsdk:"services"`
	Whole       bool     `tfsdk:"whole"`
	Actions     []string `tfsdk:"actions"`
	Resources   []string `tfsdk:"resources"`
	Except      []string `tfsdk:"except"`
	Conditioned bool     `tfsdk:"conditioned"`
}

var policyGrantType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"level": types.StringType, "services": types.ListType{ElemType: types.StringType}, "whole": types.BoolType, "actions": types.ListType{ElemType: types.StringType},
	"resources": types.ListType{ElemType: types.StringType}, "except": types.ListType{ElemType: types.StringType}, "conditioned": types.BoolType,
}}

// Metadata names the function.
func (policyGrants) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "policy_grants"
}

// Definition describes the function.
func (policyGrants) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "List what a policy allows",
		MarkdownDescription: "Lists what an identity with this policy may do, the gravest first: wildcards are resolved over the provider's table of AWS's actions, and what the policy itself denies is left out. Each element has\n\n" +
			"- `level`: the highest access level of its actions as AWS has them: `Permissions management`, `Write`, `Tagging`, `Read` or `List`; empty for actions that the table does not know\n" +
			"- `services`: whose actions they are; empty for all of AWS\n" +
			"- `whole`: whether it is every action of these services, those included that AWS adds later\n" +
			"- `actions`: the actions, such as `s3:GetObject`; with `whole`, wildcards such as `s3:*`\n" +
			"- `resources` and `except`: patterns of what they are allowed on, and of what not all the same\n" +
			"- `conditioned`: whether a condition narrows it\n\n" + theAnswer,
		Parameters: []function.Parameter{policyParameter},
		Return:     function.ListReturn{ElementType: policyGrantType},
	}
}

// Run lists them.
func (policyGrants) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	_, set, err := granted(ctx, req.Arguments)
	if err != nil {
		resp.Error = err
		return
	}
	allowed := []policyGrant{}
	for _, gain := range grants.Gains(&grants.Set{}, set) {
		grant := policyGrant{
			Services: orEmpty(gain.Services), Whole: gain.Whole, Actions: gain.Patterns(),
			Resources: orEmpty(gain.Resources), Except: orEmpty(gain.Except), Conditioned: gain.Conditioned,
		}
		if gain.Level != 0 {
			grant.Level = gain.Level.String()
		}
		allowed = append(allowed, grant)
	}
	resp.Error = resp.Result.Set(ctx, allowed)
}
