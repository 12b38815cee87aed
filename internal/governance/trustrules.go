package governance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Trust is who will be able to use an identity, as far as that is known.
type Trust struct {
	// Known says that the clauses are all there are.
	Known   bool
	Clauses []TrustClause
	// Accounts are the enterprise's own, as far as the provider has been told.
	Accounts []string
}

// TrustClause is a part of a trust that one argument declares.
type TrustClause struct {
	// Attribute leads to the argument.
	Attribute []string
	Trustees  []Trustee
	// Conditions say who is meant where the trustees do not say all of it, in any form that changes with them.
	Conditions string
	// Refused tells that another rule refuses the clause for whom it lets in.
	Refused bool
}

// Trustees are those of all clauses.
func (t Trust) Trustees() []Trustee {
	var all []Trustee
	for _, clause := range t.Clauses {
		all = append(all, clause.Trustees...)
	}
	return all
}

// digest is the same for a trust in the same principals under the same conditions; empty for one that is not known.
func (t Trust) digest() string {
	var texts []string
	for _, clause := range t.Clauses {
		for _, trustee := range clause.Trustees {
			texts = append(texts, fmt.Sprintf("%#v %q\n", trustee, clause.Conditions))
		}
	}
	if texts == nil {
		return ""
	}
	slices.Sort(texts)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(texts), "")))
	return hex.EncodeToString(sum[:])
}

// PassedTrust is the trust that the policy once let pass, and the environment that it was for.
type PassedTrust struct{ Environment, Digest string }

// PassedTrust is what to keep of the subject once the policy has let it pass.
func (s Subject) PassedTrust() PassedTrust {
	return PassedTrust{Environment: s.Metadata.Environment, Digest: s.Trust.digest()}
}

// checkTrust judges who can use an identity. What is wrong is a warning on an existing identity that keeps the trust that
// the policy once let pass, and, between environments, its environment as well: a stricter policy stops no unrelated
// change.
func (p Policy) checkTrust(subject Subject, _ time.Time) []Violation {
	now := subject.PassedTrust()
	keepsTrust := now.Digest != "" && now.Digest == subject.PriorTrust.Digest
	var found []Violation
	add := func(kept bool, rule Rule, attribute []string, message, remedy string) {
		violation := Violation{Rule: rule, Enforcement: p.Enforcement(rule), Attribute: attribute, Message: message, Remedy: remedy}
		if kept && violation.Enforcement == EnforceError {
			violation.Enforcement = EnforceWarn
		}
		found = append(found, violation)
	}
	for _, clause := range subject.Trust.Clauses {
		if crossed := subject.crossedEnvironments(clause); crossed != "" {
			add(keepsTrust && now.Environment == subject.PriorTrust.Environment, RuleEnvironmentIsolation, clause.Attribute,
				crossed+": who breaks into the one environment is in the other (OWASP NHI8)",
				"Make an identity for each environment, and trust only principals of the same one. Where a name misleads, write environment, which counts before the name.")
		}
	}
	// What a third party uses has one client: the third party.
	if subject.Category == CategoryExternal {
		return found
	}
	if shared := Shared(Clients(subject.Trust.Trustees(), "")); shared != "" {
		add(keepsTrust, RuleReuse, subject.Trust.attribute(), shared+" (OWASP NHI9)",
			"Make an identity for each of them, with what that one needs.")
	}
	for _, clause := range subject.Trust.Clauses {
		if clause.Refused {
			continue
		}
		for _, open := range subject.Trust.opens(clause) {
			add(keepsTrust, RuleThirdPartyTrust, clause.Attribute, open.message, open.remedy)
		}
	}
	return found
}

// crossedEnvironments goes by what ARNs and subjects say: to ask for the tags of those who are trusted takes a call for
// each, and what happens to have been read already must not decide a plan.
func (s Subject) crossedEnvironments(clause TrustClause) string {
	if s.Unknown[FieldEnvironment] {
		return ""
	}
	return CrossedEnvironments(s.Name, s.Metadata.Environment, clause.Trustees, nil)
}

// attribute is the argument of the whole trust: what the attributes of its clauses have in common.
func (t Trust) attribute() []string {
	common := t.Clauses[0].Attribute
	for _, clause := range t.Clauses[1:] {
		same := 0
		for same < min(len(common), len(clause.Attribute)) && common[same] == clause.Attribute[same] {
			same++
		}
		common = common[:same]
	}
	return common
}

// opening is a way in for strangers.
type opening struct{ message, remedy string }

// opens finds who can use a service identity without being the enterprise's own.
func (t Trust) opens(clause TrustClause) []opening {
	var found []opening
	if public := PubliclyAssumable(clause.Trustees); public != "" {
		found = append(found, opening{
			public + " (OWASP NHI4)", "Name the principals that need it, or bound them by aws:PrincipalOrgID.",
		})
	}
	outsiders := Outsiders(clause.Trustees, func(account string) bool { return slices.Contains(t.Accounts, account) })
	var names, open []string
	for _, outsider := range outsiders {
		names = append(names, outsider.Principal())
		if !outsider.ExternalID {
			open = append(open, outsider.Principal())
		}
	}
	if len(names) > 0 {
		message := fmt.Sprintf("%s can assume it from outside the accounts that are known as your own", Enumerate(names))
		const tricked = "without an external id, so that a third party can be tricked into using it for somebody else"
		switch len(open) {
		case 0:
		case len(names):
			message += ", and " + tricked
		default:
			message += fmt.Sprintf(", %s %s", Enumerate(open), tricked)
		}
		found = append(found, opening{
			message + " (OWASP NHI3)",
			"Make it a governed_third_party_identity, which has an external id, somebody to reach and a shorter life. If the account is your own, bound the statement by aws:PrincipalOrgID, or name the account in the provider's aws.allowed_account_ids.",
		})
	}
	if weak := WeakFederation(clause.Trustees); weak != "" {
		found = append(found, opening{
			weak + ", so that whoever can get such a token gets in (OWASP NHI6)", "Name the exact subjects and the audience; a wildcard is for branches or tags of one repository.",
		})
	}
	return found
}
