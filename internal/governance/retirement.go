package governance

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Use is when, by what and where an identity was last seen in use.
type Use struct {
	// Credential is what was used, such as "access key AKIA…"; empty for the identity itself.
	Credential string
	// At is the zero time when no use is known of; Never says then what that means, such as "none in 400 days".
	At    time.Time
	Never string
	// AssignedTo is a resource that has the identity, and may use it at any time; empty for a use that has a time.
	AssignedTo string
	// Service and Region are empty where the platform does not tell.
	Service, Region string
	// Unknown says why the platform could not tell, which is not the same as never; empty when it could.
	Unknown string
}

// String is one line about the use.
func (u Use) String() string {
	var text strings.Builder
	if u.Credential != "" {
		text.WriteString(Printable(u.Credential) + ": ")
	}
	switch {
	case u.AssignedTo != "":
		text.WriteString("assigned to " + Printable(u.AssignedTo))
	case u.Unknown != "":
		text.WriteString("not known, because " + Printable(u.Unknown))
	case u.At.IsZero():
		text.WriteString(u.Never)
	default:
		text.WriteString(u.At.UTC().Format(time.RFC3339))
		if u.Service != "" {
			text.WriteString(", by the service " + Printable(u.Service))
		}
		if u.Region != "" {
			text.WriteString(", in " + Printable(u.Region))
		}
	}
	return text.String()
}

// Printable writes what a terminal would not show, or would obey, as Go escapes: texts from the cloud can be anybody's.
func Printable(text string) string {
	var shown strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			shown.WriteRune(r)
		} else {
			fmt.Fprintf(&shown, `\u%04x`, r)
		}
	}
	return shown.String()
}

// Excerpt is a text up to so many characters, and an ellipsis for the rest.
func Excerpt(text string, most int) string {
	for i := range text {
		if most--; most < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// EvaluateRetirement holds the last uses of an identity that is to be removed against the policy: one that was used lately
// may still be needed, and so may one of which that is not known.
func (p Policy) EvaluateRetirement(uses []Use, now time.Time) []Violation {
	enforcement := p.Enforcement(RuleRetireInUse)
	if p.retireInUseDays == 0 || enforcement == EnforceOff {
		return nil
	}
	since := now.AddDate(0, 0, -p.retireInUseDays)
	var recent, unknown []string
	for _, use := range slices.SortedStableFunc(slices.Values(uses), func(a, b Use) int { return b.At.Compare(a.At) }) {
		switch {
		case use.Unknown != "":
			unknown = append(unknown, use.String())
		case use.AssignedTo != "", use.At.After(since):
			recent = append(recent, use.String())
		}
	}
	violation := Violation{Rule: RuleRetireInUse, Enforcement: enforcement}
	switch {
	case len(recent) > 0:
		violation.Message = fmt.Sprintf("it was used within the last %d days (%s), and what uses it will fail once it is gone", p.retireInUseDays, strings.Join(recent, "; "))
		violation.Remedy = fmt.Sprintf("Stop what uses it, and remove it when it has not been used for %d days.", p.retireInUseDays)
	case len(unknown) > 0:
		violation.Message = fmt.Sprintf("whether it was used within the last %d days is not known (%s), and unknown is not unused", p.retireInUseDays, strings.Join(unknown, "; "))
		violation.Remedy = "Make sure that nothing uses it."
	default:
		return nil
	}
	if enforcement == EnforceError {
		violation.Remedy += ` To remove it all the same, lower retire_in_use_days, or set enforcement.retire_in_use to "warn", in the policy for this run.`
	}
	return []Violation{violation}
}
