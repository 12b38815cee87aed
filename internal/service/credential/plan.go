package credential

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// ValidateConfig finds what is wrong under any policy.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	validateStore(ctx, &m, &resp.Diagnostics)
	if !m.Identity.IsUnknown() {
		if _, problem := parseIdentity(m.Identity.ValueString()); problem != "" {
			resp.Diagnostics.AddAttributeError(identityPath, "Identity has no such credentials", problem)
		}
	}
	if r.data == nil {
		addViolations(&resp.Diagnostics, &m, governance.EvaluateCredentialTexts(m.subject()), true)
	}
}

// validateStore wants exactly one store.
func validateStore(ctx context.Context, m *model, diags *diag.Diagnostics) {
	if m.Store.IsUnknown() {
		return
	}
	for _, attribute := range m.Store.Attributes() {
		if attribute.IsUnknown() {
			return
		}
	}
	const both = aws.StoreSecretsManager + " or " + aws.StoreParameter
	switch store := m.store(ctx); {
	case store.SecretsManager == nil && store.Parameter == nil:
		diags.AddAttributeError(storePath, "No secret store is declared", "The secret has to go somewhere: write "+both+" in store.")
	case store.SecretsManager != nil && store.Parameter != nil:
		diags.AddAttributeError(storePath, "More than one secret store is declared", "A secret is kept in exactly one place: write "+both+" in store, not both.")
	}
}

