package governed

import (
	"fmt"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// InQuarantine tells of the quarantine of an identity, which an apply leaves as it is.
func InQuarantine(there *governance.Quarantine) []Warning {
	if there == nil {
		return nil
	}
	ticket := ""
	if there.Ticket != "" {
		ticket = fmt.Sprintf(" (%s)", governance.Printable(there.Ticket))
	}
	return []Warning{{
		Summary: "Identity is in quarantine",
		Detail: fmt.Sprintf("nobody can use it since %s, for the reason %q%s. Applying changes nothing of that: a change of this resource takes effect when the governed_quarantine of the identity is removed.",
			there.Since.UTC().Format(time.RFC3339), there.Reason, ticket),
	}}
}
