package iampolicy

import (
	"slices"
	"time"
)

// The Sids of the statements that SessionDeny and SessionsDeny make.
const (
	ClosedSessionSID   = "GovernedClosedSession"
	RevokedSessionsSID = "GovernedRevokedSessions"
)

const (
	tokenIssueTimeKey = "aws:TokenIssueTime"
	userIDKey         = "aws:userid"
)

// SessionsDeny returns an identity policy that denies everything to sessions that were issued before an instant, cut to the
// second. Long-term credentials have no such instant, and go on.
func SessionsDeny(validAfter time.Time) Document {
	return denyAll(RevokedSessionsSID, Condition{dateLessThan: {tokenIssueTimeKey: {formatDate(validAfter)}}})
}

// ParseSessionsDeny reads the instant, in UTC, out of a policy made by SessionsDeny. It is not ok for any other policy.
func ParseSessionsDeny(text string) (validAfter time.Time, ok bool) {
	condition, ok := parseDenyAll(text, RevokedSessionsSID)
	if !ok || len(condition) != 1 {
		return time.Time{}, false
	}
	return condition.instant(tokenIssueTimeKey)
}

// SessionDeny returns an identity policy that denies everything to one session until it ends. The session is that of
// aws:userid: the unique id of the role, a colon, and the name of the session.
func SessionDeny(userID string, end time.Time) Document {
	return denyAll(ClosedSessionSID, Condition{
		"StringEquals": {userIDKey: {userID}},
		dateLessThan:   {currentTimeKey: {formatDate(end)}},
	})
}

// ParseSessionDeny reads the end of the session, in UTC, out of a policy made by SessionDeny. It is not ok for any other.
func ParseSessionDeny(text string) (end time.Time, ok bool) {
	condition, ok := parseDenyAll(text, ClosedSessionSID)
	if !ok || len(condition) != 2 || len(condition["StringEquals"][userIDKey]) != 1 {
		return time.Time{}, false
	}
	return condition.instant(currentTimeKey)
}

func denyAll(sid string, condition Condition) Document {
	return Document{Version: Version2012, Statements: []Statement{{
		SID: sid, Effect: Deny, Action: []string{"*"}, Resource: []string{"*"}, Condition: condition,
	}}}
}

// parseDenyAll is the condition of a policy made by denyAll.
func parseDenyAll(text, sid string) (Condition, bool) {
	d, err := ParseIdentity(text)
	if err != nil || len(d.Statements) != 1 {
		return nil, false
	}
	s := d.Statements[0]
	return s.Condition, s.SID == sid && s.Effect == Deny && slices.Equal(s.Action, []string{"*"}) && slices.Equal(s.Resource, []string{"*"})
}

// instant is the only value of DateLessThan, under the key.
func (c Condition) instant(key string) (time.Time, bool) {
	values := c[dateLessThan][key]
	if len(c[dateLessThan]) != 1 || len(values) != 1 {
		return time.Time{}, false
	}
	return parseDate(values[0])
}