// ModifyPlan judges the credential, finds what stands in its way, and decides whether it is rotated.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.data == nil {
		return
	}
	if req.Plan.Raw.IsNull() {
		r.foretellRetirement(ctx, req, resp)
		return
	}
	var m model
	var prior *model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if !req.State.Raw.IsNull() {
		prior = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	resp.Diagnostics.Append(r.data.RequireAWS(identityPath)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.RotateAfterDays.IsUnknown() && leftOut(ctx, req, "rotate_after_days") {
		m.RotateAfterDays = types.Int32Value(int32(r.data.Policy.CredentialMaxAgeDays())) //nolint:gosec // a policy has 36,500 days at most
	}
	if prior != nil && replaced(ctx, &m, prior) {
		// The attributes' own modifiers do not see a change from one kind of store to another. Terraform plans the
		// replacement by itself then, as one that does not exist.
		r.data.PlanRemoval(prior.arn())
		r.foretellRetirement(ctx, req, resp)
		resp.RequiresReplace = append(resp.RequiresReplace, storePath)
		return
	}
	seen, diags := recall(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	m.Status = r.plannedStatus(&m, prior, seen)
	state := r.preflight(ctx, &m, prior, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r.judge(&m, prior, state, true, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if at, known := m.store(ctx).place(); known && !m.Identity.IsUnknown() {
		m.ID = types.StringValue(at.id(m.Identity.ValueString()))
	}
	if prior == nil {
		m.PreviousCredentialID, m.PreviousExpiresAt = types.StringNull(), types.StringNull()
	} else {
		r.planChange(ctx, &m, prior, seen, &resp.Diagnostics)
		r.checkRoom(ctx, &m, &resp.Diagnostics)
	}
	if state != nil && !state.Absent {
		m.ExpiryEnforcement = enforcement(&m, r.identityExpiry(&m, state))
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &m)...)
}

// foretellRetirement warns of what a destruction, or the destroying half of a replacement, takes away, and when it was
// last used. Only a policy that enforces retire_in_use refuses it.
func (r *Resource) foretellRetirement(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	life, ok := r.open(ctx, &m, &resp.Diagnostics)
	if !ok {
		return
	}
	state, err := life.Observe(ctx)
	var going platform.Retirement
	if err == nil {
		going, err = life.Retirement(ctx, state, m.arn())
	}
	if err != nil {
		going = platform.Retirement{Gaps: []string{tfkit.Reason(err)}, Uses: []governance.Use{{Unknown: "the credential cannot be read"}}}
	}
	tfkit.AddRetirement(&resp.Diagnostics, r.data, []string{"identity"}, "Credential will be revoked: "+m.ID.ValueString(), title(&m), going, nil)
}

// leftOut tells whether an argument is left to its default.
func leftOut(ctx context.Context, req resource.ModifyPlanRequest, name string) bool {
	var value types.Int32
	diags := req.Config.GetAttribute(ctx, path.Root(name), &value)
	return !diags.HasError() && value.IsNull()
}

// replaced tells whether the credential becomes another one.
func replaced(ctx context.Context, m, prior *model) bool {
	now, known := m.store(ctx).place()
	before, existed := prior.store(ctx).place()
	return !m.Identity.Equal(prior.Identity) || (known && existed && (now.kind != before.kind || now.spec.Name != before.spec.Name ||
		now.spec.AssumeRoleARN != before.spec.AssumeRoleARN || (before.spec.Tier == tierAdvanced && now.spec.Tier == tierStandard)))
}

// preflight reads identity and store. It finds what would stop an apply: a name that is taken, no room, a human. The
// result is nil while it is not known where to look.
func (r *Resource) preflight(ctx context.Context, m, prior *model, diags *diag.Diagnostics) *credential.State {
	at, known := m.store(ctx).place()
	if !known || m.Identity.IsUnknown() {
		return nil
	}
	addViolations(diags, m, aws.ValidateStore(at.kind, at.spec, m.marks()), true)
	if diags.HasError() {
		return nil
	}
	life, ok := r.open(ctx, m, diags)
	if !ok {
		return nil
	}
	state, err := life.Observe(ctx)
	if err != nil {
		addError(diags, m, "Credential cannot be planned", err)
		return nil
	}
	arn := ""
	if prior != nil {
		arn = prior.arn()
	} else if r.data.PlansRemoval(state.Stored.ARN) {
		arn = state.Stored.ARN
	}
	if err := life.Admit(state, arn); err != nil {
		addError(diags, m, "Credential cannot be planned", err)
		return nil
	}
	if prior == nil && !state.Absent {
		if r.checkIssue(ctx, life, m, state, true, diags); !diags.HasError() {
			r.warn(ctx, life, m, state, diags)
		}
	}
	return &state
}

// checkIssue finds what would stop a new credential from being made. Where that is another governed credential, the same
// plan may remove it, unless this one only rotates.
func (r *Resource) checkIssue(ctx context.Context, life credential.Life, m *model, state credential.State, create bool, diags *diag.Diagnostics) {
	if state.Interrupted {
		return
	}
	if err := state.InUse(); err != nil {
		addError(diags, m, "Credential cannot be issued now", err)
		return
	}
	blockers, err := life.Blockers(ctx, state)
	switch {
	case err != nil:
		addError(diags, m, "Credentials of the identity cannot be read", err)
	case len(blockers) > 0 && create && state.Governed():
		diags.AddAttributeWarning(identityPath, "Identity has no room for another credential yet",
			fmt.Sprintf("%s: the platform allows %d, and these are there:\n\n  - %s\n\nApplying works only if this plan removes one of them first, as a replacement does.",
				title(m), state.Holder.Slots, strings.Join(blockers, "\n  - ")))
	case len(blockers) > 0:
		diags.AddAttributeError(identityPath, "Identity has no room for another credential",
			fmt.Sprintf("%s: the platform allows %d, and these are there:\n\n  - %s\n\nNone of them is deleted for you. Find out who uses them, move the clients, and delete one.",
				title(m), state.Holder.Slots, strings.Join(blockers, "\n  - ")))
	}
}

// checkRoom does the same for a rotation.
func (r *Resource) checkRoom(ctx context.Context, m *model, diags *diag.Diagnostics) {
	if !m.CredentialID.IsUnknown() {
		return
	}
	life, ok := r.open(ctx, m, diags)
	if !ok {
		return
	}
	state, err := life.Observe(ctx)
	if err != nil {
		addError(diags, m, "Credential cannot be planned", err)
	} else if !state.Absent {
		r.checkIssue(ctx, life, m, state, false, diags)
	}
}

// planChange decides what an existing credential becomes.
func (r *Resource) planChange(ctx context.Context, m, prior *model, seen seen, diags *diag.Diagnostics) {
	m.CredentialID, m.CreatedAt, m.OtherCredentialIDs = prior.CredentialID, prior.CreatedAt, prior.OtherCredentialIDs
	m.SecretReference, m.RotateAt = prior.SecretReference, prior.RotateAt
	m.PreviousCredentialID, m.PreviousExpiresAt = prior.PreviousCredentialID, prior.PreviousExpiresAt
	made, err := time.Parse(time.RFC3339, prior.CreatedAt.ValueString())
	if err == nil && !m.RotateAfterDays.IsUnknown() {
		m.RotateAt = timestamp(made.AddDate(0, 0, int(m.RotateAfterDays.ValueInt32())))
		if !prior.PreviousCredentialID.IsNull() && !m.OverlapHours.IsUnknown() {
			m.PreviousExpiresAt = timestamp(made.Add(m.overlap()))
		}
	}
	if m.Status.ValueString() == string(governance.StatusExpired) {
		m.PreviousCredentialID, m.PreviousExpiresAt = types.StringNull(), types.StringNull()
		return
	}
	if reason := r.rotation(ctx, m, prior, seen); reason != "" {
		m.planRotation(prior, reason, diags)
		return
	}
	if prior.PreviousCredentialID.IsNull() || !due(m.PreviousExpiresAt, seen.At) {
		return
	}
	if ends, err := time.Parse(time.RFC3339, m.PreviousExpiresAt.ValueString()); err == nil && seen.Use.At.After(ends.Add(-m.overlap()/2)) {
		diags.AddAttributeWarning(path.Root("overlap_hours"), "Previous credential is still in use",
			fmt.Sprintf("%s: the overlap ended at %s, but the last use of %s is %s. It stays valid until its client takes the new one from the store; the next rotation revokes it in any case.",
				title(m), m.PreviousExpiresAt.ValueString(), prior.PreviousCredentialID.ValueString(), seen.Use))
		return
	}
	m.PreviousCredentialID, m.PreviousExpiresAt = types.StringNull(), types.StringNull()
}

// planRotation says that a rotation is due, why, and what becomes of the credential that is there.
func (m *model) planRotation(prior *model, reason string, diags *diag.Diagnostics) {
	m.CredentialID, m.CreatedAt, m.RotateAt = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	m.SecretReference = types.ObjectUnknown(referenceTypes)
	if arn := prior.arn(); arn != "" && prior.Status.ValueString() != statusMissing {
		m.SecretReference = types.ObjectValueMust(referenceTypes, map[string]attr.Value{"arn": types.StringValue(arn), "version": types.StringUnknown()})
	}
	m.PreviousCredentialID, m.PreviousExpiresAt = types.StringUnknown(), types.StringUnknown()
	old := prior.CredentialID.ValueString()
	becomes := "There is none to keep beside it."
	switch {
	case old != "" && m.overlap() == 0 || prior.Status.ValueString() == statusInactive:
		becomes = fmt.Sprintf("%s is revoked at once.", old)
	case old != "":
		becomes = fmt.Sprintf("%s stays valid for %d hours after that, and the first apply then revokes it, unless it is still in use.", old, m.OverlapHours.ValueInt32())
	}
	if before := prior.PreviousCredentialID.ValueString(); before != "" {
		becomes += fmt.Sprintf(" %s, which was current before, is revoked now to make room.", before)
	}
	diags.AddAttributeWarning(path.Root("rotate_after_days"), "Credential is rotated",
		fmt.Sprintf("%s: applying makes a new credential and puts its secret into the store, because %s. %s", title(m), reason, becomes))
}

// rotation is why a new credential is needed; empty when it is not. It is the same however long it takes from the plan
// to the apply, because the time that counts is that of the last refresh.
func (r *Resource) rotation(ctx context.Context, m, prior *model, seen seen) string {
	now, _ := m.store(ctx).place()
	before, _ := prior.store(ctx).place()
	switch prior.Status.ValueString() {
	case statusMissing:
		if !prior.CredentialID.IsNull() {
			return "" // The secret is being deleted, which is called off.
		}
		return "the current one is gone from the identity, or its secret from the store"
	case statusInactive:
		return "somebody has deactivated the current one outside Terraform, which nobody does without a reason"
	}
	switch {
	case seen.Interrupted:
		return "" // It was made already, and only has to be finished.
	case !prior.RotationTrigger.IsNull() && !m.RotationTrigger.Equal(prior.RotationTrigger):
		return "rotation_trigger has changed"
	case !m.SESSMTPRegion.Equal(prior.SESSMTPRegion):
		return "ses_smtp_region has changed, and the password for it can be made only together with the credential"
	case now.kind == aws.StoreParameter && !aws.SameKey(now.spec.KeyID, before.spec.KeyID):
		return "key_id has changed, and Parameter Store takes another key only together with a value"
	case now.kind == aws.StoreParameter && now.spec.Tier != before.spec.Tier:
		return "tier has changed, and Parameter Store takes another tier only together with a value"
	case due(m.RotateAt, seen.At):
		return fmt.Sprintf("%s was made at %s and is older than %d days (rotate_after_days)", prior.CredentialID.ValueString(), prior.CreatedAt.ValueString(), m.RotateAfterDays.ValueInt32())
	}
	return ""
}

// due tells whether a time has come.
func due(at types.String, now time.Time) bool {
	when, err := time.Parse(time.RFC3339, at.ValueString())
	return err == nil && !now.Before(when)
}

// judge reports what the policy and the identity say against a credential. Warnings have been seen at plan already when
// it is judged again at apply.
func (r *Resource) judge(m, prior *model, state *credential.State, warn bool, diags *diag.Diagnostics) {
	subject := m.subject()
	if prior != nil {
		subject.PriorExpiry = prior.Expiry.ValueString()
	}
	subject.IdentityExpiry = r.identityExpiry(m, state)
	addViolations(diags, m, r.data.Policy.EvaluateCredential(subject, r.data.Clock.Now()), warn)
	if state == nil || state.Absent {
		return
	}
	holder := state.Holder
	_, planned := r.data.PlannedExpiry(m.Identity.ValueString())
	if planned && warn {
		return // The same plan makes of the identity what it should be.
	}
	if holder.ManagedBy != governance.ManagedBy || holder.Metadata.Expiry == "" {
		diags.AddAttributeError(identityPath, "Identity is not governed",
			fmt.Sprintf("%s: the identity has no owner, purpose and expiry of this provider, so nothing would bound its credential. Bring it under governance first, with governed_service_identity and an import block.", title(m)))
	}
	if holder.ConsoleAccess {
		diags.AddAttributeError(identityPath, "Identity is used by a human",
			fmt.Sprintf("%s: the identity has a password for the console, which only a human can use, and a human's identity gets no credential for software. Remove the password (applying its governed_service_identity does), or make an identity for the software alone.", title(m)))
	}
}

// identityExpiry is what the same plan makes of the identity's expiry, or what the identity has; empty when neither is
// known.
func (r *Resource) identityExpiry(m *model, state *credential.State) string {
	if expiry, planned := r.data.PlannedExpiry(m.Identity.ValueString()); planned {
		return expiry
	}
	if state == nil {
		return ""
	}
	return state.Holder.Metadata.Expiry
}

// enforcement tells who ends the credential: the cloud where the identity ends at the same time.
func enforcement(m *model, identityExpiry string) types.String {
	own, err := governance.ParseExpiry(m.Expiry.ValueString())
	identity, identityErr := governance.ParseExpiry(identityExpiry)
	if err == nil && identityErr == nil && !own.End().Before(identity.End()) {
		return types.StringValue(string(governance.ExpiryByCloud))
	}
	return types.StringValue(string(governance.ExpiryByApply))
}

// overlapEnded tells whether the previous credential is due.
func (r *Resource) overlapEnded(m *model) bool {
	return !m.PreviousCredentialID.IsNull() && due(m.PreviousExpiresAt, r.data.Clock.Now())
}

// seen is what the last refresh found that is not in the state.
type seen struct {
	// At is when that was. Until the next refresh the time stands still for this resource.
	At time.Time `json:"at"`
	// Use is that of the previous credential once its overlap is over.
	Use governance.Use `json:"use,omitzero"`
	// Interrupted tells that the current credential is new, and that only the note of its making is still there.
	Interrupted bool `json:"interrupted,omitzero"`
}
