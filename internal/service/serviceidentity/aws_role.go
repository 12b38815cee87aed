package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsRoleKind is the nested attribute aws_role: an IAM role.
type awsRoleKind struct{ roleDriven }

type roleDriven = governed.AWSRole[model, *model, awsRoleModel]

var awsRole = awsRoleKind{governed.NewAWSRole[model, *model, awsRoleModel](awsRoleTypes, func(m *model) *types.Object { return &m.AWSRole })}

func (k awsRoleKind) Validate(ctx context.Context, m *model) ([]governance.Violation, diag.Diagnostics) {
	found, diags := k.roleDriven.Validate(ctx, m)
	return append(k.untrusted(ctx, m), found...), diags
}

func (k awsRoleKind) Check(ctx context.Context, data *tfkit.Data, m *model, disabled bool) ([]governance.Violation, error) {
	found, err := k.roleDriven.Check(ctx, data, m, disabled)
	return append(k.untrusted(ctx, m), found...), err
}

// untrusted finds a role that nobody could assume, where that is known.
func (k awsRoleKind) untrusted(ctx context.Context, m *model) []governance.Violation {
	role, want, err := k.Wanted(ctx, m, false)
	if err != nil || !tfkit.FullyKnown(ctx, role.Trust) || role.AssumeRolePolicy.IsUnknown() || len(want.Spec.Trust) > 0 || want.Spec.AssumeRolePolicy != "" {
		return nil
	}
	return []governance.Violation{{
		Rule: governance.RulePlatform, Enforcement: governance.EnforceError, Attribute: []string{string(governance.KindAWSRole), "trust"},
		Message: "neither trust nor assume_role_policy names anybody, so nobody could assume the role",
		Remedy:  `Write one of them, for example trust = { aws_services = ["lambda.amazonaws.com"] }.`,
	}}
}

func (k awsRoleKind) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	role, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return err
	}
	had, state, err := k.Foretell(ctx, data, want, prior)
	if err != nil {
		return err
	}
	role.AssumeRolePolicy = governed.PlannedPolicy(had.AssumeRolePolicy, role.AssumeRolePolicy)
	role.InstanceProfileARN = types.StringUnknown()
	if idKnown := role.Predict(&m.GovernanceModel, had.AWSRoleModel, state); idKnown && !role.InstanceProfile.IsUnknown() {
		role.InstanceProfileARN = governed.Nullable(state.InstanceProfileARN)
		if had.InstanceProfileARN.ValueString() != "" && state.InstanceProfileARN != "" {
			role.InstanceProfileARN = had.InstanceProfileARN // one that was imported can be on another path
		}
	}
	return k.Set(m, role)
}

func (k awsRoleKind) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	role, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	intended, state, err := k.Apply(ctx, data, id, want)
	if err != nil {
		return intended.Attachments, err
	}
	role.Converged(&m.GovernanceModel, state)
	role.InstanceProfileARN = governed.Nullable(state.InstanceProfileARN)
	return intended.Attachments, k.Set(m, role)
}

func (k awsRoleKind) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.AWS.Roles().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	return append(governed.OtherInstanceProfiles(state), governed.InQuarantine(state.Quarantine)...), k.observe(data, m, state)
}

func (k awsRoleKind) Bulk(ctx context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	bulk, err := data.AWS.Bulk(ctx)
	return func(_ context.Context, identity *governance.Identity, m *model) ([]governed.Warning, error) {
		state, err := bulk.Role(identity.ID)
		if err != nil {
			return nil, err
		}
		return nil, k.observe(data, m, state)
	}, err
}

// observe takes over what the role is.
func (k awsRoleKind) observe(data *tfkit.Data, m *model, state aws.RoleState) error {
	role, err := k.Get(m)
	if err != nil {
		return err
	}
	if m.AWSRole.IsNull() {
		role.AssumeRolePolicy = types.StringValue(state.AssumeRolePolicy) // it is being imported
	}
	role.Observed(&m.GovernanceModel, data, state)
	role.InstanceProfile, role.InstanceProfileARN = types.BoolValue(state.InstanceProfileARN != ""), governed.Nullable(state.InstanceProfileARN)
	return k.Set(m, role)
}
