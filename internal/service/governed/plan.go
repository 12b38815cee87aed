package governed

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// ValidateConfig finds what is wrong under any policy. Terraform runs it before it configures the provider; the second
// time, ModifyPlan does it together with everything else.
func (r *Resource[M, P]) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	m := P(new(M))
	resp.Diagnostics.Append(r.load(ctx, req.Config.Raw, m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	k, diags := r.declaredKind(m)
	resp.Diagnostics.Append(diags...)
	if r.data != nil {
		return
	}
	category := r.Kinds[0].Category()
	var found []governance.Violation
	if k != nil {
		category = k.Category()
		found, diags = k.Validate(ctx, m)
		resp.Diagnostics.Append(diags...)
	}
	judged := subject(ctx, m, category, nil)
	texts := governance.EvaluateTexts(judged, time.Time{})
	if len(found)+len(texts) > 0 || resp.Diagnostics.HasError() {
		texts = r.foresee(ctx, k, m, judged, texts)
	}
	tfkit.AddViolations(&resp.Diagnostics, r.title(m), append(texts, found...))
}

// foresee adds what the policy will say. Terraform makes no plan after a validation that fails, and all that is wrong
// with an identity is reported at once.
func (r *Resource[M, P]) foresee(ctx context.Context, k Kind[P], m P, subject governance.Subject, texts []governance.Violation) []governance.Violation {
	data := r.preview.Load()
	if data == nil || (k != nil && place(ctx, data, k, m, &subject) != nil) {
		return texts
	}
	found := data.Policy.Evaluate(subject, data.Clock.Now())
	for i := range found {
		// An identity that exists keeps its expiry and its owners, and here nobody knows whether this one does.
		if rule := found[i].Rule; rule == governance.RuleExpiryInPast || rule == governance.RuleMaxLifetime || rule == governance.RuleOwnerUnknown {
			found[i].Enforcement = governance.EnforceWarn
		}
	}
	return found
}

// ModifyPlan judges the planned identity and fills in what will be known after apply already now, so that a plan shows
// the policies as they will be on the cloud.
func (r *Resource[M, P]) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.data == nil {
		return
	}
	if req.Plan.Raw.IsNull() {
		r.foretellRetirement(ctx, req, resp)
		return
	}
	m := P(new(M))
	var prior P
	resp.Diagnostics.Append(r.load(ctx, req.Plan.Raw, m)...)
	if !req.State.Raw.IsNull() {
		prior = P(new(M))
		resp.Diagnostics.Append(r.load(ctx, req.State.Raw, prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	k, diags := r.declaredKind(m)
	resp.Diagnostics.Append(diags...)
	if k == nil || resp.Diagnostics.HasError() {
		return
	}
	if prior != nil {
		r.data.InState(prior.Common().ID.ValueString())
		if had, _ := r.declaredKind(prior); had != nil && had.Attribute() != k.Attribute() {
			// What is on another platform is another identity.
			resp.RequiresReplace = append(resp.RequiresReplace, attributePath(had), attributePath(k))
			prior = nil
		}
	}
	resp.Diagnostics.Append(k.Configured(r.data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	common := m.Common()
	var had *tfkit.GovernanceModel
	if prior != nil {
		had = prior.Common()
	}
	common.Status, diags = r.plannedStatus(ctx, common, had, req.Private)
	resp.Diagnostics.Append(diags...)
	disabled := common.Status.ValueString() == string(governance.StatusExpired)
	existed := existing[P]{prior, r.accepted(ctx, had, req.Private, &resp.Diagnostics)}
	judged := r.judge(ctx, k, m, existed, disabled, true, &resp.Diagnostics)
	kept := r.judgeEntitlements(ctx, k, m, existed, judged, true, &resp.Diagnostics)
	if prior == nil {
		r.foreseeCreation(ctx, k, m, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	common.Category, common.ManagedBy = types.StringValue(string(k.Category())), types.StringValue(governance.ManagedBy)
	if err := k.Predict(ctx, r.data, m, prior, disabled); err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Platform cannot be reached", r.title(m), err)
		return
	}
	if kept {
		r.judgeKept(m, prior, disabled, true, &resp.Diagnostics)
	}
	if !common.ID.IsUnknown() && !common.Expiry.IsUnknown() {
		r.data.PlanExpiry(common.ID.ValueString(), common.Expiry.ValueString())
	}
	resp.Diagnostics.Append(r.save(ctx, &resp.Plan.Raw, m)...)
	if !common.ID.IsUnknown() && !resp.Plan.Raw.Equal(req.State.Raw) {
		r.data.PlanChange(common.ID.ValueString())
	}
	// What is replaced goes as well, and Terraform asks for no plan of that. An id that is not known yet is that of a name or a
	// path that is not, which replaces too.
	if !req.State.Raw.IsNull() && (had == nil || !had.ID.Equal(common.ID)) {
		r.foretellRetirement(ctx, req, resp)
	}
}

// foreseeCreation reports what a creation will meet.
func (r *Resource[M, P]) foreseeCreation(ctx context.Context, k Kind[P], m P, diags *diag.Diagnostics) {
	forecaster, ok := k.(Forecaster[P])
	if !ok {
		return
	}
	found, err := forecaster.Foresee(ctx, r.data, m)
	if err != nil && !diags.HasError() { // It is said once that the platform cannot be reached.
		tfkit.AddError(diags, attributePath(k), "Platform cannot be reached", r.title(m), err)
	}
	tfkit.AddViolations(diags, r.title(m), found)
}

// plannedStatus is the same however long it takes from the plan to the apply, when Terraform plans once more: the clock
// counts only where it can no longer change the answer. Everything else is the refresh's to find out.
func (r *Resource[M, P]) plannedStatus(ctx context.Context, m, prior *tfkit.GovernanceModel, private privateState) (types.String, diag.Diagnostics) {
	status := m.StatusAt(r.data.Policy, r.data.Clock.Now())
	over := status.ValueString() == string(governance.StatusExpired)
	if prior == nil || !m.KeepsExpiry(prior) {
		if over {
			return status, nil
		}
		return types.StringUnknown(), nil
	}
	seen, diags := private.GetKey(ctx, overKey)
	if seen != nil {
		over = string(seen) == overYes
	}
	switch had := prior.Status; {
	case over:
		return types.StringValue(string(governance.StatusExpired)), diags
	case had.IsNull() || had.ValueString() == statusUnfinished || had.ValueString() == string(governance.StatusExpired):
		return types.StringUnknown(), diags // It is completed, or opened again.
	default:
		return had, diags
	}
}

// Where the resource's private state keeps the expiry, the owners and the trust that the policy let pass.
const expiryKey, ownersKey, trustKey = "expiry", "owners", "trust"

// accepted is an existing identity with what the policy once let pass.
type accepted struct {
	tfkit.GovernanceModel
	trust governance.PassedTrust
	// none says that nothing was let pass yet, as of an identity that is being imported.
	none bool
}

// owners are those of an identity, in the order of governance.OwnerFields.
func owners(m *tfkit.GovernanceModel) []*types.String {
	return []*types.String{&m.Owner, &m.BusinessOwner, &m.TechnicalOwner}
}

// rememberAccepted notes the expiry, the owners and the trust of an identity that the policy has let pass.
func rememberAccepted(ctx context.Context, private privateState, m *tfkit.GovernanceModel, trust governance.PassedTrust) diag.Diagnostics {
	value, err := json.Marshal(m.Expiry.ValueString())
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Expiry cannot be noted", err.Error())}
	}
	var names []string
	for _, owner := range owners(m) {
		names = append(names, owner.ValueString())
	}
	diags := private.SetKey(ctx, expiryKey, value)
	diags.Append(remember(ctx, private, ownersKey, names)...)
	diags.Append(remember(ctx, private, trustKey, []string{trust.Environment, trust.Digest})...)
	return diags
}

// accepted is the existing identity with the expiry, the owners and the trust that the policy once let pass. What its
// tags say does not count: whoever may tag could lengthen a life with them, and an import brings tags that no policy has
// seen.
func (r *Resource[M, P]) accepted(ctx context.Context, prior *tfkit.GovernanceModel, private privateState, diags *diag.Diagnostics) *accepted {
	if prior == nil {
		return nil
	}
	value, keyDiags := private.GetKey(ctx, expiryKey)
	diags.Append(keyDiags...)
	had, text := accepted{GovernanceModel: *prior, none: value == nil}, ""
	if value != nil {
		if err := json.Unmarshal(value, &text); err != nil {
			diags.AddError("Noted expiry cannot be read", err.Error())
		}
	}
	had.Expiry = types.StringValue(text)
	names := recall(ctx, private, ownersKey, diags)
	for i, owner := range owners(&had.GovernanceModel) {
		*owner = types.StringNull()
		if i < len(names) {
			*owner = types.StringValue(names[i])
		}
	}
	if passed := recall(ctx, private, trustKey, diags); len(passed) == 2 {
		had.trust = governance.PassedTrust{Environment: passed[0], Digest: passed[1]}
	}
	return &had
}

// overKey is where the resource's private state keeps whether the last refresh saw the identity's time over.
const overKey, overYes, overNo = "over", "true", "false"

// rememberOver notes whether the identity's time is over.
func (r *Resource[M, P]) rememberOver(ctx context.Context, private privateState, m *tfkit.GovernanceModel) diag.Diagnostics {
	value := overNo
	if m.StatusAt(r.data.Policy, r.data.Clock.Now()).ValueString() == string(governance.StatusExpired) {
		value = overYes
	}
	return private.SetKey(ctx, overKey, []byte(value))
}
