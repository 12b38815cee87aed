package credential_test

import (
	"strconv"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestSimPlanCalls counts what a plan of many access keys costs, in a process of its own as Terraform has it: with their users,
// and with users that another state has.
func TestSimPlanCalls(t *testing.T) {
	t.Parallel()
	const users = 5
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	var resources []*acctest.Resource
	var configs []acctest.Values
	for i := range users {
		name := "mailer-" + strconv.Itoa(i)
		user, key := p.Resource("governed_service_identity"), p.Resource(typeName)
		identity := acctest.Values{
			"name": name, "owner": "mail", "purpose": "Sends the receipts of the shop", "expiry": acctest.Date(server, 180),
			"aws_user": acctest.Values{"inline_policies": acctest.Values{"list": listUsers}},
		}
		user.Apply(identity).Want(t)
		config := inSecretsManager(server).With(acctest.Values{
			"identity": user.State("id"), "store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": name + "/smtp"}},
		})
		key.Apply(config).Want(t)
		resources, configs = append(resources, user, key), append(configs, identity, config)
	}
	const once = 1
	for name, test := range map[string]struct {
		withUsers bool
		want      map[string]int
	}{
		"with their users": {true, map[string]int{
			"sts:GetCallerIdentity": once, "iam:GetAccountSummary": once, "iam:GetAccountAuthorizationDetails": once,
			"iam:GetLoginProfile": users, "iam:ListMFADevices": users, "iam:ListAccessKeys": users,
			"secretsmanager:DescribeSecret": users, "secretsmanager:GetResourcePolicy": users,
		}},
		"alone": {false, map[string]int{
			"sts:GetCallerIdentity": once, "iam:GetUser": users, "iam:GetLoginProfile": users, "iam:ListAccessKeys": users,
			"secretsmanager:DescribeSecret": users, "secretsmanager:GetResourcePolicy": users,
		}},
	} {
		server.ResetCalls()
		p := acctest.NewConfiguredProtocol(t, server, nil)
		for i, r := range resources {
			if isUser := i%2 == 0; isUser && !test.withUsers {
				continue
			}
			r = r.Under(p)
			r.Refresh().Want(t)
			r.Plan(configs[i]).Want(t)
			if r.Changes() {
				t.Errorf("%s: resource %d changes", name, i)
			}
		}
		total := 0
		for action, want := range test.want {
			total += want
			if got := server.CountCalls(action); got != want {
				t.Errorf("%s: %d calls of %s, want %d", name, got, action, want)
			}
		}
		if got := server.CountCalls(""); got != total {
			t.Errorf("%s: %d calls, want %d", name, got, total)
		}
	}
}

// TestSimPlanAfterRefresh has a plan take over what the refresh before it has read, once, and only where nothing has been changed
// in between: what is changed behind the provider's back shows in the plan that reads.
func TestSimPlanAfterRefresh(t *testing.T) {
	t.Parallel()
	for store, settings := range entraStores() {
		e := newEntra(t)
		made := e.resource(t)
		config := e.config("client_secret", settings)
		made.Apply(config).Want(t)
		calls := func() int { return e.aws.CountCalls("") + len(e.azure.Calls()) }

		r := made.Under(e.protocol(t))
		r.Refresh().Want(t)
		before := calls()
		r.Plan(config).Want(t)
		if n := calls() - before; n > 0 {
			t.Errorf("%s: the plan after the refresh made %d calls", store, n)
		}
		before = calls()
		r.Plan(config).Want(t)
		if calls() == before {
			t.Errorf("%s: a second plan has read nothing", store)
		}
		r.Refresh().Want(t)
		other := config.With(acctest.Values{"justification": entraJustification + ", says " + store})
		r.Apply(other).Want(t)
		r.Refresh().Want(t)
		before = calls()
		r.Plan(other).Want(t)
		if calls() == before {
			t.Errorf("%s: a plan after an apply has read nothing", store)
		}
		if r.Changes() {
			t.Errorf("%s: the credential changes after the apply", store)
		}
	}
}

// TestSimPlanAfterForeignChange finds what somebody else has changed before the refresh, which the plan takes over.
func TestSimPlanAfterForeignChange(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	made := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	config := inSecretsManager(server)
	made.Apply(config).Want(t)
	acctest.HumanUse(t, acctest.IAM(server), "mailer")
	r := made.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Plan(config).Want(t, "error identity: Identity is used by a human")
}
