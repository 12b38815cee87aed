package governed

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Entitled is a kind whose platform says what an identity may do.
type Entitled[P any] interface {
	// Entitlements judges what the planned identity may do, as far as that is known, and what it gains over the prior one;
	// prior is nil on create.
	Entitlements(ctx context.Context, data *tfkit.Data, m, prior P, asked governance.Inquiry) (governance.Entitlements, error)
}

// JudgeHolding is Entitlements of a kind whose driver can judge: holding reads of a model what decides what the identity may do.
func JudgeHolding[M, H any](ctx context.Context, m, prior *M, asked governance.Inquiry, holding func(context.Context, *M) (H, error),
	judge func(ctx context.Context, now H, had *H, asked governance.Inquiry) (governance.Entitlements, error),
) (governance.Entitlements, error) {
	now, err := holding(ctx, m)
	if err != nil {
		return governance.Entitlements{}, err
	}
	if prior == nil {
		return judge(ctx, now, nil, asked)
	}
	had, err := holding(ctx, prior)
	if err != nil {
		return governance.Entitlements{}, err
	}
	return judge(ctx, now, &had, asked)
}

// judgeEntitlements reports what is wrong with what an identity may do: at plan with all warnings, and once more before an
// apply changes anything, because what was not known at plan is known by then. Of an identity that keeps what it may do it
// says so, and only rules of the policy's own judge it.
func (r *Resource[M, P]) judgeEntitlements(ctx context.Context, k Kind[P], m P, existed existing[P], judged governance.Subject, planning bool, diags *diag.Diagnostics) (kept bool) {
	prior := existed.state
	had, common := commonOf[M](prior), m.Common()
	policy, title := r.data.Policy, r.title(m)
	// What cannot be asked for an identity that is refused anyhow has been said, or will be when the rest is right.
	refused := diags.HasError()
	of := governance.Entitlements{Granted: &governance.Granted{}} // what the platform alone grants is not the policy's to judge
	entitled, ok := k.(Entitled[P])
	unseen := existed.unseen() && policy.JudgesDangers()
	if ok {
		var err error
		of, err = entitled.Entitlements(ctx, r.data, m, prior, governance.Inquiry{Final: !planning, Granted: policy.JudgesGranted(), Unseen: unseen})
		if err != nil {
			if !refused {
				tfkit.AddError(diags, attributePath(k), "Permissions cannot be judged", title, err)
			}
			return false
		}
	} else {
		r.unapproved(m, had, planning, diags)
	}
	own := removable(policy.EvaluateGranted(judged, of, r.data.Clock.Now()), judged)
	given := r.clear(m, had, of.Identity)
	of.Requested = given.requested
	cleared, left := given.split(of)
	found := policy.EvaluateDangers(left)
	if !ok || of.Unchanged {
		r.report(title, append(found, own...), planning, diags)
		if planning && !refused && unseen {
			warnUnjudged(title, of, diags)
		}
		return of.Unchanged
	}
	need, covered, gains := needOf(policy, of, cleared, had), policy.NeedOf(cleared, governance.EnforceError, governance.EnforceWarn), len(of.Gains) > 0
	tentative := of.Tentative && planning
	mayServe := tentative || refused || gains && given.changed && given.approval != nil // as a new ticket
	found = append(found, given.answer(need, covered, worst(found), mayServe, planning)...)
	if gains {
		found = append(found, policy.EvaluateGains(judged, of, given.approval != nil && given.changed)...)
	}
	found = append(given.soften(found, planning), policy.EvaluateUnknownActions(of)...)
	r.report(title, append(found, own...), planning, diags)
	// Of what only takes away, the approval decides what is needed from now on.
	noteNeed(common, need, tentative || planning && given.unknown && of.Narrows, planning, title, diags)
	if !planning {
		return false
	}
	r.tell(title, given, covered, true, diags)
	if !refused {
		warnUnjudged(title, of, diags)
	}
	if gains {
		diags.AddAttributeWarning(attributePath(k), "Identity gains permissions", title+" may do what it could not do before:\n\n"+gained(of.Gains))
	}
	return false
}

// warnUnjudged says what nobody could look at.
func warnUnjudged(title string, of governance.Entitlements, diags *diag.Diagnostics) {
	for _, unjudged := range of.Unjudged {
		at := tfkit.AttributePath(unjudged.Attribute)
		diags.AddAttributeWarning(at, "Permissions are not judged", fmt.Sprintf("%s: %s.\n\n%s\n\nArgument: %s.", title, unjudged, unjudged.Remedy, at))
	}
}

// needOf is what the identity needs an approval for from now on. A change that only takes away makes no new need of what
// nobody has had to approve before.
func needOf(policy governance.Policy, of, cleared governance.Entitlements, had *tfkit.GovernanceModel) governance.ApprovalNeed {
	if of.Narrows && tfkit.ApprovalNeed(had.ApprovalNeeded).Empty() {
		return policy.NeedOf(cleared)
	}
	return policy.NeedOf(of)
}

// mostGains is how many gains a warning names.
const mostGains = 12

// gained lists gains by access level.
func gained(gains []governance.Gain) string {
	var text strings.Builder
	level := ""
	for i, gain := range gains {
		if i == mostGains {
			fmt.Fprintf(&text, "and %d more, none of them graver.", len(gains)-mostGains)
			break
		}
		if gain.Level != level {
			level = gain.Level
			fmt.Fprintf(&text, "%s:\n", level)
		}
		fmt.Fprintf(&text, "  - %s\n", gain.Text)
	}
	return strings.TrimSuffix(text.String(), "\n")
}
