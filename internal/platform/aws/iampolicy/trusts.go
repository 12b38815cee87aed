package iampolicy

import (
	"fmt"
	"slices"
	"strings"
)

// Trusts tells whether some Allow statement of a trust policy has the action, whoever it is for.
func Trusts(trust Document, action string) bool {
	return slices.ContainsFunc(trust.Statements, func(s Statement) bool { return s.Effect == Allow && s.covers(action) })
}

// Asker is who asks to assume a role of its own account, and what it says with that.
type Asker struct {
	// Names are ARNs of the role, the user or the session, or of the OpenID Connect provider whose token it has.
	Names []string
	// Account is the account of who asks with credentials of its own; empty for a token.
	Account string
	// Facts are the condition keys of the request that are known, in lower case. An empty one is known to be absent.
	Facts map[string]string
}

// Admission is what a trust policy says to an asker about one action.
type Admission struct {
	// Named says that a statement allows the action to the asker itself; Account that one allows it to the asker's account,
	// whose own policies decide then.
	Named, Account bool
	// Denied is the statement that denies it; empty for none.
	Denied string
	// Unmet are the conditions of statements that would allow it, each with the statement, that the request does not meet.
	Unmet []string
	// Unjudged are condition keys of the statements that allow it, of which nothing is known here, sorted.
	Unjudged []string
}

// Admit judges a trust policy. Limits in time are taken to be met.
func Admit(trust Document, who Asker, action string) (a Admission) {
	for i, s := range trust.Statements {
		named, account := s.names(who)
		if !s.covers(action) || (!named && !account) {
			continue
		}
		unmet, unjudged := s.Condition.against(who.Facts)
		switch {
		case s.Effect == Deny && len(unmet) == 0 && len(unjudged) == 0:
			a.Denied = label(i, s)
		case s.Effect == Deny && len(unmet) == 0:
			a.Unjudged = append(a.Unjudged, unjudged...)
		case s.Effect == Deny:
		case len(unmet) > 0:
			for _, condition := range unmet {
				a.Unmet = append(a.Unmet, label(i, s)+" "+condition)
			}
		default:
			a.Named, a.Account = a.Named || named, a.Account || account
			a.Unjudged = append(a.Unjudged, unjudged...)
		}
	}
	slices.Sort(a.Unjudged)
	a.Unjudged = slices.Compact(a.Unjudged)
	return a
}

// names tells whether the statement is for the asker itself, or for its account.
func (s Statement) names(who Asker) (named, account bool) {
	if s.Principal == nil {
		return true, false // Everybody but those of NotPrincipal; which of them the asker is, is not judged.
	}
	all := slices.Concat(s.Principal.AWS, s.Principal.Federated)
	named = s.Principal.Any || slices.ContainsFunc(all, func(one string) bool { return one == "*" || slices.Contains(who.Names, one) })
	account = who.Account != "" && slices.ContainsFunc(s.Principal.AWS, func(one string) bool {
		return one == who.Account || strings.HasSuffix(one, "::"+who.Account+":root")
	})
	return named, account
}

// against tells which conditions the facts do not meet, and of which keys nothing is known.
func (c Condition) against(facts map[string]string) (unmet, unjudged []string) {
	for _, operator := range sortedKeys(c) {
		for _, key := range sortedKeys(c[operator]) {
			values := c[operator][key]
			base, _ := splitOperator(lower(operator))
			have, known := facts[lower(key)]
			switch {
			case strings.HasPrefix(base, "date"):
			case !known, !slices.Contains([]string{"stringequals", "stringlike", "stringequalsignorecase"}, base):
				unjudged = append(unjudged, key)
			case have == "":
				unmet = append(unmet, fmt.Sprintf("asks for %s, which the request does not have", key))
			case !slices.ContainsFunc(values, func(want string) bool {
				return have == want || base == "stringequalsignorecase" && equalFold(have, want) || base == "stringlike" && globFold(want, have)
			}):
				unmet = append(unmet, fmt.Sprintf("asks for %s to be %s, and it is %s", key, strings.Join(quoteAll(values), " or "), quote(have)))
			}
		}
	}
	return unmet, unjudged
}

func quoteAll(texts []string) []string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return quoted
}
