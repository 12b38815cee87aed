package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestRoleJudgedAsItIsNow widens a custom role after the plan, and after the same run has read it for another identity, and
// makes it another role of the same name: what the role allows when the identity is written counts.
func TestRoleJudgedAsItIsNow(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]string{"by name": "Log reader", "by id": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newAzure(t)
			role := e.tenant.AddRoleDefinition("Log reader", []string{"Microsoft.Insights/logs/read"}, nil)
			if by == "" {
				by = role
			}
			identity := func(name string) acctest.Values {
				return e.identity(acctest.Values{"role_assignments": acctest.Values{
					"logs": acctest.Values{"scope": e.group, "role": by}, "read": acctest.Values{"scope": e.group, "role": "Reader"},
				}}).With(acctest.Values{"name": name})
			}
			p := e.run()
			first, second := p.Resource(typeName), p.Resource(typeName)
			first.Plan(identity("first")).Want(t)
			second.Plan(identity("second")).Want(t)
			first.ApplyStale(identity("first")).Want(t)
			e.tenant.SetRoleActions(role, []string{"*"}, nil)
			e.azure.ResetCalls()
			second.ApplyStale(identity("second")).Want(t, `error azure_managed_identity.role_assignments["logs"].role: Identity would be an administrator`)
			for _, call := range e.azure.Calls() {
				if call.Action[:4] == "PUT " {
					t.Errorf("%s %s was called", call.Action, call.Path)
				}
			}
			if calls := e.azure.CountCalls(""); calls > 2 { // and a token
				t.Errorf("%d calls for the one custom role: %v", calls, e.azure.Calls())
			}
		})
	}
}
