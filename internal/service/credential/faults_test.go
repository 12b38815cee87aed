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
		r.Apply(config).Want(t)
		server.Clock().Advance(61 * 24 * time.Hour)
	}},
	{name: "rotate again", before: func(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		r.Apply(config).Want(t)
		for range 2 {
			server.Clock().Advance(61 * 24 * time.Hour)
			r.Refresh().Want(t)
			if r.State("previous_credential_id") == nil {
				r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated")
			}
		}
	}},
	{name: "end the overlap", before: func(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		r.Apply(config).Want(t)
		server.Clock().Advance(61 * 24 * time.Hour)
		r.Refresh().Want(t)
		r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated")
		server.Clock().Advance(49 * time.Hour)
	}},
	{name: "destroy", gone: true, before: func(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		r.Apply(config).Want(t)
		server.Clock().Advance(61 * 24 * time.Hour)
		r.Refresh().Want(t)
		r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated")
	}},
}

// impatient is a provider that tries a call twice at most.
func impatient(t *testing.T, server *sim.Server) *acctest.Protocol {
	t.Helper()
	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(acctest.Values{"max_retries": 1})}).Want(t)
	return p
}

// attempt is one run of Terraform: a provider of its own, a refresh, a plan and an apply. Its diagnostics do not matter.
func attempt(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values) *acctest.Resource {
	t.Helper()
	r = r.Under(impatient(t, server))
	if r.Exists() {
		r.Refresh()
	}
	if r.Exists() || config != nil {
		r.Apply(config)
	}
	return r
}

// wantConverged fails the test unless a further run finds everything in order: the store gives out a key that works, no
// other key is there but one within its overlap, no note of an interruption, nothing to do.
func wantConverged(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values, read func(testing.TB) document) {
	t.Helper()
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if r.Changes() {
		t.Error("there is still something to do")
	}
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
// everything fails from a call on, that is what the death of the provider at that call leaves behind: its state is thrown
// away too.
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
		{"death after the effect", sim.FaultDropAfter, 1000, true},
	}
	for _, storeName := range []string{"secrets manager", "parameter store"} {
		for _, scene := range scenes {
			t.Run(storeName+"/"+scene.name, func(t *testing.T) {
				t.Parallel()
				writes := scene.play(t, storeName, sim.Fault{Action: "none", Kind: sim.FaultInternal}, false)
				if len(writes) < 2 {
					t.Fatalf("the only writes are %v", writes)
				}
				for _, nth := range writes {
					for _, kind := range kinds {
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

// play lets the scene happen under a fault, and then once more without. It returns which of the calls under the fault
// changed something, counted from 1.
func (s scene) play(t *testing.T, storeName string, fault sim.Fault, dies bool) (writes []int) {
	t.Helper()
	server := newSim(t)
	store := stores(server)[storeName]
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	if s.before != nil {
		s.before(t, server, r, store.config)
	}
	config := store.config
	if s.gone {
		config = nil
	}
	server.ResetCalls()
	server.InjectFault(fault)
	after := attempt(t, server, r, config)
	for i, call := range server.Calls() {
		if !slices.ContainsFunc([]string{"Get", "List", "Describe"}, func(read string) bool { return strings.HasPrefix(call.Action, read) }) {
			writes = append(writes, i+1)
		}
	}
	server.ClearFaults()
	if !dies {
		r = after
	}
	if s.gone {
		if r.Exists() {
			attempt(t, server, r, config)
		}
		wantNothingLeft(t, server)
		return writes
	}
	if r = attempt(t, server, r, config); !r.Exists() && dies {
		// It was complete, and only Terraform does not know it.
		r.Import(stores(server)[storeName].id, nil).Want(t)
	}
	if !r.Exists() {
		t.Error("it does not exist")
		return writes
	}
	wantConverged(t, server, r, store.config, store.read)
	return writes
}
