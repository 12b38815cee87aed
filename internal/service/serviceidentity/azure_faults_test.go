package serviceidentity_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// azureLife is an identity of Azure whose applies are made to fail, on a simulator of its own.
type azureLife struct {
	server *azuresim.Server
	tenant *azuresim.Tenant
	// first and second are configurations, and renewed is the second with a later expiry.
	first, second, renewed acctest.Values
	// left is what there is of the identity.
	left func() []string
}

func (l azureLife) run(t *testing.T) *acctest.Protocol {
	t.Helper()
	return acctest.NewAzureProtocol(t, l.server, acctest.Values{
		"azure":  acctest.AzureArgument(t, l.server).With(acctest.Values{"max_retries": faultRetries}),
		"policy": acctest.Values{"enforcement": acctest.Values{"reuse": "off"}},
	})
}

const faultRetries = 1

// azureStages are the applies of a life, by the configuration that each applies; none removes the identity.
var azureStages = []struct {
	name   string
	config func(azureLife) acctest.Values
	before func(azureLife)
}{
	{"create", func(l azureLife) acctest.Values { return l.first }, nil},
	{"update", func(l azureLife) acctest.Values { return l.second }, nil},
	{"disable", func(l azureLife) acctest.Values { return l.second }, func(l azureLife) { l.server.Clock().Advance(100 * 24 * time.Hour) }},
	{"renew", func(l azureLife) acctest.Values { return l.renewed }, nil},
	{"destroy", func(azureLife) acctest.Values { return nil }, nil},
}

// reach takes a new identity to where a stage begins.
func (l azureLife) reach(t *testing.T, stage int) *acctest.Resource {
	t.Helper()
	r := l.run(t).Resource(typeName)
	for i, of := range azureStages[:stage+1] {
		if of.before != nil {
			of.before(l)
		}
		if i > 0 {
			wantNone(t, r.Refresh())
		}
		if i < stage {
			wantNone(t, r.Apply(of.config(l)))
		}
	}
	return r
}

// wantNone fails the test where something failed.
func wantNone(t *testing.T, diags acctest.Diagnostics) {
	t.Helper()
	if diags.Failed() {
		t.Fatal(diags)
	}
}

// calls are those that a stage makes from its plan on, but for tokens.
func (l azureLife) calls() (found []sim.Call) {
	return slices.DeleteFunc(l.server.Calls(), func(call sim.Call) bool { return call.Service == "oauth" })
}

// converged wants the identity to be as the stage has it, and no secret in what Terraform was told.
func (l azureLife) converged(t *testing.T, r *acctest.Resource, stage int, told acctest.Diagnostics) {
	t.Helper()
	config := azureStages[stage].config(l)
	if config == nil {
		if left := l.left(); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
	} else {
		wantNone(t, r.Refresh())
		wantNone(t, r.Plan(config))
		if r.Changes() {
			t.Errorf("the plan after the repair changes\n%v\nto\n%v", r.State(), r.Planned())
		}
		if left := l.left(); len(left) != 1 {
			t.Errorf("there is %v", left)
		}
	}
	state, err := json.Marshal(r.State())
	if err != nil {
		t.Fatal(err)
	}
	text := string(state) + fmt.Sprint(told)
	for _, secret := range l.server.Secrets() {
		if strings.Contains(text, secret) {
			t.Error("a secret is in the state or the diagnostics")
		}
	}
}

// failEach fails each call that writes in each stage of a life, and wants the next apply to finish.
func failEach(t *testing.T, newLife func(t *testing.T) azureLife) {
	t.Helper()
	faults := []struct {
		name string
		sim.Fault
	}{{"refused", sim.Fault{Kind: sim.FaultAccessDenied}}, {"lost", sim.Fault{Kind: sim.FaultDropAfter, Times: faultRetries + 1}}}
	for stage, of := range azureStages {
		l := newLife(t)
		r := l.reach(t, stage)
		l.server.ResetCalls()
		wantNone(t, r.Apply(of.config(l)))
		l.converged(t, r, stage, nil)
		for n, write := range writesOf(l.calls()) {
			for kind, fault := range faults {
				if of.name != "create" && of.name != "destroy" && kind != n%2 {
					continue // The suite of all platforms has every one, so these take turns.
				}
				t.Run(fmt.Sprintf("%s/%s/%d %s", of.name, fault.name, write.nth, write.action), func(t *testing.T) {
					t.Parallel()
					l := newLife(t)
					r := l.reach(t, stage)
					fault.Service, fault.Action, fault.Nth = write.service, write.action, write.nth
					l.server.InjectFault(fault.Fault)
					told := r.Apply(of.config(l))
					l.server.ClearFaults()
					if stage == 0 && r.Exists() != (len(l.left()) > 0) {
						t.Fatalf("the state has the identity: %t, the tenant has %v", r.Exists(), l.left())
					}
					if r.Exists() {
						r = r.Under(l.run(t))
						wantNone(t, r.Refresh())
					}
					if config := of.config(l); config != nil || r.Exists() {
						again := r.Apply(config)
						wantNone(t, again)
						told = append(told, again...)
					}
					l.converged(t, r, stage, told)
				})
			}
		}
	}
}

// nthWrite is a call that writes, as a fault finds it.
type nthWrite struct {
	service, action string
	nth             int
}

func writesOf(calls []sim.Call) (writes []nthWrite) {
	seen := map[string]int{}
	for _, call := range calls {
		if strings.HasPrefix(call.Action, "GET ") {
			continue
		}
		seen[call.Action]++
		writes = append(writes, nthWrite{call.Service, call.Action, seen[call.Action]})
	}
	return writes
}

// TestManagedIdentityFaults fails every write of a managed identity's life.
func TestManagedIdentityFaults(t *testing.T) {
	t.Parallel()
	failEach(t, func(t *testing.T) azureLife {
		e := newAzure(t)
		first := e.full(false)
		second := e.identity(acctest.Values{
			"role_assignments":      acctest.Values{"read": acctest.Values{"scope": e.group, "role": "Reader"}, "logs": acctest.Values{"scope": e.group, "role": "Storage Blob Data Reader"}},
			"federated_credentials": acctest.Values{"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "environment": "prod"}}},
		}).With(acctest.Values{"owner": "billing"})
		return azureLife{
			server: e.azure, tenant: e.tenant, first: first, second: second, renewed: second.With(acctest.Values{"expiry": e.aws.Clock().Now().AddDate(0, 0, 200).Format(time.DateOnly)}),
			left: func() []string {
				if _, ok := e.tenant.ManagedIdentity(strings.TrimPrefix(identityID, "azure:")); ok {
					return []string{identityID}
				}
				return nil
			},
		}
	})
}

// TestApplicationFaults fails every write of an application's life.
func TestApplicationFaults(t *testing.T) {
	t.Parallel()
	failEach(t, func(t *testing.T) azureLife {
		d := newDirectory(t)
		second := withApp(acctest.Values{
			"unique_name": "invoice-export-prod", "owners": []string{d.ada}, "purge_on_destroy": true,
			"app_role_assignments":  acctest.Values{"users": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "User.Read.All"}},
			"federated_credentials": acctest.Values{"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "branch": "next"}}},
		})
		return azureLife{
			server: d.server, tenant: d.tenant, first: d.fullApp(), second: second, renewed: second.With(acctest.Values{"expiry": "2026-09-30"}),
			left: func() []string { return append(d.tenant.Applications(), d.tenant.Deleted()...) },
		}
	})
}
