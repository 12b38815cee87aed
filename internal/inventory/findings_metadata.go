package inventory

import (
	"fmt"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func (s subject) unowned() string {
	if strings.TrimSpace(s.Metadata.Owner) != "" {
		return ""
	}
	return "nobody is named who answers for it"
}

func (s subject) ownerGone() string {
	var gone []string
	for _, field := range governance.OwnerFields {
		name := s.Metadata.Text(field)
		if absence := s.policy.OwnerAbsence(name, s.now); absence != "" {
			gone = append(gone, fmt.Sprintf("its %s is %q, which %s", strings.ReplaceAll(string(field), "_", " "), name, absence))
		}
	}
	if len(s.OwnersGone) > 0 {
		gone = append(gone, governance.Enumerate(s.OwnersGone)+" can no longer sign in, and still owns it on its platform")
	}
	return strings.Join(gone, "; ")
}

func (s subject) noPurpose() string {
	if strings.TrimSpace(s.Metadata.Purpose) != "" {
		return ""
	}
	return "nothing says what it is for, so nobody can decide whether it is still needed"
}

func (s subject) noExpiry() string {
	if strings.TrimSpace(s.Metadata.Expiry) == "" {
		return "its access never ends by itself"
	}
	if _, err := governance.ParseExpiry(s.Metadata.Expiry); err != nil {
		return fmt.Sprintf("its expiry is %q, which is no time, so its access never ends by itself", s.Metadata.Expiry)
	}
	return ""
}

func (s subject) expired() string {
	expiry, err := governance.ParseExpiry(s.Metadata.Expiry)
	if err != nil || !expiry.PassedAt(s.now) {
		return ""
	}
	end := expiry.End()
	switch {
	case s.Category == governance.CategoryProviderManaged:
		return fmt.Sprintf("its review was due on %s, and only its removal ends its access", s.ago(end))
	case s.ManagedBy != governance.ManagedBy:
		return fmt.Sprintf("its expiry was %s, and nothing here sees to it that its access has ended", s.ago(end))
	}
	return fmt.Sprintf("its access ended on %s, and it is still there", s.ago(end))
}

func (s subject) expiring() string {
	expiry, err := governance.ParseExpiry(s.Metadata.Expiry)
	if err != nil || expiry.StatusAt(s.now, s.WithinDays) != governance.StatusExpiring {
		return ""
	}
	return fmt.Sprintf("it expires on %s, in less than %s", expiry.End().Format(time.RFC3339), s.until(expiry.End()))
}

func (s subject) unmanaged() string {
	switch s.ManagedBy {
	case governance.ManagedBy:
		return ""
	case "":
		return "no tool's mark is on it, so nothing keeps it as it was declared"
	}
	return fmt.Sprintf("its mark says %q and not %s, so this provider does not keep it as it was declared", s.ManagedBy, governance.ManagedBy)
}

// unusedSince is the last instant of which a use is possible: its last use, or else when it was made or tracking began.
// It is the zero time where that is not known.
func (s subject) unusedSince() time.Time {
	if !s.LastUsedKnown {
		return time.Time{}
	}
	return latest(s.LastUsedAt, s.CreatedAt, s.TrackedSince)
}

// beforeQuarantine judges as of the day on which a quarantine began: nothing could use the identity since.
func (s subject) beforeQuarantine() subject {
	if s.Quarantine != nil {
		s.now = s.Quarantine.Since
	}
	return s
}

func (s subject) quarantined() string {
	if s.Quarantine == nil {
		return ""
	}
	text := fmt.Sprintf("it is in quarantine since %s, for the reason %q", s.ago(s.Quarantine.Since), s.Quarantine.Reason)
	for _, detail := range []struct{ name, value string }{{"ticket", s.Quarantine.Ticket}, {"release_after", s.Quarantine.ReleaseAfter}, {"delete_after", s.Quarantine.DeleteAfter}} {
		if detail.value != "" {
			text += "; " + detail.name + " " + detail.value
		}
	}
	return text
}

// idle tells whether it has gone unused for too long, as far as that is known.
func (s subject) idle() bool {
	since := s.unusedSince()
	return !since.IsZero() && since.Before(s.before(s.UnusedForDays))
}

// alwaysTracked tells whether the platform would know of every use since it was made.
func (s subject) alwaysTracked() bool {
	return !s.CreatedAt.IsZero() && !s.TrackedSince.After(s.CreatedAt)
}

func (s subject) stale() string {
	s = s.beforeQuarantine()
	switch {
	case !s.idle():
		return ""
	case !s.LastUsedAt.IsZero():
		where := ""
		if s.LastUsedService != "" {
			where = " for " + s.LastUsedService
		}
		if s.LastUsedRegion != "" {
			where += " in " + s.LastUsedRegion
		}
		return fmt.Sprintf("it was last used on %s%s; the limit is %s", s.ago(s.LastUsedAt), where, days(s.UnusedForDays)) + s.evidence(governance.UnusedIdentity, "it")
	case s.alwaysTracked():
		return ""
	}
	return fmt.Sprintf("it was not used since %s; the platform does not know of what was before, and the limit is %s", s.ago(s.unusedSince()), days(s.UnusedForDays)) + s.evidence(governance.UnusedIdentity, "it")
}

func (s subject) neverUsed() string {
	s = s.beforeQuarantine()
	if s.NoClient != "" && !s.CreatedAt.IsZero() && s.CreatedAt.Before(s.before(s.UnusedForDays)) {
		return fmt.Sprintf("it was made on %s, and %s", s.ago(s.CreatedAt), s.NoClient)
	}
	if !s.idle() || !s.LastUsedAt.IsZero() || !s.alwaysTracked() {
		return ""
	}
	return fmt.Sprintf("it was made on %s and never used; the limit is %s", s.ago(s.CreatedAt), days(s.UnusedForDays)) + s.evidence(governance.UnusedIdentity, "it")
}
