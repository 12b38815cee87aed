package azuresim_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func TestClientSecretLife(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, sp := mustCreate(g, "robot")
	at := "/applications/" + text(app, "id")
	made := g.do("POST", at+"/addPassword", body{"passwordCredential": body{"displayName": strings.Repeat("n", 100)}})
	secret := text(made, "secretText")
	if len(secret) != 40 || text(made, "hint") != secret[:3] || text(made, "endDateTime") != "2028-03-01T12:00:00Z" || len(text(made, "displayName")) != 90 {
		t.Errorf("%v", made)
	}
	if !slices.Contains(s.Secrets(), secret) {
		t.Error("the client secret is not among the secrets")
	}
	shown := items(g.do("GET", at, nil), "passwordCredentials")[0]
	if shown["secretText"] != nil || shown["keyId"] != made["keyId"] {
		t.Error(shown)
	}
	c := azuresim.Credentials{TenantID: azuresim.DefaultTenant, ClientID: text(app, "appId"), ClientSecret: secret}
	if got := signIn(t, s, c, graphScope); got != "" {
		t.Error(got)
	}
	g.do("PATCH", "/servicePrincipals/"+text(sp, "id"), body{"accountEnabled": false})
	if got := signIn(t, s, c, graphScope); got != "AADSTS7000112" {
		t.Error(got)
	}
	g.do("PATCH", "/servicePrincipals/"+text(sp, "id"), body{"accountEnabled": true})
	if got := g.refused(400, "Request_BadRequest", "POST", at+"/removePassword", body{"keyId": app["id"]}); got != "No password credential found with keyId '"+text(app, "id")+"'." {
		t.Error(got)
	}
	g.do("POST", at+"/removePassword", body{"keyId": made["keyId"]})
	if got := signIn(t, s, c, graphScope); got != "AADSTS7000215" {
		t.Error(got)
	}
	// A short one ends when it says, by the simulator's clock.
	c.ClientSecret = text(g.do("POST", at+"/addPassword", body{"passwordCredential": body{"endDateTime": "2026-03-02T00:00:00Z"}}), "secretText")
	s.Clock().Set(time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC))
	if got := signIn(t, s, c, graphScope); got != "AADSTS7000222" {
		t.Error(got)
	}
	g.refused(400, "Request_BadRequest", "POST", at+"/addPassword", body{"passwordCredential": body{"endDateTime": "2026-03-01T00:00:00Z"}})
	g.refused(400, "BadRequest", "POST", at+"/addPassword", body{"passwordCredential": body{"endDateTime": "soon"}})
	g.refused(400, "Request_BadRequest", "POST", at+"/addPassword", body{"passwordCredential": body{"secretText": "mine"}})
	g.do("DELETE", "/servicePrincipals/"+text(sp, "id"), nil)
	if got := signIn(t, s, c, graphScope); got != "AADSTS7000229" {
		t.Error(got)
	}
}

// No answer but the first has a secret, and no record of calls has one.
func TestNoSecretIsRecorded(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, _ := mustCreate(g, "robot")
	secret := text(g.do("POST", "/applications/"+text(app, "id")+"/addPassword", body{}), "secretText")
	signIn(t, s, azuresim.Credentials{TenantID: azuresim.DefaultTenant, ClientID: text(app, "appId"), ClientSecret: secret}, graphScope)
	if calls := fmt.Sprint(s.Calls()); strings.Contains(calls, secret) || !strings.Contains(calls, "(sensitive)") {
		t.Error(calls)
	}
}

func TestSecretPolicy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, sp := mustCreate(g, "robot")
	defaultTenant(s).SetSecretPolicy(false, "P90D")
	got := g.do("GET", "/policies/defaultAppManagementPolicy", nil)
	if got["isEnabled"] != true || items(inner(got, "applicationRestrictions"), "passwordCredentials")[0]["maxLifetime"] != "P90D" {
		t.Error(got)
	}
	for _, at := range []string{"/applications/" + text(app, "id"), "/servicePrincipals/" + text(sp, "id")} {
		if got := g.refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", "POST", at+"/addPassword", body{}); got != "Credential lifetime exceeds the max value allowed as per assigned policy '00000000-0000-0000-0000-000000000000'." {
			t.Error(got)
		}
		g.do("POST", at+"/addPassword", body{"passwordCredential": body{"endDateTime": "2026-05-30T12:00:00Z"}})
	}
	_, raw := certificate(t, clockStart, clockStart.AddDate(0, 0, 91))
	key := body{"type": "AsymmetricX509Cert", "usage": "Verify", "key": raw}
	g.refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", "PATCH", "/applications/"+text(app, "id"), body{"keyCredentials": []body{key}})
	defaultTenant(s).SetSecretPolicy(true, "")
	g.refused(400, "CredentialTypeNotAllowedAsPerAppPolicy", "POST", "/applications/"+text(app, "id")+"/addPassword", body{})
	// Those made before a date are left alone.
	g.do("PATCH", "/policies/defaultAppManagementPolicy", body{"applicationRestrictions": body{"passwordCredentials": []body{
		{"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": nil, "restrictForAppsCreatedAfterDateTime": "2026-03-02T00:00:00Z"},
	}, "keyCredentials": []body{}}})
	g.do("POST", "/applications/"+text(app, "id")+"/addPassword", body{})
	g.refused(400, "BadRequest", "PATCH", "/policies/defaultAppManagementPolicy", body{"applicationRestrictions": body{"passwordCredentials": []body{{"restrictionType": "passwordLifetime", "maxLifetime": "90 days"}}}})
}

