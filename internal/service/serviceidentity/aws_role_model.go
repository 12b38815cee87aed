package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
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

// roleOf reads the nested attribute. It is all null when the model has none, as while importing.
func roleOf(m *model) (awsRoleModel, diag.Diagnostics) {
	role := awsRoleModel{AWSRoleModel: governed.NullAWSRole(), Trust: types.ObjectNull(trustTypes)}
	if m.AWSRole.IsNull() || m.AWSRole.IsUnknown() {
		return role, nil
	}
	diags := tfkit.ObjectInto(m.AWSRole, &role)
	return role, diags
}

// roleHolding is what decides what the role may do.
func roleHolding(ctx context.Context, m *model) (aws.Holding, diag.Diagnostics) {
	role, diags := roleOf(m)
	return role.Holding(ctx, m.Name), diags
}

// setRole writes the nested attribute.
func setRole(m *model, role awsRoleModel) diag.Diagnostics {
	object, diags := tfkit.ObjectFrom(awsRoleTypes, role)
	m.AWSRole = object
	return diags
}

var (
	awsRoleTypes = governed.ObjectTypes(awsRole{}.Schema())
	trustTypes   = governed.ObjectTypes(trustSchema())
)

// wantedRole reads the nested attribute and what it asks for.
func wantedRole(ctx context.Context, m *model, disabled bool) (awsRoleModel, platform.Desired[aws.RoleSpec], error) {
	role, err := governed.AsError(roleOf(m))
	if err != nil {
		return role, platform.Desired[aws.RoleSpec]{}, err
	}
	want, err := governed.AsError(role.desired(ctx, m, disabled))
	return role, want, err
}

// desired is the role that the model asks for. What is not known yet is left out.
func (r awsRoleModel) desired(ctx context.Context, m *model, disabled bool) (platform.Desired[aws.RoleSpec], diag.Diagnostics) {
	metadata, _ := m.Metadata(ctx)
	spec := r.Spec()
	spec.AssumeRolePolicy, spec.InstanceProfile = r.AssumeRolePolicy.ValueString(), r.InstanceProfile.ValueBool()
	var diags diag.Diagnostics
	if !r.Trust.IsNull() && tfkit.FullyKnown(ctx, r.Trust) {
		var trust trustModel
		diags = tfkit.ObjectInto(r.Trust, &trust)
		spec.Trust = trust.presets()
	}
	return platform.Desired[aws.RoleSpec]{Name: m.Name.ValueString(), Metadata: metadata, Disabled: disabled, Spec: spec}, diags
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
