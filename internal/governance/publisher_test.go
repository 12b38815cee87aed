package governance_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// TestPublisherUnverified refuses software of nobody whom the platform knows, and only warns of what has passed before.
func TestPublisherUnverified(t *testing.T) {
	t.Parallel()
	const home = "22222222-2222-4333-8444-555555555555"
	trust := governance.Trust{Known: true, Clauses: []governance.TrustClause{{Trustees: []governance.Trustee{{Kind: governance.TrusteeTenant, Name: "app"}}}}}
	unverified := governance.Subject{Category: governance.CategoryExternal, Trust: trust, Publisher: governance.Publisher{Attribute: []string{"app_id"}, Home: home}}
	verified, unknown, passed, other := unverified, unverified, unverified, unverified
	verified.Publisher.Verified = "Acme"
	unknown.Publisher = governance.Publisher{}
	passed.PriorTrust = passed.PassedTrust()
	gaining := passed
	gaining.Publisher.Gains = true
	other.PriorTrust = governance.PassedTrust{Digest: "another"}
	lenient, err := governance.NewPolicy(governance.PolicyDocument{Enforcement: map[governance.Rule]governance.Enforcement{governance.RulePublisherUnverified: governance.EnforceOff}})
	if err != nil {
		t.Fatal(err)
	}
	usual, err := governance.NewPolicy()
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		subject governance.Subject
		policy  governance.Policy
		want    governance.Enforcement
	}{
		"unverified": {unverified, usual, governance.EnforceError},
		"verified":   {verified, usual, ""},
		"unknown":    {unknown, usual, ""},
		"passed":     {passed, usual, governance.EnforceWarn},
		"gaining":    {gaining, usual, governance.EnforceError},
		"another":    {other, usual, governance.EnforceError},
		"off":        {unverified, lenient, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := of.policy.EvaluatePublisher(of.subject, time.Time{})
			switch {
			case of.want == "" && len(found) > 0:
				t.Errorf("found %v", found)
			case of.want != "" && (len(found) != 1 || found[0].Enforcement != of.want || found[0].Rule != governance.RulePublisherUnverified):
				t.Errorf("found %v, want one %s", found, of.want)
			}
		})
	}
}
