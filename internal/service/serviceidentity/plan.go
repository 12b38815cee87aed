package serviceidentity

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// ValidateConfig finds what is wrong without a provider configuration. Once there is one, ModifyPlan does it, together
// with everything else that is wrong, so that all of it is reported at once.
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
	if k != nil {
		category = k.id().Category()
		found, diags := k.validate(ctx, nil, &m)
		resp.Diagnostics.Append(diags...)
		tfkit.AddViolations(&resp.Diagnostics, title(&m), found)
	}
	// Without a policy nothing is compared with the time.
	tfkit.AddViolations(&resp.Diagnostics, title(&m), m.Judge(ctx, nil, category, nil, time.Time{}))
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
	resp.Diagnostics.Append(k.configured(r.data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Status = m.StatusAt(r.data.Policy, r.data.Clock.Now())
	disabled := m.Status.ValueString() == string(governance.StatusExpired)
	r.judge(ctx, k, &m, prior, disabled, true, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Category = types.StringValue(string(k.id().Category()))
	if err := k.predict(ctx, r.data, &m, prior, disabled); err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Platform cannot be reached", title(&m), err)
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &m)...)
}
