package credential_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// scene is a credential just before something happens to it.
type scene struct {
	name string
	// before makes what is there already; nil for nothing.
	before func(*testing.T, *sim.Server, *acctest.Resource, acctest.Values)
	// gone says that the credential is to be gone afterwards.
	gone bool
}

var scenes = []scene{
	{name: "create"},
	{name: "rotate", before: func(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		r.ApplyOnce(config).Want(t)
		server.Clock().Advance(61 * 24 * time.Hour)
	}},
	{name: "rotate again", before: func(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		r.ApplyOnce(config).Want(t)
		for range 2 {
			server.Clock().Advance(61 * 24 * time.Hour)
			r.Refresh().Want(t)
			if r.State("previous_credential_id") == nil {
				r.ApplyOnce(config).Want(t, "warning rotate_after_days: Credential is rotated")
			}
		}
	}},
	{name: "end the overlap", before: func(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		r.ApplyOnce(config).Want(t)
		server.Clock().Advance(61 * 24 * time.Hour)
		r.Refresh().Want(t)
		r.ApplyOnce(config).Want(t, "warning rotate_after_days: Credential is rotated")
		server.Clock().Advance(49 * time.Hour)
	}},
	{name: "destroy", gone: true, before: func(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		r.ApplyOnce(config).Want(t)
		server.Clock().Advance(61 * 24 * time.Hour)
		r.Refresh().Want(t)
		r.ApplyOnce(config).Want(t, "warning rotate_after_days: Credential is rotated")
	}},
}

// impatient is a provider that tries a call twice at most.
func impatient(t *testing.T, server *sim.Server) *acctest.Protocol {
	t.Helper()
	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(acctest.Values{"max_retries": 1})}).Want(t)
	return p
}

// attempt is one run of Terraform: a refresh, a plan and an apply. Its diagnostics do not matter.
func attempt(r *acctest.Resource, config acctest.Values) {
	if r.Exists() {
		r.Refresh()
	}
	if r.Exists() || config != nil {
		r.ApplyOnce(config)
	}
}

// wantConverged fails the test unless a further run finds everything in order: the store gives out a key that works, no
// other key is there but one within its overlap, no note of an interruption, nothing to do.
func wantConverged(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values, read func(testing.TB) document) {
	t.Helper()
	wantSettled(t, r, config)
	d := read(t)
	use(t, server, d, true)
	acctest.WantSame(t, "credential_id", r.State("credential_id"), d.AccessKeyID)
	ids := []string{d.AccessKeyID}
	if previous := text(r, "previous_credential_id"); previous != "" {
		ids = append(ids, previous)
	}
	wantKeys(t, server, ids...)
	view, _ := account(server).User("mailer")
	if note, left := view.Tags["nhi:issuing"]; left {
		t.Errorf("the note %q was left behind", note)
	}
	for _, id := range ids {
		if view.Tags[id] == "" {
			t.Errorf("the key %s has no note of its store", id)
		}
	}
}

// TestSimFaultAtEveryWrite fails every call of a credential's life that changes something, and applies again. Where
// everything fails from a call on, that is what the death of the provider before that call leaves behind, and after the
// last one that has had its effect: its state is thrown away too. What IAM is asked is the same with every store, so it
// fails with one of them only.
func TestSimFaultAtEveryWrite(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name  string
		kind  sim.FaultKind
		times int
		dies  bool
	}{
		{"denied", sim.FaultAccessDenied, 1, false},
		{"answer lost once", sim.FaultDropAfter, 1, false},
		{"answer lost", sim.FaultDropAfter, 2, false},
		{"death", sim.FaultDropBefore, 1000, true},
	}
	for storeName, services := range map[string][]string{"secrets manager": {"iam", "secretsmanager"}, "parameter store": {"ssm"}} {
		for _, scene := range scenes {
			t.Run(storeName+"/"+scene.name, func(t *testing.T) {
				t.Parallel()
				calls := scene.play(t, storeName, sim.Fault{Action: "none", Kind: sim.FaultInternal}, false)
				for i, call := range append(calls, sim.Call{}) {
					last := i == len(calls)
					if !last && (!slices.Contains(services, call.Service) || isRead(call)) {
						continue
					}
					nth := i + 1
					for _, kind := range kinds {
						if last && !kind.dies {
							continue
						}
						scene.play(t, storeName, sim.Fault{Nth: nth, Times: kind.times, Kind: kind.kind}, kind.dies)
						if t.Failed() {
							t.Fatalf("%s at call %d", kind.name, nth)
						}
					}
				}
			})
		}
	}
}

func isRead(call sim.Call) bool {
	return slices.ContainsFunc([]string{"Get", "List", "Describe"}, func(read string) bool { return strings.HasPrefix(call.Action, read) })
}

// play lets the scene happen under a fault, and then once more without. It returns the calls under the fault.
func (s scene) play(t *testing.T, storeName string, fault sim.Fault, dies bool) []sim.Call {
	t.Helper()
	server := newSim(t)
	store := stores(server)[storeName]
	r := impatient(t, server).Resource(typeName)
	if s.before != nil {
		s.before(t, server, r, store.config)
	}
	config := store.config
	if s.gone {
		config = nil
	}
	server.ResetCalls()
	server.InjectFault(fault)
	after := *r
	attempt(&after, config)
	calls := server.Calls()
	server.ClearFaults()
	if !dies {
		r = &after
	}
	r = r.Under(impatient(t, server))
	if s.gone {
		if r.Exists() {
			attempt(r, config)
		}
		wantNothingLeft(t, server)
		return calls
	}
	if attempt(r, config); !r.Exists() && dies {
		// It was complete, and only Terraform does not know it.
		r.Import(stores(server)[storeName].id, nil).Want(t)
	}
	if !r.Exists() {
		t.Error("it does not exist")
		return calls
	}
	wantConverged(t, server, r, store.config, store.read)
	return calls
}
