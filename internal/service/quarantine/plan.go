package quarantine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// ValidateConfig finds what is wrong under any policy.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.Config.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !m.Identity.IsUnknown() {
		parseIdentity(m.Identity.ValueString(), &resp.Diagnostics)
	}
	if r.data == nil {
		tfkit.AddViolations(&resp.Diagnostics, m.title(), governance.EvaluateQuarantineTexts(m.subject(nil)))
	}
}

// ModifyPlan judges the order, tells what it will do, and decides whether the identity's time has come.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.data == nil {
		return
	}
	var m model
	var prior *model
	if !req.State.Raw.IsNull() {
		prior = &model{}
		resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, prior)...)
	}
	if req.Plan.Raw.IsNull() {
		if !resp.Diagnostics.HasError() {
			r.planRelease(prior, &resp.Diagnostics)
		}
		return
	}
	resp.Diagnostics.Append(models.Get(ctx, req.Plan.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if prior != nil && !m.Identity.Equal(prior.Identity) {
		// Terraform asks for no plan of the half of a replacement that releases.
		r.planRelease(prior, &resp.Diagnostics)
		prior = nil
	}
	if m.Identity.IsUnknown() {
		tfkit.AddViolations(&resp.Diagnostics, "governed_quarantine", r.data.Policy.EvaluateQuarantine(m.subject(prior), r.data.Clock.Now()))
		return
	}
	quarantines, id, ok := r.open(&m, &resp.Diagnostics)
	if !ok {
		return
	}
	m.ID = types.StringValue(id.String())
	if prior == nil {
		r.planCreate(ctx, quarantines, id, &m, &resp.Diagnostics)
	} else {
		over, known := recall[bool](ctx, req.Private, overKey, &resp.Diagnostics)
		if !known {
			over = prior.order().Over(r.data.Clock.Now())
		}
		r.planUpdate(ctx, quarantines, id, &m, prior, over && m.DeleteAfter.Equal(prior.DeleteAfter), &resp.Diagnostics)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(models.Set(ctx, &resp.Plan.Raw, &m)...)
	}
}

// judge reports what the policy says against an order. Warnings have been seen at plan already when it is judged again at
// apply.
func (r *Resource) judge(m, prior *model, id governance.ID, planning bool, diags *diag.Diagnostics) {
	found := r.data.Policy.EvaluateQuarantine(m.subject(prior), r.data.Clock.Now())
	if pattern := r.data.Policy.BreakGlass(id); pattern != "" {
		found = append(found, governance.Violation{
			Rule: governance.RuleQuarantine, Enforcement: governance.EnforceError, Attribute: []string{"identity"},
			Message: fmt.Sprintf("the policy keeps %s for emergencies (break_glass %q), and nobody would get in with it when it is needed", id, pattern),
			Remedy:  "Take it out of the list of what is quarantined, for example with a condition in for_each. Where it is compromised, revoke its sessions and rotate its credentials instead.",
		})
	}
	for _, violation := range found {
		if planning || violation.Enforcement == governance.EnforceError {
			tfkit.AddViolations(diags, m.title(), []governance.Violation{violation})
		}
	}
}

// planCreate judges a new quarantine and says what it will do.
func (r *Resource) planCreate(ctx context.Context, quarantines platform.Quarantines, id governance.ID, m *model, diags *diag.Diagnostics) {
	r.judge(m, nil, id, true, diags)
	r.foresee(ctx, quarantines, id, m, nil, true, diags)
	m.Status, m.Drift = types.StringValue(statusQuarantined), texts(nil)
	m.Since, m.UniqueID = types.StringUnknown(), types.StringUnknown()
	m.Changes, m.Instead = types.ListUnknown(types.StringType), types.ListUnknown(types.StringType)
}

// planUpdate decides what is left to do; over says that the identity's time has come.
func (r *Resource) planUpdate(ctx context.Context, quarantines platform.Quarantines, id governance.ID, m, prior *model, over bool, diags *diag.Diagnostics) {
	m.Status, m.Since, m.UniqueID = prior.Status, prior.Since, prior.UniqueID
	m.Changes, m.Instead, m.Drift = prior.Changes, prior.Instead, prior.Drift
	if prior.is(statusDeleted) {
		return
	}
	r.judge(m, prior, id, true, diags)
	switch {
	case diags.HasError():
	case over && !prior.is(statusReleased):
		m.gone()
		r.foretellRetirement(ctx, quarantines, id, m, diags)
	case !prior.is(statusQuarantined):
		m.Status, m.Drift = types.StringValue(statusQuarantined), texts(nil)
		m.Changes, m.Instead = types.ListUnknown(types.StringType), types.ListUnknown(types.StringType)
		if prior.is(statusReleased) {
			m.Since = types.StringUnknown()
		}
		diags.AddAttributeWarning(identityPath, "Quarantine is not whole: "+id.String(),
			fmt.Sprintf("%s: an apply was interrupted, or somebody has changed the identity since. Applying makes it whole again:\n\n  - %s", m.title(), strings.Join(orInterrupted(stringsOf(prior.Drift)), "\n  - ")))
		r.foresee(ctx, quarantines, id, m, prior, true, diags)
	case m.order() != prior.order():
		r.foresee(ctx, quarantines, id, m, prior, true, diags)
	}
}

func orInterrupted(drift []string) []string {
	if len(drift) == 0 {
		return []string{"an apply was interrupted before it had recorded that everything is done"}
	}
	return drift
}

// foresee refuses what the platform would refuse, what is not there, and what somebody else has or puts in quarantine. Of a new
// quarantine it says what will be changed.
func (r *Resource) foresee(ctx context.Context, quarantines platform.Quarantines, id governance.ID, m, prior *model, planning bool, diags *diag.Diagnostics) {
	if diags.HasError() {
		return
	}
	ahead, found, err := quarantines.Foresee(ctx, id, m.order())
	if len(found) > 0 {
		tfkit.AddViolations(diags, m.title(), found)
		return
	}
	var seen platform.Quarantined
	if err == nil && prior == nil {
		seen, err = quarantines.Read(ctx, id)
	}
	_, made := r.data.PlannedExpiry(id.String())
	absent := errors.Is(err, platform.ErrNotFound)
	switch {
	case absent && (!made || !planning):
		diags.AddAttributeError(identityPath, "Identity does not exist", fmt.Sprintf("%s: %s\n\nRemove the resource if the identity is gone.", m.title(), tfkit.Absent(id, err)))
		return
	case err != nil && !absent:
		tfkit.AddError(diags, identityPath, "Quarantine cannot be planned", m.title(), err)
		return
	case prior != nil:
		return
	}
	if planning {
		if other, taken := r.data.PlanQuarantine(id.String(), m.order()); taken {
			diags.AddAttributeError(identityPath, "Identity is quarantined twice", twice(m, fmt.Sprintf("for the reason %q", other.Reason)))
			return
		}
	}
	if absent {
		return // The same plan makes it.
	}
	if there := seen.Quarantine; there != nil && (seen.Complete || there.QuarantineOrder != m.order()) {
		diags.AddAttributeError(identityPath, "Identity is in quarantine already", taken(m, *there))
		return
	}
	if planning {
		r.announce(ctx, quarantines, id, m, ahead, diags)
	}
}

// taken says who has an identity in quarantine, and how to go on.
func taken(m *model, there governance.Quarantine) string {
	return fmt.Sprintf("%s: it is in quarantine %s, by another resource or another state. Leave it to that one; if that one is lost, bring the quarantine here with an import block:\n\n  import {\n    to = governed_quarantine.example\n    id = %q\n  }",
		m.title(), there, m.Identity.ValueString())
}

// twice says that another resource of the configuration quarantines the same identity.
func twice(m *model, how string) string {
	return fmt.Sprintf("%s: another governed_quarantine of this configuration quarantines it too, %s. The release of one would release the identity from both: remove one of them, or take the identity out of its for_each.", m.title(), how)
}

// announce says what a quarantine will do, and who will notice.
func (r *Resource) announce(ctx context.Context, quarantines platform.Quarantines, id governance.ID, m *model, ahead platform.Quarantined, diags *diag.Diagnostics) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: nobody will be able to use the identity, and what runs as it will fail.\n", m.title())
	section := func(title string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(&text, "\n%s:\n  - %s\n", title, strings.Join(lines, "\n  - "))
		}
	}
	section("Afterwards", ahead.Changes)
	section("What cannot be changed, and what is done instead", ahead.Instead)
	going, err := quarantines.Retirement(ctx, id)
	if err != nil {
		going = platform.Retirement{Uses: []governance.Use{{Unknown: tfkit.Reason(err)}}}
	}
	var uses []string
	for _, use := range going.Uses {
		uses = append(uses, use.String())
	}
	section("Last use", uses)
	diags.AddAttributeWarning(identityPath, "Identity will be quarantined: "+id.String(), strings.TrimSuffix(text.String(), "\n"))
}

