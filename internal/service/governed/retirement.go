package governed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	diags.Append(req.State.Get(ctx, m)...)
	common := m.Common()
	k, id := r.locate(common, &diags)
	if diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return
	}
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
	foreign, diags := withoutRemembered(ctx, req.Private, going.Attachments)
	resp.Diagnostics.Append(diags...)
	found := r.data.Policy.EvaluateRetirement(going.Uses, r.data.Clock.Now())
	for i := range found {
		found[i].Attribute = []string{k.Attribute()}
	}
	resp.Diagnostics.AddAttributeWarning(attributePath(k), "Identity will be retired", retirementText(title, going, foreign, found))
	if len(found) > 0 && found[0].Enforcement == governance.EnforceError {
		tfkit.AddViolations(&resp.Diagnostics, title, found)
	}
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

// retirementText says what goes with an identity, what of it others have made, when it was last used, and what the policy
// says to that.
func retirementText(title string, going platform.Retirement, foreign []string, found []governance.Violation) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s is removed for good, with its access.\n", title)
	switch {
	case len(going.Attachments) > 0:
		text.WriteString("\nDeleted with it, or detached from it where others share it:\n")
		for _, name := range going.Attachments {
			made := ""
			if slices.Contains(foreign, name) {
				made = " (not made by Terraform)"
			}
			fmt.Fprintf(&text, "  - %s%s\n", governance.Printable(name), made)
		}
	case len(going.Gaps) == 0:
		text.WriteString("\nNothing else goes with it.\n")
	}
	if len(going.Gaps) > 0 {
		text.WriteString("\nThere may be more, which could not be listed:\n")
		for _, gap := range going.Gaps {
			fmt.Fprintf(&text, "  - %s\n", governance.Printable(gap))
		}
	}
	text.WriteString("\nLast use:\n")
	for _, use := range going.Uses {
		fmt.Fprintf(&text, "  - %s\n", use)
	}
	if len(going.Uses) == 0 {
		text.WriteString("  - none: it has no credential\n")
	}
	for _, violation := range found {
		if violation.Enforcement == governance.EnforceWarn {
			fmt.Fprintf(&text, "\nTake care: %s. %s\n", violation.Message, violation.Remedy)
		}
	}
	return strings.TrimSuffix(text.String(), "\n")
}
