package credential

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// ValidateConfig finds what is wrong under any policy.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.Config.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	validateStore(&m, &resp.Diagnostics)
	if !m.Identity.IsUnknown() {
		if _, problem := parseIdentity(m.Identity.ValueString()); problem != "" {
			resp.Diagnostics.AddAttributeError(identityPath, "Identity has no such credentials", problem)
		}
	}
	if r.data == nil {
		m.checkType(&resp.Diagnostics)
	}
	if r.data == nil {
		addViolations(&resp.Diagnostics, &m, governance.EvaluateCredentialTexts(m.subject()), true)
	}
}

// validateStore wants exactly one store.
func validateStore(m *model, diags *diag.Diagnostics) {
	if m.Store.IsUnknown() {
		return
	}
	for _, attribute := range m.Store.Attributes() {
		if attribute.IsUnknown() {
			return
		}
	}
	const all = aws.StoreSecretsManager + ", " + aws.StoreParameter + " or " + azure.StoreKeyVault
	declared, store := 0, m.store()
	for _, has := range []bool{store.SecretsManager != nil, store.Parameter != nil, store.KeyVault != nil} {
		if has {
			declared++
		}
	}
	switch {
	case declared == 0:
		diags.AddAttributeError(storePath, "No secret store is declared", "The secret has to go somewhere: write "+all+" in store.")
	case declared > 1:
		diags.AddAttributeError(storePath, "More than one secret store is declared", "A secret is kept in exactly one place: write "+all+" in store, and no other.")
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
	resp.Diagnostics.Append(models.Get(ctx, req.Plan.Raw, &m)...)
	if !req.State.Raw.IsNull() {
		prior = &model{}
		resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	identity, _ := governance.ParseID(m.Identity.ValueString())
	at, known := m.store().place()
	resp.Diagnostics.Append(r.require(identity, at)...)
	if r.fillIn(ctx, &m, req.Config, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	if prior != nil && replaced(&m, prior) {
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
	life, state := r.preflight(ctx, &m, prior, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r.judge(&m, prior, state, true, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if known && !m.Identity.IsUnknown() {
		m.ID = types.StringValue(at.id(m.Identity.ValueString()))
	}
	if r.planLeaks(ctx, life, &m, prior, state, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	if prior != nil {
		r.data.InState(prior.arn())
		r.planChange(ctx, &m, prior, seen, state != nil && state.Holder.Quarantined, &resp.Diagnostics)
		if m.CredentialID.IsUnknown() && state != nil && !state.Absent {
			r.checkIssue(ctx, life, &m, *state, false, &resp.Diagnostics)
		}
	}
	m.ExpiryEnforcement = types.StringUnknown()
	if ends(m.Type.ValueString()) {
		m.ExpiryEnforcement = m.plannedEnd(prior)
	} else if identityExpiry := r.identityExpiry(&m, state); identityExpiry != "" && !m.Expiry.IsUnknown() {
		m.ExpiryEnforcement = enforcement(&m, identityExpiry)
	}
	resp.Diagnostics.Append(models.Set(ctx, &resp.Plan.Raw, &m)...)
}

// foretellRetirement warns of what a destruction, or the destroying half of a replacement, takes away, and when it was
// last used. Only a policy that enforces retire_in_use refuses it.
func (r *Resource) foretellRetirement(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	life, ok := r.open(ctx, &m, "Credential cannot be planned", &resp.Diagnostics)
	if !ok {
		return
	}
	state, err := r.observe(ctx, life, &m)
	var going platform.Retirement
	if err == nil {
		going, err = life.Retirement(ctx, state, m.arn())
	}
	if err != nil {
		going = platform.Retirement{Gaps: []string{tfkit.Reason(err)}, Uses: []governance.Use{{Unknown: "the credential cannot be read"}}}
	}
	tfkit.AddRetirement(&resp.Diagnostics, r.data, []string{"identity"}, "Credential will be revoked: "+m.ID.ValueString(), title(&m), going, nil)
}

// replaced tells whether the credential becomes another one, or may: where it is not known yet what the store will be.
func replaced(m, prior *model) bool {
	now, known := m.store().place()
	before, existed := prior.store().place()
	return !m.Identity.Equal(prior.Identity) || (existed && (!known || !now.same(before) || (before.spec.Tier == tierAdvanced && now.spec.Tier != tierAdvanced)))
}

// preflight reads identity and store. It finds what would stop an apply: a name that is taken, no room, a human. The
// state is nil while it is not known where to look.
func (r *Resource) preflight(ctx context.Context, m, prior *model, diags *diag.Diagnostics) (credential.Life, *credential.State) {
	at, known := m.store().place()
	if m.Identity.IsUnknown() && ends(m.Type.ValueString()) {
		r.checkUnknown(ctx, m, diags)
	}
	if !known || m.Identity.IsUnknown() {
		return credential.Life{}, nil
	}
	addViolations(diags, m, at.validate(m.marks()), true)
	if diags.HasError() {
		return credential.Life{}, nil
	}
	life, ok := r.open(ctx, m, "Credential cannot be planned", diags)
	if !ok {
		return life, nil
	}
	state, err := r.observe(ctx, life, m)
	if err != nil {
		addError(diags, m, "Credential cannot be planned", err)
		return life, nil
	}
	replacing := prior == nil && r.data.PlansRemoval(state.Stored.ARN)
	if prior != nil {
		err = life.Admit(state, prior.arn())
	} else if !replacing {
		err = life.Admit(state, "")
	}
	if err != nil {
		addError(diags, m, "Credential cannot be planned", err)
		return life, nil
	}
	if prior == nil && !replacing && !state.Absent {
		if r.checkIssue(ctx, life, m, state, true, diags); !diags.HasError() {
			r.warn(ctx, life, m, state.Without(life.Leaked(state, tfkit.Strings(m.LeakedIDs))), diags)
		}
	}
	return life, &state
}

// refreshedKey names what a refresh reads: how much room an application has depends on the type.
func refreshedKey(life credential.Life, m *model) string {
	return life.ImportID + " " + m.Type.ValueString()
}

// observe is what the refresh before this plan has read, or what identity and store have.
func (r *Resource) observe(ctx context.Context, life credential.Life, m *model) (credential.State, error) {
	if state, refreshed := r.data.TakeRefreshed(refreshedKey(life, m)).(credential.State); refreshed {
		return state, nil
	}
	return life.Observe(ctx)
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
	if checker, ok := life.Issuer.(platform.IssueChecker); ok {
		r.checkTenant(ctx, checker, m, diags)
	}
	state = state.Without(life.Leaked(state, tfkit.Strings(m.LeakedIDs)))
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

// checkUnknown asks what holds for any application of the tenant, while the identity is not made yet.
func (r *Resource) checkUnknown(ctx context.Context, m *model, diags *diag.Diagnostics) {
	if required := r.data.RequireAzure(identityPath); required.HasError() || m.ValidDays.IsUnknown() {
		diags.Append(required...)
		return
	}
	r.checkTenant(ctx, r.data.Azure.AppCredentials(governance.ID{}, m.appSpec()), m, diags)
}

// checkTenant reports what the tenant's own policy has against the credential. Without the permission to read that, an apply
// finds out.
func (r *Resource) checkTenant(ctx context.Context, checker platform.IssueChecker, m *model, diags *diag.Diagnostics) {
	found, err := checker.CheckIssue(ctx)
	var forbidden *platform.ErrForbidden
	switch {
	case errors.As(err, &forbidden):
		diags.AddAttributeWarning(typePath, "Tenant's policy for credentials cannot be read",
			fmt.Sprintf("%s: the provider's credentials lack the permission %s, so the plan cannot tell whether the tenant allows this credential and for how long. Where it does not, the apply fails and makes nothing.", title(m), forbidden.Permission))
	case err != nil:
		addError(diags, m, "Tenant's policy for credentials cannot be read", err)
	default:
		addViolations(diags, m, found, true)
	}
}

// judge reports what the policy and the identity say against a credential. Warnings have been seen at plan already when
// it is judged again at apply.
func (r *Resource) judge(m, prior *model, state *credential.State, warn bool, diags *diag.Diagnostics) {
	subject := m.subject()
	if prior != nil {
		subject.PriorExpiry, subject.PriorRotateAfterDays = prior.Expiry.ValueString(), int(prior.RotateAfterDays.ValueInt32())
		subject.PriorValidDays = int(prior.ValidDays.ValueInt32())
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

// enforcement tells who ends the credential: the cloud where the identity ends at the same time, or where it ends the
// credential itself by then.
func enforcement(m *model, identityExpiry string) types.String {
	own, err := governance.ParseExpiry(m.Expiry.ValueString())
	until, endless := time.Parse(time.RFC3339, m.ValidUntil.ValueString())
	if ends(m.Type.ValueString()) && (endless != nil || err != nil || !until.After(own.End())) {
		return types.StringValue(string(governance.ExpiryByCloud))
	}
	identity, identityErr := governance.ParseExpiry(identityExpiry)
	if err == nil && identityErr == nil && !own.End().Before(identity.End()) {
		return types.StringValue(string(governance.ExpiryByCloud))
	}
	return types.StringValue(string(governance.ExpiryByApply))
}
