package credential_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

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
