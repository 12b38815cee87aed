package azuresim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// vault is a client of the vault "safe".
func (e *estate) vault() *azsecrets.Client {
	e.t.Helper()
	opts := options(e.server)
	opts.Retry.MaxRetries = -1
	c, err := azsecrets.NewClient(e.server.KeyVaultURL()+"/safe", secretCredential(e.t, e.server, e.caller), &azsecrets.ClientOptions{
		ClientOptions: opts, DisableChallengeResourceVerification: true,
	})
	noError(e.t, err)
	return c
}

func newVault(t *testing.T) (*estate, string) {
	t.Helper()
	e := newEstate(t)
	return e, e.subscription.AddVault("rg", "safe")
}

func (e *estate) setSecret(name, value string) azsecrets.Secret {
	e.t.Helper()
	out, err := e.vault().SetSecret(e.t.Context(), name, azsecrets.SetSecretParameters{Value: &value}, nil)
	noError(e.t, err)
	return out.Secret
}

func TestVaultSecret(t *testing.T) {
	t.Parallel()
	e, _ := newVault(t)
	client := e.vault()
	end := clockStart.AddDate(0, 3, 0)
	first, err := client.SetSecret(t.Context(), "shop-password", azsecrets.SetSecretParameters{
		Value: to.Ptr("tulip-1"), ContentType: to.Ptr("text/plain"), Tags: map[string]*string{"owner": to.Ptr("ann")},
		SecretAttributes: &azsecrets.SecretAttributes{Expires: &end},
	}, nil)
	noError(t, err)
	if first.ID.Name() != "shop-password" || len(first.ID.Version()) != 32 || !first.Attributes.Expires.Equal(end) || !*first.Attributes.Enabled || *first.Attributes.RecoveryLevel != "Recoverable+Purgeable" {
		t.Errorf("%+v", first)
	}
	second := e.setSecret("Shop-Password", "tulip-2")
	got, err := client.GetSecret(t.Context(), "shop-password", "", nil)
	noError(t, err)
	if *got.Value != "tulip-2" || *got.ID != *second.ID {
		t.Errorf("%+v", got)
	}
	got, err = client.GetSecret(t.Context(), "shop-password", first.ID.Version(), nil)
	noError(t, err)
	if *got.Value != "tulip-1" || *got.Tags["owner"] != "ann" {
		t.Errorf("%+v", got)
	}
	_, err = client.UpdateSecretProperties(t.Context(), "shop-password", first.ID.Version(), azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: to.Ptr(false)}}, nil)
	noError(t, err)
	if _, err := client.GetSecret(t.Context(), "shop-password", first.ID.Version(), nil); errorCode(err) != "Forbidden" || errorMessage(err) != "Operation get is not allowed on a disabled secret." {
		t.Error(err)
	}
	page, err := client.NewListSecretPropertiesVersionsPager("shop-password", nil).NextPage(t.Context())
	noError(t, err)
	if len(page.Value) != 2 {
		t.Errorf("%d versions", len(page.Value))
	}
	if view := e.server.VaultSecret("SAFE", "shop-password"); len(view) != 2 || view[0].Enabled || view[1].Value != "tulip-2" || !view[0].Expires.Equal(end) {
		t.Errorf("%+v", view)
	}
	for _, value := range []string{"tulip-1", "tulip-2"} {
		if !slices.Contains(e.server.Secrets(), value) {
			t.Errorf("%s is not among the secrets", value)
		}
		for _, call := range e.server.Calls() {
			if call.Params.Get("value") == value {
				t.Error("the record of calls has a value")
			}
		}
	}
	// A client that believes in its token gets another one.
	e.server.Clock().Advance(48 * time.Hour)
	_, err = client.GetSecret(t.Context(), "shop-password", "", nil)
	noError(t, err)
}

func TestVaultPages(t *testing.T) {
	t.Parallel()
	e, _ := newVault(t)
	for i := range 27 {
		e.setSecret(fmt.Sprint("secret-", i), "v")
	}
	pages, names := 0, 0
	for pager := e.vault().NewListSecretPropertiesPager(nil); pager.More(); pages++ {
		page, err := pager.NextPage(t.Context())
		noError(t, err)
		names += len(page.Value)
	}
	if pages != 2 || names != 27 {
		t.Errorf("%d secrets in %d pages", names, pages)
	}
}

