package iampolicy

import "slices"

// Administers says what an identity policy allows on every resource that makes its holder an administrator of IAM, and
// so of the account: "every action", "every action of IAM", or "every action but …"; none for any other policy. A
// condition makes no difference, because it limits when and from where, and not what.
func Administers(d Document) []string {
	var found []string
	for _, s := range d.Statements {
		if reason := s.administers(); s.Effect == Allow && reason != "" && !slices.Contains(found, reason) {
			found = append(found, reason)
		}
	}
	return found
}

func (s Statement) administers() string {
	everywhere := s.Resource != nil && slices.ContainsFunc(s.Resource, isEverything)
	if !everywhere {
		return ""
	}
	iam := func(pattern string) bool { return globFold(pattern, "iam:*") }
	switch {
	case s.NotAction != nil && !slices.ContainsFunc(s.NotAction, touchesIAM):
		return "every action but some that are not of IAM"
	case slices.ContainsFunc(s.Action, isEveryAction):
		return "every action"
	case slices.ContainsFunc(s.Action, iam):
		return "every action of IAM"
	}
	return ""
}

// RefusesEverything tells whether an identity policy denies every action always.
func RefusesEverything(d Document) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return s.Effect == Deny && len(s.Condition) == 0 && slices.ContainsFunc(s.Action, isEveryAction) && slices.ContainsFunc(s.Resource, isEverything)
	})
}

// isEverything recognises "*", also when it is written more than once.
func isEverything(pattern string) bool { return pattern != "" && globFold(pattern, "") }

func isEveryAction(pattern string) bool { return isEverything(pattern) || globFold(pattern, ":") }

// touchesIAM tells whether a pattern takes anything of IAM away.
func touchesIAM(pattern string) bool {
	_, ofIAM := cutPrefixFold(pattern, "iam:")
	return ofIAM || globFold(pattern, "iam:*")
}
