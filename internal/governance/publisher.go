package governance

import (
	"fmt"
	"slices"
	"time"
)

// Publisher is who has published the software that uses an identity. The zero value is one that is not known yet.
type Publisher struct {
	// Attribute leads to the argument that names the software.
	Attribute []string
	// Home is the tenant that the software comes from; empty while nothing is known.
	Home string
	// Verified is the name of whom the platform has verified as the publisher; empty where it has verified nobody.
	Verified string
	// Gains tells that the software is to get permissions that the identity does not have yet.
	Gains bool
}

// checkPublisher finds software that says by itself alone whose it is. On an identity that uses the software that the policy
// once let pass, that is a warning, unless it is to get more.
func (p Policy) checkPublisher(subject Subject, _ time.Time) []Violation {
	publisher := subject.Publisher
	if publisher.Home == "" || publisher.Verified != "" {
		return nil
	}
	found := Violation{
		Rule: RulePublisherUnverified, Enforcement: p.Enforcement(RulePublisherUnverified), Attribute: publisher.Attribute,
		Message: fmt.Sprintf("its publisher is not verified: nothing but the name that the application has given itself tells whose it is, and it comes from the tenant %s (OWASP NHI3)", publisher.Home),
		Remedy: "Have the third party verify itself as the publisher with Microsoft. Where it has told you its tenant in another way, pin that by publisher.tenant_id, " +
			"and let it pass in the policy with enforcement = { publisher_unverified = \"warn\" }.",
	}
	now := subject.PassedTrust()
	switch passed := now.Digest != "" && now.Digest == subject.PriorTrust.Digest; {
	case passed && publisher.Gains:
		found.Message += ". That the policy once let it pass does not cover the permissions that it gains"
	case passed && found.Enforcement == EnforceError:
		found.Enforcement = EnforceWarn
	}
	return []Violation{found}
}

// EvaluatePublisher judges who has published the software of an identity that was just made, which only then is known.
func (p Policy) EvaluatePublisher(subject Subject, now time.Time) []Violation {
	return slices.DeleteFunc(p.checkPublisher(subject, now), func(v Violation) bool { return v.Enforcement == EnforceOff })
}