func TestVaultSoftDelete(t *testing.T) {
	t.Parallel()
	e, _ := newVault(t)
	client := e.vault()
	gone := func(err error) bool { return errorCode(err) == "SecretNotFound" }
	e.setSecret("old", "v1")
	deleted, err := client.DeleteSecret(t.Context(), "old", nil)
	noError(t, err)
	if !deleted.DeletedDate.Equal(clockStart) || !deleted.ScheduledPurgeDate.Equal(clockStart.AddDate(0, 0, 90)) || !strings.HasSuffix(*deleted.RecoveryID, "/deletedsecrets/old") {
		t.Errorf("%+v", deleted)
	}
	if _, err := client.GetSecret(t.Context(), "old", "", nil); !gone(err) {
		t.Error(err)
	}
	if _, err := client.SetSecret(t.Context(), "old", azsecrets.SetSecretParameters{Value: to.Ptr("v2")}, nil); errorCode(err) != "Conflict" || !strings.HasPrefix(errorMessage(err), "Secret old is currently in a deleted but recoverable state, and its name cannot be reused;") {
		t.Error(err)
	}
	page, err := client.NewListDeletedSecretPropertiesPager(nil).NextPage(t.Context())
	noError(t, err)
	if len(page.Value) != 1 || e.server.VaultSecret("safe", "old") != nil {
		t.Error(page.Value)
	}
	_, err = client.RecoverDeletedSecret(t.Context(), "old", nil)
	noError(t, err)
	got, err := client.GetSecret(t.Context(), "old", "", nil)
	noError(t, err)
	if *got.Value != "v1" {
		t.Error(*got.Value)
	}
	e.server.SetReplicationLag(2)
	_, err = client.DeleteSecret(t.Context(), "old", nil)
	noError(t, err)
	if _, err := client.GetDeletedSecret(t.Context(), "old", nil); !gone(err) {
		t.Error(err)
	}
	if _, err := client.PurgeDeletedSecret(t.Context(), "old", nil); errorCode(err) != "Conflict" || !strings.HasPrefix(errorMessage(err), "Secret old is currently being deleted") {
		t.Error(err)
	}
	_, err = client.PurgeDeletedSecret(t.Context(), "old", nil)
	noError(t, err)
	if _, err := client.GetDeletedSecret(t.Context(), "old", nil); !gone(err) {
		t.Error(err)
	}
	e.server.SetReplicationLag(0)
	e.setSecret("old", "v3")
	_, err = client.DeleteSecret(t.Context(), "old", nil)
	noError(t, err)
	e.server.Clock().Advance(90 * 24 * time.Hour)
	e.setSecret("old", "v4")
}

func TestVaultPermissions(t *testing.T) {
	t.Parallel()
	e, id := newVault(t)
	e.setSecret("shop", "v")
	user, reader := e.tenant.AddCaller("user"), e.tenant.AddCaller("reader")
	e.tenant.AssignRole(user.ObjectID, "Key Vault Secrets User", id+"/secrets/shop")
	e.tenant.AssignRole(reader.ObjectID, "Reader", e.group)
	_, err := e.as(user).vault().GetSecret(t.Context(), "shop", "", nil)
	noError(t, err)
	_, err = e.as(reader).vault().GetSecret(t.Context(), "shop", "", nil)
	want := "Caller: appid=" + reader.ClientID + ";oid=" + reader.ObjectID + ";iss=https://sts.windows.net/" + azuresim.DefaultTenant + "/\r\n" +
		"Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\nResource: '" + strings.ToLower(id) + "/secrets/shop'\r\n"
	if errorCode(err) != "Forbidden" || !strings.Contains(errorMessage(err), want) {
		t.Error(err)
	}
	_, err = e.as(user).vault().DeleteSecret(t.Context(), "shop", nil)
	if errorCode(err) != "Forbidden" || !strings.Contains(errorMessage(err), "'Microsoft.KeyVault/vaults/secrets/delete'") {
		t.Error(err)
	}
	status, _, out := e.callAs(e.as(reader).token("https://vault.azure.net/.default"), "GET", e.server.KeyVaultURL()+"/safe/secrets?api-version=7.6", nil)
	if status != 403 || in(out, "error", "innererror")["code"] != "ForbiddenByRbac" {
		t.Error(status, out)
	}
	e.tenant.DenyPermissions("Microsoft.KeyVault/vaults/secrets/setSecret/action")
	if _, err := e.vault().SetSecret(t.Context(), "shop", azsecrets.SetSecretParameters{Value: to.Ptr("v")}, nil); errorCode(err) != "Forbidden" {
		t.Error(err)
	}
}

