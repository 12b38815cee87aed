package credential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// leaks are leaked_ids.
func leaks(ids ...string) acctest.Values { return acctest.Values{"leaked_ids": ids} }

// wantRevokedAt fails the test unless the state says when each of the ids was revoked, and of no other.
func wantRevokedAt(t testing.TB, r *acctest.Resource, want map[string]time.Time) {
	t.Helper()
	times := acctest.Values{}
	for id, at := range want {
		times[id] = at.UTC().Format(time.RFC3339)
	}
	got, _ := r.State("leaked_revoked_at").(acctest.Values)
	if fmt.Sprint(got) != fmt.Sprint(times) {
		t.Errorf("leaked_revoked_at is %v, not %v", got, times)
	}
}

// The current key ends at once, whatever overlap_hours say, and another takes its place in the store.
func TestSimLeakedKey(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	for name, store := range stores(server) {
		r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
		r.Apply(store.config).Want(t)
		old := store.read(t)
		server.Clock().Advance(time.Hour)
		use(t, server, old, true)
		config := store.config.With(leaks(old.AccessKeyID))
		r.Plan(config).Want(t, "warning leaked_ids: Leaked credential is revoked: "+old.AccessKeyID+"…in use or not, and without an overlap. Last use: ",
			"warning rotate_after_days: Credential is rotated…because "+old.AccessKeyID+" has leaked (leaked_ids). "+old.AccessKeyID+" is revoked at once.")
		server.ResetCalls()
		r.ApplyPlanned(config).Want(t)
		current := store.read(t)
		use(t, server, old, false)
		use(t, server, current, true)
		wantKeys(t, server, current.AccessKeyID)
		acctest.WantSame(t, name, r.State("previous_credential_id"), nil)
		if writes := acctest.Writes(server); slices.Index(writes, "UpdateAccessKey") > slices.Index(writes, "TagUser") {
			t.Errorf("%s: the leaked key is not ended first, but in %v", name, writes)
		}
		revoked := map[string]time.Time{old.AccessKeyID: server.Clock().Now()}
		wantRevokedAt(t, r, revoked)
		server.Clock().Advance(time.Hour)
		wantSettled(t, r, config)
		wantRevokedAt(t, r, revoked)
		r.Apply(store.config).Want(t)
		wantRevokedAt(t, r, nil)
		wantKeys(t, server, current.AccessKeyID)
		r.Apply(nil).Want(t)
	}
}

// A leaked key that has expired is deleted, so that no renewal makes it active again, also when it has left leaked_ids.
func TestSimLeakedExpiredKey(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	store := stores(server)["secrets manager"]
	config := store.config.With(acctest.Values{"expiry": acctest.Date(server, 40)})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	old := store.read(t)
	server.Clock().Advance(42 * 24 * time.Hour)
	r.Refresh().Want(t)
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past")
	leaked := config.With(leaks(old.AccessKeyID))
	r.Apply(leaked).Want(t, "warning leaked_ids: Leaked credential is revoked: "+old.AccessKeyID, "warning expiry: Expiry is in the past")
	wantKeys(t, server)
	wantRevokedAt(t, r, map[string]time.Time{old.AccessKeyID: server.Clock().Now()})
	wantSettled(t, r, leaked, "warning expiry: Expiry is in the past")
	renewed := config.With(acctest.Values{"expiry": acctest.Date(server, 90)})
	r.Apply(renewed).Want(t, "warning rotate_after_days: Credential is rotated")
	current := store.read(t)
	if current.AccessKeyID == old.AccessKeyID {
		t.Error("the leaked key is back")
	}
	wantKeys(t, server, current.AccessKeyID)
	use(t, server, old, false)
	use(t, server, current, true)
}

// The one before it ends too, although somebody goes on using it, and the current one stays.
func TestSimLeakedPreviousKey(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	store := stores(server)["secrets manager"]
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(store.config.With(acctest.Values{"rotation_trigger": acctest.Values{"n": "1"}})).Want(t)
	old := store.read(t)
	config := store.config.With(acctest.Values{"rotation_trigger": acctest.Values{"n": "2"}})
	r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated")
	current := store.read(t)
	server.Clock().Advance(40 * time.Hour)
	use(t, server, old, true)
	leaked := config.With(leaks(old.AccessKeyID))
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Apply(leaked).Want(t, "warning leaked_ids: Leaked credential is revoked: "+old.AccessKeyID)
	use(t, server, old, false)
	wantKeys(t, server, current.AccessKeyID)
	wantRevokedAt(t, r, map[string]time.Time{old.AccessKeyID: server.Clock().Now()})
	wantSettled(t, r, leaked)
}

