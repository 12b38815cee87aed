package iampolicy

import (
	"slices"
	"time"
)

// ExpirySID is the Sid of the statement that ExpiryDeny makes.
const ExpirySID = "GovernedExpiry"

// ExpiryDeny returns an identity policy that denies everything from end on, the
// first instant at which access is over, cut to the second. It ends sessions
// that a time-boxed trust policy let in before end, and works for users too.
func ExpiryDeny(end time.Time) Document {
	return Document{
		Version: Version2012,
		Statements: []Statement{{
			SID:      ExpirySID,
			Effect:   Deny,
			Action:   []string{"*"},
			Resource: []string{"*"},
			Condition: Condition{
				"DateGreaterThanEquals": {currentTimeKey: {formatDate(end)}},
			},
		}},
	}
}

// ParseExpiryDeny reads the end, in UTC, out of a policy made by ExpiryDeny. It
// is not ok for any other policy, one that denies less included.
func ParseExpiryDeny(text string) (end time.Time, ok bool) {
	d, err := ParseIdentity(text)
	if err != nil {
		return time.Time{}, false
	}
	return d.ExpiryEnd()
}

// ExpiryEnd is ParseExpiryDeny of a policy that has been read.
func (d Document) ExpiryEnd() (end time.Time, ok bool) {
	if len(d.Statements) != 1 {
		return time.Time{}, false
	}
	s := d.Statements[0]
	if s.SID != ExpirySID || s.Effect != Deny || len(s.Condition) != 1 ||
		!slices.Equal(s.Action, []string{"*"}) || !slices.Equal(s.Resource, []string{"*"}) {
		return time.Time{}, false
	}
	for operator, keys := range s.Condition {
		if !equalFold(operator, "DateGreaterThanEquals") || len(keys) != 1 {
			return time.Time{}, false
		}
		for key, values := range keys {
			if !equalFold(key, currentTimeKey) || len(values) != 1 {
				return time.Time{}, false
			}
			end, ok = parseDate(values[0])
		}
	}
	return end, ok
}
