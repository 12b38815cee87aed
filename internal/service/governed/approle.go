package governed

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

type appRoleAssignmentModel struct {
	ResourceAppID types.String `tfsdk:"resource_app_id"`
	Role          types.String `tfsdk:"role"`
}

// AppRoleAssignmentType is the type of an element of app_role_assignments.
var AppRoleAssignmentType = types.ObjectType{AttrTypes: map[string]attr.Type{"resource_app_id": types.StringType, "role": types.StringType}}

// AppRoleAssignmentsSchema is the argument app_role_assignments.
func AppRoleAssignmentsSchema() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional:            true,
		MarkdownDescription: "App roles of the service principal, such as application permissions of Microsoft Graph, under keys of your own. These are all that it has: others show as drift and are removed.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"resource_app_id": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Application id of what offers the role, or one of these names: `Microsoft Graph`, `Office 365 Exchange Online`, `Office 365 SharePoint Online`.",
			},
			"role": schema.StringAttribute{
				Required: true, MarkdownDescription: "Value of the role, such as `User.Read.All`, or its id.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
		}},
	}
}

// AppRoleAssignments are the declared app roles, but for those of which something is not known yet.
func AppRoleAssignments(ctx context.Context, declared types.Map) (map[string]azure.AppRoleAssignment, error) {
	models, err := KnownObjects[appRoleAssignmentModel](ctx, declared)
	roles := make(map[string]azure.AppRoleAssignment, len(models))
	for key, role := range models {
		roles[key] = azure.AppRoleAssignment{Resource: role.ResourceAppID.ValueString(), Role: role.Role.ValueString()}
	}
	return roles, err
}

// ObservedAppRoles are app roles as a service principal has them, in the words of those that were declared.
func ObservedAppRoles(ctx context.Context, had types.Map, roles []azure.AppRole) (types.Map, error) {
	declared, err := AppRoleAssignments(ctx, had)
	if err != nil {
		return had, err
	}
	elements := map[string]attr.Value{}
	for key, role := range azure.AppRolesAs(declared, roles) {
		model := appRoleAssignmentModel{ResourceAppID: types.StringValue(role.Resource), Role: types.StringValue(role.Role)}
		if elements[key], err = AsError(tfkit.ObjectFrom(AppRoleAssignmentType.AttrTypes, model)); err != nil {
			return had, err
		}
	}
	return ObservedMap(had, AppRoleAssignmentType, elements)
}