// A key that nobody governs is revoked where it is named, also where it takes the place that the new one needs.
func TestSimLeakedOtherKey(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	store := stores(server)["secrets manager"]
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(store.config).Want(t)
	old := store.read(t).AccessKeyID
	other := *acctest.AccessKey(t, acctest.IAM(server), "mailer").AccessKeyId
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t, "warning identity: Identity has a credential that nobody governs")
	config := store.config.With(leaks(old, other))
	r.Apply(config).Want(t, "warning leaked_ids: Leaked credential is revoked: "+old, "warning leaked_ids: Leaked credential is revoked: "+other, "warning rotate_after_days: Credential is rotated")
	wantKeys(t, server, store.read(t).AccessKeyID)
	acctest.WantSame(t, "others", r.State("other_credential_ids"), nil)
	wantRevokedAt(t, r, map[string]time.Time{old: server.Clock().Now(), other: server.Clock().Now()})
	wantSettled(t, r, config)

	// Its replacement can be the first governed one.
	r.Apply(nil).Want(t)
	first, second := *acctest.AccessKey(t, acctest.IAM(server), "mailer").AccessKeyId, *acctest.AccessKey(t, acctest.IAM(server), "mailer").AccessKeyId
	alone := "warning identity: Identity has a credential that nobody governs…" + second
	r = acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Plan(store.config).Want(t, "error identity: Identity has no room for another credential")
	r.Apply(store.config.With(leaks(first))).Want(t, "warning leaked_ids: Leaked credential is revoked: "+first, alone)
	wantKeys(t, server, second, store.read(t).AccessKeyID)
	r.Refresh().Want(t, alone)
	r.Plan(store.config.With(leaks(first))).Want(t)
	acctest.WantSame(t, "a change", r.Changes(), false)
}

// An id that is none of the identity's is refused, and nothing happens.
func TestSimLeakedRefused(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	config := inSecretsManager(server)
	r.Apply(config).Want(t)
	second := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	second.Apply(inParameterStore(server)).Want(t)
	theirs := account(server).PutUser(sim.User{Name: "other", AccessKeys: []sim.AccessKey{{}}})[0].AccessKeyID
	kept, _ := second.State("credential_id").(string)
	for id, want := range map[string]string{
		"AKIAMISSPELT": "error leaked_ids: Leaked credential is not the identity's…aws:123456789012:user/mailer has no credential AKIAMISSPELT, so nothing would be revoked.",
		theirs:         "error leaked_ids: Leaked credential is not the identity's…has no credential " + theirs,
		kept:           "error leaked_ids: Leaked credential is another resource's…" + kept + " is kept in ",
	} {
		r.Plan(config.With(leaks(id))).Want(t, want)
	}
	r.Validate(config.With(leaks(""))).Want(t, "error leaked_ids")
	wantKeys(t, server, kept, fmt.Sprint(r.State("credential_id")))
}

// What has leaked stays ended when something fails after that, and the next apply goes on.
func TestSimLeakedInterrupted(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sim.Fault{
		"the store":   {Action: "PutSecretValue", Kind: sim.FaultAccessDenied, Times: 3},
		"the making":  {Action: "CreateAccessKey", Kind: sim.FaultAccessDenied, Times: 3},
		"the removal": {Action: "DeleteAccessKey", Kind: sim.FaultAccessDenied, Times: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			store := stores(server)["secrets manager"]
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Apply(store.config).Want(t)
			old := store.read(t)
			config := store.config.With(leaks(old.AccessKeyID))
			server.InjectFault(fault)
			if diags := r.ApplyOnce(config); !diags.Failed() {
				t.Fatalf("it goes through: %s", diags)
			}
			use(t, server, old, false)
			revoked := map[string]time.Time{old.AccessKeyID: server.Clock().Now()}
			wantRevokedAt(t, r, revoked)
			server.ClearFaults()
			server.Clock().Advance(5 * time.Minute)
			r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
			r.Refresh()
			if diags := r.Apply(config); diags.Failed() {
				t.Fatal(diags)
			}
			use(t, server, store.read(t), true)
			wantKeys(t, server, store.read(t).AccessKeyID)
			wantRevokedAt(t, r, revoked)
			wantSettled(t, r, config)
		})
	}
}

// A secret and a certificate end before the new one is made, because Entra ID knows no inactive ones.
func TestSimLeakedEntra(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"client_secret", "certificate"} {
		e := newEntra(t)
		r := e.resource(t)
		config := e.config(kind, entraStores()["key vault"])
		r.Apply(config).Want(t)
		old := e.read(t, "key vault")
		e.signIn(t, old, true)
		leaked := config.With(leaks(old.KeyID))
		if diags := r.Apply(leaked); diags.Failed() || !strings.Contains(diags.String(), "Leaked credential is revoked: "+old.KeyID) {
			t.Fatal(diags)
		}
		current := e.read(t, "key vault")
		e.signIn(t, old, false)
		e.signIn(t, current, true)
		e.wantCredentials(t, current.KeyID)
		acctest.WantSame(t, "previous", r.State("previous_credential_id"), nil)
		wantRevokedAt(t, r, map[string]time.Time{old.KeyID: e.aws.Clock().Now()})
		wantSettled(t, r, leaked)
	}
}