// certificate makes a key and a certificate of its own for it, in base64.
func certificate(t *testing.T, from, until time.Time) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	noError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "robot"}, NotBefore: from, NotAfter: until}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	noError(t, err)
	return key, base64.StdEncoding.EncodeToString(raw)
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, _ := mustCreate(g, "robot")
	at := "/applications/" + text(app, "id")
	key, raw := certificate(t, clockStart, clockStart.AddDate(1, 0, 0))
	credential := func(change body) body {
		c := body{"type": "AsymmetricX509Cert", "usage": "Verify", "key": raw, "displayName": "robot"}
		for name, value := range change {
			c[name] = value
		}
		return body{"keyCredentials": []body{c}}
	}
	for code, change := range map[string]body{
		"KeyCredentialsInvalidType":      {"type": "Password"},
		"KeyCredentialsInvalidKey":       {"key": "AAAA"},
		"KeyCredentialsInvalidEndDate":   {"endDateTime": "2027-03-02T12:00:00Z"},
		"KeyCredentialsInvalidStartDate": {"startDateTime": "2026-02-28T12:00:00Z"},
		"BadRequest":                     {"keyId": "x"},
	} {
		g.refused(400, code, "PATCH", at, credential(change))
	}
	g.do("PATCH", at, credential(nil))
	shown := items(g.do("GET", at, nil), "keyCredentials")[0]
	if shown["key"] != nil || shown["endDateTime"] != "2027-03-01T12:00:00Z" || len(text(shown, "customKeyIdentifier")) != 64 {
		t.Error(shown)
	}
	if got := items(g.do("GET", at+"?$select=keyCredentials", nil), "keyCredentials")[0]["key"]; got != raw {
		t.Error(got)
	}
	der, err := base64.StdEncoding.DecodeString(raw)
	noError(t, err)
	cert, err := x509.ParseCertificate(der)
	noError(t, err)
	signIn := func(key *rsa.PrivateKey) string {
		cred, err := azidentity.NewClientCertificateCredential(azuresim.DefaultTenant, text(app, "appId"), []*x509.Certificate{cert}, key, &azidentity.ClientCertificateCredentialOptions{
			ClientOptions: options(s), DisableInstanceDiscovery: true,
		})
		noError(t, err)
		_, err = cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
		return refusal(t, err)
	}
	if got := signIn(key); got != "" {
		t.Error(got)
	}
	s.Clock().Set(clockStart.AddDate(1, 0, 0))
	if got := signIn(key); got != "AADSTS700027" {
		t.Error(got)
	}
	s.Clock().Set(clockStart)
	// What is kept by its key id stays as it is, and what is left out goes.
	g.do("PATCH", at, body{"keyCredentials": []body{{"keyId": shown["keyId"], "type": "AsymmetricX509Cert", "usage": "Verify"}}})
	if got := signIn(key); got != "" {
		t.Error(got)
	}
	g.do("PATCH", at, body{"keyCredentials": []body{}})
	if got := signIn(key); got != "AADSTS700027" {
		t.Error(got)
	}
}

