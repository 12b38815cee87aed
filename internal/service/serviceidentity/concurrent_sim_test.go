package serviceidentity_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// crowded is how many identities one apply makes with the real Terraform, and how many of them at the same time.
const crowded, parallelism = 200, "-parallelism=50"

// throttleIAM refuses two calls in a row, again and again.
func throttleIAM(server *sim.Server) {
	for nth := 10; nth < 20*crowded; nth += 60 {
		server.InjectFault(sim.Fault{Service: "iam", Kind: sim.FaultThrottling, Nth: nth, Times: 2})
	}
}

// TestSimCrowdedApply makes, finds in order and destroys 200 roles, 50 at a time, while IAM throttles.
func TestSimCrowdedApply(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	c := acctest.NewCLI(t, server)
	c.Write("crowd.tf", fmt.Sprintf(`
resource "governed_service_identity" "one" {
  count   = %d
  name    = "job-${count.index}"
  owner   = "payments"
  purpose = "Runs the nightly job number ${count.index}"
  expiry  = %q
  aws_role = {
    trust           = { aws_services = ["lambda.amazonaws.com"] }
    inline_policies = { list = jsonencode(%s) }
  }
}
`, crowded, acctest.Date(server, 90), readBuckets))
	throttleIAM(server)
	c.Must("apply", "-auto-approve", parallelism)
	if made := account(server).Roles(); len(made) != crowded {
		t.Errorf("there are %d roles", len(made))
	}
	for i := range crowded {
		view, ok := account(server).Role(fmt.Sprintf("job-%d", i))
		if !ok || view.Tags["nhi:purpose"] != fmt.Sprintf("Runs the nightly job number %d", i) || len(view.InlinePolicies) == 0 {
			t.Errorf("the role job-%d is %+v", i, view)
		}
	}
	c.Must("plan", "-detailed-exitcode", parallelism)
	server.ClearFaults()
	throttleIAM(server)
	c.Must("destroy", "-auto-approve", "-refresh=false", parallelism)
	if left := account(server).Roles(); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
	throttled := 0
	for _, call := range server.Calls() {
		if strings.Contains(call.ErrorCode, "Throttling") {
			throttled++
		}
	}
	if throttled < crowded/10 {
		t.Errorf("IAM throttled %d calls only", throttled)
	}
}

// member is an identity of several states, which are applied at the same time.
type member struct {
	r      *acctest.Resource
	config acctest.Values
	run    func() *acctest.Protocol
}

// atOnce creates all members at the same time, wants nothing to do afterwards in another run, and destroys them so.
func atOnce(t *testing.T, members []member) {
	t.Helper()
	for _, destroy := range []bool{false, true} {
		said := make([]acctest.Diagnostics, len(members))
		var together sync.WaitGroup
		for i, one := range members {
			if destroy {
				one.config = nil
			}
			together.Go(func() { said[i] = one.r.Apply(one.config) })
		}
		together.Wait()
		for i, one := range members {
			said[i].Want(t)
			if destroy {
				continue
			}
			again := one.r.Under(one.run())
			again.Refresh().Want(t)
			again.Plan(one.config).Want(t)
			if again.Changes() {
				t.Errorf("the plan changes\n%v\nto\n%v", again.State(), again.Planned())
			}
		}
	}
}

// TestSimStatesAtOnce applies two states with roles and users of one account at the same time, while IAM throttles.
func TestSimStatesAtOnce(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	before := len(account(server).Roles()) + len(account(server).Users())
	var members []member
	run := func() *acctest.Protocol { return acctest.NewConfiguredProtocol(t, server, nil) }
	for state := range 2 {
		p := run()
		for i := range 10 {
			config := lambdaRole(server).With(acctest.Values{"name": fmt.Sprintf("role-%d-%d", state, i)})
			if i%2 == 1 {
				config = exporter(server).With(acctest.Values{"name": fmt.Sprintf("user-%d-%d", state, i)})
			}
			members = append(members, member{p.Resource(typeName), config, run})
		}
	}
	throttleIAM(server)
	atOnce(t, members)
	if left := len(account(server).Roles()) + len(account(server).Users()); left != before {
		t.Errorf("there are %v and %v", account(server).Roles(), account(server).Users())
	}
}

// TestAzureStatesAtOnce applies two states with managed identities and applications of one tenant at the same time, while
// Resource Manager and Microsoft Graph throttle.
func TestAzureStatesAtOnce(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	before := len(e.tenant.ServicePrincipals())
	var members []member
	for state := range 2 {
		p := e.run()
		for i := range 8 {
			config := e.full(false).With(acctest.Values{"name": fmt.Sprintf("identity-%d-%d", state, i)})
			if i%2 == 1 {
				config = plainApp().With(acctest.Values{"name": fmt.Sprintf("app-%d-%d", state, i), "expiry": acctest.Date(e.aws, 90)})
			}
			members = append(members, member{p.Resource(typeName), config, e.run})
		}
	}
	e.azure.SetBudget("graph", 11, 1, 1)
	e.azure.SetBudget("arm", 13, 1, 1)
	atOnce(t, members)
	if left := e.tenant.Applications(); len(left) > 0 {
		t.Errorf("the applications %v are left", left)
	}
	if left := e.tenant.ServicePrincipals(); len(left) != before {
		t.Errorf("there are %d service principals, and were %d", len(left), before)
	}
}
