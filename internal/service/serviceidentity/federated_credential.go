package serviceidentity

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

type federatedCredentialModel struct {
	GitHubActions            types.Object `tfsdk:"github_actions"`
	KubernetesServiceAccount types.Object `tfsdk:"kubernetes_service_account"`
	OIDC                     types.Object `tfsdk:"oidc"`
}

type workflowModel struct {
	Repository  types.String `tfsdk:"repository"`
	Branch      types.String `tfsdk:"branch"`
	Environment types.String `tfsdk:"environment"`
	Tag         types.String `tfsdk:"tag"`
	PullRequest types.Bool   `tfsdk:"pull_request"`
}

type serviceAccountModel struct {
	Issuer    types.String `tfsdk:"issuer"`
	Namespace types.String `tfsdk:"namespace"`
	Name      types.String `tfsdk:"name"`
}

type subjectModel struct {
	Issuer   types.String `tfsdk:"issuer"`
	Subject  types.String `tfsdk:"subject"`
	Audience types.String `tfsdk:"audience"`
}

var (
	federatedType       = elementType(federatedCredentialsSchema().GetType())
	workflowTypes       = objectTypes(federatedType, "github_actions")
	serviceAccountTypes = objectTypes(federatedType, "kubernetes_service_account")
	subjectTypes        = objectTypes(federatedType, "oidc")
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

// federatedPresets are declared federated credentials, but for those of which something is not known yet.
func federatedPresets(ctx context.Context, declared types.Map) (map[string]federation.Preset, diag.Diagnostics) {
	presets := map[string]federation.Preset{}
	var diags diag.Diagnostics
	for name, element := range declared.Elements() {
		object, ok := element.(types.Object)
		if !ok || !tfkit.FullyKnown(ctx, object) {
			continue
		}
		var credential federatedCredentialModel
		diags.Append(object.As(ctx, &credential, basetypes.ObjectAsOptions{})...)
		preset, more := credential.preset(ctx)
		diags.Append(more...)
		if preset != nil {
			presets[name] = preset
		}
	}
	return presets, diags
}

func (c federatedCredentialModel) preset(ctx context.Context) (federation.Preset, diag.Diagnostics) {
	switch {
	case !c.GitHubActions.IsNull():
		var workflow workflowModel
		diags := c.GitHubActions.As(ctx, &workflow, basetypes.ObjectAsOptions{})
		return federation.GitHubActions{
			Repository: workflow.Repository.ValueString(), Branch: workflow.Branch.ValueString(), Environment: workflow.Environment.ValueString(),
			Tag: workflow.Tag.ValueString(), PullRequest: workflow.PullRequest.ValueBool(),
		}, diags
	case !c.KubernetesServiceAccount.IsNull():
		var account serviceAccountModel
		diags := c.KubernetesServiceAccount.As(ctx, &account, basetypes.ObjectAsOptions{})
		return federation.KubernetesServiceAccount{Issuer: account.Issuer.ValueString(), Namespace: account.Namespace.ValueString(), Name: account.Name.ValueString()}, diags
	case !c.OIDC.IsNull():
		var subject subjectModel
		diags := c.OIDC.As(ctx, &subject, basetypes.ObjectAsOptions{})
		return federation.OIDC{Issuer: subject.Issuer.ValueString(), Subject: subject.Subject.ValueString(), Audience: subject.Audience.ValueString()}, diags
	}
	return nil, nil
}

// observedFederated keeps the declared preset of every federated credential that still says the same. With disabled set, the
// provider has taken them off the identity, and those that are declared are kept.
func observedFederated(ctx context.Context, data *tfkit.Data, declared types.Map, found map[string]federation.Credential, disabled bool) (types.Map, diag.Diagnostics) {
	configured, diags := federatedPresets(ctx, declared)
	elements := map[string]attr.Value{}
	if disabled {
		maps.Copy(elements, declared.Elements())
	}
	for name, credential := range found {
		if had, ok := configured[name]; ok && data.Azure.Says(had, credential) {
			elements[name] = declared.Elements()[name]
			continue
		}
		model, more := newFederatedCredential(ctx, data.Azure.PresetOf(credential))
		diags.Append(more...)
		object, more := types.ObjectValueFrom(ctx, federatedType.AttrTypes, model)
		diags.Append(more...)
		elements[name] = object
	}
	if len(elements) == 0 {
		if !declared.IsNull() && len(declared.Elements()) == 0 {
			return declared, diags
		}
		return types.MapNull(federatedType), diags
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
