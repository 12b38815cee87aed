package credential

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// What a refresh can find besides the states of an identity's life.
const (
	statusMissing    = "missing"
	statusInactive   = "inactive"
	statusUnfinished = "unfinished"
	// statusQuarantined is that of a credential that a quarantine of the identity has made inactive, or that is made after it.
	statusQuarantined = "quarantined"
)

// asIdentity is the credential's life in the terms that all governed things share.
func (m *model) asIdentity() *tfkit.GovernanceModel { return &tfkit.GovernanceModel{Expiry: m.Expiry} }

func (r *Resource) statusAt(m *model) types.String {
	return m.asIdentity().StatusAt(r.data.Policy, r.data.Clock.Now())
}

// observedStatus is what identity and store show. One whose time is over is expired only when it has been deactivated,
// so that a plan shows the step that is still to come.
func (r *Resource) observedStatus(m *model, state credential.State) types.String {
	over := r.statusAt(m).ValueString() == string(governance.StatusExpired)
	left := len(state.Gone) > 0 || len(state.Previous) > 1 // by an interrupted revocation
	switch {
	case state.Current == nil && over && !left:
		return types.StringValue(string(governance.StatusExpired))
	case state.Current == nil && !over && !state.Holder.Quarantined, !state.Stored.Scheduled.IsZero():
		return types.StringValue(statusMissing)
	case state.Unfinished, left:
		return types.StringValue(statusUnfinished)
	case state.Current == nil: // The release of the quarantine is what it waits for.
		return types.StringValue(statusQuarantined)
	case !state.Current.Active && (over || m.Status.ValueString() == string(governance.StatusExpired)):
		return types.StringValue(string(governance.StatusExpired))
	case !state.Current.Active && state.Holder.Quarantined:
		return types.StringValue(statusQuarantined)
	case !state.Current.Active:
		return types.StringValue(statusInactive)
	}
	return m.asIdentity().ObservedStatus(r.data.Policy, r.data.Clock.Now(), false)
}

// plannedStatus is the same however long it takes from the plan to the apply: the clock counts only where it can no
// longer change the answer.
func (r *Resource) plannedStatus(m, prior *model, seen seen) types.String {
	now := r.statusAt(m)
	if prior == nil || m.Expiry.IsUnknown() || !m.asIdentity().KeepsExpiry(prior.asIdentity()) {
		if now.ValueString() == string(governance.StatusExpired) {
			return now
		}
		return types.StringUnknown()
	}
	if then := m.asIdentity().StatusAt(r.data.Policy, seen.At); then.ValueString() == string(governance.StatusExpired) {
		return then
	}
	switch had := prior.Status; had.ValueString() {
	case string(governance.StatusActive), string(governance.StatusExpiring), statusQuarantined:
		return had
	}
	return types.StringUnknown()
}

// seenKey is where the resource's private state keeps what the last refresh found.
const seenKey = "seen"

type privateState interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// remember notes what was seen.
func (r *Resource) remember(ctx context.Context, private privateState, use governance.Use, interrupted bool) diag.Diagnostics {
	value, err := json.Marshal(seen{At: r.data.Clock.Now().UTC(), Use: use, Interrupted: interrupted})
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Refresh cannot be noted", err.Error())}
	}
	return private.SetKey(ctx, seenKey, value)
}

func recall(ctx context.Context, private privateState) (seen, diag.Diagnostics) {
	value, diags := private.GetKey(ctx, seenKey)
	var s seen
	if value != nil {
		if err := json.Unmarshal(value, &s); err != nil {
			diags.AddError("Noted refresh cannot be read", err.Error())
		}
	}
	return s, diags
}

// addViolations reports broken rules, without warnings where those have been seen already.
func addViolations(diags *diag.Diagnostics, m *model, found []governance.Violation, warn bool) {
	for _, violation := range found {
		if warn || violation.Enforcement == governance.EnforceError {
			tfkit.AddViolations(diags, title(m), []governance.Violation{violation})
		}
	}
}
