package thirdpartyidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestRules tells custom rules who the third party is and whom it lets in, also while the external id is still to be made.
func TestRules(t *testing.T) {
	t.Parallel()
	for expression, says := range map[string][]string{
		`identity.third_party == "Acme Monitoring" && identity.third_party_contact.endsWith(".example") && identity.category == "external"`: nil,
		`size(trust) == 1 && trust.all(t, t.kind == "account" && t.account == "999988887777" && t.external && t.external_id)`:               nil,
		`classes == [] && grants.all(g, g.level in ["Read", "List"] && !g.whole)`:                                                           nil,
		`trust.all(t, t.organization != "")`: {"error third_party.contact: Policy rule is broken … broken. … Argument: third_party.contact. Rule: custom:r (error)."},
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"rules": []any{
				acctest.Values{"name": "r", "expression": expression, "message": "broken", "attribute": "third_party_contact"},
			}}}).Resource(typeName)
			if r.Plan(collector(server)).Want(t, says...); says != nil {
				r.Plan(fullCollector(server)).Want(t)
				return
			}
			r.Apply(collector(server)).Want(t)
			r.Plan(collector(server)).Want(t)
		})
	}
}
