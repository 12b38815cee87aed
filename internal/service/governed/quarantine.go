package governed

import (
	"fmt"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// InQuarantine tells of the quarantine of an identity, which an apply leaves as it is.
func InQuarantine(there *governance.Quarantine) []Warning {
	return inQuarantine(there, "nobody can use it", "Applying changes nothing of that: a change of this resource takes effect when the governed_quarantine of the identity is removed.")
}

// Stripped tells the same of an identity that loses in quarantine what it may do.
func Stripped(there *governance.Quarantine) []Warning {
	return inQuarantine(there, "its roles and federated credentials are taken off it",
		"Applying gives nothing back: what this resource still wants of them comes back when the governed_quarantine of the identity is removed, and what is new with the first apply after that.")
}

func inQuarantine(there *governance.Quarantine, what, effect string) []Warning {
	if there == nil {
		return nil
	}
	ticket := ""
	if there.Ticket != "" {
		ticket = fmt.Sprintf(" (%s)", governance.Printable(there.Ticket))
	}
	return []Warning{{
		Summary: "Identity is in quarantine",
		Detail:  fmt.Sprintf("%s since %s, for the reason %q%s. %s", what, there.Since.UTC().Format(time.RFC3339), there.Reason, ticket, effect),
	}}
}
