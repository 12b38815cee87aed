package azuresim_test

import (
	"errors"
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
