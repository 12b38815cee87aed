package credential_test

import (
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const mailerInVault = mailer + "#azure_key_vault:safe.vault.azure.net/" + vaultName

// keyInVault is an access key that goes into Key Vault.
func (e *entraEstate) keyInVault() acctest.Values {
	return inSecretsManager(e.aws).With(acctest.Values{"store": entraStores()["key vault"]})
}

// readKey is the document of an access key in the vault.
func (e *entraEstate) readKey(t testing.TB) document {
	t.Helper()
	versions := e.azure.VaultSecret("safe", vaultName)
	if len(versions) == 0 {
		return document{}
	}
	return parse(t, versions[len(versions)-1].Value)
}

// TestSimAccessKeyInKeyVault lives the life of an access key whose secret is in Key Vault.
func TestSimAccessKeyInKeyVault(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	putMailer(e.aws)
	config := e.keyInVault()
	r := e.resource(t)
	r.Apply(config).Want(t)
	first := e.readKey(t)
	use(t, e.aws, first, true)
	acctest.WantSame(t, "id", r.State("id"), mailerInVault)
	acctest.WantSame(t, "type", r.State("type"), "access_key")
	acctest.WantSame(t, "uri", r.State("secret_reference", "uri"), "https://safe.vault.azure.net/secrets/"+vaultName)
	acctest.WantSame(t, "arn", r.State("secret_reference", "arn"), nil)
	end := e.aws.Clock().Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 181)
	if version := e.azure.VaultSecret("safe", vaultName)[0]; version.Expires.Sub(end).Abs() > time.Second || version.ContentType != "application/json" || version.Tags["nhi:identity"] != mailer {
		t.Errorf("%+v", version)
	}
	wantSettled(t, r, config)
	// A renewal moves the end of the secret, which is that of the credential's life.
	renewed := config.With(acctest.Values{"expiry": acctest.Date(e.aws, 200)})
	r.Apply(renewed).Want(t)
	if versions := e.azure.VaultSecret("safe", vaultName); len(versions) != 1 || versions[0].Expires.Sub(end.AddDate(0, 0, 20)).Abs() > time.Second {
		t.Errorf("%+v", versions)
	}
	e.aws.Clock().Advance(61 * 24 * time.Hour)
	r = r.Under(e.protocol(t))
	r.Refresh().Want(t)
	r.Apply(renewed).Want(t, "warning rotate_after_days: Credential is rotated")
	second := e.readKey(t)
	wantKeys(t, e.aws, first.AccessKeyID, second.AccessKeyID)
	wantSettled(t, r, renewed)
	other := e.resource(t)
	other.Import(mailerInVault, nil).Want(t)
	wantSettled(t, other, renewed.With(acctest.Values{"store": acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": vaultURI, "name": vaultName}}}))
	r.Apply(nil).Want(t)
	wantKeys(t, e.aws)
	e.wantNothingLeft(t)
}

// TestSimKeyVaultSoftDelete takes a deleted secret into use again, and purges it where that is asked for, also when the first try
// was interrupted.
func TestSimKeyVaultSoftDelete(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	config := e.config("client_secret", entraStores()["key vault"])
	r := e.resource(t)
	r.Apply(config).Want(t)
	r.Plan(nil).Want(t, "warning identity: Credential will be revoked…client secret "+text(r, "credential_id")+"…the secret billing-robot in the key vault safe.vault.azure.net, which can be recovered for 90 days")
	r.Apply(nil).Want(t)
	if deleted, err := e.vault(t).GetDeletedSecret(t.Context(), vaultName, nil); err != nil {
		t.Errorf("it is not among the deleted: %v, %v", deleted, err)
	}
	purged := config.With(acctest.Values{"store": acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": vaultURI, "name": vaultName, "purge_on_destroy": true}}})
	r = e.resource(t)
	r.Apply(purged).Want(t)
	e.wantConverged(t, r, purged)
	if versions := e.azure.VaultSecret("safe", vaultName); len(versions) != 2 {
		t.Errorf("there are %d versions", len(versions))
	}
	e.azure.InjectFault(sim.Fault{Service: "keyvault", Action: "DELETE /{vault}/deletedsecrets/{name}", Kind: sim.FaultAccessDenied})
	r.Apply(nil).Want(t, "error store: Credential cannot be retired…lack the permission Microsoft.KeyVault/vaults/secrets/purge/action")
	e.azure.ClearFaults()
	r.Refresh()
	r.Apply(nil)
	if _, err := e.vault(t).GetDeletedSecret(t.Context(), vaultName, nil); err == nil {
		t.Error("it can still be recovered")
	}
	e.wantNothingLeft(t)
}

// TestSimKeyVaultProtected removes a secret of a vault that lets nobody purge, and says that it stays.
func TestSimKeyVaultProtected(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	e.azure.ProtectVault("safe")
	config := e.config("client_secret", acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": vaultURI, "name": vaultName, "purge_on_destroy": true}})
	r := e.resource(t)
	r.Apply(config).Want(t)
	r.Plan(nil).Want(t, "warning identity: Credential will be revoked…the secret billing-robot in the key vault safe.vault.azure.net, which the vault keeps for 90 days because it is protected against purging")
	r.Apply(nil).Want(t)
	e.wantNothingLeft(t)
	if _, err := e.vault(t).GetDeletedSecret(t.Context(), vaultName, nil); err != nil {
		t.Errorf("the vault does not keep it: %v", err)
	}
}

// TestSimKeyVaultDrift finds what somebody has done to the secret.
func TestSimKeyVaultDrift(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(*testing.T, *entraEstate){
		"deleted": func(t *testing.T, e *entraEstate) { t.Helper(); e.deleteSecret(t) },
		"another value": func(t *testing.T, e *entraEstate) {
			t.Helper()
			e.aws.Clock().Advance(time.Minute)
			e.putSecret(t)
		},
		"disabled": func(t *testing.T, e *entraEstate) {
			t.Helper()
			_, err := e.vault(t).UpdateSecretProperties(t.Context(), vaultName, "", azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: to.Ptr(false)}}, nil)
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEntra(t)
			config := e.config("client_secret", entraStores()["key vault"])
			r := e.resource(t)
			r.Apply(config).Want(t)
			tamper(t, e)
			r = r.Under(e.protocol(t))
			r.Refresh().Want(t)
			acctest.WantSame(t, "status", r.State("status"), "missing")
			attempt(r, config)
			// What was current is gone from the store, and has its overlap all the same.
			wantSettled(t, r, config)
			e.signIn(t, e.read(t, "key vault"), true)
		})
	}
}
