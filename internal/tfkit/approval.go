package tfkit

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// approvalAttributes are the argument and the result that are about an approval.
func approvalAttributes() map[string]schema.Attribute {
	texts := func(description string) schema.Attribute {
		return schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"approval": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Approval of what the identity may do although the policy refuses it: a compact JWS, signed with one of the policy's `approval_keys` for this identity alone (guide \"Approvals\"). " +
				"`requested` lets a plan pass, to show what there is to approve, and is refused at apply. An approval is no secret.",
		},
		"approval_needed": schema.SingleNestedAttribute{
			Computed:            true,
			MarkdownDescription: "What an approval has to allow so that the identity can be what it is: `terraform-provider-governed approve` shows and signs it. Null where no approval is needed, and while none was when the identity was last judged.",
			Attributes: map[string]schema.Attribute{
				"identity": schema.StringAttribute{Computed: true, MarkdownDescription: "Canonical id of the identity."},
				"classes":  texts("Rules that refuse it, such as `privilege_escalation`."),
				"grants": schema.ListNestedAttribute{
					Computed: true, MarkdownDescription: "What grants it, as the policies have it.",
					NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
						"actions":   texts("Patterns of actions."),
						"resources": texts("Patterns of resources that all of them are on."),
					}},
				},
			},
		},
	}
}

var (
	textsType   = types.ListType{ElemType: types.StringType}
	grantTypes  = map[string]attr.Type{"actions": textsType, "resources": textsType}
	neededTypes = map[string]attr.Type{"identity": types.StringType, "classes": textsType, "grants": types.ListType{ElemType: types.ObjectType{AttrTypes: grantTypes}}}
)

// ApprovalNeededUnknown is a need that only an apply can tell.
func ApprovalNeededUnknown() types.Object { return types.ObjectUnknown(neededTypes) }

// ApprovalNeeded is a need as a value.
func ApprovalNeeded(need governance.ApprovalNeed) types.Object {
	if need.Empty() {
		return types.ObjectNull(neededTypes)
	}
	grants := make([]attr.Value, len(need.Grants))
	for i, grant := range need.Grants {
		grants[i] = types.ObjectValueMust(grantTypes, map[string]attr.Value{"actions": textList(grant.Actions), "resources": textList(grant.Resources)})
	}
	return types.ObjectValueMust(neededTypes, map[string]attr.Value{
		"identity": types.StringValue(need.Identity), "classes": textList(need.Classes),
		"grants": types.ListValueMust(types.ObjectType{AttrTypes: grantTypes}, grants),
	})
}

// ApprovalNeed is the need that a value tells; nothing where it is null.
func ApprovalNeed(value types.Object) governance.ApprovalNeed {
	var need governance.ApprovalNeed
	attributes := value.Attributes()
	if identity, ok := attributes["identity"].(types.String); ok {
		need.Identity = identity.ValueString()
	}
	for _, class := range listed(attributes["classes"]) {
		need.Classes = append(need.Classes, governance.Rule(class))
	}
	grants, _ := attributes["grants"].(types.List)
	for _, element := range grants.Elements() {
		if grant, ok := element.(types.Object); ok {
			need.Grants = append(need.Grants, governance.Grant{Actions: listed(grant.Attributes()["actions"]), Resources: listed(grant.Attributes()["resources"])})
		}
	}
	return need
}

func textList[T ~string](texts []T) types.List {
	elements := make([]attr.Value, len(texts))
	for i, text := range texts {
		elements[i] = types.StringValue(string(text))
	}
	return types.ListValueMust(types.StringType, elements)
}

func listed(value attr.Value) []string {
	list, _ := value.(types.List)
	var texts []string
	for _, element := range list.Elements() {
		if text, ok := element.(types.String); ok {
			texts = append(texts, text.ValueString())
		}
	}
	return texts
}
