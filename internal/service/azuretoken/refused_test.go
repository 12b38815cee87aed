package azuretoken_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	tenantID   = azuresim.DefaultTenant
	identities = "azure:/subscriptions/" + azuresim.DefaultSubscription + "/resourceGroups/payments/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
	nobody     = "00000000-0000-0000-0000-000000000001"
	forms      = "Write the id of an application (entra:<tenant>:application/<object id>) or of a managed identity (azure:<ARM id>)."
	first      = "…Where the same configuration makes it, refer to the id of its governed_service_identity, so that Terraform makes it first."
)

// TestTokenRefused names what is wrong with the identity, the scope or the token, and what to write instead.
func TestTokenRefused(t *testing.T) {
	t.Parallel()
	server, p := newTenant(t)
	id := govern(t, server, p, 90*24*time.Hour, kinds["application"])
	proof := func(subject string) acctest.Values {
		return acctest.Values{"web_identity": acctest.Values{"token": token(server, subject)}}
	}
	of := func(issuer, audience string, ends time.Duration) acctest.Values {
		made := azuresim.WebIdentityToken(issuer, audience, subject, server.Clock().Now().Add(ends))
		return acctest.Values{"web_identity": acctest.Values{"token": made}}
	}
	config := acctest.Values{"identity": id, "scope": scope}.With(proof(subject))
	stray := server.Tenant(tenantID).PutApplication(azuresim.Application{DisplayName: "stray"})
	const exactly = "…Let a federated credential of the identity name the issuer, the subject and the audience of the token exactly, in the case of their letters.…Argument: web_identity."
	for name, test := range map[string]struct {
		further acctest.Values
		want    string
	}{
		"another branch":   {proof("repo:acme/app:ref:refs/heads/dev"), "error web_identity: Token cannot be got…was refused with AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:acme/app:ref:refs/heads/dev'" + exactly},
		"another case":     {proof("repo:Acme/app:ref:refs/heads/main"), "error web_identity: Token cannot be got…was refused with AADSTS7002138: …" + exactly},
		"another issuer":   {of("https://gitlab.com", audience, time.Minute), "error web_identity: Token cannot be got…was refused with AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://gitlab.com'" + exactly},
		"another audience": {of(issuer, "sts.amazonaws.com", time.Minute), "error web_identity: Token cannot be got…was refused with AADSTS700212: No matching federated identity record found for presented assertion audience 'sts.amazonaws.com'" + exactly},
		"a token that has ended": {
			of(issuer, audience, -time.Minute),
			"error web_identity: Token cannot be got…was refused with AADSTS700024: Client assertion is not within its valid time range.…Get a new token from its issuer: that of a CI job lives for minutes.…Argument: web_identity.",
		},
		"no token": {
			acctest.Values{"web_identity": acctest.Values{"token": "hello"}},
			"error web_identity: Token cannot be got…was refused with AADSTS50027: …Give the token as its issuer has made it: three parts with a dot between each.…Argument: web_identity.",
		},
		"no file":    {acctest.Values{"web_identity": acctest.Values{"token_file": "/nowhere"}}, "error web_identity.token_file: Token cannot be read"},
		"nothing":    {acctest.Values{"web_identity": nil}, "error web_identity: Token cannot be got…There is no token of a CI system to sign in with.…In GitHub Actions, give the job permissions: { id-token: write }"},
		"two tokens": {acctest.Values{"web_identity": acctest.Values{"token": "a", "token_file": "b"}}, "error web_identity.token: Invalid Attribute Combination"},
		"a resource that there is not": {
			acctest.Values{"scope": "api://nowhere/.default"},
			"error scope: Token cannot be got…was refused with AADSTS500011: The resource principal named api://nowhere was not found in the tenant…Write the application id URI or the client id of an application that has a service principal in the tenant, with /.default behind it.…Argument: scope.",
		},
		"a scope of users":  {acctest.Values{"scope": "https://graph.microsoft.com/User.Read"}, "error scope: Invalid Attribute Value Match…must be the default scope of a resource, such as https://vault.azure.net/.default"},
		"another tenant":    {acctest.Values{"identity": "entra:11111111-2222-4333-8444-555555555555:application/" + nobody}, "error identity: Identity cannot be read…is in the tenant 11111111-2222-4333-8444-555555555555, but the provider is configured for " + tenantID + ".…Use a provider configuration for that tenant."},
		"not governed":      {acctest.Values{"identity": "entra:" + tenantID + ":application/" + stray.ObjectID}, "error identity: Identity is not governed…import {"},
		"no application":    {acctest.Values{"identity": "entra:" + tenantID + ":application/" + nobody}, "error identity: Identity does not exist…the tenant has no application with the object id " + nobody + ". Write the object id of the app registration: the application (client) id and the object id of the enterprise application are others." + first},
		"a client id":       {acctest.Values{"identity": "entra:" + tenantID + ":application/" + stray.AppID}, "error identity: Identity does not exist…the application (client) id…"},
		"no identity":       {acctest.Values{"identity": identities + "nobody"}, "error identity: Identity does not exist…there is no such managed identity. Check the subscription, the resource group and the name in its id." + first},
		"service principal": {acctest.Values{"identity": "entra:" + tenantID + ":service_principal/" + nobody}, "error identity: Identity has no tokens…is the service principal of a third party, which alone signs in as it. " + forms},
		"a role of AWS":     {acctest.Values{"identity": "aws:123456789012:role/export"}, "error identity: Identity has no tokens…aws:123456789012:role/export is an identity of AWS, of which Entra ID gives no tokens. " + forms + " Of a role of AWS, governed_aws_session gives a session."},
		"no id":             {acctest.Values{"identity": "export"}, `error identity: Identity has no tokens…"export" is not a canonical identity id: it has no platform in front of a colon. ` + forms},
		"a name":            {acctest.Values{"identity": "entra:" + tenantID + ":application/export"}, `error identity: Identity has no tokens…the object id "export" is not a GUID. ` + forms},
	} {
		_, diags := p.Open(typeName, config.With(test.further))
		t.Log(name)
		diags.Want(t, test.want)
	}
	server.Clock().Advance(91 * 24 * time.Hour)
	_, diags := p.Open(typeName, config)
	diags.Want(t, "error identity: Identity has expired…Renew it by a later expiry in the resource that governs it, if it is still needed.")
}

