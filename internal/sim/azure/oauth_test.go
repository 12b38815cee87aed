package azuresim_test

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// signIn asks for a token with azidentity and returns the number of the refusal,
// such as "AADSTS7000215", or "".
func signIn(t *testing.T, s *azuresim.Server, c azuresim.Credentials, scope string) string {
	t.Helper()
	_, err := secretCredential(t, s, c).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	return refusal(t, err)
}

func refusal(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(err.Error(), "AADSTS")
	number, _, _ := strings.Cut(rest, ":")
	return "AADSTS" + number
}

func TestClientSecrets(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tenant := defaultTenant(s)
	c := tenant.AddCaller("app", "Organization.Read.All")
	if !slices.Contains(s.Secrets(), c.ClientSecret) {
		t.Error("the client secret is not among the secrets")
	}
	with := func(change func(*azuresim.Credentials)) azuresim.Credentials {
		other := c
		change(&other)
		return other
	}
	admin := tenant.Administrator()
	for _, tt := range []struct {
		name  string
		c     azuresim.Credentials
		scope string
		want  string
	}{
		{"good", c, graphScope, ""},
		{"administrator", admin, graphScope, ""},
		{"by domain", with(func(c *azuresim.Credentials) { c.TenantID = tenant.Domain() }), graphScope, ""},
		{"wrong secret", with(func(c *azuresim.Credentials) { c.ClientSecret = "guess" }), graphScope, "AADSTS7000215"},
		{"administrator's wrong secret", azuresim.Credentials{TenantID: admin.TenantID, ClientID: admin.ClientID, ClientSecret: "guess"}, graphScope, "AADSTS7000215"},
		{"unknown application", with(func(c *azuresim.Credentials) { c.ClientID = "11111111-2222-4333-8444-555555555555" }), graphScope, "AADSTS700016"},
		{"another tenant's", with(func(c *azuresim.Credentials) { c.TenantID = s.Tenant("11111111-2222-4333-8444-555555555555").ID() }), graphScope, "AADSTS700016"},
		{"unknown resource", c, "https://nothing.example/.default", "AADSTS500011"},
		{"bad scope", c, "https://graph.microsoft.com/User.Read", "AADSTS70011"},
	} {
		if got := signIn(t, s, tt.c, tt.scope); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	s.Clock().Set(clockStart.AddDate(2, 0, 0))
	if got := signIn(t, s, c, graphScope); got != "AADSTS7000222" {
		t.Error(got)
	}
}

func TestUnknownTenant(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	status, _, out := get(t, s, s.AuthorityHost()+"99999999-2222-4333-8444-555555555555/v2.0/.well-known/openid-configuration", "")
	if status != 400 || out["error"] != "invalid_request" || !strings.HasPrefix(text(out, "error_description"), "AADSTS90002: Tenant '99999999-2222-4333-8444-555555555555' not found.") {
		t.Errorf("%d %v", status, out)
	}
}

// A machine's managed identities get tokens through azidentity, which finds the
// endpoint by environment variables.
func TestManagedIdentities(t *testing.T) {
	s := newServer(t)
	tenant := defaultTenant(s)
	const arm = "/subscriptions/" + azuresim.DefaultSubscription + "/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
	one, two := tenant.PutManagedIdentity(arm+"one", "one"), tenant.PutManagedIdentity(arm+"two", "two")
	for name, value := range tenant.MachineEnv(one, two) {
		t.Setenv(name, value)
	}
	try := func(id azidentity.ManagedIDKind) error {
		cred, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: options(s), ID: id})
		noError(t, err)
		_, err = cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
		return err
	}
	noError(t, try(azidentity.ResourceID(arm+"two")))
	view, _ := tenant.ServicePrincipal(two)
	if !view.LastSignInAt.Equal(clockStart) || view.Type != "ManagedIdentity" {
		t.Errorf("%+v", view)
	}
	noError(t, try(azidentity.ClientID(view.AppID)))
	noError(t, try(azidentity.ObjectID(one)))
	if try(azidentity.ResourceID(arm+"four")) == nil || try(nil) == nil {
		t.Error("a token for nobody")
	}
	// It has no secret, and cannot be deleted here.
	if got := signIn(t, s, azuresim.Credentials{TenantID: tenant.ID(), ClientID: view.AppID, ClientSecret: "guess"}, graphScope); got != "AADSTS700016" {
		t.Error(got)
	}
	tenant.SetEnabled(two, false)
	// Asked for in another way, because azidentity keeps tokens for the whole process.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, os.Getenv("IDENTITY_ENDPOINT")+"?resource=https://graph.microsoft.com&principal_id="+two, nil)
	noError(t, err)
	req.Header.Set("X-IDENTITY-HEADER", os.Getenv("IDENTITY_HEADER"))
	resp, err := s.Client().Do(req)
	noError(t, err)
	noError(t, resp.Body.Close())
	if resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.Status)
	}
	newGraph(t, s).refused(403, "Authorization_RequestDenied", "DELETE", "/servicePrincipals/"+two, nil)
	newGraph(t, s).refused(400, "Request_BadRequest", "POST", "/servicePrincipals/"+two+"/addPassword", body{})
	three := tenant.PutManagedIdentity(arm+"three", "three")
	t.Setenv("IDENTITY_HEADER", "guess")
	if try(azidentity.ObjectID(three)) == nil {
		t.Error("a token for a stranger")
	}
}