func TestVaultRefusals(t *testing.T) {
	t.Parallel()
	e, _ := newVault(t)
	at := e.server.KeyVaultURL()
	status, header, out := e.callAs("", "GET", at+"/safe/secrets/shop?api-version=7.6", nil)
	if want := `Bearer authorization="` + e.server.URL() + "/" + azuresim.DefaultTenant + `", resource="https://vault.azure.net"`; status != 401 || header.Get("WWW-Authenticate") != want ||
		in(out, "error")["message"] != "AKV10000: Request is missing a Bearer or PoP token." {
		t.Error(status, header, out)
	}
	token := e.token("https://vault.azure.net/.default")
	stranger := e.as(e.server.Tenant("11111111-2222-4333-8444-555555555555").Administrator()).token("https://vault.azure.net/.default")
	const version = "?api-version=2026-04-01"
	tags := func(n int) body {
		out := body{}
		for i := range n {
			out[fmt.Sprint("t", i)] = "v"
		}
		return out
	}
	for _, tt := range []struct {
		name, token, method, path string
		in                        any
		status                    int
		code, message             string
	}{
		{"no version", token, "GET", "/safe/secrets/shop", nil, 400, "BadParameter", "api-version must be specified"},
		{"version", token, "GET", "/safe/secrets/shop?api-version=1.0", nil, 400, "BadParameter", "The specified version (1.0) is not recognized."},
		{"vault", token, "GET", "/none/secrets/shop" + version, nil, 404, "VaultNotFound", "The vault 'none' does not exist."},
		{"tenant", stranger, "GET", "/safe/secrets/shop" + version, nil, 401, "Unauthorized", "AKV10032: Invalid issuer."},
		{"audience", e.token(armScope), "GET", "/safe/secrets/shop" + version, nil, 401, "Unauthorized", "Access token validation failure. Invalid audience."},
		{"secret", token, "GET", "/safe/secrets/shop" + version, nil, 404, "SecretNotFound", "A secret with (name/id) shop was not found in this key vault."},
		{"name", token, "PUT", "/safe/secrets/a_b" + version, body{"value": "v"}, 400, "BadParameter", "The request URI contains an invalid name: a_b"},
		{"long name", token, "PUT", "/safe/secrets/" + strings.Repeat("a", 128) + version, body{"value": "v"}, 400, "BadParameter", "The request URI contains an invalid name"},
		{"no value", token, "PUT", "/safe/secrets/shop" + version, body{}, 400, "BadParameter", "Parameter: value."},
		{"long value", token, "PUT", "/safe/secrets/shop" + version, body{"value": strings.Repeat("a", 25*1024+1)}, 400, "BadParameter", "The value of the secret exceeds"},
		{"16 tags", token, "PUT", "/safe/secrets/shop" + version, body{"value": "v", "tags": tags(16)}, 400, "BadParameter", "The number of tags exceeds the maximum of 15."},
		{"long tag", token, "PUT", "/safe/secrets/shop" + version, body{"value": "v", "tags": body{"a": strings.Repeat("a", 257)}}, 400, "BadParameter", "The name or the value of the tag 'a' exceeds"},
		{"content type", token, "PUT", "/safe/secrets/shop" + version, body{"value": "v", "contentType": strings.Repeat("a", 256)}, 400, "BadParameter", "The contentType exceeds"},
		{"end before start", token, "PUT", "/safe/secrets/shop" + version, body{"value": "v", "attributes": body{"nbf": 200, "exp": 100}}, 400, "BadParameter", "The attribute exp has to be later than nbf."},
		{"page", token, "GET", "/safe/secrets" + version + "&maxresults=26", nil, 400, "BadParameter", "The maxresults parameter has to be between 1 and 25."},
		{"skip token", token, "GET", "/safe/secrets" + version + "&$skiptoken=x", nil, 400, "BadParameter", "The skip token is invalid."},
		{"operation", token, "POST", "/safe/keys" + version, nil, 404, "NotFound", ""},
	} {
		status, _, out := e.callAs(tt.token, tt.method, at+tt.path, tt.in)
		failed, _ := out["error"].(body)
		if message, _ := failed["message"].(string); status != tt.status || failed["code"] != tt.code || !strings.HasPrefix(message, tt.message) {
			t.Errorf("%s: %d %v", tt.name, status, out)
		}
	}
}