func TestFederatedCredentials(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, _ := mustCreate(g, "pipeline")
	at := "/applications/" + text(app, "id") + "/federatedIdentityCredentials"
	const issuer, subject, audience = "https://token.actions.githubusercontent.com", "repo:acme/shop:ref:refs/heads/main", "api://AzureADTokenExchange"
	with := func(change body) body {
		f := body{"name": "main", "issuer": issuer, "subject": subject, "audiences": []string{audience}}
		for name, value := range change {
			f[name] = value
		}
		return f
	}
	signIn := func(issuer, subject, audience string, expires time.Time) string {
		cred, err := azidentity.NewClientAssertionCredential(azuresim.DefaultTenant, text(app, "appId"), func(context.Context) (string, error) {
			return azuresim.WebIdentityToken(issuer, audience, subject, expires), nil
		}, &azidentity.ClientAssertionCredentialOptions{ClientOptions: options(s), DisableInstanceDiscovery: true})
		noError(t, err)
		_, err = cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
		return refusal(t, err)
	}
	later := clockStart.Add(time.Hour)
	if got := signIn(issuer, subject, audience, later); got != "AADSTS70025" {
		t.Error(got)
	}
	for name, change := range map[string]body{
		"no name":       {"name": ""},
		"long name":     {"name": strings.Repeat("x", 121)},
		"blank in name": {"name": "a b"},
		"long issuer":   {"issuer": "https://" + strings.Repeat("x", 600)},
		"plain issuer":  {"issuer": "token.actions.githubusercontent.com"},
		"no subject":    {"subject": ""},
		"two audiences": {"audiences": []string{"a", "b"}},
		"no audience":   {"audiences": []string{}},
	} {
		t.Log(name)
		g.refused(400, "InvalidFederatedIdentityCredentialValue", "POST", at, with(change))
	}
	made := g.do("POST", at, with(nil))
	g.refused(400, "InvalidFederatedIdentityCredentialValue", "POST", at, with(body{"name": "again"}))
	g.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", at, with(body{"subject": "other"}))
	g.refused(400, "InvalidFederatedIdentityCredentialValue", "PATCH", at+"/"+text(made, "id"), body{"name": "renamed"})
	for _, tt := range []struct {
		issuer, subject, audience string
		expires                   time.Time
		want                      string
	}{
		{issuer, subject, audience, later, ""},
		{"https://elsewhere.example", subject, audience, later, "AADSTS700211"},
		{issuer, "repo:acme/other:ref:refs/heads/main", audience, later, "AADSTS700213"},
		{issuer, strings.ToUpper(subject), audience, later, "AADSTS7002138"},
		{issuer, subject, "sts.amazonaws.com", later, "AADSTS700212"},
		{issuer, subject, audience, clockStart, "AADSTS700024"},
	} {
		if got := signIn(tt.issuer, tt.subject, tt.audience, tt.expires); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
	g.do("PATCH", at+"/main", body{"subject": "repo:acme/shop:environment:prod", "description": "deployments"})
	if got := g.do("GET", at+"/"+text(made, "id"), nil); got["subject"] != "repo:acme/shop:environment:prod" || got["description"] != "deployments" {
		t.Error(got)
	}
	g.do("DELETE", at+"/"+text(made, "id"), nil)
	byName := "/applications/" + text(app, "id") + "/federatedIdentityCredentials(name='n0')"
	upsert := body{"issuer": issuer, "subject": "s0", "audiences": []string{audience}}
	g.refused(404, "Request_ResourceNotFound", "PATCH", byName, upsert)
	for _, want := range []int{201, 204} {
		if status, _, err := g.try("PATCH", byName, upsert, "Prefer", "create-if-missing"); status != want || err != nil {
			t.Errorf("%d %v, want %d", status, err, want)
		}
	}
	g.do("DELETE", byName, nil)
	for i := range 20 {
		g.do("POST", at, with(body{"name": fmt.Sprint("n", i), "subject": fmt.Sprint("s", i)}))
	}
	g.refused(400, "Request_BadRequest", "POST", at, with(nil))
	if got := values(g.do("GET", at, nil)); len(got) != 20 {
		t.Errorf("%d credentials", len(got))
	}
}

// TestOwnPolicy lets a policy that is assigned to an application go before the tenant's, rule by rule.
func TestOwnPolicy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, _ := mustCreate(g, "robot")
	id, at := text(app, "id"), "/applications/"+text(app, "id")
	tenant := defaultTenant(s)
	tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordAddition"}, azuresim.Restriction{Type: "asymmetricKeyLifetime", Longest: "P30D"})
	if got := items(g.do("GET", at+"/appManagementPolicies", nil), "value"); len(got) != 0 {
		t.Error(got)
	}
	g.refused(400, "CredentialTypeNotAllowedAsPerAppPolicy", "POST", at+"/addPassword", body{})
	tenant.AssignPolicy(id, azuresim.Restriction{Type: "passwordAddition", Disabled: true}, azuresim.Restriction{Type: "trustedCertificateAuthority"})
	if got := items(g.do("GET", at+"/appManagementPolicies", nil), "value"); len(got) != 1 || got[0]["isEnabled"] != true || len(items(inner(got[0], "restrictions"), "keyCredentials")) != 1 {
		t.Error(got)
	}
	g.do("POST", at+"/addPassword", body{})
	_, raw := certificate(t, clockStart, clockStart.AddDate(0, 0, 20))
	key := body{"keyCredentials": []body{{"type": "AsymmetricX509Cert", "usage": "Verify", "key": raw}}}
	g.refused(400, "CredentialTypeNotAllowedAsPerAppPolicy", "PATCH", at, key)
	tenant.AssignPolicy(id)
	g.do("PATCH", at, key)
	_, long := certificate(t, clockStart, clockStart.AddDate(0, 0, 31))
	g.refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", "PATCH", at, body{"keyCredentials": []body{{"type": "AsymmetricX509Cert", "usage": "Verify", "key": long}}})
}
