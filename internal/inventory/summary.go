package inventory

import (
	"cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// None stands in a summary for the identities without an owner, or without findings.
const None = "(none)"

// Summary counts identities. ByFinding counts those with each finding; the others count every identity once.
type Summary struct {
	Total int
	// ByFinding has no entry for what nothing has.
	ByFinding  map[string]int
	ByOwner    map[string]int
	ByPlatform map[string]int
	ByCategory map[string]int
	// BySeverity counts by the worst finding.
	BySeverity map[string]int
}

// Summarise counts what is in a list.
func Summarise(identities []governance.Identity) Summary {
	summary := Summary{
		Total: len(identities), ByFinding: map[string]int{}, ByOwner: map[string]int{}, ByPlatform: map[string]int{},
		ByCategory: map[string]int{}, BySeverity: map[string]int{},
	}
	for i := range identities {
		one := &identities[i]
		for _, finding := range one.Findings {
			summary.ByFinding[finding.Code]++
		}
		summary.ByOwner[cmp.Or(one.Metadata.Owner, None)]++
		summary.ByPlatform[string(one.ID.Kind.Platform())]++
		summary.ByCategory[string(one.Category)]++
		summary.BySeverity[cmp.Or(string(worst(one.Findings)), None)]++
	}
	return summary
}
