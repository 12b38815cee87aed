package thirdpartyidentity

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsRole is the nested attribute aws_role: an IAM role that a third party assumes.
type awsRole struct{}

func (awsRole) Attribute() string { return string(governance.KindAWSRole) }

func (awsRole) Owns(id governance.ID) bool {
	return id.Kind == governance.KindAWSRole && !aws.IsServiceLinked(id)
}

func (awsRole) Category() governance.Category { return governance.CategoryExternal }

func (awsRole) Declared(m *model) (declared, known bool) {
	return !m.AWSRole.IsNull(), !m.AWSRole.IsUnknown()
}

func (k awsRole) Configured(data *tfkit.Data) diag.Diagnostics {
	return data.RequireAWS(path.Root(k.Attribute()))
}

// Sources are resources that manage the same objects without governing them.
func (awsRole) Sources() []governed.Source {
	return []governed.Source{governed.HashiCorpAWS("aws_iam_role")}
}

func (awsRole) ParseImport(text string) (governance.ID, bool) { return aws.ParseRoleARN(text) }

func (awsRole) Validate(ctx context.Context, m *model) ([]governance.Violation, diag.Diagnostics) {
	role, diags := roleOf(ctx, m)
	want, more := role.desired(ctx, m, false)
	diags.Append(more...)
	if diags.HasError() {
		return nil, diags
	}
	return aws.ValidateRole(want), diags
}

func (awsRole) Check(ctx context.Context, data *tfkit.Data, m *model, disabled bool) ([]governance.Violation, error) {
	_, want, err := declaredRole(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	return data.AWS.Roles().Check(ctx, want)
}

func (awsRole) Describe(ctx context.Context, data *tfkit.Data, _ *model, subject *governance.Subject) error {
	return governed.DescribeAWS(ctx, data, governance.KindAWSRole, subject)
}

// Trust is who could assume the role.
func (awsRole) Trust(ctx context.Context, data *tfkit.Data, m *model) (governance.Trust, error) {
	_, want, err := declaredRole(ctx, m, false)
	if err != nil {
		return governance.Trust{}, err
	}
	return data.AWS.Roles().Trust(ctx, want.Spec)
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
		if had, err = governed.AsError(roleOf(ctx, prior)); err != nil {
			return err
		}
	}
	role.Predict(&m.GovernanceModel, had.AWSRoleModel, state)
	role.LastUsedAt, role.LastUsedRegion = had.LastUsedAt, had.LastUsedRegion
	return setRole(ctx, m, role)
}

// makeExternalID makes one where none is given, so that it is saved with the role. rand.Text has at least 128 bits.
func makeExternalID(ctx context.Context, m *model) error {
	role, err := governed.AsError(roleOf(ctx, m))
	if err != nil || !role.externalIDToCome() {
		return err
	}
	role.ExternalID = types.StringValue(rand.Text())
	return setRole(ctx, m, role)
}

func (awsRole) Create(ctx context.Context, data *tfkit.Data, m *model, disabled bool) (governance.ID, error) {
	if err := makeExternalID(ctx, m); err != nil {
		return governance.ID{}, err
	}
	_, want, err := wantedRole(ctx, m, disabled)
	if err != nil {
		return governance.ID{}, err
	}
	return data.AWS.Roles().Create(ctx, want)
}

func (awsRole) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	if err := makeExternalID(ctx, m); err != nil {
		return nil, err
	}
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
	return intended.Attachments, setRole(ctx, m, role)
}

// Read leaves what the trust is made of as it was written: a change of the trust shows in the effective trust policy, and
// an apply undoes it. Only while importing it is taken from there.
func (awsRole) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.AWS.Roles().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	warnings := append(governed.OtherInstanceProfiles(state), governed.InQuarantine(state.Quarantine)...)
	if state.InstanceProfileARN != "" {
		warnings = append(warnings, governed.Warning{
			Summary: "Something outside Terraform uses the identity",
			Detail:  "the role is in an instance profile of its own name, so that EC2 instances can use what is the third party's. The next apply that changes the role deletes the profile.",
		})
	}
	return warnings, observeRole(ctx, data, m, state)
}

func (awsRole) Bulk(ctx context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	bulk, err := data.AWS.Bulk(ctx)
	return func(ctx context.Context, identity *governance.Identity, m *model) error {
		state, err := bulk.Role(identity.ID)
		if err != nil {
			return err
		}
		return observeRole(ctx, data, m, state)
	}, err
}

// observeRole takes over what the role is.
func observeRole(ctx context.Context, data *tfkit.Data, m *model, state aws.RoleState) error {
	role, err := governed.AsError(roleOf(ctx, m))
	if err != nil {
		return err
	}
	party, err := governed.AsError(thirdPartyOf(ctx, m))
	if err != nil {
		return err
	}
	if m.AWSRole.IsNull() {
		role.importTrust(&party, state.AssumeRolePolicy)
	}
	role.Observed(&m.GovernanceModel, data, state)
	role.LastUsedAt, role.LastUsedRegion = types.StringNull(), governed.Nullable(state.LastUsedRegion)
	if !state.LastUsedAt.IsZero() {
		role.LastUsedAt = types.StringValue(state.LastUsedAt.UTC().Format(time.RFC3339))
	}
	party.Name = tfkit.Observed(party.Name, state.Metadata.ThirdParty)
	party.Contact = tfkit.Observed(party.Contact, state.Metadata.ThirdPartyContact)
	if err := setThirdParty(ctx, m, party); err != nil {
		return err
	}
	return setRole(ctx, m, role)
}

// importTrust takes over what a trust policy says of a third party, as far as it does.
func (r *awsRoleModel) importTrust(party *thirdPartyModel, policy string) {
	trust, err := iampolicy.Parse(policy)
	if err != nil {
		return // The plan shows the difference to what is configured.
	}
	found := iampolicy.ThirdPartyOf(trust)
	none := types.SetNull(types.StringType)
	party.AccountIDs, party.OrganizationID = governed.ObservedSet(none, found.AccountIDs), governed.Nullable(found.OrganizationID)
	r.ExternalID = governed.Nullable(found.ExternalID)
	r.PrincipalARNs, r.SourceIPRanges = governed.ObservedSet(none, found.PrincipalARNs), governed.ObservedSet(none, found.SourceIPRanges)
}

func (awsRole) Retirement(ctx context.Context, data *tfkit.Data, id governance.ID) (platform.Retirement, error) {
	return data.AWS.Roles().Retirement(ctx, id)
}

func (awsRole) Remove(ctx context.Context, data *tfkit.Data, id governance.ID) ([]string, error) {
	return data.AWS.Roles().Delete(ctx, id)
}
