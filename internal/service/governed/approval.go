package governed

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var approvalPath = path.Root("approval")

// clearance is what the argument approval does for an identity.
type clearance struct {
	// approval is nil where there is none that holds.
	approval *governance.Approval
	// refused says why the one that is given does not hold.
	refused *approval.Error
	// requested stands for an approval to come, and unknown for one that a plan cannot judge.
	requested, unknown bool
	// changed says that there was another one before.
	changed bool
}

// clear reads the approval of an identity. It asks nobody.
func (r *Resource[M, P]) clear(m P, prior *tfkit.GovernanceModel, identity string) clearance {
	text := m.Common().Approval
	given := clearance{unknown: text.IsUnknown(), requested: text.ValueString() == governance.ApprovalRequested}
	given.changed = prior == nil || !prior.Approval.Equal(text)
	if text.ValueString() == "" || given.requested { // An empty text is none, as modules pass it on.
		return given
	}
	if identity == "" { // At plan alone: its name is not known yet.
		given.unknown = true
		return given
	}
	found, err := approval.Verify(text.ValueString(), identity, r.data.Policy, r.data.Clock.Now())
	if !errors.As(err, &given.refused) {
		given.approval = &found
	}
	return given
}

// split are the entitlements that the approval covers, and those that are left to be judged.
func (c clearance) split(of governance.Entitlements) (cleared, left governance.Entitlements) {
	if c.approval == nil {
		return governance.Entitlements{}, of
	}
	return c.approval.Clear(of)
}

// soften lets a plan pass that only lacks an approval which is requested, or not known yet. An apply does not.
func (c clearance) soften(found []governance.Violation, planning bool) []governance.Violation {
	for i := range found {
		if planning && (c.requested || c.unknown) && found[i].Enforcement == governance.EnforceError && found[i].Rule != governance.RulePurposeFollows {
			found[i].Enforcement = governance.EnforceWarn
		}
	}
	return found
}

// worst is the strictest enforcement of violations.
func worst(found []governance.Violation) governance.Enforcement {
	enforcement := governance.EnforceOff
	for _, violation := range found {
		if slices.Index(governance.Enforcements, violation.Enforcement) < slices.Index(governance.Enforcements, enforcement) {
			enforcement = violation.Enforcement
		}
	}
	return enforcement
}

