package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
)

func (entraApplicationKind) Schema() schema.Attribute {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
	}
	made := func(description string) schema.Attribute {
		return schema.StringAttribute{
			Computed: true, MarkdownDescription: description,
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
		}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "An application of Entra ID with its service principal. Its metadata is in the application's `tags`, beside those of others, which stay. " +
			"The first apply after the expiry blocks its sign-in, and a renewal opens it again.",
		Attributes: map[string]schema.Attribute{
			"display_name": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Name that people see, up to 120 characters. Defaults to `name`.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, PlanModifiers: []planmodifier.String{nameByDefault{}},
			},
			"unique_name": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Unique name, by which a creation is idempotent. Defaults to `name`, with hyphens for white space and what is not ASCII. An application that was imported without one gets it; changing it afterwards replaces the application.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, PlanModifiers: []planmodifier.String{nameByDefault{azure.DefaultUniqueName}, setOnce()},
			},
			"sign_in_audience": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(azure.SignInAudiences[0]),
				MarkdownDescription: "Whose accounts can sign in: `AzureADMyOrg` (this tenant alone, the default), `AzureADMultipleOrgs`, `AzureADandPersonalMicrosoftAccount` or `PersonalMicrosoftAccount`.",
			},
			"owners": schema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Owners in Entra ID, who can change the application: object ids of users or service principals, or user principal names. These are all, besides the principal that Terraform runs as, " +
					"which stays an owner where it is one: others show as drift and are removed.",
				Validators: []validator.Set{setvalidator.NoNullValues()},
			},
			"app_role_assignments":         governed.AppRoleAssignmentsSchema(),
			"federated_credentials":        federatedCredentialsSchema(),
			"service_management_reference": text("Reference to the application in a service or asset database."),
			"notes":                        text("Notes for those who manage the application, up to 1,024 characters."),
			"purge_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether a destroy is final. By default a deleted application can be restored for 30 days, without any credential or app role, and keeps its unique name meanwhile. It is noted in the `tags`, so it holds once it has been applied.",
			},
			"client_id":                   made("Application (client) id, which a workload signs in with."),
			"object_id":                   made("Object id of the application."),
			"service_principal_object_id": made("Object id of its service principal, which roles are assigned to."),
			"sign_in_enabled":             schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the service principal may sign in. What somebody else has blocked is not opened."},
		},
	}
}

// nameByDefault plans the name of the identity where the configuration says nothing, also when somebody has changed it.
type nameByDefault struct {
	// of makes it of the name; nil takes the name itself.
	of func(name string) string
}

func (nameByDefault) Description(context.Context) string { return "Defaults to name." }

func (m nameByDefault) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (m nameByDefault) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("name"), &resp.PlanValue)...)
	if m.of != nil && !resp.PlanValue.IsUnknown() {
		resp.PlanValue = types.StringValue(m.of(resp.PlanValue.ValueString()))
	}
}

// setOnce replaces what has a value already.
func setOnce() planmodifier.String {
	const description = "Changing it, once it is set, replaces the identity."
	return stringplanmodifier.RequiresReplaceIf(func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = req.StateValue.ValueString() != ""
	}, description, description)
}
