package iampolicy

import (
	"slices"
	"strings"
)

// ClosedSID is the Sid of the statement that Close adds. A digit follows when
// the document already uses that Sid for something else.
const ClosedSID = "GovernedExpired"

// Close appends to a trust policy a Deny for everybody, which wins over every
// Allow, so that nobody can assume the role although its trust stays on record.
// The statement lists the actions of the Allow statements, sorted and without
// repetition, because a trust policy takes only STS AssumeRole actions and no
// "*"; without an Allow statement it lists sts:AssumeRole. Closing a closed
// document gives the same document, and one whose Allow statements have changed
// since is closed again. An action pattern that a trust policy could not hold
// stands for all actions that it can.
func Close(d Document) Document {
	out := Reopen(d)
	out.Statements = append(out.Statements, closingStatement(out, ClosedSID))
	return out
}

// closingStatement denies to everybody what the document allows.
func closingStatement(d Document, sid string) Statement {
	return Statement{SID: freeSID(d, sid), Effect: Deny, Principal: &Principal{Any: true}, Action: closedActions(d)}
}

// Reopen takes off what Close added.
func Reopen(d Document) Document {
	out := d.clone()
	out.Statements = slices.DeleteFunc(out.Statements, func(s Statement) bool { return isClosing(s, ClosedSID) })
	return out
}

// IsClosed tells whether Close has been applied and still covers every action
// that the Allow statements grant.
func IsClosed(d Document) bool { return closes(d, ClosedSID) }

// closes tells whether the closing statements of some Sid cover every action that the Allow statements grant.
func closes(d Document, sid string) bool {
	var closed []string
	for _, s := range d.Statements {
		if isClosing(s, sid) {
			closed = append(closed, s.Action...)
		}
	}
	if len(closed) == 0 {
		return false
	}
	for _, action := range closedActions(d) {
		if !slices.ContainsFunc(closed, func(c string) bool { return equalFold(c, action) }) {
			return false
		}
	}
	return true
}

// isClosing recognises the statement by its Sid and by its whole shape: a
// statement of the user's that only has the Sid is left alone.
func isClosing(s Statement, sid string) bool {
	number, ok := strings.CutPrefix(s.SID, sid)
	return ok && strings.Trim(number, "0123456789") == "" &&
		s.Effect == Deny && isAnybody(s.Principal) && s.NotPrincipal == nil &&
		len(s.Action) > 0 && len(s.NotAction) == 0 &&
		len(s.Resource) == 0 && len(s.NotResource) == 0 && len(s.Condition) == 0
}

func isAnybody(p *Principal) bool {
	return p != nil && p.Any
}

func freeSID(d Document, base string) string {
	return numberedSID(base, func(sid string) bool {
		return slices.ContainsFunc(d.Statements, func(s Statement) bool { return s.SID == sid })
	})
}

func closedActions(d Document) []string {
	var out []string
	for _, s := range d.Statements {
		if s.Effect != Allow {
			continue
		}
		if len(s.NotAction) > 0 {
			out = append(out, trustActions...)
		}
		for _, action := range s.Action {
			if isTrustAction(action) {
				out = append(out, action)
			} else {
				out = append(out, trustActions...)
			}
		}
	}
	if len(out) == 0 {
		return []string{"sts:AssumeRole"}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
