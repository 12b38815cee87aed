package inventory

import (
	"fmt"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// credentialNouns are what messages call the kinds of credentials.
var credentialNouns = map[governance.CredentialKind]string{
	governance.CredentialAccessKey:         "access key",
	governance.CredentialPassword:          "console password",
	governance.CredentialMFADevice:         "MFA device",
	governance.CredentialCertificate:       "signing certificate",
	governance.CredentialSSHKey:            "SSH key",
	governance.CredentialServiceSpecific:   "service-specific credential",
	governance.CredentialClientSecret:      "client secret",
	governance.CredentialClientCertificate: "certificate",
}

// eachSecret writes a clause for every active credential that authenticates alone, and joins them.
func (s subject) eachSecret(clause func(governance.CredentialSummary) string) string {
	var clauses []string
	for _, c := range s.Credentials {
		if !c.Active || c.Kind == governance.CredentialMFADevice {
			continue
		}
		if text := clause(c); text != "" {
			clauses = append(clauses, text)
		}
	}
	return strings.Join(clauses, "; ")
}

func (s subject) credentialNotRotated() string {
	limit := s.policy.CredentialMaxAgeDays()
	return s.eachSecret(func(c governance.CredentialSummary) string {
		if c.CreatedAt.IsZero() || !c.CreatedAt.Before(s.before(limit)) {
			return ""
		}
		return fmt.Sprintf("the %s is from %s; the policy's credential_max_age_days is %d", orID(c), s.ago(c.CreatedAt), limit)
	})
}

func (s subject) longLivedCredential() string {
	return s.eachSecret(func(c governance.CredentialSummary) string {
		if c.Store != "" || c.Kind == governance.CredentialPassword {
			return ""
		}
		made := ""
		if !c.CreatedAt.IsZero() {
			made = " was made on " + s.ago(c.CreatedAt) + " and"
		}
		until := "somebody revokes it"
		if !c.EndsAt.IsZero() {
			until = c.EndsAt.Format(time.DateOnly)
		}
		return fmt.Sprintf("the %s%s works until %s, and no governed_credential is known to have it", orID(c), made, until)
	})
}

// unusedSecrets are the kinds of credentials that watchers judge.
var unusedSecrets = map[governance.CredentialKind]governance.UnusedKind{
	governance.CredentialAccessKey: governance.UnusedAccessKey,
	governance.CredentialPassword:  governance.UnusedPassword,
}

func (s subject) unusedCredential() string {
	if s.idle() {
		return ""
	}
	// A watcher tells the kind of what is unused, and not which of two it is.
	var evidence string
	message := s.eachSecret(func(c governance.CredentialSummary) string {
		since := latest(c.LastUsedAt, c.CreatedAt)
		if !c.LastUsedKnown || since.IsZero() || !since.Before(s.before(s.UnusedForDays)) {
			return ""
		}
		if found := s.evidence(unusedSecrets[c.Kind], "an active "+orID(governance.CredentialSummary{Kind: c.Kind})); !strings.Contains(evidence, found) {
			evidence += found
		}
		if c.LastUsedAt.IsZero() {
			return fmt.Sprintf("the %s is from %s and was not used since; the limit is %s", orID(c), s.ago(since), days(s.UnusedForDays))
		}
		return fmt.Sprintf("the %s was last used on %s; the limit is %s", orID(c), s.ago(c.LastUsedAt), days(s.UnusedForDays))
	})
	return message + evidence
}

func (s subject) credentialExpiring() string {
	limit := s.now.AddDate(0, 0, s.WithinDays)
	return s.eachSecret(func(c governance.CredentialSummary) string {
		if c.Store != "" || c.EndsAt.IsZero() || c.EndsAt.After(limit) {
			return ""
		}
		return fmt.Sprintf("the %s ends on %s, in less than %s", orID(c), c.EndsAt.UTC().Format(time.RFC3339), s.until(c.EndsAt))
	})
}

func (s subject) credentialExpired() string {
	var ended []string
	for _, c := range s.Credentials {
		if !c.EndsAt.IsZero() && !c.EndsAt.After(s.now) {
			ended = append(ended, fmt.Sprintf("the %s of %s", orID(c), s.ago(c.EndsAt)))
		}
	}
	if len(ended) == 0 {
		return ""
	}
	return "it still has credentials that have ended: " + governance.Enumerate(ended)
}
