package provider_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// connectorSecret is what a client reads from the vault of the example.
type connectorSecret struct {
	TenantID     string `json:"tenant_id"`
	ClientID     string `json:"client_id"`
	KeyID        string `json:"key_id"`
	ClientSecret string `json:"client_secret"`
}

// signsIn tells whether somebody gets a token for a client secret.
func signsIn(t *testing.T, server *azuresim.Server, s connectorSecret) bool {
	t.Helper()
	options := policy.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: server.AuthorityHost()}, Transport: server.Client()}
	credential, err := azidentity.NewClientSecretCredential(s.TenantID, s.ClientID, s.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	return err == nil
}

// TestSimIncidentEntraExample plays the same night in Entra ID: a leaked secret is replaced, and the application that nobody
// governs gets no token any more, in one apply.
func TestSimIncidentEntraExample(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	azure := acctest.NewAzureSim(t, server.Clock())
	tenant := azure.Tenant(azuresim.DefaultTenant)
	subscription := tenant.Subscription(azuresim.DefaultSubscription)
	subscription.AddResourceGroup("shop", "westeurope")
	subscription.AddVault("shop", "shop-prod")
	old := tenant.PutApplication(azuresim.Application{DisplayName: "Legacy sync", Secrets: []azuresim.Secret{{}}})
	legacy := connectorSecret{TenantID: azuresim.DefaultTenant, ClientID: old.AppID, KeyID: old.KeyIDs[0], ClientSecret: old.Secrets[0]}
	legacyApp := "entra:" + azuresim.DefaultTenant + ":application/" + old.ObjectID
	c := acctest.NewCLI(t, server)
	c.WriteExample(server, examples+"incident", "incident")
	c.Write("incident/entra/main.tf", strings.Replace(c.Read("incident/entra/main.tf"), "tenant_id = var.tenant_id", acctest.AzureArguments(t, azure), 1))
	c.Write("incident/entra/terraform.tfvars", fmt.Sprintf("tenant_id = %q\nowners = [%q]\nvault_uri = \"https://shop-prod.vault.azure.net/\"\n",
		azuresim.DefaultTenant, tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})))
	terraform := func(arguments ...string) string {
		t.Helper()
		return c.Must(append([]string{"-chdir=incident/entra"}, arguments...)...)
	}
	stored := func() (s connectorSecret) {
		t.Helper()
		versions := azure.VaultSecret("shop-prod", "shop-connector")
		if err := json.Unmarshal([]byte(versions[len(versions)-1].Value), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	want := func(works bool, of ...connectorSecret) {
		t.Helper()
		for _, one := range of {
			if signsIn(t, azure, one) != works {
				t.Errorf("%s works: %t", one.KeyID, !works)
			}
		}
	}
	entry := func(id, identity, action string) string {
		return fmt.Sprintf("%q:\n  identity: %q\n  action: %s\n  ticket: SEC-2212\n  what: In a public repository\n", id, identity, action)
	}
	terraform("init")
	terraform("apply", "-auto-approve")
	leaked := stored()
	want(true, leaked, legacy)
	server.Clock().Advance(time.Minute)
	var connector string
	for id, whose := range map[string]string{leaked.KeyID: "shop-connector", legacy.KeyID: legacyApp} {
		output := terraform("plan", "-var=find="+id)
		wantSaid(t, output, whose, "# Non-human identities")
		if id == leaked.KeyID {
			_, rest, _ := strings.Cut(output, "entra:"+azuresim.DefaultTenant+":application/")
			connector = "entra:" + azuresim.DefaultTenant + ":application/" + rest[:36]
		}
	}

	// Records that would leave what has leaked as it is.
	const nobodys = "11111111-2222-3333-4444-555555555555"
	for record, says := range map[string]string{
		entry(nobodys, connector, "rotate"):              "has no credential " + nobodys + ", so nothing would be revoked.",
		entry(nobodys, legacyApp, "quarantine"):          nobodys + ": it is a credential of none of the",
		entry(leaked.KeyID, legacyApp, "quarantine"):     leaked.KeyID + " is a credential of " + connector + ", and not of " + legacyApp,
		entry(leaked.KeyID, legacyApp, "rotate"):         "Write quarantine for any other identity.",
		entry(leaked.KeyID, connector, "revoke"):         "incidents.yaml: an action is rotate, for the application that this configuration governs",
		entry(legacy.KeyID, connector, "rotate"):         "has no credential " + legacy.KeyID,
		entry(leaked.KeyID, connector+"0", "quarantine"): connector + "0",
	} {
		c.Write("incident/entra/incidents.yaml", record)
		output, ok := c.Run("-chdir=incident/entra", "plan")
		if ok {
			t.Errorf("the plan goes through:\n%s", output)
		}
		wantSaid(t, output, says)
	}
	want(true, leaked, legacy)

	c.Write("incident/entra/incidents.yaml", entry(leaked.KeyID, connector, "rotate")+entry(legacy.KeyID, legacyApp, "quarantine"))
	wantSaid(t, terraform("plan", "-out=plan"), "Plan: 1 to add, 2 to change, 0 to destroy.", "Leaked credential is revoked: "+leaked.KeyID, "Identity will be quarantined: "+legacyApp)
	terraform("apply", "plan")
	current := stored()
	want(false, leaked, legacy)
	want(true, current)

	now := server.Clock().Now().UTC().Format(time.RFC3339)
	report := terraform("output", "-raw", "report")
	for _, text := range []string{
		"| identity | `" + connector + "` |", "| ticket | SEC-2212 |", "| revoked at | " + now, "| replaced by | `" + current.KeyID + "`, made at " + now,
		"| identity | `" + legacyApp + "` |", "| in quarantine since | " + now, "access tokens from before stay valid",
	} {
		if !strings.Contains(report, text) {
			t.Errorf("the report does not say %q:\n%s", text, report)
		}
	}
	for _, secret := range azure.Secrets() {
		if strings.Contains(report+c.Read("incident/entra/terraform.tfstate"), secret) {
			t.Error("a secret is in the report or in the state")
		}
	}
	server.Clock().Advance(5 * time.Minute)
	wantSaid(t, terraform("plan"), "No changes.")
	want(false, leaked, legacy)
	want(true, current)
}
