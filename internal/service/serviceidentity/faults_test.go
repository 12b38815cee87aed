package serviceidentity_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// createCalls are what a create asks of IAM, in order.
var createCalls = []string{"CreateRole", "PutRolePolicy", "AttachRolePolicy", "CreateInstanceProfile", "AddRoleToInstanceProfile"}

// TestFaultInCreate fails every call of a create in several ways. What exists is in the state then, and the next apply
// finishes it, as does a destruction.
func TestFaultInCreate(t *testing.T) {
	t.Parallel()
	for _, action := range createCalls {
		for _, kind := range []sim.FaultKind{sim.FaultAccessDenied, sim.FaultInternal, sim.FaultDropAfter} {
			t.Run(fmt.Sprintf("%s %s", action, kind), func(t *testing.T) {
				t.Parallel()
				server := acctest.NewSim(t)
				server.InjectFault(sim.Fault{Service: "iam", Action: action, Kind: kind})
				r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
				diags := r.Apply(fullRole(server))
				if adopted := action == "CreateRole" && kind == sim.FaultDropAfter; !adopted && len(diags) != 1 {
					t.Fatalf("%d diagnostics came", len(diags))
				}
				if made := len(account(server).Roles()) > 0; r.Exists() != made {
					t.Fatalf("the state has the role: %t, the account has it: %t", r.Exists(), made)
				}
				server.ClearFaults()
				destroyed := *r
				if r.Exists() {
					if r.State("id") != fullID {
						t.Errorf("the state is %v", r.State())
					}
					r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
					r.Refresh().Want(t)
					completed(t, r.Apply(fullRole(server)))
					wantEverything(t, server)
					r.Refresh().Want(t)
					r.Plan(fullRole(server)).Want(t)
					if r.Changes() {
						t.Error("the plan after the repair still changes something")
					}
					destroyed.Apply(nil).Want(t)
					wantGone(t, server)
				}
			})
		}
	}
}

// TestPassingFault hides from the user what a second try cures.
func TestPassingFault(t *testing.T) {
	t.Parallel()
	for _, action := range createCalls {
		for _, kind := range []sim.FaultKind{sim.FaultInternal, sim.FaultUnavailable, sim.FaultDropBefore, sim.FaultDropAfter} {
			t.Run(fmt.Sprintf("%s %s", action, kind), func(t *testing.T) {
				t.Parallel()
				server := acctest.NewSim(t)
				server.InjectFault(sim.Fault{Service: "iam", Action: action, Nth: 1, Kind: kind})
				r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
				r.Apply(fullRole(server)).Want(t)
				wantEverything(t, server)
			})
		}
	}
}

// TestDenied names the permission that is missing, whatever the provider was about to do.
func TestDenied(t *testing.T) {
	t.Parallel()
	apply := func(r *acctest.Resource, server *sim.Server) acctest.Diagnostics {
		return r.Apply(fullRole(server).With(acctest.Values{"owner": "billing"}))
	}
	for action, try := range map[string]func(*acctest.Resource, *sim.Server) acctest.Diagnostics{
		"GetRole":                apply,
		"TagRole":                apply,
		"UpdateAssumeRolePolicy": func(r *acctest.Resource, _ *sim.Server) acctest.Diagnostics { return r.Apply(nil) },
		"DeleteRolePolicy":       func(r *acctest.Resource, _ *sim.Server) acctest.Diagnostics { return r.Apply(nil) },
		"DeleteRole":             func(r *acctest.Resource, _ *sim.Server) acctest.Diagnostics { return r.Apply(nil) },
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Apply(fullRole(server)).Want(t)
			server.DenyActions(sim.DefaultAccount, "iam:"+action)
			try(r, server).Want(t, "error aws_role: Identity cannot be … the provider's credentials lack the permission iam:"+action+" … Allow iam:"+action)
			if !r.Exists() {
				t.Fatal("the state has lost the role")
			}
			server.DenyActions(sim.DefaultAccount)
			try(r, server).Want(t)
			if r.Exists() {
				r.Apply(nil).Want(t)
			}
			wantGone(t, server)
		})
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	impatient := acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(acctest.Values{"max_retries": 1})}
	r := acctest.NewConfiguredProtocol(t, server, impatient).Resource(typeName)
	server.InjectFault(sim.Fault{Service: "iam", Action: "CreateRole", Kind: sim.FaultThrottling})
	r.Apply(lambdaRole(server)).Want(t, "error aws_role: Identity cannot be created … iam:CreateRole was throttled … -parallelism … max_retries")
	if r.Exists() {
		t.Error("the state has a role that was not made")
	}
	// Half way, what is made is kept, and the next apply goes on.
	server.ClearFaults()
	server.InjectFault(sim.Fault{Service: "iam", Action: "PutRolePolicy", Nth: 1, Times: 2, Kind: sim.FaultThrottling})
	r = r.Under(acctest.NewConfiguredProtocol(t, server, impatient))
	r.Apply(lambdaRole(server)).Want(t, "error aws_role: Identity was created but not completed … iam:PutRolePolicy was throttled")
	r.Refresh().Want(t)
	r.Apply(lambdaRole(server)).Want(t)
	assume(t, server, true)
	wantWrites(t, server, "CreateRole", "CreateRole", "CreateRole", "PutRolePolicy", "PutRolePolicy", "PutRolePolicy")
}

// TestReplicationLag has IAM not see at once what was just made.
func TestReplicationLag(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	server.SetReplicationLag(3)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(fullRole(server)).Want(t)
	wantEverything(t, server)
}

// TestInterrupted stops Terraform while the role is being made: the call is seen to its end, and the state has the role.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, action := range createCalls {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			p := acctest.NewProtocol(t, server)
			p.Configure(acctest.Values{"aws": acctest.AWSArgument(watched(t, server, action, p.Stop))}).Want(t)
			r := p.Resource(typeName)
			r.Apply(fullRole(server)).Want(t, "error aws_role: Identity was created but not completed … interrupted. Nothing is lost: the next apply goes on from here.")
			if r.State("id") != fullID || len(account(server).Roles()) != 1 {
				t.Fatalf("the state is %v, the roles are %v", r.State(), account(server).Roles())
			}
			r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
			r.Refresh().Want(t)
			completed(t, r.Apply(fullRole(server)))
			wantEverything(t, server)
		})
	}
}

// completed fails the test unless an apply has done what an interrupted one had left, and told of nothing but that.
func completed(t *testing.T, diags acctest.Diagnostics) {
	t.Helper()
	if len(diags) > 0 {
		diags.Want(t, "warning aws_role: Identity gains permissions")
	}
}

// watched is an endpoint in front of the simulator that calls back before it hands on an action.
func watched(t *testing.T, server *sim.Server, action string, before func()) string {
	t.Helper()
	target, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := new(strings.Builder)
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := readInto(body, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if strings.Contains(body.String(), "Action="+action+"&") {
			before()
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}
