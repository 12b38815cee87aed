package governance

import (
	"fmt"
	"regexp"
	"time"
)

// ExpiryForms is what an expiry may look like, for messages.
const ExpiryForms = `a date such as "2027-03-31" (valid to the end of that day, UTC) or an RFC 3339 time such as "2027-03-31T18:00:00Z"`

// Expiry is the moment at which an identity's access ends.
type Expiry struct{ end time.Time }

// InvalidExpiryError says that a text is no expiry.
type InvalidExpiryError struct{ Text string }

func (e *InvalidExpiryError) Error() string {
	return fmt.Sprintf("%q is not an expiry: write %s", e.Text, ExpiryForms)
}

// timePattern is the form of RFC 3339. Package time would also take T8:00:00, a comma before the fraction and +24:00.
var timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// ParseExpiry reads a date (that day is the last one, in UTC) or an RFC 3339 time. Fractions of a second are cut off,
// because IAM and Graph compare whole seconds. The error is an *InvalidExpiryError.
func ParseExpiry(text string) (Expiry, error) {
	end, err := time.Parse(time.RFC3339, text)
	valid := err == nil && timePattern.MatchString(text)
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		end, valid = day.AddDate(0, 0, 1), true
	}
	// RFC 3339, which the clouds compare with, has four digits for the year.
	if end = end.UTC(); !valid || end.Year() < 1 || end.Year() > 9999 {
		return Expiry{}, &InvalidExpiryError{Text: text}
	}
	return Expiry{end: end.Truncate(time.Second)}, nil
}

// End is the first instant, in UTC and whole seconds, at which access is over: midnight after a date.
func (e Expiry) End() time.Time { return e.end }

// PassedAt tells whether access is over at the given instant.
func (e Expiry) PassedAt(now time.Time) bool { return !now.Before(e.end) }

// InvalidDaysError says that an expiry cannot lie so many days ahead.
type InvalidDaysError struct {
	Days   int64
	Reason string
}

func (e *InvalidDaysError) Error() string { return fmt.Sprintf("%d %s", e.Days, e.Reason) }

// ExpiryAfter writes the date of the day that lies so many days after that of the instant, both in UTC. An expiry holds to the
// end of its day, so it leaves at least so many days of 24 hours, and at most one more. The error is an *InvalidDaysError.
func ExpiryAfter(start time.Time, days int64) (string, error) {
	if days < 0 || days > maxPolicyDays {
		return "", &InvalidDaysError{Days: days, Reason: fmt.Sprintf("is not a number of days from 0 to %d", maxPolicyDays)}
	}
	date := start.UTC().AddDate(0, 0, int(days)).Format(time.DateOnly)
	if _, err := ParseExpiry(date); err != nil {
		return "", &InvalidDaysError{Days: days, Reason: fmt.Sprintf("days after %s is no date that an expiry can be: its year has four digits, and it has a day after it", start.UTC().Format(time.DateOnly))}
	}
	return date, nil
}

// Status is where an identity stands in its life.
type Status string

// The states of an identity's life.
const (
	StatusActive   Status = "active"
	StatusExpiring Status = "expiring"
	StatusExpired  Status = "expired"
)

// StatusAt is the status at the given instant; an identity is expiring in the last warnBeforeDays days of its life.
func (e Expiry) StatusAt(now time.Time, warnBeforeDays int) Status {
	switch {
	case e.PassedAt(now):
		return StatusExpired
	case !now.Before(e.end.AddDate(0, 0, -warnBeforeDays)):
		return StatusExpiring
	default:
		return StatusActive
	}
}

// ExpiryEnforcement says who ends the access when the time has come.
type ExpiryEnforcement string

const (
	// ExpiryByCloud means that the cloud itself refuses access from the end on, whether Terraform runs or not.
	ExpiryByCloud ExpiryEnforcement = "cloud"
	// ExpiryByApply means that the first apply after the end disables the identity.
	ExpiryByApply ExpiryEnforcement = "apply"
	// ExpiryByNobody means that only the removal of the identity ends its access; an expiry is when it has to be reviewed.
	ExpiryByNobody ExpiryEnforcement = "none"
)
