package governed

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// AWSRoleModel is what every IAM role has, whoever assumes it. Nested attributes embed it.
type AWSRoleModel struct {
	Path                   types.String `tfsdk:"path"`
	InlinePolicies         types.Map    `tfsdk:"inline_policies"`
	ManagedPolicyARNs      types.Set    `tfsdk:"managed_policy_arns"`
	PermissionsBoundaryARN types.String `tfsdk:"permissions_boundary_arn"`
	MaxSessionDuration     types.Int32  `tfsdk:"max_session_duration"`
	SessionsValidAfter     types.String `tfsdk:"sessions_valid_after"`
	ARN                    types.String `tfsdk:"arn"`
	UniqueID               types.String `tfsdk:"unique_id"`
	EffectiveTrustPolicy   types.String `tfsdk:"effective_trust_policy"`
	ExpiryPolicy           types.String `tfsdk:"expiry_policy"`
}

// AWSRoleAttributes are the arguments and results of AWSRoleModel, with further ones added.
func AWSRoleAttributes(further map[string]schema.Attribute) map[string]schema.Attribute {
	computed := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	attributes := map[string]schema.Attribute{
		"path": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString("/"),
			MarkdownDescription: "IAM path, such as `/teams/payments/`. Changing it replaces the role.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"inline_policies": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			Validators:          []validator.Map{mapvalidator.NoNullValues()},
			MarkdownDescription: "Inline policies as JSON, by name. These are all that the role has: others show as drift and are removed. The names `governed-expiry`, `governed-sessions`, `governed-revoked-sessions` and those that begin with `governed-closed-session-` are taken.",
		},
		"managed_policy_arns": schema.SetAttribute{
			ElementType: types.StringType, Optional: true,
			Validators:          []validator.Set{setvalidator.NoNullValues()},
			MarkdownDescription: "ARNs of the managed policies attached to the role. These are all that it has: others show as drift and are detached.",
		},
		"permissions_boundary_arn": schema.StringAttribute{
			Optional: true, MarkdownDescription: "ARN of the policy that bounds what the role can be allowed.",
		},
		"max_session_duration": schema.Int32Attribute{
			Optional: true, Computed: true, Default: int32default.StaticInt32(3600),
			MarkdownDescription: "Longest session in seconds, 3600 to 43200. Defaults to 3600.",
		},
		"sessions_valid_after": SessionsValidAfterAttribute("role", ""),
		"arn":                  computed("ARN of the role, known already at plan."),
		"unique_id": schema.StringAttribute{
			Computed: true, MarkdownDescription: "Unique id that IAM gave the role (`AROA…`).",
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
		},
		"effective_trust_policy": computed("Trust policy as it is on the role, with the expiry. A change made outside Terraform shows here."),
		"expiry_policy":          computed("The inline policy `governed-expiry` as it is on the role. A change made outside Terraform shows here."),
	}
	for name, attribute := range further {
		attributes[name] = attribute
	}
	return attributes
}

// AWSRole is what the kinds of IAM roles have in common, whoever assumes them; N embeds AWSRoleModel.
type AWSRole[M any, P Model[M], N awsRole[P]] struct {
	Driven[M, P, N, aws.RoleSpec, aws.RoleState]
}

type awsRole[P any] interface {
	Nested[P, aws.RoleSpec]
	Holding(ctx context.Context, name types.String) aws.Holding
}

// NewAWSRole is the kind whose nested attribute, of these types, object finds in a model.
func NewAWSRole[M any, P Model[M], N awsRole[P]](nested map[string]attr.Type, object func(P) *types.Object) AWSRole[M, P, N] {
	return AWSRole[M, P, N]{Driven[M, P, N, aws.RoleSpec, aws.RoleState]{
		Kind: governance.KindAWSRole, Cloud: AWS, Name: string(governance.KindAWSRole), Types: nested, Object: object,
		Driver: func(data *tfkit.Data) platform.Driver[aws.RoleSpec, aws.RoleState] { return data.AWS.Roles() }, Rules: aws.ValidateRole,
	}}
}

func (k AWSRole[M, P, N]) Owns(id governance.ID) bool {
	return id.Kind == governance.KindAWSRole && !aws.IsServiceLinked(id)
}

// Sources are resources that manage the same objects without governing them.
func (k AWSRole[M, P, N]) Sources() []Source { return []Source{HashiCorpAWS("aws_iam_role")} }

func (k AWSRole[M, P, N]) ParseImport(text string) (governance.ID, bool) {
	return aws.ParseRoleARN(text)
}

// Trust is who could assume the role.
func (k AWSRole[M, P, N]) Trust(ctx context.Context, data *tfkit.Data, m P) (governance.Trust, error) {
	_, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return governance.Trust{}, err
	}
	return data.AWS.Roles().Trust(ctx, want.Spec)
}

