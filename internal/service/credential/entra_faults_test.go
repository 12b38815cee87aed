package credential_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// entraScene is a credential of an application just before something happens to it.
type entraScene struct {
	name, kind string
	before     func(*testing.T, *entraEstate, *acctest.Resource, acctest.Values)
	gone       bool
}

func rotated(t *testing.T, e *entraEstate, r *acctest.Resource, config acctest.Values) {
	t.Helper()
	r.ApplyOnce(config).Want(t)
	e.aws.Clock().Advance(61 * 24 * time.Hour)
	r.Refresh().Want(t)
	r.ApplyOnce(config).Want(t, "warning rotate_after_days: Credential is rotated")
}

var entraScenes = []entraScene{
	{name: "create", kind: "client_secret"},
	{name: "create", kind: "certificate"},
	{name: "rotate", kind: "certificate", before: func(t *testing.T, e *entraEstate, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		r.ApplyOnce(config).Want(t)
		e.aws.Clock().Advance(61 * 24 * time.Hour)
	}},
	{name: "rotate again", kind: "client_secret", before: func(t *testing.T, e *entraEstate, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		rotated(t, e, r, config)
		e.aws.Clock().Advance(61 * 24 * time.Hour)
	}},
	{name: "end the overlap", kind: "certificate", before: func(t *testing.T, e *entraEstate, r *acctest.Resource, config acctest.Values) {
		t.Helper()
		rotated(t, e, r, config)
		e.aws.Clock().Advance(49 * time.Hour)
	}},
	{name: "destroy", kind: "client_secret", gone: true, before: rotated},
}

// TestSimEntraFaultAtEveryWrite does for credentials of applications what TestSimFaultAtEveryWrite does for access keys.
func TestSimEntraFaultAtEveryWrite(t *testing.T) {
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
	for _, scene := range entraScenes {
		t.Run(scene.name+"/"+scene.kind, func(t *testing.T) {
			t.Parallel()
			calls := scene.play(t, sim.Fault{Action: "none", Kind: sim.FaultInternal}, false)
			for i, call := range append(calls, sim.Call{}) {
				last := i == len(calls)
				if !last && (strings.HasPrefix(call.Action, "GET ") || call.Service == "oauth") {
					continue
				}
				for _, kind := range kinds {
					if last && !kind.dies {
						continue
					}
					scene.play(t, sim.Fault{Nth: i + 1, Times: kind.times, Kind: kind.kind}, kind.dies)
					if t.Failed() {
						t.Fatalf("%s at call %d, %s", kind.name, i+1, call.Action)
					}
				}
			}
		})
	}
}

// play lets the scene happen under a fault, and then once more without. It returns the calls under the fault.
func (s entraScene) play(t *testing.T, fault sim.Fault, dies bool) []sim.Call {
	t.Helper()
	e := newEntra(t)
	config := e.config(s.kind, entraStores()["key vault"])
	r := e.protocol(t, 1).Resource(typeName)
	if s.before != nil {
		s.before(t, e, r, config)
	}
	wanted := config
	if s.gone {
		wanted = nil
	}
	e.azure.ResetCalls()
	e.azure.InjectFault(fault)
	after := *r
	attempt(&after, wanted)
	calls := e.azure.Calls()
	e.azure.ClearFaults()
	if !dies {
		r = &after
	}
	r = r.Under(e.protocol(t, 1))
	if s.gone {
		if r.Exists() {
			attempt(r, nil)
		}
		e.wantNothingLeft(t)
		return calls
	}
	if attempt(r, wanted); !r.Exists() && dies {
		r.Import(e.identity()+"#azure_key_vault:safe.vault.azure.net/"+vaultName, nil).Want(t)
	}
	if !r.Exists() {
		t.Error("it does not exist")
		return calls
	}
	e.wantConverged(t, r, config)
	return calls
}

// wantConverged fails the test unless a further run finds everything in order: the vault gives out a credential that works, no
// other is there but one within its overlap, no note of an interruption, nothing to do.
func (e *entraEstate) wantConverged(t *testing.T, r *acctest.Resource, config acctest.Values) {
	t.Helper()
	wantSettled(t, r, config)
	d := e.read(t, "key vault")
	e.signIn(t, d, true)
	acctest.WantSame(t, "credential_id", r.State("credential_id"), d.KeyID)
	ids := append(slices.Clone(e.app.KeyIDs), d.KeyID)
	if previous := text(r, "previous_credential_id"); previous != "" {
		ids = append(ids, previous)
	}
	e.wantCredentials(t, ids...)
	e.wantTags(t, ids[len(e.app.KeyIDs):]...)
}

// TestSimEntraLag makes, rotates and removes credentials while replicas of the directory lag behind.
func TestSimEntraLag(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"client_secret", "certificate"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e := newEntra(t)
			e.azure.SetReplicationLag(4)
			config := e.config(kind, entraStores()["key vault"]).With(acctest.Values{"rotation_trigger": acctest.Values{"n": "1"}})
			r := e.resource(t)
			r.Apply(config).Want(t)
			first := e.read(t, "key vault")
			e.wantCredentials(t, first.KeyID)
			e.wantTags(t, first.KeyID)
			again := config.With(acctest.Values{"rotation_trigger": acctest.Values{"n": "2"}, "overlap_hours": 0})
			r.Apply(again).Want(t, "warning rotate_after_days: Credential is rotated…rotation_trigger has changed…is revoked at once")
			second := e.read(t, "key vault")
			e.wantCredentials(t, second.KeyID)
			e.wantTags(t, second.KeyID)
			// A credential that cannot be stored is revoked, although the replicas do not know it yet.
			e.tenant.DenyPermissions("Microsoft.KeyVault/vaults/secrets/setSecret/action")
			r.Apply(again.With(acctest.Values{"rotation_trigger": acctest.Values{"n": "3"}})).Want(t, "warning rotate_after_days: Credential is rotated",
				"error store: Credential cannot be applied…lack the permission Microsoft.KeyVault/vaults/secrets/setSecret/action")
			e.tenant.DenyPermissions()
			e.wantCredentials(t, second.KeyID)
			e.wantTags(t, second.KeyID)
			r.Apply(nil).Want(t)
			e.wantNothingLeft(t)
		})
	}
}
