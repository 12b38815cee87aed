package governance

import (
	"fmt"
	"slices"
	"strings"
)

// Rules about what an identity may do, the gravest first, and about a change that lets it do more.
const (
	RuleAdministrator         Rule = "administrator"
	RulePrivilegeEscalation   Rule = "privilege_escalation"
	RulePassRoleUnrestricted  Rule = "pass_role_unrestricted"
	RulePermissionsManagement Rule = "permissions_management"
	RuleCredentialExposure    Rule = "credential_exposure" //nolint:gosec // a rule, no credential
	RuleDataExfiltration      Rule = "data_exfiltration"
	RuleServiceWildcard       Rule = "service_wildcard"
	RuleResourceWildcardWrite Rule = "resource_wildcard_write"

	// RuleEscalationTicket wants a new ticket with everything that an existing identity gains.
	RuleEscalationTicket Rule = "escalation_needs_ticket"
	// RulePurposeFollows wants its purpose to be looked at again then.
	RulePurposeFollows Rule = "purpose_follows_permissions"
)

// RuleUnknownAction is about names in a policy that the platform is not known to have.
const RuleUnknownAction Rule = "unknown_action"

// DangerRules are the rules about what an identity may do, the gravest first.
var DangerRules = []Rule{
	RuleAdministrator, RulePrivilegeEscalation, RulePassRoleUnrestricted, RulePermissionsManagement,
	RuleCredentialExposure, RuleDataExfiltration, RuleServiceWildcard, RuleResourceWildcardWrite,
}

// Danger is something that an identity should not be able to do, or only for a reason.
type Danger struct {
	Rule Rule
	// Attribute leads to the argument that grants it.
	Attribute []string
	// Grant names the place in a policy that grants it; Why is a clause, and Remedy says what narrower grant to write.
	Grant, Why, Remedy string
	// Grants are what grants it, as an approval can allow it: all that makes the danger is within them.
	Grants []Grant
	// Implied says that the same grant makes an administrator, of whom this is no news.
	Implied bool
}

// Gain is something that an existing identity can newly do.
type Gain struct {
	// Level is that of the access, in the platform's words. Gains of a level come together, the gravest first.
	Level, Text string
}

// GrantedActions are a part of what an identity may do.
type GrantedActions struct {
	// Level is the highest access level of the actions, in the platform's words; empty where it is not known.
	Level string
	// Services are those whose actions they are; none for every service.
	Services []string
	// Whole says that it is every action of these services, those included that the platform adds later.
	Whole bool
	// Actions are names, such as s3:GetObject, or patterns, such as s3:*.
	Actions []string
	// Resources are patterns of what they are allowed on, and Except of what they are not allowed on all the same.
	Resources, Except []string
	// Conditioned says that a condition narrows it.
	Conditioned bool
}

// Granted is all that an identity may do.
type Granted struct {
	// Classes are the rules about what an identity may do that it gives reason to, each once, whatever their enforcement.
	Classes []Rule
	// Grants are the gravest first, each of a hundred actions at most.
	Grants []GrantedActions
}

// Inquiry says what is to be told of what an identity may do.
type Inquiry struct {
	// Final says that everything that it refers to has to be there.
	Final bool
	// Granted asks for all of it, also where it does not change. Without it, nothing is asked of the platform for an
	// identity that keeps what it may do.
	Granted bool
	// Unseen says that no policy has judged the identity before: one that keeps what it may do has its dangers told once.
	Unseen bool
}

// Entitlements is what can be told of what an identity may do.
type Entitlements struct {
	// Identity is the canonical id; empty while it is not known, or where nothing was asked.
	Identity string
	// Granted is nil where not all of it is known, or nobody has asked for it.
	Granted *Granted
	// Unchanged says that an existing identity keeps what it may do. Nothing else but Granted and Unjudged is told then, and
	// the dangers where it was unseen.
	Unchanged bool
	// Tentative says that something is not known or not there yet, so that an apply may find more.
	Tentative bool
	// Requested says that an approval is asked for already, so no message has to advise it.
	Requested bool
	Dangers   []Danger
	// Gains are nil where the identity is new, or gains nothing.
	Gains []Gain
	// Narrows says that an existing identity keeps or loses what it may do, and gains nothing.
	Narrows bool
	// Unjudged says what was not read, and so not judged.
	Unjudged []Unjudged
	// Unknown are names that stand for nothing known, by the policy that has them.
	Unknown []UnknownActions
}

// UnknownActions are what a policy names that the platform is not known to have.
type UnknownActions struct {
	// Attribute leads to the policy, and Policy names it.
	Attribute []string
	Policy    string
	// Places say what is named, where, what follows from it, and what may have been meant.
	Places []string
	// Since is the day, as 2026-01-31, as of which it is known what the platform has.
	Since string
}

