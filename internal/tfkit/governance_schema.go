package tfkit

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// GovernanceAttributes are the arguments and results that every governed resource has, with further ones added.
func GovernanceAttributes(further map[string]schema.Attribute) map[string]schema.Attribute {
	optional := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	attributes := map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Canonical id, such as `aws:123456789012:role/invoice-export`. It is also what an import takes, besides the platform's own id such as an ARN.",
		},
		"name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Name of the identity on its platform. Changing it replaces the identity.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"owner": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Team or person that answers for the identity. Placeholders such as `test` or `n/a` are refused, and a policy can ask for a pattern.",
		},
		"purpose": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "What the identity is for, in a sentence. Any characters are fine; filler and a mere repetition of the name are refused.",
		},
		"expiry": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "When access ends: a date such as `2027-03-31` (valid to the end of that day, UTC) or an RFC 3339 time. It can lie as far ahead as the policy allows, 365 days by default. Renew by writing a later one.",
		},
		"business_owner":  optional("Who answers for the identity in the business."),
		"technical_owner": optional("Who operates what uses the identity."),
		"environment":     optional("Environment that the identity belongs to, such as `prod`."),
		"ticket":          optional("Request or change that asked for the identity."),
		"systems": schema.SetAttribute{
			ElementType:         types.StringType,
			Optional:            true,
			MarkdownDescription: "Systems that the identity connects.",
			Validators:          []validator.Set{setvalidator.NoNullValues()},
		},
		"labels": schema.MapAttribute{
			ElementType:         types.StringType,
			Optional:            true,
			MarkdownDescription: "Further tags of the object, under their own keys and as they are. A tag that somebody else adds shows as drift, unless the provider's `ignore_tags` names it.",
			Validators:          []validator.Map{mapvalidator.NoNullValues()},
		},
		"category": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Who manages what: `provider_managed`, `shared`, `enterprise_managed` or `external`.",
		},
		"status": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "`active`, `expiring` (inside the policy's warning window) or `expired` (disabled, unless `expiry_enforcement` is `none`). As drift also `unfinished`: an interrupted apply has left its sign-in closed, or noted as closed, and the next one opens it.",
		},
		"managed_by": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Mark on the object that this provider governs it: `" + governance.ManagedBy + "`. It shows as drift when somebody removes it.",
		},
		"expiry_enforcement": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "`cloud` where the cloud itself refuses access from the expiry on, `apply` where the next apply disables the identity, `none` where only its removal ends the access.",
		},
	}
	maps.Copy(attributes, approvalAttributes())
	maps.Copy(attributes, further)
	return attributes
}

// GovernanceModel holds the values of GovernanceAttributes. Resources embed it.
type GovernanceModel struct {
	ID                types.String `tfsdk:"id"`
	Name              types.String `tfsdk:"name"`
	Owner             types.String `tfsdk:"owner"`
	Purpose           types.String `tfsdk:"purpose"`
	Expiry            types.String `tfsdk:"expiry"`
	BusinessOwner     types.String `tfsdk:"business_owner"`
	TechnicalOwner    types.String `tfsdk:"technical_owner"`
	Environment       types.String `tfsdk:"environment"`
	Ticket            types.String `tfsdk:"ticket"`
	Systems           types.Set    `tfsdk:"systems"`
	Labels            types.Map    `tfsdk:"labels"`
	Category          types.String `tfsdk:"category"`
	Status            types.String `tfsdk:"status"`
	ManagedBy         types.String `tfsdk:"managed_by"`
	ExpiryEnforcement types.String `tfsdk:"expiry_enforcement"`
	Approval          types.String `tfsdk:"approval"`
	ApprovalNeeded    types.Object `tfsdk:"approval_needed"`
}

// Common is the model itself, for what embeds it.
func (m *GovernanceModel) Common() *GovernanceModel { return m }

func (m *GovernanceModel) texts() map[governance.Field]*types.String {
	return map[governance.Field]*types.String{
		governance.FieldOwner:          &m.Owner,
		governance.FieldPurpose:        &m.Purpose,
		governance.FieldExpiry:         &m.Expiry,
		governance.FieldBusinessOwner:  &m.BusinessOwner,
		governance.FieldTechnicalOwner: &m.TechnicalOwner,
		governance.FieldEnvironment:    &m.Environment,
		governance.FieldTicket:         &m.Ticket,
	}
}
