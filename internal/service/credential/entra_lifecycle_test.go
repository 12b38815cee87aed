package credential_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestSimEntraLife makes a secret and a certificate, rotates them by age, lets the overlap end, and retires them, with every
// store.
func TestSimEntraLife(t *testing.T) {
	t.Parallel()
	for name, store := range entraStores() {
		for _, kind := range []string{"client_secret", "certificate"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				e := newEntra(t)
				config := e.config(kind, store)
				r := e.resource(t)
				r.Apply(config).Want(t)
				first := e.read(t, name)
				e.signIn(t, first, true)
				e.wantCredentials(t, first.KeyID)
				e.wantTags(t, first.KeyID)
				acctest.WantSame(t, "credential_id", r.State("credential_id"), first.KeyID)
				acctest.WantSame(t, "status", r.State("status"), "active")
				acctest.WantSame(t, "enforcement", r.State("expiry_enforcement"), "cloud")
				end := e.aws.Clock().Now().AddDate(0, 0, 80).UTC().Format(time.RFC3339)
				acctest.WantSame(t, "valid_until", r.State("valid_until"), end)
				acctest.WantSame(t, "expires_at", first.ExpiresAt, end)
				wantSettled(t, r, config)

				e.aws.Clock().Advance(61 * 24 * time.Hour)
				r = r.Under(e.protocol(t))
				r.Refresh().Want(t)
				r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated…"+first.KeyID+"…older than 60 days…stays valid for 48 hours")
				second := e.read(t, name)
				e.wantCredentials(t, first.KeyID, second.KeyID)
				e.signIn(t, second, true)
				acctest.WantSame(t, "previous", r.State("previous_credential_id"), first.KeyID)
				wantSettled(t, r, config)

				e.aws.Clock().Advance(40 * time.Hour)
				e.signIn(t, first, true)
				e.aws.Clock().Advance(9 * time.Hour)
				r = r.Under(e.protocol(t))
				r.Refresh().Want(t)
				r.Plan(config).Want(t, "warning overlap_hours: Previous credential is still in use…last use of "+first.KeyID+" is")
				if r.Changes() {
					t.Error("a credential in use is retired")
				}
				r.Apply(nil).Want(t)
				e.signIn(t, second, false)
				e.signIn(t, first, false)
				e.wantNothingLeft(t)
			})
		}
	}
}
