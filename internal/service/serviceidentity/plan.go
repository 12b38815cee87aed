package serviceidentity

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
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	k, diags := declaredKind(&m)
	resp.Diagnostics.Append(diags...)
	if r.data != nil {
		return
	}
	category := governance.CategoryShared
	var found []governance.Violation
	if k != nil {
		category = k.id().Category()
		found, diags = k.validate(ctx, nil, &m)
		resp.Diagnostics.Append(diags...)
	}
	texts := m.Judge(ctx, nil, category, nil, time.Time{})
	if len(found)+len(texts) > 0 || resp.Diagnostics.HasError() {
		texts = r.foresee(ctx, &m, category, texts)
	}
	tfkit.AddViolations(&resp.Diagnostics, title(&m), append(texts, found...))
}

// foresee adds what the policy will say. Terraform makes no plan after a validation that fails, and all that is wrong
// with an identity is reported at once.
func (r *Resource) foresee(ctx context.Context, m *model, category governance.Category, texts []governance.Violation) []governance.Violation {
	data := r.preview.Load()
	if data == nil {
		return texts
	}
	found := m.Judge(ctx, data, category, nil, data.Clock.Now())
	for i := range found {
		// An identity that exists keeps its expiry, and here nobody knows whether this one does.
		if rule := found[i].Rule; rule == governance.RuleExpiryInPast || rule == governance.RuleMaxLifetime {
			found[i].Enforcement = governance.EnforceWarn
		}
	}
	return found
}

// ModifyPlan judges the planned identity and fills in what will be known after apply already now, so that a plan shows
// the policies as they will be on the cloud.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.data == nil {
		return // A destruction is never refused.
	}
	var m model
	var prior *model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if !req.State.Raw.IsNull() {
		prior = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	k, diags := declaredKind(&m)
	resp.Diagnostics.Append(diags...)
	if k == nil || resp.Diagnostics.HasError() {
		return
	}
	if prior != nil {
		if had, _ := declaredKind(prior); had != nil && had != k {
			// What is on another platform is another identity.
			resp.RequiresReplace = append(resp.RequiresReplace, attributePath(had), attributePath(k))
			prior = nil
		}
	}
	resp.Diagnostics.Append(k.configured(r.data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Status, diags = r.plannedStatus(ctx, &m, prior, req.Private)
	resp.Diagnostics.Append(diags...)
	disabled := m.Status.ValueString() == string(governance.StatusExpired)
	r.judge(ctx, k, &m, r.approved(ctx, prior, req.Private, &resp.Diagnostics), disabled, true, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Category, m.ManagedBy = types.StringValue(string(k.id().Category())), types.StringValue(governance.ManagedBy)
	if err := k.predict(ctx, r.data, &m, prior, disabled); err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Platform cannot be reached", title(&m), err)
		return
	}
	if !m.ID.IsUnknown() && !m.Expiry.IsUnknown() {
		r.data.PlanExpiry(m.ID.ValueString(), m.Expiry.ValueString())
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &m)...)
}

// plannedStatus is the same however long it takes from the plan to the apply, when Terraform plans once more: the clock
// counts only where it can no longer change the answer. Everything else is the refresh's to find out.
func (r *Resource) plannedStatus(ctx context.Context, m, prior *model, private privateState) (types.String, diag.Diagnostics) {
	status := m.StatusAt(r.data.Policy, r.data.Clock.Now())
	over := status.ValueString() == string(governance.StatusExpired)
	if prior == nil || !m.KeepsExpiry(&prior.GovernanceModel) {
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
	case had.IsNull() || had.ValueString() == string(governance.StatusExpired):
		return types.StringUnknown(), diags // It is completed, or opened again.
	default:
		return had, diags
	}
}

// expiryKey is where the resource's private state keeps the expiry that the policy let pass.
const expiryKey = "expiry"

// rememberExpiry notes the expiry of an identity that the policy has let pass.
func rememberExpiry(ctx context.Context, private privateState, m *model) diag.Diagnostics {
	value, err := json.Marshal(m.Expiry.ValueString())
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Expiry cannot be noted", err.Error())}
	}
	return private.SetKey(ctx, expiryKey, value)
}

// approved is the existing identity with the expiry that the policy once let pass. What its tag says does not count:
// whoever may tag could lengthen a life with it, and an import brings tags that no policy has seen.
func (r *Resource) approved(ctx context.Context, prior *model, private privateState, diags *diag.Diagnostics) *tfkit.GovernanceModel {
	if prior == nil {
		return nil
	}
	value, keyDiags := private.GetKey(ctx, expiryKey)
	diags.Append(keyDiags...)
	had, text := prior.GovernanceModel, ""
	if value != nil {
		if err := json.Unmarshal(value, &text); err != nil {
			diags.AddError("Noted expiry cannot be read", err.Error())
		}
	}
	had.Expiry = types.StringValue(text)
	return &had
}

// overKey is where the resource's private state keeps whether the last refresh saw the identity's time over.
const overKey, overYes, overNo = "over", "true", "false"

// rememberOver notes whether the identity's time is over.
func (r *Resource) rememberOver(ctx context.Context, private privateState, m *model) diag.Diagnostics {
	value := overNo
	if m.StatusAt(r.data.Policy, r.data.Clock.Now()).ValueString() == string(governance.StatusExpired) {
		value = overYes
	}
	return private.SetKey(ctx, overKey, []byte(value))
}
