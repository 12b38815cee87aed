package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
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
	managedIdentityTypes = governed.ObjectTypes(azureManagedIdentity{}.Schema())
	roleAssignmentType   = elementType(managedIdentityTypes["role_assignments"])
)

// managedIdentityOf reads the nested attribute. It is all null when the model has none, as while importing.
func managedIdentityOf(ctx context.Context, m *model) (managedIdentityModel, diag.Diagnostics) {
	identity := managedIdentityModel{RoleAssignments: types.MapNull(roleAssignmentType), FederatedCredentials: types.MapNull(federatedType)}
	if m.AzureManagedIdentity.IsNull() || m.AzureManagedIdentity.IsUnknown() {
		return identity, nil
	}
	diags := m.AzureManagedIdentity.As(ctx, &identity, basetypes.ObjectAsOptions{})
	return identity, diags
}

// setManagedIdentity writes the nested attribute.
func setManagedIdentity(ctx context.Context, m *model, identity managedIdentityModel) error {
	object, diags := types.ObjectValueFrom(ctx, managedIdentityTypes, identity)
	m.AzureManagedIdentity = object
	_, err := governed.AsError(struct{}{}, diags)
	return err
}

// wantedIdentity reads the nested attribute and what it asks for.
func wantedIdentity(ctx context.Context, m *model, disabled bool) (managedIdentityModel, platform.Desired[azure.ManagedIdentitySpec], error) {
	identity, err := governed.AsError(managedIdentityOf(ctx, m))
	if err != nil {
		return identity, platform.Desired[azure.ManagedIdentitySpec]{}, err
	}
	want, err := governed.AsError(identity.desired(ctx, m, disabled))
	return identity, want, err
}

// desired is the identity that the model asks for. What is not known yet is left out.
func (i managedIdentityModel) desired(ctx context.Context, m *model, disabled bool) (platform.Desired[azure.ManagedIdentitySpec], diag.Diagnostics) {
	metadata, _ := m.Metadata(ctx)
	roles, diags := i.roles(ctx)
	presets, more := federatedPresets(ctx, i.FederatedCredentials)
	diags.Append(more...)
	return platform.Desired[azure.ManagedIdentitySpec]{Name: m.Name.ValueString(), Metadata: metadata, Disabled: disabled, Spec: azure.ManagedIdentitySpec{
		SubscriptionID: i.SubscriptionID.ValueString(), SubscriptionUnknown: i.SubscriptionID.IsUnknown(),
		ResourceGroup: i.ResourceGroupName.ValueString(), Location: i.Location.ValueString(), IsolationScope: i.IsolationScope.ValueString(), RoleAssignments: roles, FederatedCredentials: presets,
	}}, diags
}

// managedIdentityHolding is what decides what the identity may do.
func managedIdentityHolding(ctx context.Context, m *model) (azure.ManagedIdentityHolding, diag.Diagnostics) {
	identity, diags := managedIdentityOf(ctx, m)
	roles, more := identity.roles(ctx)
	diags.Append(more...)
	return azure.ManagedIdentityHolding{
		SubscriptionID: identity.SubscriptionID.ValueString(), ResourceGroup: identity.ResourceGroupName.ValueString(), Name: m.Name.ValueString(),
		RoleAssignments: roles, RolesUnknown: !tfkit.FullyKnown(ctx, identity.RoleAssignments),
	}, diags
}

// roles are the declared role assignments, but for those of which something is not known yet.
func (i managedIdentityModel) roles(ctx context.Context) (map[string]azure.RoleAssignment, diag.Diagnostics) {
	roles := map[string]azure.RoleAssignment{}
	var diags diag.Diagnostics
	for key, element := range i.RoleAssignments.Elements() {
		object, ok := element.(types.Object)
		if !ok || !tfkit.FullyKnown(ctx, object) {
			continue
		}
		var role roleAssignmentModel
		diags.Append(object.As(ctx, &role, basetypes.ObjectAsOptions{})...)
		roles[key] = azure.RoleAssignment{
			Scope: role.Scope.ValueString(), Role: role.Role.ValueString(), Condition: role.Condition.ValueString(),
			ConditionVersion: role.ConditionVersion.ValueString(), TimeBound: role.TimeBound.ValueBool(),
		}
	}
	return roles, diags
}
