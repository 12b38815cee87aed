package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// planChange decides what an existing credential becomes. What depends on a value that is not known yet is not known
// either, because Terraform plans once more when it is, and the second plan cannot take back what the first one said.
func (r *Resource) planChange(ctx context.Context, m, prior *model, seen seen, quarantined bool, diags *diag.Diagnostics) {
	m.CredentialID, m.CreatedAt = prior.CredentialID, prior.CreatedAt
	m.SecretReference, m.RotateAt, m.ValidUntil = prior.SecretReference, prior.RotateAt, prior.ValidUntil
	m.PreviousCredentialID, m.PreviousExpiresAt = prior.PreviousCredentialID, prior.PreviousExpiresAt
	if made, err := time.Parse(time.RFC3339, prior.CreatedAt.ValueString()); err == nil {
		m.RotateAt = types.StringUnknown()
		if !m.RotateAfterDays.IsUnknown() {
			m.RotateAt = timestamp(made.AddDate(0, 0, int(m.RotateAfterDays.ValueInt32())))
		}
		if !prior.PreviousCredentialID.IsNull() {
			m.PreviousExpiresAt = timestamp(made.Add(m.overlap()))
		}
	}
	if m.Status.ValueString() == string(governance.StatusExpired) {
		m.PreviousCredentialID, m.PreviousExpiresAt = types.StringNull(), types.StringNull()
		if ends(m.Type.ValueString()) || m.leaked(prior.CredentialID.ValueString()) { // It is cleared away, and a renewal makes another.
			m.setCurrent(nil)
		}
		return
	}
	if quarantined && m.leaked(prior.CredentialID.ValueString()) { // It is cleared away, and the release makes another.
		m.setCurrent(nil)
		m.Status = types.StringValue(statusQuarantined)
		m.PreviousExpiresAt = types.StringNull() // It counts from the next one, which is not before the release.
	} else if reason, certain := r.rotation(ctx, m, prior, seen); reason != "" {
		m.planRotation(prior, reason, certain, diags)
		return
	}
	switch {
	case prior.PreviousCredentialID.IsNull():
	case m.leaked(prior.PreviousCredentialID.ValueString()):
		m.PreviousCredentialID, m.PreviousExpiresAt = types.StringNull(), types.StringNull()
	case m.OverlapHours.IsUnknown(), m.Expiry.IsUnknown():
		m.PreviousCredentialID, m.PreviousExpiresAt = types.StringUnknown(), types.StringUnknown()
	case due(m.PreviousExpiresAt, seen.At):
		m.planEndOfOverlap(prior, seen.Use, diags)
	}
}

// planEndOfOverlap lets the previous credential go, unless it has been used in the second half of the overlap or later.
func (m *model) planEndOfOverlap(prior *model, use governance.Use, diags *diag.Diagnostics) {
	if ends, err := time.Parse(time.RFC3339, m.PreviousExpiresAt.ValueString()); err == nil && use.At.After(ends.Add(-m.overlap()/2)) {
		diags.AddAttributeWarning(path.Root("overlap_hours"), "Previous credential is still in use",
			fmt.Sprintf("%s: the overlap ended at %s, but the last use of %s is %s. It stays valid until its client takes the new one from the store; the next rotation revokes it in any case.",
				title(m), m.PreviousExpiresAt.ValueString(), prior.PreviousCredentialID.ValueString(), use))
		return
	}
	m.PreviousCredentialID, m.PreviousExpiresAt = types.StringNull(), types.StringNull()
}

// planRotation says that a rotation is due, or may be, why, and what becomes of the credential that is there.
func (m *model) planRotation(prior *model, reason string, certain bool, diags *diag.Diagnostics) {
	m.CredentialID, m.CreatedAt, m.RotateAt, m.ValidUntil = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	if m.Type.ValueString() == platform.AccessKey {
		m.ValidUntil = types.StringNull()
	}
	m.SecretReference = types.ObjectUnknown(referenceTypes)
	if arn := prior.arn(); arn != "" && prior.Status.ValueString() != statusMissing {
		m.SecretReference = reference(arn, types.StringUnknown())
	}
	m.PreviousCredentialID, m.PreviousExpiresAt = types.StringUnknown(), types.StringUnknown()
	old := prior.CredentialID.ValueString()
	becomes := "There is none to keep beside it."
	switch {
	case old == "":
	case m.OverlapHours.IsUnknown():
		becomes = fmt.Sprintf("%s stays valid for overlap_hours, which are not known yet.", old)
	case m.overlap() == 0, m.leaked(old), prior.Status.ValueString() == statusInactive, prior.Status.ValueString() == string(governance.StatusExpired):
		becomes = fmt.Sprintf("%s is revoked at once.", old)
	default:
		becomes = fmt.Sprintf("%s stays valid for %d hours after that, and the first apply then revokes it, unless it is still in use.", old, m.OverlapHours.ValueInt32())
	}
	if before := prior.PreviousCredentialID.ValueString(); before != "" {
		becomes += fmt.Sprintf(" %s, which was current before, is revoked now to make room.", before)
	}
	at := path.Root("rotate_after_days")
	if certain {
		diags.AddAttributeWarning(at, "Credential is rotated",
			fmt.Sprintf("%s: applying makes a new credential and puts its secret into the store, because %s. %s", title(m), reason, becomes))
		return
	}
	diags.AddAttributeWarning(at, "Credential may be rotated",
		fmt.Sprintf("%s: %s is not known before apply. If its value asks for it, applying makes a new credential and puts its secret into the store. Then: %s", title(m), reason, becomes))
}

