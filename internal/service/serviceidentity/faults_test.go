package serviceidentity_test

import (
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
