package serviceidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
)

func (azureManagedIdentityKind) Schema() schema.Attribute {
	made := func(description string) schema.Attribute {
		return schema.StringAttribute{
			Computed: true, MarkdownDescription: description,
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
		}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A user-assigned managed identity. Its metadata is in the tags. Roles that are `time_bound` end by themselves at the expiry; everything else is taken off by the first apply after it, " +
			"and put back by a renewal.",
		Attributes: map[string]schema.Attribute{
			"subscription_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Subscription, as a GUID. Defaults to that of the provider. Changing it replaces the identity.",
				PlanModifiers: []planmodifier.String{providersByDefault{}, stringplanmodifier.UseNonNullStateForUnknown(), replaceUnless(strings.EqualFold)},
			},
			"resource_group_name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the resource group. Changing it replaces the identity.",
				PlanModifiers: []planmodifier.String{replaceUnless(strings.EqualFold)},
			},
			"location": schema.StringAttribute{
				Required: true, MarkdownDescription: "Region, such as `westeurope`. Changing it replaces the identity.",
				PlanModifiers: []planmodifier.String{replaceUnless(azure.SameLocation)},
			},
			"isolation_scope": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(azure.IsolationNone),
				MarkdownDescription: "`Regional` where only resources of the same region can have the identity; `None` by default.",
				Validators:          []validator.String{stringvalidator.OneOf(azure.IsolationScopes...)},
			},
			"role_assignments": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Roles of the identity, under keys of your own. These are all that it has: others show as drift and are removed.",
				NestedObject:        schema.NestedAttributeObject{Attributes: roleAssignmentAttributes()},
			},
			"federated_credentials": federatedCredentialsSchema(),
			"client_id":             made("Client (application) id, which a workload signs in with."),
			"principal_id":          made("Object id of the service principal, which roles are assigned to."),
			"tenant_id":             made("Entra tenant."),
		},
	}
}

func roleAssignmentAttributes() map[string]schema.Attribute {
	optional := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
	}
	return map[string]schema.Attribute{
		"scope": schema.StringAttribute{
			Required: true, MarkdownDescription: "Id of the resource, the resource group, the subscription or the management group.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"role": schema.StringAttribute{
			Required: true, MarkdownDescription: "Name of the role, such as `Storage Blob Data Reader`, or the GUID or id of its definition.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"condition":         optional("Condition that narrows the role (attribute-based access control)."),
		"condition_version": optional("Version of the condition: `2.0`, which is the default."),
		"time_bound": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether Azure itself ends the role at the expiry, through Privileged Identity Management. It needs a licence of Microsoft Entra ID P2 or ID Governance. `false` by default; where all roles are time-bound, `expiry_enforcement` is `cloud`.",
		},
	}
}

// replaceUnless replaces the identity unless the platform takes both values for the same.
func replaceUnless(same func(one, other string) bool) planmodifier.String {
	return stringplanmodifier.RequiresReplaceIf(func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = req.PlanValue.IsUnknown() || !same(req.PlanValue.ValueString(), req.StateValue.ValueString())
	}, "Changing it replaces the identity.", "Changing it replaces the identity.")
}

// providersByDefault plans nothing where the configuration says nothing, until it is filled in from the provider: what is unknown
// in the plan is then what the configuration does not know yet.
type providersByDefault struct{}

func (providersByDefault) Description(context.Context) string {
	return "Defaults to that of the provider."
}

func (m providersByDefault) MarkdownDescription(ctx context.Context) string {
	return m.Description(ctx)
}

func (providersByDefault) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.ConfigValue.IsNull() && req.StateValue.IsNull() {
		resp.PlanValue = types.StringNull()
	}
}
