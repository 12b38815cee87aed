package governance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// QuarantineOrder is why an identity is kept from being used, and for how long.
type QuarantineOrder struct {
	Reason, Ticket string
	// ReleaseAfter and DeleteAfter are written as an expiry is; empty for none. A release before the one is refused, and the
	// first apply after the other deletes the identity.
	ReleaseAfter, DeleteAfter string
}

// Quarantine is an order that has been carried out.
type Quarantine struct {
	QuarantineOrder
	Since time.Time
}

// String says since when and why, and where that is discussed.
func (q Quarantine) String() string {
	said := fmt.Sprintf("since %s, for the reason %q", q.Since.UTC().Format(time.RFC3339), q.Reason)
	if q.Ticket != "" {
		said += fmt.Sprintf(" (%s)", Printable(q.Ticket))
	}
	return said
}

// Releasable tells whether the time before which a release is refused has passed. An unreadable time has not.
func (o QuarantineOrder) Releasable(now time.Time) bool {
	return o.ReleaseAfter == "" || passed(o.ReleaseAfter, now)
}

// Over tells whether the time has passed after which the identity is deleted.
func (o QuarantineOrder) Over(now time.Time) bool { return passed(o.DeleteAfter, now) }

func passed(text string, now time.Time) bool {
	end, err := ParseExpiry(text)
	return err == nil && end.PassedAt(now)
}

// QuarantineSubject is what a policy judges of a quarantine as it is to be. The names of the attributes are those of
// governed_quarantine.
type QuarantineSubject struct {
	QuarantineOrder
	// Prior is the order that is carried out already; nil on create.
	Prior *QuarantineOrder
	// Unknown are the attributes whose values are not known yet.
	Unknown map[string]bool
}

// EvaluateQuarantine judges an order at an instant and returns all violations, in the order of the arguments.
func (p Policy) EvaluateQuarantine(subject QuarantineSubject, now time.Time) []Violation {
	found := EvaluateQuarantineTexts(subject)
	if reason := subject.Reason; !subject.Unknown["reason"] && !blank(reason) {
		found = append(found, p.checkReason(reason)...)
	}
	prior := QuarantineOrder{}
	if subject.Prior != nil {
		prior = *subject.Prior
	}
	wrong := func(attribute, message, remedy string) {
		found = append(found, p.violation(RuleQuarantine, attribute, message, remedy))
	}
	if end := subject.ReleaseAfter; subject.Prior == nil && passed(end, now) {
		wrong("release_after", fmt.Sprintf("release_after is %s, which has passed, so it would keep nobody from anything", end), "Write a time that is still to come, or leave it out.")
	}
	if end := subject.DeleteAfter; end != prior.DeleteAfter && passed(end, now) {
		wrong("delete_after", fmt.Sprintf("delete_after is %s, which has passed, so the identity would be deleted at once and nobody could speak up for it", end), "Write a time that is still to come.")
	}
	return slices.DeleteFunc(found, func(v Violation) bool { return v.Enforcement == EnforceOff })
}

// EvaluateQuarantineTexts applies only the rules that hold under every policy.
func EvaluateQuarantineTexts(subject QuarantineSubject) []Violation {
	var found []Violation
	var always Policy
	wrong := func(rule Rule, attribute, message, remedy string) {
		found = append(found, always.violation(rule, attribute, message, remedy))
	}
	const remedy = `Write what gave rise to it, for example reason = "Unused for 400 days, and nobody on the team knows it".`
	for attribute, text := range map[string]string{"reason": subject.Reason, "ticket": subject.Ticket} {
		if position, control := controlCharacter(text); control && !subject.Unknown[attribute] {
			wrong(RuleText, attribute, fmt.Sprintf("%s has the control character %s, which tags and reports cannot show", attribute, position), "Write it on one line; wrap a heredoc in trimspace().")
		}
	}
	if !subject.Unknown["reason"] && blank(subject.Reason) {
		wrong(RuleText, "reason", "reason is empty, so nobody could tell why the identity is kept from being used", remedy)
	}
	release, releaseErr := ParseExpiry(subject.ReleaseAfter)
	if subject.ReleaseAfter != "" && releaseErr != nil {
		wrong(RuleExpiryFormat, "release_after", fmt.Sprintf("release_after is %q, which is not a time", subject.ReleaseAfter), "Write "+ExpiryForms+".")
	}
	end, endErr := ParseExpiry(subject.DeleteAfter)
	if subject.DeleteAfter != "" && endErr != nil {
		wrong(RuleExpiryFormat, "delete_after", fmt.Sprintf("delete_after is %q, which is not a time", subject.DeleteAfter), "Write "+ExpiryForms+".")
	}
	if releaseErr == nil && endErr == nil && end.End().Before(release.End()) {
		wrong(RuleQuarantine, "delete_after", fmt.Sprintf("delete_after %s is before release_after %s, so the identity would be deleted before anybody could have it back", subject.DeleteAfter, subject.ReleaseAfter),
			"Write a later delete_after, or an earlier release_after.")
	}
	slices.SortStableFunc(found, func(a, b Violation) int {
		return strings.Compare(quarantineArguments[a.Attribute[0]], quarantineArguments[b.Attribute[0]])
	})
	return found
}

// quarantineArguments are in the order of the documentation.
var quarantineArguments = map[string]string{"reason": "1", "ticket": "2", "release_after": "3", "delete_after": "4"}

func (p Policy) checkReason(text string) []Violation {
	var wrong string
	switch length := utf8.RuneCountInString(strings.TrimSpace(text)); {
	case p.filler(text):
		wrong = "which is filler: nobody could decide from it whether the identity can be given back"
	case length < p.purposeMinLength:
		wrong = p.tooShort(length)
	default:
		return nil
	}
	return []Violation{p.violation(RulePurposeQuality, "reason", fmt.Sprintf("reason is %q, %s", text, wrong),
		`Write what gave rise to it, for example reason = "Unused for 400 days, and nobody on the team knows it".`)}
}

// BreakGlass is the pattern by which the policy keeps an identity for emergencies; empty where none does.
func (p Policy) BreakGlass(id ID) string { return p.BreakGlassOf()(id) }

// BreakGlassOf is BreakGlass for many identities.
func (p Policy) BreakGlassOf() func(ID) string {
	patterns := make([]*regexp.Regexp, len(p.breakGlass))
	for i, pattern := range p.breakGlass {
		patterns[i] = breakGlassPattern(pattern)
	}
	return func(id ID) string {
		for i, pattern := range patterns {
			if pattern.MatchString(id.String()) {
				return p.breakGlass[i]
			}
		}
		return ""
	}
}

// breakGlassPattern is for a whole canonical id, in any case: * stands for any characters and ? for one.
func breakGlassPattern(pattern string) *regexp.Regexp {
	return regexp.MustCompile("(?is)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(strings.ToValidUTF8(pattern, "?"))) + "$")
}
