// Package report writes an inventory down for people and for other tools. It is pure: the same identities in the same
// format are the same text, whatever the day and the order in which they come.
package report

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Format is what a report is written in.
type Format string

// The formats. SARIF is of version 2.1.0.
const (
	HTML     Format = "html"
	Markdown Format = "markdown"
	CSV      Format = "csv"
	JSON     Format = "json"
	SARIF    Format = "sarif"
)

// Formats lists all of them.
func Formats() []Format { return []Format{HTML, Markdown, CSV, JSON, SARIF} }

// Text is what is known of something; empty, and null in JSON, when nothing is.
type Text string

// MarshalJSON tells what is not known from what is empty.
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// Inventory is what a report is of.
type Inventory struct {
	Identities []Identity
	// Gaps says what could not be read, a sentence each: empty when everything was, and nil when nobody has told.
	Gaps []string
}

// Identity is one identity as the data sources return it. Times are RFC 3339. Every text may come from a stranger.
type Identity struct {
	ID              Text              `json:"id"`
	Name            Text              `json:"name"`
	Platform        Text              `json:"platform"`
	Kind            Text              `json:"kind"`
	Category        Text              `json:"category"`
	Account         Text              `json:"account"`
	Owner           Text              `json:"owner"`
	Purpose         Text              `json:"purpose"`
	Expiry          Text              `json:"expiry"`
	Environment     Text              `json:"environment"`
	Ticket          Text              `json:"ticket"`
	Systems         []string          `json:"systems"`
	Labels          map[string]string `json:"labels"`
	ManagedBy       Text              `json:"managed_by"`
	Trust           []Trustee         `json:"trust"`
	Credentials     []Credential      `json:"credentials"`
	Classes         []string          `json:"classes"`
	Privileges      []string          `json:"privileges"`
	CreatedAt       Text              `json:"created_at"`
	LastUsedAt      Text              `json:"last_used_at"`
	LastUsedKnown   bool              `json:"last_used_known"`
	LastUsedService Text              `json:"last_used_service"`
	LastUsedRegion  Text              `json:"last_used_region"`
	UnusedAccess    []UnusedAccess    `json:"unused_access"`
	Findings        []Finding         `json:"findings"`
	// RiskScore is nil where the data has none.
	RiskScore *int64 `json:"risk_score"`
	ImportID  Text   `json:"import_id"`
}

// Trustee is one that can use an identity.
type Trustee struct {
	Kind         Text     `json:"kind"`
	Name         Text     `json:"name"`
	Account      Text     `json:"account"`
	External     bool     `json:"external"`
	ExternalID   bool     `json:"external_id"`
	Organization Text     `json:"organization"`
	Subjects     []string `json:"subjects"`
	Audiences    []string `json:"audiences"`
	Conditioned  bool     `json:"conditioned"`
}

// Credential is a long-lived credential, without its secret.
type Credential struct {
	Kind            Text `json:"kind"`
	ID              Text `json:"id"`
	Active          bool `json:"active"`
	CreatedAt       Text `json:"created_at"`
	ExpiresAt       Text `json:"expires_at"`
	LastUsedAt      Text `json:"last_used_at"`
	LastUsedKnown   bool `json:"last_used_known"`
	LastUsedService Text `json:"last_used_service"`
	LastUsedRegion  Text `json:"last_used_region"`
	Store           Text `json:"store"`
}

// UnusedAccess is what a watcher of the platform has found unused.
type UnusedAccess struct {
	Kind    Text `json:"kind"`
	Watcher Text `json:"watcher"`
	// Days is nil where the data has none.
	Days       *int64 `json:"days"`
	AnalyzedAt Text   `json:"analyzed_at"`
}

// Finding is one thing that is wrong with an identity.
type Finding struct {
	Code     Text `json:"code"`
	Severity Text `json:"severity"`
	OWASP    Text `json:"owasp"`
	Message  Text `json:"message"`
	Remedy   Text `json:"remedy"`
}

// Severities, the worst first. What a finding calls by another name is unrated, and ranks last.
const (
	critical = "critical"
	high     = "high"
	medium   = "medium"
	low      = "low"
	unrated  = "unrated"
)

var severities = []string{critical, high, medium, low, unrated}

// severity is one of severities.
func (f Finding) severity() string {
	if slices.Contains(severities, string(f.Severity)) {
		return string(f.Severity)
	}
	return unrated
}

// rank is 0 for the worst severity.
func rank(severity string) int { return slices.Index(severities, severity) }

// worst is the rank of an identity's worst finding, and beyond all ranks without one.
func (i Identity) worst() int {
	at := len(severities)
	for _, finding := range i.Findings {
		at = min(at, rank(finding.severity()))
	}
	return at
}

func (i Identity) score() int64 {
	if i.RiskScore == nil {
		return 0
	}
	return *i.RiskScore
}

// Render writes a report of the identities, the worst first: by score, by worst finding, by id. The gaps keep their order,
// each once. The format has to be one of Formats.
func Render(inventory Inventory, format Format) (string, error) {
	identities, gaps := slices.Clone(inventory.Identities), once(inventory.Gaps)
	slices.SortFunc(identities, func(a, b Identity) int {
		return cmp.Or(cmp.Compare(b.score(), a.score()), cmp.Compare(a.worst(), b.worst()), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Name, b.Name))
	})
	for i := range identities {
		findings := slices.Clone(identities[i].Findings)
		slices.SortStableFunc(findings, func(a, b Finding) int {
			return cmp.Or(cmp.Compare(rank(a.severity()), rank(b.severity())), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
		})
		identities[i].Findings = findings
	}
	switch format {
	case HTML:
		return renderHTML(identities, gaps)
	case Markdown:
		return renderMarkdown(identities, gaps), nil
	case CSV:
		return renderCSV(identities)
	case JSON:
		return renderJSON(identities, gaps)
	default:
		return renderSARIF(identities, gaps)
	}
}

// once leaves out what has been said before. What is nil stays so.
func once(gaps []string) []string {
	said := make(map[string]bool, len(gaps))
	return slices.DeleteFunc(slices.Clone(gaps), func(gap string) bool {
		again := said[gap]
		said[gap] = true
		return again
	})
}