// foretellRetirement warns of what the deletion takes with it. Only a policy that enforces retire_in_use refuses it.
func (r *Resource) foretellRetirement(ctx context.Context, quarantines platform.Quarantines, id governance.ID, m *model, diags *diag.Diagnostics) {
	going, err := quarantines.Retirement(ctx, id)
	if errors.Is(err, platform.ErrNotFound) {
		return
	}
	if err != nil {
		going = platform.Retirement{Gaps: []string{tfkit.Reason(err)}, Uses: []governance.Use{{Unknown: "the identity cannot be read"}}}
	}
	going.Governed = nil // Here nothing else revokes them.
	title := fmt.Sprintf("%s, whose delete_after %s has passed: %s", m.title(), m.DeleteAfter.ValueString(), id)
	tfkit.AddRetirement(diags, r.data, []string{"identity"}, "Identity will be retired: "+id.String(), title, going, nil)
	if seen, err := quarantines.Read(ctx, id); err == nil && seen.ManagedBy == governance.ManagedBy {
		diags.AddAttributeWarning(identityPath, "Identity is governed: "+id.String(),
			fmt.Sprintf("%s: another resource governs the identity. Remove that from its configuration too, or Terraform makes the identity anew.", m.title()))
	}
}

// planRelease refuses a release before its time, and says what it will not put back.
func (r *Resource) planRelease(prior *model, diags *diag.Diagnostics) {
	if prior.is(statusDeleted) || !r.releasable(prior, diags) {
		return
	}
	if drift := stringsOf(prior.Drift); len(drift) > 0 {
		diags.AddAttributeWarning(identityPath, "Quarantine is not whole: "+prior.ID.ValueString(),
			fmt.Sprintf("%s: somebody has changed the identity since. A release puts back only what is still as the quarantine has left it:\n\n  - %s", prior.title(), strings.Join(drift, "\n  - ")))
	}
}

// releasable refuses a release before its time.
func (r *Resource) releasable(m *model, diags *diag.Diagnostics) bool {
	if m.order().Releasable(r.data.Clock.Now()) {
		return true
	}
	diags.AddAttributeError(identityPath, "Quarantine cannot be released yet",
		fmt.Sprintf("%s: release_after is %s, and until then it stays. To release it earlier on purpose, keep its block, take release_after out or write an earlier one, apply, and remove the resource then.\n\nReason of the quarantine: %s", m.title(), m.ReleaseAfter.ValueString(), governance.Printable(m.Reason.ValueString())))
	return false
}
