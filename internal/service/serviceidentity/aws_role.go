package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsRole is the nested attribute aws_role: an IAM role.
type awsRole struct{}

func (awsRole) Attribute() string { return string(governance.KindAWSRole) }

func (awsRole) Owns(id governance.ID) bool {
	return id.Kind == governance.KindAWSRole && !aws.IsServiceLinked(id)
}

func (awsRole) Category() governance.Category { return governance.KindAWSRole.Category() }

func (awsRole) Declared(m *model) (declared, known bool) {
	return !m.AWSRole.IsNull(), !m.AWSRole.IsUnknown()
}

// Sources are resources that manage the same objects without governing them.
func (awsRole) Sources() []governed.Source {
	return []governed.Source{governed.HashiCorpAWS("aws_iam_role")}
}

func (k awsRole) Configured(data *tfkit.Data) diag.Diagnostics {
	return data.RequireAWS(path.Root(k.Attribute()))
}

func (awsRole) ParseImport(text string) (governance.ID, bool) { return aws.ParseRoleARN(text) }

func (awsRole) Validate(ctx context.Context, m *model) ([]governance.Violation, diag.Diagnostics) {
	role, diags := roleOf(m)
	want, more := role.desired(ctx, m, false)
	diags.Append(more...)
	if diags.HasError() {
		return nil, diags
	}
	found := aws.ValidateRole(want)
	return append(role.untrusted(ctx, want), found...), diags
}

func (awsRole) Check(ctx context.Context, data *tfkit.Data, m *model, disabled bool) ([]governance.Violation, error) {
	role, want, err := wantedRole(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	found, err := data.AWS.Roles().Check(ctx, want)
	return append(role.untrusted(ctx, want), found...), err
}

// Trust is who could assume the role.
func (awsRole) Trust(ctx context.Context, data *tfkit.Data, m *model) (governance.Trust, error) {
	_, want, err := wantedRole(ctx, m, false)
	if err != nil {
		return governance.Trust{}, err
	}
	return data.AWS.Roles().Trust(ctx, want.Spec)
}

// untrusted finds a role that nobody could assume, where that is known.
func (r awsRoleModel) untrusted(ctx context.Context, want platform.Desired[aws.RoleSpec]) []governance.Violation {
	if !tfkit.FullyKnown(ctx, r.Trust) || r.AssumeRolePolicy.IsUnknown() || len(want.Spec.Trust) > 0 || want.Spec.AssumeRolePolicy != "" {
		return nil
	}
	return []governance.Violation{{
		Rule: governance.RulePlatform, Enforcement: governance.EnforceError, Attribute: []string{string(governance.KindAWSRole), "trust"},
		Message: "neither trust nor assume_role_policy names anybody, so nobody could assume the role",
		Remedy:  `Write one of them, for example trust = { aws_services = ["lambda.amazonaws.com"] }.`,
	}}
}

func (awsRole) Describe(ctx context.Context, data *tfkit.Data, _ *model, subject *governance.Subject) error {
	return governed.DescribeAWS(ctx, data, governance.KindAWSRole, subject)
}

func (awsRole) Entitlements(ctx context.Context, data *tfkit.Data, m, prior *model, asked governance.Inquiry) (governance.Entitlements, error) {
	now, had, err := governed.Held(ctx, m, prior, roleHolding)
	if err != nil {
		return governance.Entitlements{}, err
	}
	return data.AWS.Roles().Entitlements(ctx, now, had, asked)
}

func (awsRole) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	role, want, err := wantedRole(ctx, m, disabled)
	if err != nil {
		return err
	}
	state, err := data.AWS.Roles().Predict(ctx, want)
	if err != nil {
		return err
	}
	var had awsRoleModel
	if prior != nil {
		if had, err = governed.AsError(roleOf(prior)); err != nil {
			return err
		}
	}
	role.AssumeRolePolicy = governed.PlannedPolicy(had.AssumeRolePolicy, role.AssumeRolePolicy)
	role.InstanceProfileARN = types.StringUnknown()
	if idKnown := role.Predict(&m.GovernanceModel, had.AWSRoleModel, state); idKnown && !role.InstanceProfile.IsUnknown() {
		role.InstanceProfileARN = governed.Nullable(state.InstanceProfileARN)
		if had.InstanceProfileARN.ValueString() != "" && state.InstanceProfileARN != "" {
			role.InstanceProfileARN = had.InstanceProfileARN // one that was imported can be on another path
		}
	}
	_, err = governed.AsError(struct{}{}, setRole(m, role))
	return err
}

func (awsRole) Create(ctx context.Context, data *tfkit.Data, m *model, disabled bool) (governance.ID, error) {
	_, want, err := wantedRole(ctx, m, disabled)
	if err != nil {
		return governance.ID{}, err
	}
	return data.AWS.Roles().Create(ctx, want)
}

func (awsRole) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	role, want, err := wantedRole(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	intended, err := data.AWS.Roles().Predict(ctx, want)
	if err != nil {
		return nil, err
	}
	state, err := data.AWS.Roles().Converge(ctx, id, want)
	if err != nil {
		return intended.Attachments, err
	}
	role.Converged(&m.GovernanceModel, state)
	role.InstanceProfileARN = governed.Nullable(state.InstanceProfileARN)
	_, err = governed.AsError(struct{}{}, setRole(m, role))
	return intended.Attachments, err
}

func (awsRole) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.AWS.Roles().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	return append(governed.OtherInstanceProfiles(state), governed.InQuarantine(state.Quarantine)...), observeRole(data, m, state)
}

func (awsRole) Bulk(ctx context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	bulk, err := data.AWS.Bulk(ctx)
	return func(_ context.Context, identity *governance.Identity, m *model) error {
		state, err := bulk.Role(identity.ID)
		if err != nil {
			return err
		}
		return observeRole(data, m, state)
	}, err
}

// observeRole takes over what the role is.
func observeRole(data *tfkit.Data, m *model, state aws.RoleState) error {
	role, err := governed.AsError(roleOf(m))
	if err != nil {
		return err
	}
	if m.AWSRole.IsNull() {
		role.AssumeRolePolicy = types.StringValue(state.AssumeRolePolicy) // it is being imported
	}
	role.Observed(&m.GovernanceModel, data, state)
	role.InstanceProfile, role.InstanceProfileARN = types.BoolValue(state.InstanceProfileARN != ""), governed.Nullable(state.InstanceProfileARN)
	_, err = governed.AsError(struct{}{}, setRole(m, role))
	return err
}

func (awsRole) Retirement(ctx context.Context, data *tfkit.Data, id governance.ID) (platform.Retirement, error) {
	return data.AWS.Roles().Retirement(ctx, id)
}

func (awsRole) Remove(ctx context.Context, data *tfkit.Data, id governance.ID) ([]string, error) {
	return data.AWS.Roles().Delete(ctx, id)
}
