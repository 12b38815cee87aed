// Package inventory says what is wrong with the identities that a platform lists.
package inventory

import (
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Codes of findings about metadata that is missing.
const (
	FindingUnowned   = "unowned"
	FindingNoPurpose = "no_purpose"
	FindingNoExpiry  = "no_expiry"
)

// metadataFindings says what follows from a required field that is missing. All three are ways to outlive a system
// unnoticed: OWASP NHI1, Improper Offboarding.
var metadataFindings = map[governance.Field]governance.Finding{
	governance.FieldOwner: {
		Code: FindingUnowned, Severity: governance.SeverityHigh, OWASP: "NHI1",
		Message: "nobody is named who answers for it", Remedy: "find who uses it, and import it with that owner; quarantine it if nobody claims it",
	},
	governance.FieldPurpose: {
		Code: FindingNoPurpose, Severity: governance.SeverityMedium, OWASP: "NHI1",
		Message: "nothing says what it is for, so nobody can decide whether it is still needed", Remedy: "import it with the purpose that its owner states",
	},
	governance.FieldExpiry: {
		Code: FindingNoExpiry, Severity: governance.SeverityMedium, OWASP: "NHI1",
		Message: "its access never ends by itself", Remedy: "import it with an expiry",
	},
}

// Unowned are the identities that lack an owner, a purpose or an expiry, each with a finding for what it lacks. Those
// that the cloud provider manages are nobody's to own and are left out.
func Unowned(identities []governance.Identity) []governance.Identity {
	var unowned []governance.Identity
	for _, identity := range identities {
		missing := identity.Metadata.Missing()
		if identity.Category == governance.CategoryProviderManaged || len(missing) == 0 {
			continue
		}
		identity.Findings = slices.Clone(identity.Findings)
		for _, field := range missing {
			identity.Findings = append(identity.Findings, metadataFindings[field])
		}
		unowned = append(unowned, identity)
	}
	return unowned
}

// Summary counts identities.
type Summary struct {
	// Total is how many there are.
	Total int
	// ByFinding counts the identities with each finding, by code.
	ByFinding map[string]int
}

// Summarise counts what is in a list.
func Summarise(identities []governance.Identity) Summary {
	summary := Summary{Total: len(identities), ByFinding: map[string]int{}}
	for _, identity := range identities {
		for _, finding := range identity.Findings {
			summary.ByFinding[finding.Code]++
		}
	}
	return summary
}
