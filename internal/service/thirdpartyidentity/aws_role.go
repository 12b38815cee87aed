package thirdpartyidentity

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsRoleKind is the nested attribute aws_role: an IAM role that a third party assumes.
type awsRoleKind struct{ roleDriven }

type roleDriven = governed.AWSRole[model, *model, awsRoleModel]

var awsRole = awsRoleKind{governed.NewAWSRole[model, *model, awsRoleModel](awsRoleTypes, func(m *model) *types.Object { return &m.AWSRole })}

func (awsRoleKind) Category() governance.Category { return governance.CategoryExternal }

func (k awsRoleKind) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	role, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return err
	}
	if role.externalIDToCome() {
		want.Spec.Trust = nil // It would have an external id that only judges it.
	}
	had, state, err := k.Foretell(ctx, data, want, prior)
	if err != nil {
		return err
	}
	role.Predict(&m.GovernanceModel, had.AWSRoleModel, state)
	role.LastUsedAt, role.LastUsedRegion = had.LastUsedAt, had.LastUsedRegion
	return k.Set(m, role)
}

// makeExternalID makes one where none is given, so that it is saved with the role. rand.Text has at least 128 bits.
func (k awsRoleKind) makeExternalID(m *model) error {
	role, err := k.Get(m)
	if err != nil || !role.externalIDToCome() {
		return err
	}
	role.ExternalID = types.StringValue(rand.Text())
	return k.Set(m, role)
}

func (k awsRoleKind) Create(ctx context.Context, data *tfkit.Data, m *model, disabled bool) (governance.ID, error) {
	if err := k.makeExternalID(m); err != nil {
		return governance.ID{}, err
	}
	return k.roleDriven.Create(ctx, data, m, disabled)
}

func (k awsRoleKind) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	if err := k.makeExternalID(m); err != nil {
		return nil, err
	}
	role, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	intended, state, err := k.Apply(ctx, data, id, want)
	if err != nil {
		return intended.Attachments, err
	}
	role.Converged(&m.GovernanceModel, state)
	return intended.Attachments, k.Set(m, role)
}

// Read leaves what the trust is made of as it was written: a change of the trust shows in the effective trust policy, and
// an apply undoes it. Only while importing it is taken from there.
func (k awsRoleKind) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
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
	return warnings, k.observe(data, m, state)
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
	party, err := thirdPartyOf(m)
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
	if err := setThirdParty(m, party); err != nil {
		return err
	}
	return k.Set(m, role)
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
