package servicelinkedidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestRules tells custom rules what is known of a role that AWS makes: not its name, which a rule has to spare.
func TestRules(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		expression      string
		atPlan, atApply []string
	}{
		"kind":        {`identity.category == "provider_managed" && identity.kind == "aws_role" && identity.account == "123456789012"`, nil, nil},
		"trust":       {`trust.all(t, t.kind == "service" && t.name == "backup.amazonaws.com") && size(trust) == 1`, nil, nil},
		"permissions": {`classes == [] && grants == []`, nil, nil},
		"spared name": {`identity.category == "provider_managed" || identity.name.startsWith("team-")`, nil, nil},
		"name": {
			`identity.name.startsWith("team-")`, nil,
			[]string{"error : Policy rule is broken … the policy's rule r cannot be judged, and so counts as broken: it needs what is not known yet: identity.name. What it guards against: broken."},
		},
		"broken": {`identity.category != "provider_managed"`, []string{"error : Policy rule is broken … broken."}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"rules": []any{
				acctest.Values{"name": "r", "expression": of.expression, "message": "broken"},
			}}}).Resource(typeName)
			diags := r.Plan(linkedRole(server, nil))
			if diags.Want(t, of.atPlan...); diags.Failed() {
				return
			}
			r.ApplyPlanned(linkedRole(server, nil)).Want(t, of.atApply...)
			if calls := server.CountCalls("iam:CreateServiceLinkedRole"); (calls > 0) != (len(of.atApply) == 0) {
				t.Errorf("%d roles were made", calls)
			}
		})
	}
}
