package governance

import "time"

// Identity is one non-human identity as an inventory sees it.
type Identity struct {
	ID       ID
	Name     string
	Category Category
	Metadata Metadata
	// ManagedBy is the mark of the tool that governs it; empty when none does.
	ManagedBy string
	// ImportID is what an import block takes.
	ImportID  string
	CreatedAt time.Time
	// LastUsedAt is the last use that the platform has seen; the zero time when it has seen none.
	LastUsedAt time.Time
	// LastUsedKnown is false where the platform could not be asked, which is not the same as "never".
	LastUsedKnown bool
	Findings      []Finding
}

// Severity of a finding.
type Severity string

// The severities, the worst first.
const (
	SeverityHigh   Severity = "high"
	SeverityMedium Severity = "medium"
)

// Finding is one thing that is wrong with an identity.
type Finding struct {
	// Code is the finding's stable name, such as unowned.
	Code     string
	Severity Severity
	// OWASP is the id in the OWASP Non-Human Identities Top 10 (2025), such as NHI1.
	OWASP   string
	Message string
	Remedy  string
}