// violation is about the argument approval.
func (clearance) violation(enforcement governance.Enforcement, remedy, format string, args ...any) governance.Violation {
	return governance.Violation{Rule: governance.RuleApproval, Enforcement: enforcement, Attribute: []string{"approval"}, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

const (
	liesAbout    = "One that lies about could let a later change pass that nobody has looked at."
	howToRequest = "Save the plan, and let somebody who may approve see and sign it:\n\n" +
		"  terraform plan -out=plan.tfplan\n  terraform show -json plan.tfplan > plan.json\n  terraform-provider-governed approve --plan plan.json --key key.pem --approver … --ticket …\n\nThen write the token that this prints as approval."
	howToGoOn = "Write an approval that allows it, or \"" + governance.ApprovalRequested + "\" to have one signed (guide \"Approvals\"); or take away what needs it."
	// Before it plans a destroy, Terraform plans the configuration as it is.
	howToRemove = "\nTo remove the identity, take its block out of the configuration, or run terraform destroy -refresh=false."
)

// allowing says what an approval has to allow.
func allowing(need governance.ApprovalNeed) string {
	return fmt.Sprintf("It has to allow:\n%s\n\n", need)
}

// requestOf says what an approval is requested for.
func (c clearance) requestOf(need governance.ApprovalNeed, planning bool) governance.Violation {
	if planning {
		return c.violation(governance.EnforceWarn, allowing(need)+howToRequest, "an approval is requested, and no apply passes without it")
	}
	return c.violation(governance.EnforceError, allowing(need)+howToRequest, "an approval is requested and has not been given")
}

// answer says what is to be known of the approval, besides the dangers that it does not cover, whose enforcement is that of
// the worst. The need is that of all dangers and what the approval covers of them. With mayServe set it is
// not known to be of no use.
func (c clearance) answer(need, covered governance.ApprovalNeed, worst governance.Enforcement, mayServe, planning bool) []governance.Violation {
	switch {
	case c.requested && !need.Empty():
		return []governance.Violation{c.requestOf(need, planning)}
	case c.refused != nil && worst != governance.EnforceOff:
		return []governance.Violation{c.violation(worst, c.refused.Remedy, "its approval does not hold: %s", c.refused.Message)}
	case mayServe:
	case c.requested, c.refused != nil, c.approval != nil && covered.Empty() && worst == governance.EnforceOff:
		return []governance.Violation{c.violation(governance.EnforceWarn, "Take the argument out. "+liesAbout, "nothing that it may do needs an approval")}
	}
	return nil
}

// tell says once what a new approval lets pass, and in time that one ends.
func (r *Resource[M, P]) tell(title string, c clearance, covered governance.ApprovalNeed, news bool, diags *diag.Diagnostics) {
	if c.approval == nil || covered.Empty() {
		return
	}
	if news {
		diags.AddAttributeWarning(approvalPath, "Approval takes effect", fmt.Sprintf("%s: %s lets it be what the policy refuses otherwise:\n%s", title, c.approval, covered))
	}
	if now := r.data.Clock.Now(); r.data.Policy.EndsSoon(*c.approval, now) {
		diags.AddAttributeWarning(approvalPath, "Approval ends soon", fmt.Sprintf("%s: %s ends within %d days. From then on every plan of the identity is refused, while the identity itself goes on.\n\n"+
			"Have a new one signed, or take away what needs it. The JSON of this plan is all that who signs needs (guide \"Approvals\").", title, c.approval, (c.approval.Until.Sub(now)+24*time.Hour-1)/(24*time.Hour)))
	}
}

// judgeKept judges the approval of an identity that keeps what it may do, by what it needed one for when it was last
// judged: nothing is asked of the cloud.
func (r *Resource[M, P]) judgeKept(m, prior P, disabled, planning bool, diags *diag.Diagnostics) {
	common, had := m.Common(), prior.Common()
	common.ApprovalNeeded = had.ApprovalNeeded
	if !common.ID.Equal(had.ID) { // A replacement is judged as what it will be.
		return
	}
	need := tfkit.ApprovalNeed(had.ApprovalNeeded).Under(r.data.Policy)
	given := r.clear(m, had, cmp.Or(need.Identity, common.ID.ValueString()))
	var found []governance.Violation
	wrong := func(remedy, format string, args ...any) {
		found = append(found, given.violation(governance.EnforceError, remedy, format, args...))
	}
	switch {
	case need.Empty():
		if given.changed && (given.requested || given.refused != nil || given.approval != nil) {
			found = append(found, given.violation(governance.EnforceWarn, "Keep the argument only if it is for the identity's next change. "+liesAbout,
				"what it may do does not change, and nothing of that has needed an approval so far"))
		}
	case given.unknown && planning:
	case given.requested:
		found = append(found, given.requestOf(need, planning))
	case given.refused != nil:
		wrong(allowing(need)+given.refused.Remedy+howToRemove, "its approval does not hold: %s", given.refused.Message)
	case given.approval == nil:
		wrong(allowing(need)+howToGoOn+howToRemove, "an approval has let it pass, and is not there any more")
	default:
		if lacking := given.approval.Lacks(need); len(lacking) > 0 {
			wrong(allowing(need)+howToGoOn+howToRemove, "%s does not allow %s", given.approval, governance.Enumerate(lacking))
		} else if planning {
			r.tell(r.title(m), given, need, given.changed, diags)
		}
	}
	for i := range found {
		if disabled { // What has ended stays ended, and nobody need approve that.
			found[i].Enforcement = governance.EnforceWarn
		}
	}
	r.report(r.title(m), found, planning, diags)
}

// noteNeed keeps what the identity needs an approval for. What an apply finds has to be what its plan has shown.
func noteNeed(common *tfkit.GovernanceModel, need governance.ApprovalNeed, tentative, planning bool, title string, diags *diag.Diagnostics) {
	planned, found := common.ApprovalNeeded, tfkit.ApprovalNeeded(need)
	switch {
	case tentative:
		found = tfkit.ApprovalNeededUnknown()
	case !planning && !planned.IsUnknown() && !planned.Equal(found) && !diags.HasError():
		diags.AddAttributeError(approvalPath, "Plan is out of date", fmt.Sprintf("%s: what its policies let it do has changed since the plan. Plan again.", title))
	}
	common.ApprovalNeeded = found
}

// unapproved is the model of an identity of a kind that needs no approval.
func (r *Resource[M, P]) unapproved(m P, prior *tfkit.GovernanceModel, planning bool, diags *diag.Diagnostics) {
	common := m.Common()
	common.ApprovalNeeded = tfkit.ApprovalNeeded(governance.ApprovalNeed{})
	if given := (clearance{requested: common.Approval.ValueString() != ""}); prior == nil || !prior.Approval.Equal(common.Approval) {
		r.report(r.title(m), given.answer(governance.ApprovalNeed{}, governance.ApprovalNeed{}, governance.EnforceOff, false, planning), planning, diags)
	}
}

// commonOf are the arguments of the prior identity; nil where there is none.
func commonOf[M any, P Model[M]](m P) *tfkit.GovernanceModel {
	if m == nil {
		return nil
	}
	return m.Common()
}
