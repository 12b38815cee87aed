package serviceidentity

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// elementType is the type of a map's elements.
func elementType(of attr.Type) types.ObjectType {
	if m, ok := of.(types.MapType); ok {
		if object, ok := m.ElemType.(types.ObjectType); ok {
			return object
		}
	}
	return types.ObjectType{}
}

// objectTypes are the types of an object in an object.
func objectTypes(of types.ObjectType, name string) map[string]attr.Type {
	if object, ok := of.AttrTypes[name].(types.ObjectType); ok {
		return object.AttrTypes
	}
	return nil
}

// observedRoles are role assignments as the identity has them, in the words of those that were declared.
func (i managedIdentityModel) observedRoles(ctx context.Context, found map[string]azure.RoleAssignment) (types.Map, diag.Diagnostics) {
	if len(found) == 0 && !i.RoleAssignments.IsNull() && len(i.RoleAssignments.Elements()) == 0 {
		return i.RoleAssignments, nil
	}
	if len(found) == 0 {
		return types.MapNull(roleAssignmentType), nil
	}
	models := map[string]roleAssignmentModel{}
	for key, role := range found {
		models[key] = roleAssignmentModel{
			Scope: types.StringValue(role.Scope), Role: types.StringValue(role.Role), Condition: governed.Nullable(role.Condition),
			ConditionVersion: governed.Nullable(role.ConditionVersion), TimeBound: types.BoolValue(role.TimeBound),
		}
	}
	return types.MapValueFrom(ctx, roleAssignmentType, models)
}

// observedCredentials keep the configured preset of every federated credential that still says the same. Those that the
// provider has taken off a disabled identity are kept too.
func (i managedIdentityModel) observedCredentials(ctx context.Context, data *tfkit.Data, state azure.ManagedIdentityState) (types.Map, diag.Diagnostics) {
	configured, diags := i.presets(ctx)
	presets := map[string]federation.Preset{}
	if state.Disabled {
		maps.Copy(presets, configured)
	}
	for name, credential := range state.FederatedCredentials {
		presets[name] = data.Azure.PresetOf(credential)
		if had, ok := configured[name]; ok && data.Azure.Says(had, credential) {
			presets[name] = had
		}
	}
	if len(presets) == 0 {
		if !i.FederatedCredentials.IsNull() && len(i.FederatedCredentials.Elements()) == 0 {
			return i.FederatedCredentials, diags
		}
		return types.MapNull(federatedType), diags
	}
	had := i.FederatedCredentials.Elements()
	elements := map[string]attr.Value{}
	for name, preset := range presets {
		if element, ok := had[name]; ok && configured[name] == preset {
			elements[name] = element
			continue
		}
		model, more := newFederatedCredential(ctx, preset)
		diags.Append(more...)
		object, more := types.ObjectValueFrom(ctx, federatedType.AttrTypes, model)
		diags.Append(more...)
		elements[name] = object
	}
	credentials, more := types.MapValue(federatedType, elements)
	diags.Append(more...)
	return credentials, diags
}

// newFederatedCredential declares a preset.
func newFederatedCredential(ctx context.Context, preset federation.Preset) (federatedCredentialModel, diag.Diagnostics) {
	model := federatedCredentialModel{GitHubActions: types.ObjectNull(workflowTypes), KubernetesServiceAccount: types.ObjectNull(serviceAccountTypes), OIDC: types.ObjectNull(subjectTypes)}
	var diags diag.Diagnostics
	switch preset := preset.(type) {
	case federation.GitHubActions:
		workflow := workflowModel{Repository: types.StringValue(preset.Repository), Branch: governed.Nullable(preset.Branch), Environment: governed.Nullable(preset.Environment), Tag: governed.Nullable(preset.Tag)}
		if preset.PullRequest {
			workflow.PullRequest = types.BoolValue(true)
		}
		model.GitHubActions, diags = types.ObjectValueFrom(ctx, workflowTypes, workflow)
	case federation.KubernetesServiceAccount:
		model.KubernetesServiceAccount, diags = types.ObjectValueFrom(ctx, serviceAccountTypes, serviceAccountModel{Issuer: types.StringValue(preset.Issuer), Namespace: types.StringValue(preset.Namespace), Name: types.StringValue(preset.Name)})
	case federation.OIDC:
		model.OIDC, diags = types.ObjectValueFrom(ctx, subjectTypes, subjectModel{Issuer: types.StringValue(preset.Issuer), Subject: types.StringValue(preset.Subject), Audience: governed.Nullable(preset.Audience)})
	}
	return model, diags
}