func (k AWSRole[M, P, N]) Entitlements(ctx context.Context, data *tfkit.Data, m, prior P, asked governance.Inquiry) (governance.Entitlements, error) {
	holding := func(ctx context.Context, m *M) (aws.Holding, error) {
		role, err := k.Get(m)
		return role.Holding(ctx, P(m).Common().Name), err
	}
	return JudgeHolding(ctx, m, prior, asked, holding, data.AWS.Roles().Entitlements)
}

// Spec is the role that the model asks for, but for its trust. What is not known yet is left out.
func (r AWSRoleModel) Spec() aws.RoleSpec {
	spec := aws.RoleSpec{
		Path:                   KnownOr(r.Path, "/"),
		InlinePolicies:         StringMap(r.InlinePolicies),
		ManagedPolicyARNs:      tfkit.Strings(r.ManagedPolicyARNs),
		PermissionsBoundaryARN: r.PermissionsBoundaryARN.ValueString(),
		MaxSessionDuration:     3600,
		SessionsValidAfter:     SessionsValidAfter(r.SessionsValidAfter),
	}
	// In a configuration it can be null, which stands for its default.
	if duration := r.MaxSessionDuration; !duration.IsNull() && !duration.IsUnknown() {
		spec.MaxSessionDuration = duration.ValueInt32()
	}
	return spec
}

// Holding is what decides what the role of a name may do. What is not known yet is left out.
func (r AWSRoleModel) Holding(ctx context.Context, name types.String) aws.Holding {
	return aws.Holding{
		Name: NameAt(name, r.Path), Path: KnownOr(r.Path, "/"),
		InlinePolicies: StringMap(r.InlinePolicies), ManagedPolicyARNs: tfkit.Strings(r.ManagedPolicyARNs),
		PoliciesUnknown:        !tfkit.FullyKnown(ctx, r.InlinePolicies) || !tfkit.FullyKnown(ctx, r.ManagedPolicyARNs),
		PermissionsBoundaryARN: r.PermissionsBoundaryARN.ValueString(), BoundaryUnknown: r.PermissionsBoundaryARN.IsUnknown(),
	}
}

// Predict fills in what will be known after apply, keeping of the prior state what says the same. The ids are not known
// while the name or the path is not.
func (r *AWSRoleModel) Predict(m *tfkit.GovernanceModel, had AWSRoleModel, state aws.RoleState) (idKnown bool) {
	idKnown = !m.Name.IsUnknown() && !r.Path.IsUnknown()
	m.ID, r.ARN = types.StringUnknown(), types.StringUnknown()
	if idKnown {
		m.ID, r.ARN = types.StringValue(state.ID.String()), types.StringValue(state.ARN)
	}
	r.InlinePolicies = PlannedPolicies(had.InlinePolicies, r.InlinePolicies)
	r.EffectiveTrustPolicy = PredictedPolicy(had.EffectiveTrustPolicy, state.TrustPolicy)
	r.ExpiryPolicy = PredictedPolicy(had.ExpiryPolicy, state.ExpiryPolicy)
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByCloud))
	return idKnown
}

// Converged takes over what an apply has made.
func (r *AWSRoleModel) Converged(m *tfkit.GovernanceModel, state aws.RoleState) {
	Converged(m, state.Observed)
	r.results(state)
}

// Observed takes over what the role is.
func (r *AWSRoleModel) Observed(m *tfkit.GovernanceModel, data *tfkit.Data, state aws.RoleState) {
	Observed(m, data, state.Observed, state.ManagedBy, state.EndsByItself)
	r.Path = types.StringValue(state.ID.Path())
	r.InlinePolicies = ObservedPolicies(r.InlinePolicies, state.InlinePolicies)
	r.ManagedPolicyARNs = ObservedSet(r.ManagedPolicyARNs, state.ManagedPolicyARNs)
	r.PermissionsBoundaryARN = tfkit.Observed(r.PermissionsBoundaryARN, state.PermissionsBoundaryARN)
	r.MaxSessionDuration = types.Int32Value(state.MaxSessionDuration)
	r.SessionsValidAfter = ObservedSessions(r.SessionsValidAfter, state.SessionsValidAfter())
	r.results(state)
}

func (r *AWSRoleModel) results(state aws.RoleState) {
	r.ARN, r.UniqueID = types.StringValue(state.ARN), types.StringValue(state.UniqueID)
	r.EffectiveTrustPolicy = ObservedPolicy(r.EffectiveTrustPolicy, state.TrustPolicy)
	r.ExpiryPolicy = ObservedPolicy(r.ExpiryPolicy, state.ExpiryPolicy)
}

// OtherInstanceProfiles warns of profiles that would lose the role.
func OtherInstanceProfiles(state aws.RoleState) []Warning {
	others := state.OtherInstanceProfiles
	if len(others) == 0 {
		return nil
	}
	return []Warning{{
		Summary: "Something outside Terraform uses the identity",
		Detail:  fmt.Sprintf("the role is in instance profiles that are not managed with it: %s. Removing this resource takes the role out of them.", strings.Join(others, ", ")),
	}}
}
