package tfkit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// AddRetirement warns of what a removal takes with it, of which foreign are the names that Terraform did not make, and of
// the last uses. The summary has to name what is removed: of several warnings with the same one Terraform shows only the
// first, where their blocks are still in the configuration. Where the policy enforces retire_in_use it is refused as well.
func AddRetirement(diags *diag.Diagnostics, data *Data, attribute []string, summary, title string, going platform.Retirement, foreign []string) {
	found := data.Policy.EvaluateRetirement(going.Uses, data.Clock.Now())
	for i := range found {
		found[i].Attribute = attribute
	}
	diags.AddAttributeWarning(AttributePath(attribute), summary, retirementText(title, going, foreign, found))
	if len(found) > 0 && found[0].Enforcement == governance.EnforceError {
		AddViolations(diags, title, found)
	}
}

// retirementText says what goes with an identity, what of it others have made, when it was last used, and what the policy
// says to that.
func retirementText(title string, going platform.Retirement, foreign []string, found []governance.Violation) string {
	var text strings.Builder
	if going.Kept == "" {
		fmt.Fprintf(&text, "%s is removed for good, with its access.\n", title)
	} else {
		fmt.Fprintf(&text, "%s is removed, with its access. %s %s\n", title, going.Kept, going.Purge)
	}
	switch {
	case len(going.Attachments) > 0:
		text.WriteString("\nDeleted with it, or detached from it where others share it:\n")
		for _, name := range going.Attachments {
			made := ""
			switch {
			case slices.Contains(going.Governed, name):
				made = " (which its governed_credential revokes)"
			case slices.Contains(foreign, name):
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
