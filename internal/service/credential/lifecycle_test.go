package credential_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestSimLife makes a credential, rotates it by age, lets the overlap end, and retires it.
func TestSimLife(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"secrets manager", "parameter store"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			store := stores(server)[name]
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Apply(store.config).Want(t)
			first := store.read(t)
			use(t, server, first, true)
			acctest.WantSame(t, "credential_id", r.State("credential_id"), first.AccessKeyID)
			acctest.WantSame(t, "status", r.State("status"), "active")
			acctest.WantSame(t, "enforcement", r.State("expiry_enforcement"), "apply")
			r.Refresh().Want(t)
			r.Plan(store.config).Want(t)
			if r.Changes() {
				t.Error("the second plan changes something")
			}

			server.Clock().Advance(61 * 24 * time.Hour)
			r.Refresh().Want(t)
			r.Plan(store.config).Want(t, "warning rotate_after_days: Credential is rotated…"+first.AccessKeyID+"…older than 60 days…stays valid for 48 hours")
			acctest.WantSame(t, "planned id", r.Planned("credential_id"), acctest.Unknown)
			r.Apply(store.config).Want(t, "warning rotate_after_days: Credential is rotated")
			second := store.read(t)
			wantKeys(t, server, first.AccessKeyID, second.AccessKeyID)
			use(t, server, second, true)
			acctest.WantSame(t, "previous", r.State("previous_credential_id"), first.AccessKeyID)
			acctest.WantSame(t, "end of overlap", r.State("previous_expires_at"), server.Clock().Now().Add(48*time.Hour).Format(time.RFC3339))
			r.Refresh().Want(t)
			r.Plan(store.config).Want(t)
			if r.Changes() {
				t.Error("a plan within the overlap changes something")
			}

			server.Clock().Advance(40 * time.Hour)
			use(t, server, first, true)
			server.Clock().Advance(9 * time.Hour)
			r.Refresh().Want(t)
			r.Plan(store.config).Want(t, "warning overlap_hours: Previous credential is still in use…last use of "+first.AccessKeyID+" is…by the service iam, in us-east-1")
			if r.Changes() {
				t.Error("a credential in use is retired")
			}
			// The next rotation ends it in any case.
			server.Clock().Advance(60 * 24 * time.Hour)
			r.Refresh().Want(t)
			r.Apply(store.config).Want(t, "warning rotate_after_days: Credential is rotated…"+first.AccessKeyID+", which was current before, is revoked now")
			third := store.read(t)
			wantKeys(t, server, second.AccessKeyID, third.AccessKeyID)
			server.Clock().Advance(49 * time.Hour)
			r.Refresh().Want(t)
			r.Apply(store.config).Want(t)
			wantKeys(t, server, third.AccessKeyID)
			acctest.WantSame(t, "previous", r.State("previous_credential_id"), nil)
			use(t, server, second, false)

			r.Apply(nil).Want(t)
			use(t, server, third, false)
			wantNothingLeft(t, server)
		})
	}
}