// Unjudged are grants of which nobody knows what they allow.
type Unjudged struct {
	Attribute []string
	// What is not judged, each in words; Reason says why, and Remedy what to do about it.
	What           []string
	Reason, Remedy string
	// ToCome says that it is not there yet.
	ToCome bool
}

// String says what is not judged, the first of it by name.
func (u Unjudged) String() string {
	what := strings.Join(u.What[:min(len(u.What), mostNamed)], ", ")
	if more := len(u.What) - mostNamed; more > 0 {
		what += fmt.Sprintf(" and %d more", more)
	}
	verb := " is"
	if len(u.What) > 1 {
		verb = " are"
	}
	return what + verb + " not judged, because " + u.Reason
}

// JudgesDangers tells whether any rule about what an identity may do is in force.
func (p Policy) JudgesDangers() bool {
	return slices.ContainsFunc(DangerRules, func(rule Rule) bool { return p.Enforcement(rule) != EnforceOff })
}

// EvaluateDangers judges what an identity may do. There is one violation for each rule and attribute, in the order of the
// rules, which names the first of several grants. What an administrator can do besides is left out, unless its rule is
// enforced more strictly than that about administrators. A change that only takes away is warned of, but never refused.
func (p Policy) EvaluateDangers(of Entitlements) []Violation {
	var found []Violation
	for _, rule := range DangerRules {
		enforcement := p.Enforcement(rule)
		if enforcement == EnforceError && of.Narrows {
			enforcement = EnforceWarn
		}
		byAttribute := map[string][]Danger{}
		var order []string
		for _, danger := range of.Dangers {
			if danger.Rule != rule || p.enforced(danger) == EnforceOff {
				continue
			}
			at := strings.Join(danger.Attribute, "\x00")
			if byAttribute[at] == nil {
				order = append(order, at)
			}
			byAttribute[at] = append(byAttribute[at], danger)
		}
		for _, at := range order {
			together := byAttribute[at]
			message, remedy := describe(together)
			if enforcement == EnforceError && len(p.ApprovalKeys()) > 0 && !of.Requested {
				remedy += approvalRemedy
			}
			found = append(found, Violation{Rule: rule, Enforcement: enforcement, Attribute: together[0].Attribute, Message: message, Remedy: remedy})
		}
	}
	return found
}

// enforced is what the policy does about a danger.
func (p Policy) enforced(danger Danger) Enforcement {
	enforcement := p.Enforcement(danger.Rule)
	if danger.Implied && slices.Index(Enforcements, enforcement) >= slices.Index(Enforcements, p.Enforcement(RuleAdministrator)) {
		return EnforceOff
	}
	return enforcement
}

const approvalRemedy = "\nIf it has to be, have it approved: write approval = \"" + ApprovalRequested + "\", and go on as the guide \"Approvals\" says."

// describe names the first of several dangers, and what to write instead, each once.
func describe(dangers []Danger) (message, remedy string) {
	if len(dangers) == 1 {
		return dangers[0].Grant + ": " + dangers[0].Why, dangers[0].Remedy
	}
	lines := []string{fmt.Sprintf("%d grants are dangerous:", len(dangers))}
	var remedies []string
	for i, danger := range dangers {
		if i == mostNamed {
			lines = append(lines, fmt.Sprintf("  - and %d more.", len(dangers)-mostNamed))
			break
		}
		lines = append(lines, "  - "+danger.Grant+": "+danger.Why)
		if !slices.Contains(remedies, danger.Remedy) {
			remedies = append(remedies, danger.Remedy)
		}
	}
	return strings.Join(lines, "\n"), strings.Join(remedies, "\n")
}

// EvaluateGains judges a change that lets an existing identity do more. The metadata of the subject and of what it was
// before count; those that are not known yet are judged when they are. A new approval, which has a ticket, is as good as
// a new ticket.
func (p Policy) EvaluateGains(subject Subject, of Entitlements, newlyApproved bool) []Violation {
	if len(of.Gains) == 0 || subject.Prior == nil {
		return nil
	}
	var found []Violation
	unchanged := func(field Field) bool {
		text := subject.Metadata.Text(field)
		return !subject.Unknown[field] && (blank(text) || text == subject.Prior.Text(field))
	}
	if unchanged(FieldTicket) && !newlyApproved {
		found = append(found, p.violation(RuleEscalationTicket, "ticket",
			"it gains permissions without a new ticket, so nobody could tell who has asked for them and who has agreed",
			`Write the request that asks for what it gains, for example ticket = "SEC-1234".`))
	}
	if unchanged(FieldPurpose) {
		found = append(found, p.violation(RulePurposeFollows, "purpose",
			"it gains permissions for the same purpose as before, which either did not need them or has changed",
			"Say in the purpose what the identity needs them for."))
	}
	return slices.DeleteFunc(found, func(v Violation) bool { return v.Enforcement == EnforceOff })
}
