package azuretoken_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	typeName = "governed_azure_token"
	issuer   = "https://token.actions.githubusercontent.com"
	audience = "api://AzureADTokenExchange"
	subject  = "repo:acme/app:ref:refs/heads/main"
	scope    = "https://graph.microsoft.com/.default"
)

var federated = acctest.Values{"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "branch": "main"}}}

// newTenant is a simulator under the present, and a provider in it.
func newTenant(t *testing.T) (*azuresim.Server, *acctest.Protocol) {
	t.Helper()
	server := acctest.NewAzureSim(t, acctest.NewSim(t).Clock())
	server.Tenant(azuresim.DefaultTenant).Subscription(azuresim.DefaultSubscription).AddResourceGroup("payments", "westeurope")
	return server, acctest.NewAzureProtocol(t, server, nil)
}

// govern makes an identity with a life of so long, and returns its id.
func govern(t *testing.T, server *azuresim.Server, p *acctest.Protocol, life time.Duration, kind acctest.Values) (id string) {
	t.Helper()
	identity := p.Resource("governed_service_identity")
	diags := identity.Apply(acctest.Values{
		"name": "export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake",
		"expiry": server.Clock().Now().Add(life).UTC().Format(time.RFC3339),
	}.With(kind))
	if diags.Failed() {
		t.Fatal(diags)
	}
	id, _ = identity.State("id").(string)
	return id
}

var kinds = map[string]acctest.Values{
	"application":      {"entra_application": acctest.Values{"federated_credentials": federated}},
	"managed identity": {"azure_managed_identity": acctest.Values{"resource_group_name": "payments", "location": "westeurope", "federated_credentials": federated}},
}

func token(server *azuresim.Server, subject string) string {
	return azuresim.WebIdentityToken(issuer, audience, subject, server.Clock().Now().Add(10*time.Minute))
}

func TestToken(t *testing.T) {
	t.Parallel()
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, p := newTenant(t)
			id := govern(t, server, p, 90*24*time.Hour, kind)
			file := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(file, []byte(token(server, subject)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, proof := range []acctest.Values{{"token": token(server, subject)}, {"token_file": file}} {
				opened, diags := p.Open(typeName, acctest.Values{"identity": id, "scope": scope, "web_identity": proof})
				diags.Want(t)
				payload, err := base64.RawURLEncoding.DecodeString(strings.Split(opened.Text("token"), ".")[1])
				if err != nil || !strings.Contains(string(payload), opened.Text("client_id")) {
					t.Errorf("the token says %s: %v", payload, err)
				}
				ends, err := time.Parse(time.RFC3339, opened.Text("expires_at"))
				if lasts := ends.Sub(server.Clock().Now()); err != nil || lasts < 50*time.Minute || lasts > 25*time.Hour {
					t.Errorf("the token lasts %s: %v", lasts, err)
				}
				opened.Close().Want(t)
			}
		})
	}
}

func TestTokenRefused(t *testing.T) {
	t.Parallel()
	server, p := newTenant(t)
	id := govern(t, server, p, 90*24*time.Hour, kinds["application"])
	config := acctest.Values{"identity": id, "scope": scope, "web_identity": acctest.Values{"token": token(server, subject)}}
	stray := server.Tenant(azuresim.DefaultTenant).PutApplication(azuresim.Application{DisplayName: "stray"})
	for want, further := range map[string]acctest.Values{
		"error web_identity: Token cannot be got…No matching federated identity record found for presented assertion subject…Let a federated credential of the identity name the issuer": {"web_identity": acctest.Values{"token": token(server, "repo:acme/app:ref:refs/heads/dev")}},
		"error web_identity.token_file: Token cannot be read":               {"web_identity": acctest.Values{"token_file": "/nowhere"}},
		"error web_identity: Token cannot be got…There is no token of a CI": {"web_identity": nil},
		"error identity: Identity is not governed…import {":                 {"identity": "entra:" + azuresim.DefaultTenant + ":application/" + stray.ObjectID},
		"error identity: Identity does not exist":                           {"identity": "entra:" + azuresim.DefaultTenant + ":application/00000000-0000-0000-0000-000000000001"},
		"error identity: Identity has no tokens…of the kind aws_role":       {"identity": "aws:123456789012:role/export"},
		"error identity: Identity has no tokens…is not a canonical":         {"identity": "export"},
		"error scope: Invalid Attribute Value Match":                        {"scope": "https://graph.microsoft.com/User.Read"},
		"error web_identity.token: Invalid Attribute Combination":           {"web_identity": acctest.Values{"token": "a", "token_file": "b"}},
	} {
		_, diags := p.Open(typeName, config.With(further))
		diags.Want(t, want)
	}
	server.Clock().Advance(91 * 24 * time.Hour)
	_, diags := p.Open(typeName, config)
	diags.Want(t, "error identity: Identity has expired…Renew it")
}

// A token lasts as long as Entra ID wants: one that would outlive the identity is not handed out unless that is asked for.
func TestTokenOutlives(t *testing.T) {
	t.Parallel()
	server, p := newTenant(t)
	id := govern(t, server, p, 20*time.Minute, kinds["application"])
	config := acctest.Values{"identity": id, "scope": scope, "web_identity": acctest.Values{"token": token(server, subject)}}
	_, diags := p.Open(typeName, config)
	diags.Want(t, "error allow_outliving: Token would outlive the identity…It is not handed out")
	opened, diags := p.Open(typeName, config.With(acctest.Values{"allow_outliving": true}))
	diags.Want(t, "warning allow_outliving: Token outlives the identity")
	if opened.Text("token") == "" {
		t.Error("there is no token")
	}
}

func TestSimTokenEcho(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.EphemeralResources)
	server, p := newTenant(t)
	id := govern(t, server, p, 90*24*time.Hour, kinds["application"])
	factories := acctest.AzureFactories(server)
	factories["echo"] = echoprovider.NewProviderServer()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{{
			Config: `provider "governed" {
  ` + acctest.AzureBlock(t, server) + `
}
ephemeral "governed_azure_token" "export" {
  identity     = "` + id + `"
  scope        = "` + scope + `"
  web_identity = { token = "` + token(server, subject) + `" }
}
provider "echo" {
  data = ephemeral.governed_azure_token.export
}
resource "echo" "token" {}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("echo.token", tfjsonpath.New("data").AtMapKey("token"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue("echo.token", tfjsonpath.New("data").AtMapKey("expires_at"), knownvalue.NotNull()),
			},
		}},
	})
}
