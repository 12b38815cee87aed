package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsRoleModel is the nested attribute aws_role.
type awsRoleModel struct {
	governed.AWSRoleModel
	Trust              types.Object `tfsdk:"trust"`
	AssumeRolePolicy   types.String `tfsdk:"assume_role_policy"`
	InstanceProfile    types.Bool   `tfsdk:"instance_profile"`
	InstanceProfileARN types.String `tfsdk:"instance_profile_arn"`
}

type trustModel struct {
	AWSServices       types.Set                `tfsdk:"aws_services"`
	SourceAccounts    types.Set                `tfsdk:"source_accounts"`
	SourceARNs        types.Set                `tfsdk:"source_arns"`
	GitHubActions     *githubActionsModel      `tfsdk:"github_actions"`
	EKSServiceAccount *eksServiceAccountModel  `tfsdk:"eks_service_account"`
	EKSPodIdentity    *eksPodIdentityModel     `tfsdk:"eks_pod_identity"`
	OIDC              *openIDConnectTrustModel `tfsdk:"oidc"`
}

type githubActionsModel struct {
	Repository  types.String `tfsdk:"repository"`
	Branch      types.String `tfsdk:"branch"`
	Environment types.String `tfsdk:"environment"`
	Tag         types.String `tfsdk:"tag"`
	PullRequest types.Bool   `tfsdk:"pull_request"`
	ProviderARN types.String `tfsdk:"provider_arn"`
}

type eksServiceAccountModel struct {
	OIDCProviderARN types.String `tfsdk:"oidc_provider_arn"`
	Namespace       types.String `tfsdk:"namespace"`
	Name            types.String `tfsdk:"name"`
}

type eksPodIdentityModel struct {
	ClusterARN     types.String `tfsdk:"cluster_arn"`
	Namespace      types.String `tfsdk:"namespace"`
	ServiceAccount types.String `tfsdk:"service_account"`
}

type openIDConnectTrustModel struct {
	ProviderARN types.String `tfsdk:"provider_arn"`
	Subjects    types.Set    `tfsdk:"subjects"`
	Audiences   types.Set    `tfsdk:"audiences"`
}

var awsRoleTypes = governed.ObjectTypes(awsRoleKind{}.Schema())

func (r awsRoleModel) Spec(ctx context.Context, _ *model) (aws.RoleSpec, error) {
	spec := r.AWSRoleModel.Spec()
	spec.AssumeRolePolicy, spec.InstanceProfile = r.AssumeRolePolicy.ValueString(), r.InstanceProfile.ValueBool()
	if r.Trust.IsNull() || !tfkit.FullyKnown(ctx, r.Trust) {
		return spec, nil
	}
	var trust trustModel
	err := governed.ReadObject(r.Trust, &trust)
	spec.Trust = trust.presets()
	return spec, err
}

func (t trustModel) presets() []iampolicy.Preset {
	var presets []iampolicy.Preset
	if services := tfkit.Strings(t.AWSServices); len(services) > 0 || !t.SourceAccounts.IsNull() || !t.SourceARNs.IsNull() {
		presets = append(presets, iampolicy.AWSServices{Services: services, SourceAccounts: tfkit.Strings(t.SourceAccounts), SourceARNs: tfkit.Strings(t.SourceARNs)})
	}
	if g := t.GitHubActions; g != nil {
		presets = append(presets, iampolicy.GitHubActions{
			ProviderARN: g.ProviderARN.ValueString(), Repository: g.Repository.ValueString(), Branch: g.Branch.ValueString(),
			Environment: g.Environment.ValueString(), Tag: g.Tag.ValueString(), PullRequest: g.PullRequest.ValueBool(),
		})
	}
	if e := t.EKSServiceAccount; e != nil {
		presets = append(presets, iampolicy.EKSServiceAccount{OIDCProviderARN: e.OIDCProviderARN.ValueString(), Namespace: e.Namespace.ValueString(), Name: e.Name.ValueString()})
	}
	if e := t.EKSPodIdentity; e != nil {
		presets = append(presets, iampolicy.EKSPodIdentity{ClusterARN: e.ClusterARN.ValueString(), Namespace: e.Namespace.ValueString(), ServiceAccount: e.ServiceAccount.ValueString()})
	}
	if o := t.OIDC; o != nil {
		presets = append(presets, iampolicy.OIDC{ProviderARN: o.ProviderARN.ValueString(), Subjects: tfkit.Strings(o.Subjects), Audiences: tfkit.Strings(o.Audiences)})
	}
	return presets
}
