package governed

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// foretellRetirement warns of what a destruction, or the destroying half of a replacement, takes with it, and when the
// identity was last used. Only a policy that enforces retire_in_use refuses it.
func (r *Resource[M, P]) foretellRetirement(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	m := P(new(M))
	var diags diag.Diagnostics
	diags.Append(r.load(ctx, req.State.Raw, m)...)
	common := m.Common()
	k, id := r.locate(common, &diags)
	if diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return
	}
	r.data.PlanRemoval(common.ID.ValueString())
	if r.stays(ctx, k, id, m, &resp.Diagnostics) != "" || resp.Diagnostics.HasError() {
		return
	}
	going, err := k.Retirement(ctx, r.data, id)
	if errors.Is(err, platform.ErrNotFound) {
		return
	}
	title := fmt.Sprintf("%s (%s)", r.title(m), id)
	if err != nil {
		going = platform.Retirement{
			Gaps: []string{tfkit.Reason(err)},
			Uses: []governance.Use{{Unknown: "the identity cannot be read"}},
		}
	}
	going.Attachments = append(going.Attachments, going.Detached...)
	foreign := Without(going.Attachments, recall(ctx, req.Private, attachmentsKey, &resp.Diagnostics))
	tfkit.AddRetirement(&resp.Diagnostics, r.data, []string{k.Attribute()}, "Identity will be retired: "+id.String(), title, going, foreign)
}

// stays tells why an identity outlives its resource, and warns of it; nothing for one that is to be removed.
func (r *Resource[M, P]) stays(ctx context.Context, k Kind[P], id governance.ID, m P, diags *diag.Diagnostics) string {
	releaser, ok := k.(Releaser[P])
	if !ok {
		return ""
	}
	why, err := releaser.Stays(ctx, id, m)
	if err != nil {
		tfkit.AddError(diags, attributePath(k), "Identity cannot be released", r.title(m), err)
	}
	if why != "" {
		diags.AddAttributeWarning(attributePath(k), "Identity stays in place", r.title(m)+": "+why)
	}
	return why
}
