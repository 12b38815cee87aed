package iampolicy

import "slices"

// Trusts tells whether some Allow statement of a trust policy has the action, whoever it is for.
func Trusts(trust Document, action string) bool {
	return slices.ContainsFunc(trust.Statements, func(s Statement) bool { return s.Effect == Allow && s.coversTrustAction(action) })
}

// coversTrustAction tells whether the statement is about an action. IAM takes no patterns there but sts:*.
func (s Statement) coversTrustAction(action string) bool {
	named := func(list []string) bool {
		return slices.ContainsFunc(list, func(one string) bool {
			return one == "*" || equalFold(one, "sts:*") || equalFold(one, action)
		})
	}
	if len(s.NotAction) > 0 {
		return !named(s.NotAction)
	}
	return named(s.Action)
}
