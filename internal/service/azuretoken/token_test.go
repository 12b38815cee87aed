package azuretoken_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
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

// tokenFile is a file with a token.
func tokenFile(t *testing.T, token string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "token")
	writeToken(t, name, token)
	return name
}

func writeToken(t *testing.T, file, token string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, p := newTenant(t)
			id := govern(t, server, p, 90*24*time.Hour, kind)
			file := tokenFile(t, token(server, subject)+"\n")
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