// TestTokenRefusedHere says what keeps an identity from signing in where it is not the token.
func TestTokenRefusedHere(t *testing.T) {
	t.Parallel()
	for name, bare := range map[string]acctest.Values{
		"application":      {"entra_application": acctest.Values{}},
		"managed identity": {"azure_managed_identity": acctest.Values{"resource_group_name": "payments", "location": "westeurope"}},
	} {
		t.Run("no federated credential of the "+name, func(t *testing.T) {
			t.Parallel()
			server, p := newTenant(t)
			id := govern(t, server, p, 90*24*time.Hour, bare)
			_, diags := p.Open(typeName, acctest.Values{"identity": id, "scope": scope, "web_identity": acctest.Values{"token": token(server, subject)}})
			diags.Want(t, "error identity: Token cannot be got…was refused with AADSTS70025: …Add what trusts the issuer of the token to federated_credentials in the resource that governs the identity.…Argument: identity.")
		})
	}
	t.Run("in quarantine", func(t *testing.T) {
		t.Parallel()
		server, p := newTenant(t)
		id := govern(t, server, p, 90*24*time.Hour, kinds["application"])
		config := acctest.Values{"identity": id, "scope": scope, "web_identity": acctest.Values{"token": token(server, subject)}}
		quarantine := p.Resource("governed_quarantine")
		quarantine.Apply(acctest.Values{"identity": id, "reason": "Leaked on a Friday", "ticket": "SEC-1234"}).Want(t, "warning identity: Identity will be quarantined")
		_, diags := p.Open(typeName, config)
		diags.Want(t, "error identity: Identity is in quarantine…the identity is in quarantine since "+server.Clock().Now().UTC().Format(time.RFC3339)+
			`, for the reason "Leaked on a Friday" (SEC-1234). Nobody can sign in as it until that is released: remove its governed_quarantine, if it is needed after all.`)
		quarantine.Apply(nil).Want(t)
		_, diags = p.Open(typeName, config)
		diags.Want(t)
	})
	t.Run("blocked", func(t *testing.T) {
		t.Parallel()
		server, p := newTenant(t)
		id := govern(t, server, p, 24*time.Hour, kinds["application"])
		config := acctest.Values{"identity": id, "scope": scope, "web_identity": acctest.Values{"token": token(server, subject)}}
		tenant := server.Tenant(tenantID)
		app, ok := tenant.Application(strings.TrimPrefix(id, "entra:"+tenantID+":application/"))
		if !ok {
			t.Fatal("there is no application")
		}
		tenant.SetEnabled(app.ServicePrincipalID, false)
		_, diags := p.Open(typeName, config)
		diags.Want(t, "error identity: Sign-in is blocked…the sign-in of the identity is blocked. Apply the resource that governs it: that opens it again where an expiry has closed it, and says how where somebody has.")
	})
}
