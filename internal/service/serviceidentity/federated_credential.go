package serviceidentity

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

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
func federatedPresets(ctx context.Context, declared types.Map) (map[string]federation.Preset, error) {
	models, err := governed.KnownObjects[federatedCredentialModel](ctx, declared)
	if err != nil {
		return nil, err
	}
	presets := map[string]federation.Preset{}
	for name, credential := range models {
		preset, err := credential.preset()
		if err != nil {
			return nil, err
		}
		if preset != nil {
			presets[name] = preset
		}
	}
	return presets, nil
}

func (c federatedCredentialModel) preset() (federation.Preset, error) {
	switch {
	case !c.GitHubActions.IsNull():
		var workflow workflowModel
		err := governed.ReadObject(c.GitHubActions, &workflow)
		return federation.GitHubActions{
			Repository: workflow.Repository.ValueString(), Branch: workflow.Branch.ValueString(), Environment: workflow.Environment.ValueString(),
			Tag: workflow.Tag.ValueString(), PullRequest: workflow.PullRequest.ValueBool(),
		}, err
	case !c.KubernetesServiceAccount.IsNull():
		var account serviceAccountModel
		err := governed.ReadObject(c.KubernetesServiceAccount, &account)
		return federation.KubernetesServiceAccount{Issuer: account.Issuer.ValueString(), Namespace: account.Namespace.ValueString(), Name: account.Name.ValueString()}, err
	case !c.OIDC.IsNull():
		var subject subjectModel
		err := governed.ReadObject(c.OIDC, &subject)
		return federation.OIDC{Issuer: subject.Issuer.ValueString(), Subject: subject.Subject.ValueString(), Audience: subject.Audience.ValueString()}, err
	}
	return nil, nil
}

// observedFederated keeps the declared preset of every federated credential that still says the same. With disabled set, the
// provider has taken them off the identity, and those that are declared are kept.
func observedFederated(ctx context.Context, data *tfkit.Data, declared types.Map, found map[string]federation.Credential, disabled bool) (types.Map, error) {
	configured, err := federatedPresets(ctx, declared)
	if err != nil {
		return declared, err
	}
	elements := map[string]attr.Value{}
	if disabled {
		maps.Copy(elements, declared.Elements())
	}
	for name, credential := range found {
		if had, ok := configured[name]; ok && data.Azure.Says(had, credential) {
			elements[name] = declared.Elements()[name]
			continue
		}
		if elements[name], err = newFederatedCredential(data.Azure.PresetOf(credential)); err != nil {
			return declared, err
		}
	}
	return governed.ObservedMap(declared, federatedType, elements)
}

// newFederatedCredential declares a preset.
func newFederatedCredential(preset federation.Preset) (types.Object, error) {
	var model federatedCredentialModel
	var err error
	switch preset := preset.(type) {
	case federation.GitHubActions:
		workflow := workflowModel{Repository: types.StringValue(preset.Repository), Branch: governed.Nullable(preset.Branch), Environment: governed.Nullable(preset.Environment), Tag: governed.Nullable(preset.Tag)}
		if preset.PullRequest {
			workflow.PullRequest = types.BoolValue(true)
		}
		model.GitHubActions, err = governed.AsError(tfkit.ObjectFrom(workflowTypes, workflow))
	case federation.KubernetesServiceAccount:
		account := serviceAccountModel{Issuer: types.StringValue(preset.Issuer), Namespace: types.StringValue(preset.Namespace), Name: types.StringValue(preset.Name)}
		model.KubernetesServiceAccount, err = governed.AsError(tfkit.ObjectFrom(serviceAccountTypes, account))
	case federation.OIDC:
		subject := subjectModel{Issuer: types.StringValue(preset.Issuer), Subject: types.StringValue(preset.Subject), Audience: governed.Nullable(preset.Audience)}
		model.OIDC, err = governed.AsError(tfkit.ObjectFrom(subjectTypes, subject))
	}
	if err != nil {
		return types.ObjectNull(federatedType.AttrTypes), err
	}
	return governed.AsError(tfkit.ObjectFrom(federatedType.AttrTypes, model))
}
