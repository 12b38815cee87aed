package thirdpartyidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
)

func (entraServicePrincipalKind) Schema() schema.Attribute {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
	}
	told := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The service principal, in your tenant, of a third party's multi-tenant application of Entra ID. Its metadata is in its `tags`, beside those of others, which stay. " +
			"It is made with its sign-in blocked, and opened once its publisher is known and has passed the policy. The first apply after the expiry blocks its sign-in, and a renewal opens it again.",
		Attributes: map[string]schema.Attribute{
			"app_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Application (client) id of the third party's application. Another one is another service principal, so a change replaces it.",
				PlanModifiers:       []planmodifier.String{replacedByAnother()},
			},
			"publisher": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Whose application it has to be. One of another publisher is refused, however it calls itself.",
				Attributes: map[string]schema.Attribute{
					"tenant_id":             text("Id of the tenant that the application is registered in, which is the third party's own."),
					"verified_publisher_id": text("Id of the publisher that Microsoft has verified, from the Microsoft AI Cloud Partner Program."),
				},
			},
			"app_role_assignments": governed.AppRoleAssignmentsSchema(),
			"app_role_assignment_required": schema.BoolAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Whether only users can sign in to it who are assigned to it. Left out, it stays as it is, which is `false` for a new one.",
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseNonNullStateForUnknown()},
			},
			"notes": text("Notes for those who manage the service principal, up to 1,024 characters."),
			"purge_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether a destroy is final. By default a deleted service principal can be restored for 30 days, without any permission. It is noted in the `tags`, so it holds once it has been applied.",
			},
			"object_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Object id of the service principal, which roles are assigned to.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
			},
			"display_name":          told("Name that the application has given itself."),
			"home_tenant_id":        told("Tenant that the application is registered in."),
			"verified_publisher":    told("Name of the publisher that Microsoft has verified; null where it has verified nobody."),
			"verified_publisher_id": told("Its id; null where Microsoft has verified nobody."),
			"delegated_permissions": schema.ListAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "Delegated permissions that an administrator has consented to for everybody, such as `User.Read of Microsoft Graph`: what the application may do in the name of whoever signs in to it. " +
					"They are shown, not managed, and go with the service principal. Null where they may not be read.",
			},
			"sign_in_enabled": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the service principal may sign in. What somebody else has blocked is not opened."},
		},
	}
}

// replacedByAnother replaces what is of another application, but not for another letter case.
func replacedByAnother() planmodifier.String {
	const description = "Another application's service principal replaces it."
	return stringplanmodifier.RequiresReplaceIf(func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !strings.EqualFold(req.StateValue.ValueString(), req.PlanValue.ValueString())
	}, description, description)
}
