package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestJudgedAsItIsNow changes what an identity will hold after the plan, and after the same run has read it for another
// identity: what is there when the identity is written counts.
func TestJudgedAsItIsNow(t *testing.T) {
	t.Parallel()
	const policy = "arn:aws:iam::123456789012:policy/mail"
	sending := allowing("ses:SendEmail", "arn:aws:ses:eu-west-1:123456789012:identity/shop.example")
	user := func(name string, user acctest.Values) func(*sim.Server) acctest.Values {
		return func(server *sim.Server) acctest.Values {
			return exporter(server).With(withUser(user)).With(acctest.Values{"name": name})
		}
	}
	role := func(name string) func(*sim.Server) acctest.Values {
		return func(server *sim.Server) acctest.Values {
			return lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{policy}})).With(acctest.Values{"name": name})
		}
	}
	for name, c := range map[string]struct {
		first, second func(*sim.Server) acctest.Values
		put           func(server *sim.Server, document string)
		refused       string
	}{
		"group": {
			user("first", acctest.Values{"groups": []string{"mail"}}), user("second", acctest.Values{"groups": []string{"mail"}}),
			func(server *sim.Server, document string) {
				account(server).PutGroup(sim.Group{Name: "mail", InlinePolicies: map[string]string{"all": document}})
			},
			"error aws_user.groups: Identity would be an administrator",
		},
		"managed policy": {
			role("first"), role("second"),
			func(server *sim.Server, document string) {
				account(server).PutManagedPolicy(sim.ManagedPolicy{Name: "mail", Document: document})
			},
			"error aws_role.managed_policy_arns: Identity would be an administrator",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newUserSim(t)
			c.put(server, sending)
			p := acctest.NewConfiguredProtocol(t, server, nil)
			first, second := p.Resource(typeName), p.Resource(typeName)
			first.Plan(c.first(server)).Want(t)
			second.Plan(c.second(server)).Want(t)
			first.ApplyStale(c.first(server)).Want(t)
			c.put(server, allowAll)
			server.ResetCalls()
			second.ApplyStale(c.second(server)).Want(t, c.refused)
			wantWrites(t, server)
		})
	}
}

// TestImportUnread says of an imported identity what nobody could look at.
func TestImportUnread(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{"arn:aws:iam::123456789012:policy/mail"}}))
	account(server).PutManagedPolicy(sim.ManagedPolicy{Name: "mail", Document: allowing("ses:SendEmail", "arn:aws:ses:eu-west-1:123456789012:identity/shop.example")})
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Apply(config).Want(t)
	server.DenyActions(sim.DefaultAccount, "iam:GetPolicy")
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Import(exportByID, nil).Want(t)
	r.Plan(config).Want(t, "warning aws_role.managed_policy_arns: Permissions are not judged … iam:GetPolicy")
}
