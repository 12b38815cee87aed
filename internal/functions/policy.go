package functions

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// policyParameter is the argument of the functions that look at a policy.
var policyParameter = function.StringParameter{
	Name:                "policy",
	MarkdownDescription: "Identity policy of AWS as JSON, such as `data.aws_iam_policy_document.export.json`, `jsonencode(…)` or `file(\"export.json\")`.",
}

// theAnswer is what both of them have in common.
const theAnswer = "It is about this one policy: a permissions boundary, other policies of the identity and those of resources and organisations are not known here. " +
	"A function has no clock, so a limit in time counts as one that lets everything through."

// granted is the policy that a function is given, and what it lets an identity do by itself, whatever the time is.
func granted(ctx context.Context, arguments function.ArgumentsData) (iampolicy.Document, *grants.Set, *function.FuncError) {
	var text string
	if err := arguments.Get(ctx, &text); err != nil {
		return iampolicy.Document{}, nil, err
	}
	document, err := iampolicy.ParseIdentity(text)
	if err != nil {
		return iampolicy.Document{}, nil, function.NewArgumentFuncError(0, err.Error()+": give an identity policy as JSON")
	}
	return document, grants.New(grants.Identity{Policies: []grants.Policy{{Kind: grants.Inline, Document: document}}}, time.Time{}), nil
}

// named are actions as IAM writes them.
func named(all []actions.Action) []string {
	names := make([]string, len(all))
	for i, action := range all {
		names[i] = action.String()
	}
	return names
}

// orEmpty is a list that is there.
func orEmpty(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
