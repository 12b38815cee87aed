package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// managedIdentityModel is the nested attribute azure_managed_identity.
type managedIdentityModel struct {
	SubscriptionID       types.String `tfsdk:"subscription_id"`
	ResourceGroupName    types.String `tfsdk:"resource_group_name"`
	Location             types.String `tfsdk:"location"`
	IsolationScope       types.String `tfsdk:"isolation_scope"`
	RoleAssignments      types.Map    `tfsdk:"role_assignments"`
	FederatedCredentials types.Map    `tfsdk:"federated_credentials"`
	ClientID             types.String `tfsdk:"client_id"`
	PrincipalID          types.String `tfsdk:"principal_id"`
	TenantID             types.String `tfsdk:"tenant_id"`
}

type roleAssignmentModel struct {
	Scope            types.String `tfsdk:"scope"`
	Role             types.String `tfsdk:"role"`
	Condition        types.String `tfsdk:"condition"`
	ConditionVersion types.String `tfsdk:"condition_version"`
	TimeBound        types.Bool   `tfsdk:"time_bound"`
}

var (
	managedIdentityTypes = governed.ObjectTypes(azureManagedIdentityKind{}.Schema())
	roleAssignmentType   = elementType(managedIdentityTypes["role_assignments"])
)

func (i managedIdentityModel) Spec(ctx context.Context, _ *model) (azure.ManagedIdentitySpec, error) {
	roles, err := i.roles(ctx)
	if err != nil {
		return azure.ManagedIdentitySpec{}, err
	}
	presets, err := federatedPresets(ctx, i.FederatedCredentials)
	return azure.ManagedIdentitySpec{
		SubscriptionID: i.SubscriptionID.ValueString(), SubscriptionUnknown: i.SubscriptionID.IsUnknown(),
		ResourceGroup: i.ResourceGroupName.ValueString(), Location: i.Location.ValueString(), IsolationScope: i.IsolationScope.ValueString(), RoleAssignments: roles, FederatedCredentials: presets,
	}, err
}

// roles are the declared role assignments, but for those of which something is not known yet.
func (i managedIdentityModel) roles(ctx context.Context) (map[string]azure.RoleAssignment, error) {
	models, err := governed.KnownObjects[roleAssignmentModel](ctx, i.RoleAssignments)
	roles := make(map[string]azure.RoleAssignment, len(models))
	for key, role := range models {
		roles[key] = azure.RoleAssignment{
			Scope: role.Scope.ValueString(), Role: role.Role.ValueString(), Condition: role.Condition.ValueString(),
			ConditionVersion: role.ConditionVersion.ValueString(), TimeBound: role.TimeBound.ValueBool(),
		}
	}
	return roles, err
}

// observedRoles are role assignments as the identity has them, in the words of those that were declared.
func (i managedIdentityModel) observedRoles(found map[string]azure.RoleAssignment) (types.Map, error) {
	elements := map[string]attr.Value{}
	for key, role := range found {
		object, err := governed.AsError(tfkit.ObjectFrom(roleAssignmentType.AttrTypes, roleAssignmentModel{
			Scope: types.StringValue(role.Scope), Role: types.StringValue(role.Role), Condition: governed.Nullable(role.Condition),
			ConditionVersion: governed.Nullable(role.ConditionVersion), TimeBound: types.BoolValue(role.TimeBound),
		}))
		if err != nil {
			return i.RoleAssignments, err
		}
		elements[key] = object
	}
	return governed.ObservedMap(i.RoleAssignments, roleAssignmentType, elements)
}