// rotation is why a new credential is needed; empty when it is not. It is the same however long it takes from the plan
// to the apply, because the time that counts is that of the last refresh. Where it is not certain, the reason is the
// argument on whose value it depends.
func (r *Resource) rotation(ctx context.Context, m, prior *model, seen seen) (reason string, certain bool) {
	now, before := m.store(), prior.store()
	switch {
	case m.leaked(prior.CredentialID.ValueString()):
		return fmt.Sprintf("%s has leaked (leaked_ids)", prior.CredentialID.ValueString()), true
	case prior.CredentialID.IsNull() && prior.Status.ValueString() != statusQuarantined:
		return "the current one is gone from the identity, or its secret from the store", true
	case prior.Status.ValueString() == statusMissing:
		return "", true // The secret is being deleted, which is called off.
	case prior.Status.ValueString() == statusInactive && due(prior.ValidUntil, seen.At):
		return fmt.Sprintf("%s has ended in Entra ID at %s, before an apply replaced it", prior.CredentialID.ValueString(), prior.ValidUntil.ValueString()), true
	case prior.Status.ValueString() == statusInactive:
		return "somebody has deactivated the current one outside Terraform, which nobody does without a reason", true
	case seen.Interrupted:
		return "", true // It was made already, and only has to be finished.
	case prior.Status.ValueString() == statusQuarantined: // Nothing is made before the release but what somebody asks for.
	case due(m.RotateAt, seen.At):
		return fmt.Sprintf("%s was made at %s and is older than %d days (rotate_after_days)", prior.CredentialID.ValueString(), prior.CreatedAt.ValueString(), m.RotateAfterDays.ValueInt32()), true
	}
	arguments := []change{
		{"type", "type has changed", !prior.Type.IsNull() && !m.Type.Equal(prior.Type), m.Type.IsUnknown()},
		{"rotation_trigger", "rotation_trigger has changed", !prior.RotationTrigger.IsNull() && !m.RotationTrigger.Equal(prior.RotationTrigger), !tfkit.FullyKnown(ctx, m.RotationTrigger)},
		{"ses_smtp_region", "ses_smtp_region has changed, and the password for it can be made only together with the credential", !m.SESSMTPRegion.Equal(prior.SESSMTPRegion), m.SESSMTPRegion.IsUnknown()},
		{"leaked_ids", "", !tfkit.FullyKnown(ctx, m.LeakedIDs), !tfkit.FullyKnown(ctx, m.LeakedIDs)},
		{"rotate_after_days", "", m.RotateAfterDays.IsUnknown(), m.RotateAfterDays.IsUnknown()},
	}
	if ends(prior.Type.ValueString()) {
		reason := m.wrongEnd(prior)
		unknown := m.Expiry.IsUnknown() || m.ValidDays.IsUnknown() || m.OverlapHours.IsUnknown()
		arguments = append(arguments, change{"expiry, valid_days or overlap_hours", reason, reason != "" || unknown, unknown})
	}
	if now, before := now.Parameter, before.Parameter; now != nil && before != nil {
		arguments = append(arguments,
			change{"store.aws_ssm_parameter.key_id", "key_id has changed, and Parameter Store takes another key only together with a value", now.KeyID.IsUnknown() || !aws.SameKey(now.KeyID.ValueString(), before.KeyID.ValueString()), now.KeyID.IsUnknown()},
			change{"store.aws_ssm_parameter.tier", "tier has changed, and Parameter Store takes another tier only together with a value", !now.Tier.Equal(before.Tier), now.Tier.IsUnknown()},
		)
	}
	for _, argument := range arguments {
		switch {
		case argument.changed && !argument.unknown:
			return argument.reason, true
		case argument.changed && reason == "":
			reason = argument.name
		}
	}
	return reason, false
}

// change is an argument whose change rotates the credential. One that is not known yet counts as changed.
type change struct {
	name, reason     string
	changed, unknown bool
}

// due tells whether a time has come.
func due(at types.String, now time.Time) bool {
	when, err := time.Parse(time.RFC3339, at.ValueString())
	return err == nil && !now.Before(when)
}

// seen is what the last refresh found that is not in the state.
type seen struct {
	// At is when that was. Until the next refresh the time stands still for this resource.
	At time.Time `json:"at"`
	// Use is that of the previous credential.
	Use governance.Use `json:"use,omitzero"`
	// Interrupted tells that the current credential is new, and that only the note of its making is still there.
	Interrupted bool `json:"interrupted,omitzero"`
}
