// Package inventory says what is wrong with the identities that a platform lists, and finds those that a question is
// about.
package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// DefaultUnusedForDays is how long an identity may go unused before it is stale.
const DefaultUnusedForDays = 90

// Options are what findings depend on besides the identity, the policy and the time.
type Options struct {
	// UnusedForDays is how long an identity or a credential may go unused.
	UnusedForDays int
	// WithinDays is how long before its expiry an identity is expiring.
	WithinDays int
	// Neighbours are the other identities that the inventory knows.
	Neighbours Neighbours
}

// DefaultOptions hold where nobody asks for something else.
func DefaultOptions(policy governance.Policy) Options {
	return Options{UnusedForDays: DefaultUnusedForDays, WithinDays: policy.WarnBeforeDays()}
}

// Neighbours are what is known of identities and accounts beyond the one that is judged.
type Neighbours struct {
	accounts     map[string]bool
	environments map[governance.ID]string
}

// NewNeighbours takes what is listed. Its accounts are the enterprise's own, and so are further ones, of which nothing is
// listed.
func NewNeighbours(identities []governance.Identity, further []string) Neighbours {
	n := Neighbours{accounts: map[string]bool{}, environments: map[governance.ID]string{}}
	for _, account := range further {
		n.accounts[account] = true
	}
	for i := range identities {
		n.accounts[identities[i].ID.Home()] = true
		if environment := identities[i].Metadata.Environment; environment != "" {
			n.environments[identities[i].ID] = environment
		}
	}
	return n
}

// subject is an identity that is judged.
type subject struct {
	governance.Identity
	Options
	policy governance.Policy
	now    time.Time
}

// Findings are what is wrong with an identity, in the order of the catalogue and at most one of a code. Unknown is not
// wrong: what could not be read is not held against it. One that the cloud provider manages is nobody's to blame for: only
// an expiry and owners that somebody has put on it count.
func Findings(identity governance.Identity, policy governance.Policy, options Options, now time.Time) []governance.Finding {
	s := subject{Identity: identity, Options: options, policy: policy, now: now.UTC()}
	var findings []governance.Finding
	for i := range Catalogue {
		kind := &Catalogue[i]
		if identity.Category == governance.CategoryProviderManaged && !slices.Contains(declaredFindings, kind.Code) {
			continue
		}
		if message := kind.find(s); message != "" {
			findings = append(findings, governance.Finding{Code: kind.Code, Severity: kind.Severity, OWASP: kind.OWASP, Message: message, Remedy: kind.Remedy})
		}
	}
	return findings
}

// declaredFindings are about what somebody has put on an identity, whoever manages it.
var declaredFindings = []string{FindingOwnerGone, FindingExpired, FindingExpiring}

// Judge is a copy of the identities with their findings and risk scores.
func Judge(identities []governance.Identity, policy governance.Policy, options Options, now time.Time) []governance.Identity {
	judged := slices.Clone(identities)
	breakGlass := policy.BreakGlassOf()
	for i := range judged {
		judged[i].BreakGlass = breakGlass(judged[i].ID) != ""
		judged[i].Findings = Findings(judged[i], policy, options, now)
		judged[i].RiskScore = RiskScore(judged[i].Findings)
	}
	return judged
}

// UseUnknown tells whether an identity could be stale, but the platform could not say when it was last used, or does not
// know of its use for so long.
func UseUnknown(identity *governance.Identity, options Options, now time.Time) bool {
	limit := now.AddDate(0, 0, -options.UnusedForDays)
	if identity.Category == governance.CategoryProviderManaged || identity.NoClient != "" || !identity.CreatedAt.Before(limit) {
		return false
	}
	return !identity.LastUsedKnown || identity.LastUsedAt.Before(limit) && !identity.TrackedSince.Before(limit)
}

// evidence is what a watcher of the platform has found unused, as the end of a message; empty where it has not.
func (s subject) evidence(kind governance.UnusedKind, what string) string {
	for _, unused := range s.UnusedAccess {
		if unused.Kind == kind {
			return fmt.Sprintf("; %s saw no use of %s in the %s before %s", unused.Watcher, what, days(unused.Days), unused.AnalyzedAt.UTC().Format(time.DateOnly))
		}
	}
	return ""
}

// before is the instant so many days ago.
func (s subject) before(days int) time.Time { return s.now.AddDate(0, 0, -days) }

// ago writes a past time as a date and an age.
func (s subject) ago(t time.Time) string {
	return fmt.Sprintf("%s (%s ago)", t.UTC().Format(time.DateOnly), days(int(s.now.Sub(t)/(24*time.Hour))))
}

// until is the days to a time ahead, the begun one included.
func (s subject) until(t time.Time) string {
	return days(int((t.Sub(s.now) + 24*time.Hour - 1) / (24 * time.Hour)))
}

func days(count int) string {
	if count == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", count)
}

// latest is the last of some times.
func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// orID is a name for a credential that has no id.
func orID(c governance.CredentialSummary) string {
	return strings.TrimSpace(cmp.Or(credentialNouns[c.Kind], string(c.Kind)) + " " + c.ID)
}
