package credential_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const inPast = "warning expiry: Expiry is in the past"

// TestSimEntraExpiry lets Entra ID end a credential at its expiry, clears it away, and renews it.
func TestSimEntraExpiry(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"client_secret", "certificate"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e := newEntra(t)
			config := e.config(kind, entraStores()["key vault"]).With(acctest.Values{"expiry": acctest.Date(e.aws, 40)})
			r := e.resource(t)
			r.Apply(config).Want(t)
			d := e.read(t, "key vault")
			end := e.aws.Clock().Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 41)
			until, err := time.Parse(time.RFC3339, text(r, "valid_until"))
			must(t, err)
			if until.After(end) || end.Sub(until) > time.Second {
				t.Errorf("it is valid until %s, and its life ends at %s", until, end)
			}
			e.aws.Clock().Advance(42 * 24 * time.Hour)
			e.signIn(t, d, false) // No Terraform has run.
			r = r.Under(e.protocol(t))
			r.Refresh().Want(t)
			acctest.WantSame(t, "status", r.State("status"), "expired")
			r.Apply(config).Want(t, inPast)
			e.wantCredentials(t)
			acctest.WantSame(t, "credential_id", r.State("credential_id"), nil)
			wantSettled(t, r, config, inPast)

			renewed := config.With(acctest.Values{"expiry": acctest.Date(e.aws, 100)})
			r.Apply(renewed).Want(t, "warning rotate_after_days: Credential is rotated…the current one is gone")
			e.wantConverged(t, r, renewed)
			acctest.WantSame(t, "status", r.State("status"), "active")
		})
	}
}

// TestSimEntraRenewedAhead renews a credential before its end, which Entra ID cannot change: so it is rotated.
func TestSimEntraRenewedAhead(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	config := e.config("certificate", entraStores()["key vault"]).With(acctest.Values{"expiry": acctest.Date(e.aws, 40)})
	r := e.resource(t)
	r.Apply(config).Want(t)
	first := e.read(t, "key vault")
	longer := config.With(acctest.Values{"expiry": acctest.Date(e.aws, 100)})
	e.aws.Clock().Advance(time.Hour)
	r = r.Under(e.protocol(t))
	r.Apply(longer).Want(t, "warning rotate_after_days: Credential is rotated…"+first.KeyID+" is valid until …only, which is before…Entra ID cannot change that…stays valid for 48 hours")
	e.signIn(t, first, true)
	e.wantConverged(t, r, longer)
	// A shorter life ends the credential that would outlive it.
	e.aws.Clock().Advance(time.Hour)
	shorter := longer.With(acctest.Values{"expiry": acctest.Date(e.aws, 35), "overlap_hours": 0})
	r = r.Under(e.protocol(t))
	r.Apply(shorter).Want(t, "warning rotate_after_days: Credential is rotated…which is after…(expiry or valid_days), and Entra ID cannot change that")
	e.wantConverged(t, r, shorter)
}

// TestSimEntraOverlapPastExpiry says that nothing but an apply ends what overlaps with an end after a shorter expiry, for as long as
// it is there.
func TestSimEntraOverlapPastExpiry(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	config := e.config("client_secret", entraStores()["key vault"])
	r := e.resource(t)
	r.Apply(config).Want(t)
	acctest.WantSame(t, "at first", r.State("expiry_enforcement"), "cloud")
	shorter := config.With(acctest.Values{"expiry": acctest.Date(e.aws, 40)})
	r.Apply(shorter).Want(t, "warning rotate_after_days: Credential is rotated…which is after…(expiry or valid_days)")
	acctest.WantSame(t, "in the overlap", r.State("expiry_enforcement"), "apply")
	e.wantConverged(t, r, shorter)
	acctest.WantSame(t, "after a refresh", r.State("expiry_enforcement"), "apply")
	e.aws.Clock().Advance(49 * time.Hour)
	r = r.Under(e.protocol(t))
	r.Refresh().Want(t)
	r.Apply(shorter).Want(t)
	acctest.WantSame(t, "after it", r.State("expiry_enforcement"), "cloud")
	e.wantConverged(t, r, shorter)
}

// TestSimEntraMissedRotation finds a credential that has ended because no apply came in time.
func TestSimEntraMissedRotation(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	config := e.config("client_secret", entraStores()["key vault"])
	r := e.resource(t)
	r.Apply(config).Want(t)
	first := e.read(t, "key vault")
	e.aws.Clock().Advance(81 * 24 * time.Hour)
	e.signIn(t, first, false)
	r = r.Under(e.protocol(t))
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "inactive")
	r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated…"+first.KeyID+" has ended in Entra ID at…before an apply replaced it. "+first.KeyID+" is revoked at once")
	e.wantConverged(t, r, config)
}

// TestSimEntraChanges changes what a credential is and where it is kept.
func TestSimEntraChanges(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	config := e.config("client_secret", entraStores()["key vault"])
	r := e.resource(t)
	r.Apply(config).Want(t)
	secret := e.read(t, "key vault")
	certificate := config.With(acctest.Values{"type": "certificate"})
	r.Apply(certificate).Want(t, "warning rotate_after_days: Credential is rotated…type has changed. "+secret.KeyID+" stays valid for 48 hours")
	e.signIn(t, secret, true)
	e.wantConverged(t, r, certificate)
	acctest.WantSame(t, "type", r.State("type"), "certificate")

	moved := certificate.With(acctest.Values{"store": entraStores()["secrets manager"]})
	r.Plan(moved)
	if !r.Replaces() {
		t.Error("another kind of store does not replace the credential")
	}
	renamed := certificate.With(acctest.Values{"store": acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": "https://SAFE.vault.azure.net", "name": vaultName, "content_type": "text/json"}}})
	r.Apply(renamed).Want(t)
	if r.Replaces() {
		t.Error("another spelling of the vault replaces the credential")
	}
	e.wantConverged(t, r, renamed)
	if versions := e.azure.VaultSecret("safe", vaultName); versions[len(versions)-1].ContentType != "text/json" {
		t.Errorf("the content type is %q", versions[len(versions)-1].ContentType)
	}
}

// TestSimEntraBesideOthers leaves credentials of others alone, in the application and its service principal, and says that they
// are there.
func TestSimEntraBesideOthers(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	theirs := e.tenant.PutApplication(azuresim.Application{
		DisplayName: "shared", Tags: governedTags(e.aws),
		Secrets: []azuresim.Secret{{DisplayName: "by hand"}}, Certificates: []azuresim.Certificate{{DER: selfSigned(t)}},
	})
	e.app = theirs
	certificate := e.application(t).Certificates[0].KeyID
	e.app.KeyIDs = append(e.app.KeyIDs, certificate)
	config := e.config("certificate", entraStores()["key vault"])
	r := e.resource(t)
	others := []string{
		"warning identity: Identity has a credential that nobody governs…" + theirs.KeyIDs[0] + " was made outside Terraform",
		"warning identity: Identity has a credential that nobody governs…" + certificate + " was made outside Terraform",
	}
	r.Apply(config).Want(t, others...)
	d := e.read(t, "key vault")
	e.signIn(t, d, true)
	e.wantCredentials(t, append(e.app.KeyIDs, d.KeyID)...)
	r.Refresh().Want(t, others...)
	r.Apply(nil).Want(t)
	e.wantNothingLeft(t)
}
