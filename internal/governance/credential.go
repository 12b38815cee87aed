package governance

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// DefaultOverlapHours is how long a credential stays valid beside the one that replaces it.
const DefaultOverlapHours = 24

// CredentialSubject is what a policy judges of a credential as it is to be. The names of the attributes are those of
// governed_credential.
type CredentialSubject struct {
	Justification   string
	Expiry          string
	RotateAfterDays int
	OverlapHours    int
	// Type is what the credential is, such as "client_secret", and ValidDays for how long the cloud itself lets one be valid; 0
	// where it does not end any.
	Type      string
	ValidDays int
	// PriorValidDays is the ValidDays of the existing credential; 0 on create.
	PriorValidDays int
	// IdentityExpiry is the expiry of the identity; empty while it is not known.
	IdentityExpiry string
	// PriorExpiry is the expiry that the existing credential has; empty on create.
	PriorExpiry string
	// PriorRotateAfterDays is the age that the existing credential is rotated at; 0 on create.
	PriorRotateAfterDays int
	// Unknown are the attributes whose values are not known yet.
	Unknown map[string]bool
}

// EvaluateCredential judges a credential at an instant and returns all violations, in the order of the arguments. Rules
// that are off say nothing.
func (p Policy) EvaluateCredential(subject CredentialSubject, now time.Time) []Violation {
	found := EvaluateCredentialTexts(subject)
	if !subject.Unknown["justification"] && !blank(subject.Justification) {
		found = append(found, p.checkJustification(subject.Justification)...)
	}
	if !subject.Unknown["expiry"] {
		found = append(found, p.checkCredentialExpiry(subject, now)...)
	}
	if days, most := subject.RotateAfterDays, p.credentialMaxAge; !subject.Unknown["rotate_after_days"] && days > most {
		tooOld := p.violation(RuleCredentialMaxAge, "rotate_after_days",
			fmt.Sprintf("rotate_after_days is %d; the policy lets a long-lived credential be used for %d days at most", days, most),
			fmt.Sprintf("Write %d or less, or leave it out.", most))
		// What exists already is not made illegal by a stricter policy.
		if days == subject.PriorRotateAfterDays && tooOld.Enforcement == EnforceError {
			tooOld.Enforcement = EnforceWarn
		}
		found = append(found, tooOld)
	}
	if days, most := subject.ValidDays, p.credentialMaxAge; !subject.Unknown["valid_days"] && days > most {
		tooLong := p.violation(RuleCredentialMaxAge, "valid_days",
			fmt.Sprintf("valid_days is %d; the policy lets a long-lived credential be used for %d days at most", days, most),
			fmt.Sprintf("Write %d or less, or leave it out.", most))
		if days == subject.PriorValidDays && tooLong.Enforcement == EnforceError {
			tooLong.Enforcement = EnforceWarn
		}
		found = append(found, tooLong)
	}
	kept := found[:0]
	for _, violation := range found {
		if violation.Enforcement != EnforceOff {
			kept = append(kept, violation)
		}
	}
	return kept
}

// EvaluateCredentialTexts applies only the rules that hold under every policy.
func EvaluateCredentialTexts(subject CredentialSubject) []Violation {
	var found []Violation
	var always Policy
	wrong := func(rule Rule, attribute, message, remedy string) {
		found = append(found, always.violation(rule, attribute, message, remedy))
	}
	if text := subject.Justification; !subject.Unknown["justification"] {
		const remedy = `Write why nothing short-lived will do, for example justification = "The vendor's mail relay takes an access key only; OIDC is on its roadmap for 2027".`
		if position, control := controlCharacter(text); control {
			wrong(RuleText, "justification", "justification has the control character "+position+", which tags and reports cannot show", "Write it on one line; wrap a heredoc in trimspace().")
		} else if blank(text) {
			wrong(RuleText, "justification", "justification is empty, so nobody could tell why a long-lived credential is needed", remedy)
		}
	}
	if !subject.Unknown["expiry"] {
		if _, err := ParseExpiry(subject.Expiry); err != nil {
			found = append(found, malformedExpiry(subject.Expiry, ""))
		}
	}
	days, hours := subject.RotateAfterDays, subject.OverlapHours
	if !subject.Unknown["rotate_after_days"] && !subject.Unknown["overlap_hours"] && hours >= days*24 {
		wrong(RuleCredential, "overlap_hours",
			fmt.Sprintf("overlap_hours is %d, which is not shorter than the %d days (%d hours) after which the credential is rotated: two would be valid all the time, and the next rotation would find no room", hours, days, days*24),
			fmt.Sprintf("Write less than %d, such as %d.", days*24, min(DefaultOverlapHours, days*12)))
	}
	known := !subject.Unknown["rotate_after_days"] && !subject.Unknown["overlap_hours"] && !subject.Unknown["valid_days"]
	if valid := subject.ValidDays; known && valid > 0 && days*24+hours > valid*24 {
		wrong(RuleCredential, "rotate_after_days",
			fmt.Sprintf("the %s is valid for %d days (valid_days), which is shorter than its rotation: rotated after %d days with an overlap of %d hours, it would end before its clients have to have the next one",
				strings.ReplaceAll(subject.Type, "_", " "), valid, days, hours),
			shorterRotation(valid, hours))
	}
	return found
}

func shorterRotation(valid, overlapHours int) string {
	if most := (valid*24 - overlapHours) / 24; most > 0 {
		return fmt.Sprintf("Write rotate_after_days = %d or less, or more valid_days.", most)
	}
	return "Write more valid_days, or fewer overlap_hours."
}

// DefaultRotation is after how many days a credential is rotated that is valid for some days: early enough for the overlap and
// for an apply that comes late.
func DefaultRotation(validDays int) int { return max(validDays-max(validDays/6, 1), 1) }

func (p Policy) checkJustification(text string) []Violation {
	var reason string
	switch length := utf8.RuneCountInString(strings.TrimSpace(text)); {
	case p.filler(text):
		reason = "which is filler: nobody could decide from it whether something short-lived would do"
	case length < p.purposeMinLength:
		reason = p.tooShort(length)
	default:
		return nil
	}
	return []Violation{p.violation(RuleJustification, "justification", fmt.Sprintf("justification is %q, %s", text, reason),
		`Write why nothing short-lived will do, for example justification = "The vendor's mail relay takes an access key only; OIDC is on its roadmap for 2027".`)}
}

func (p Policy) checkCredentialExpiry(subject CredentialSubject, now time.Time) []Violation {
	expiry, err := ParseExpiry(subject.Expiry)
	if err != nil {
		return nil // reported already
	}
	asSubject := Subject{Noun: "credential", Category: CategoryEnterpriseManaged, Metadata: Metadata{Expiry: subject.Expiry}}
	if subject.PriorExpiry != "" {
		asSubject.Prior = &Metadata{Expiry: subject.PriorExpiry}
	}
	found := p.checkExpiry(asSubject, now)
	if identity, err := ParseExpiry(subject.IdentityExpiry); err == nil && expiry.End().After(identity.End()) {
		found = append(found, p.violation(RuleCredential, "expiry",
			fmt.Sprintf("expiry %s is after that of the identity, %s: a credential cannot outlive what it authenticates", subject.Expiry, subject.IdentityExpiry),
			"Write that of the identity or an earlier one, for example by referring to the identity's own expiry, or renew the identity first."))
	}
	return found
}
