package governance

import (
	"fmt"
	"time"
)

// MaxExpiryDate is the last date that an expiry of the category may be at the given instant.
func (p Policy) MaxExpiryDate(category Category, now time.Time) time.Time {
	return today(now).AddDate(0, 0, p.MaxLifetimeDays(category))
}

func today(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

func malformedExpiry(text, allowed string) Violation {
	return Violation{
		Rule: RuleExpiryFormat, Enforcement: EnforceError, Attribute: []string{"expiry"},
		Message: fmt.Sprintf("expiry is %q, which is not a time", text),
		Remedy:  fmt.Sprintf("Write %s%s.", ExpiryForms, allowed),
	}
}

func (p Policy) checkExpiry(subject Subject, now time.Time) []Violation {
	if subject.Unknown[FieldExpiry] || blank(subject.Metadata.Expiry) {
		return nil
	}
	text, date := subject.Metadata.Expiry, func(t time.Time) string { return t.Format(time.DateOnly) }
	latest := p.MaxExpiryDate(subject.Category, now)
	allowed := fmt.Sprintf(", at the latest %s (%d days from today, %s)", date(latest), p.MaxLifetimeDays(subject.Category), date(today(now)))
	expiry, err := ParseExpiry(text)
	if err != nil {
		return []Violation{malformedExpiry(text, allowed)}
	}
	unchanged := subject.keepsExpiry(expiry)
	remedy := fmt.Sprintf("Write %s%s.", ExpiryForms, allowed)
	onceOver, fromThen := "applying disables it and keeps it restorable", "from then on the cloud refuses it or the next apply disables it"
	if subject.Category == CategoryProviderManaged {
		onceOver = "nothing ends its access but its removal, so what uses it goes on"
		fromThen = "nothing ends its access then but its removal, and every plan says so"
	}
	var found []Violation
	switch {
	case expiry.PassedAt(now) && unchanged:
		found = []Violation{p.violation(RuleExpiryInPast, "expiry",
			fmt.Sprintf("the %s expired on %s: %s", subject.noun(), expiry.end.Format(time.RFC3339), onceOver),
			fmt.Sprintf("To renew it, write a later expiry%s; otherwise remove it.", allowed))}
	case expiry.PassedAt(now):
		found = []Violation{p.violation(RuleExpiryInPast, "expiry",
			fmt.Sprintf("expiry %s is in the past: access would have ended on %s, and now it is %s", text, expiry.end.Format(time.RFC3339), now.UTC().Format(time.RFC3339)), remedy)}
	case expiry.End().After(latest.AddDate(0, 0, 1)):
		found = []Violation{p.violation(RuleMaxLifetime, "expiry",
			fmt.Sprintf("expiry %s is too far ahead: the policy lets %s of category %s live for %d days at most, to %s", text, article(subject.noun()), subject.Category, p.MaxLifetimeDays(subject.Category), date(latest)), remedy)}
	case expiry.StatusAt(now, p.warnBeforeDays) == StatusExpiring:
		found = []Violation{p.violation(RuleWarnBefore, "expiry",
			fmt.Sprintf("the %s expires on %s, in less than %s: %s", subject.noun(), expiry.end.Format(time.RFC3339), daysUp(expiry.end.Sub(now)), fromThen),
			fmt.Sprintf("If it is still needed, renew it with a later expiry%s.", allowed))}
	}
	// What exists already is not made illegal by the passing of time or by a stricter policy: it is shown, and the next
	// renewal has to comply.
	for i := range found {
		if unchanged && found[i].Enforcement == EnforceError {
			found[i].Enforcement = EnforceWarn
		}
	}
	return found
}

// keepsExpiry tells whether an existing identity's expiry stays at the same instant.
func (s Subject) keepsExpiry(expiry Expiry) bool {
	if s.Prior == nil {
		return false
	}
	prior, err := ParseExpiry(s.Prior.Expiry)
	return err == nil && prior.End().Equal(expiry.End())
}

// daysUp is a duration in days, rounded up.
func daysUp(d time.Duration) string {
	if d <= 24*time.Hour {
		return "1 day"
	}
	return fmt.Sprintf("%d days", int((d+24*time.Hour-1)/(24*time.Hour)))
}
