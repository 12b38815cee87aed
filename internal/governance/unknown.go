package governance

import "fmt"

// EvaluateUnknownActions judges the names that stand for nothing known, with one violation for each policy that has some.
// As with dangers, a change that only takes away is warned of, but never refused.
func (p Policy) EvaluateUnknownActions(of Entitlements) []Violation {
	enforcement := p.Enforcement(RuleUnknownAction)
	if enforcement == EnforceError && of.Narrows {
		enforcement = EnforceWarn
	}
	if enforcement == EnforceOff {
		return nil
	}
	var found []Violation
	for _, unknown := range of.Unknown {
		message := fmt.Sprintf("the policy %q: ", unknown.Policy)
		if len(unknown.Places) == 1 {
			message += unknown.Places[0]
		} else {
			message += fmt.Sprintf("%d actions are not known:", len(unknown.Places))
			for _, place := range unknown.Places[:min(len(unknown.Places), mostNamed)] {
				message += "\n  - " + place
			}
			if more := len(unknown.Places) - mostNamed; more > 0 {
				message += fmt.Sprintf("\n  - and %d more.", more)
			}
		}
		found = append(found, Violation{
			Rule: RuleUnknownAction, Enforcement: enforcement, Attribute: unknown.Attribute, Message: message,
			Remedy: fmt.Sprintf("Check the spelling. AWS adds actions daily, so one that is right may have come after %s, the day of the list that this provider has.", unknown.Since),
		})
	}
	return found
}
