package provider_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// entraCredentialPermissions takes a client secret in a key vault through its life with the permissions of Microsoft Graph that the
// documentation has.
func entraCredentialPermissions(t *testing.T, name string) {
	t.Helper()
	document, vault := readGraphDocument(t, name), readAzureRole(t, "azure/governed_credential_azure_key_vault")
	holdToLife(t, document.all(), document.Optional, map[string]string{"Application.ReadWrite.OwnedBy": "Application.Read.All"}, // Reading the application.
		document.without(func(t *testing.T, permissions []string) (acctest.Diagnostics, []sim.Call) {
			t.Helper()
			return entraCredentialLife(t, permissions, vault.DataActions)
		}))
}

// vaultPermissions is the same for the data actions of Key Vault.
func vaultPermissions(t *testing.T, name string) {
	t.Helper()
	document, vault := readGraphDocument(t, "entra/governed_credential"), readAzureRole(t, name)
	holdToLife(t, vault.all(), nil, nil, func(t *testing.T, missing string) (acctest.Diagnostics, []sim.Call) {
		t.Helper()
		return entraCredentialLife(t, document.all(), vault.but(missing).DataActions)
	})
}

// entraCredentialLife runs as a pipeline that has these permissions of Microsoft Graph and may do these actions in a vault. It
// returns what was said, up to the first step that failed, and what the pipeline has asked for.
func entraCredentialLife(t *testing.T, permissions, actions []string) (acctest.Diagnostics, []sim.Call) {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(exampleDay, false))
	tenant := server.Tenant(azuresim.DefaultTenant)
	subscription := tenant.Subscription(azuresim.DefaultSubscription)
	subscription.AddResourceGroup("secrets", "westeurope")
	subscription.AddVault("secrets", "safe")
	run, pipeline := pipelineOf(t, server, permissions)
	tenant.AssignRole(pipeline, tenant.AddRoleDefinition("credentials", nil, actions), "/subscriptions/"+azuresim.DefaultSubscription)
	app := tenant.PutApplication(azuresim.Application{DisplayName: "export", Owners: []string{pipeline}, Tags: []string{
		"nhi:owner=payments", "nhi:purpose=Nightly_export_of_invoices", "nhi:expiry=2027-10-31", "nhi:managed_by=terraform-provider-governed",
	}})
	day := 24 * time.Hour
	in := func(further acctest.Values) acctest.Values {
		store := acctest.Values{"vault_uri": "https://safe.vault.azure.net/", "name": "export"}.With(further)
		return acctest.Values{
			"identity": "entra:" + azuresim.DefaultTenant + ":application/" + app.ObjectID, "type": "client_secret", "justification": "The bank's portal takes a secret only",
			"expiry": "2027-03-31", "valid_days": 80, "rotate_after_days": 60, "store": acctest.Values{"azure_key_vault": store},
		}
	}
	config := in(nil)
	r := run().Resource(credentialType)
	later := func(passed time.Duration, do func() acctest.Diagnostics) func() acctest.Diagnostics {
		return func() acctest.Diagnostics {
			server.Clock().Advance(passed)
			r = r.Under(run())
			return append(r.Refresh(), do()...)
		}
	}
	apply := func() acctest.Diagnostics { return r.Apply(config) }
	said := untilFailure(
		apply,
		later(0, func() acctest.Diagnostics {
			config = in(acctest.Values{"content_type": "text/plain"})
			return apply()
		}),
		later(61*day, apply),
		later(2*day, apply),
		later(100*day, apply),
		func() acctest.Diagnostics {
			config = config.With(acctest.Values{"expiry": "2027-09-30"})
			return apply()
		},
		later(0, func() acctest.Diagnostics { return append(r.Plan(nil), r.Apply(nil)...) }),
		func() acctest.Diagnostics {
			config = in(acctest.Values{"purge_on_destroy": true}).With(acctest.Values{"expiry": "2027-09-30"})
			return apply()
		},
		later(0, func() acctest.Diagnostics { return r.Apply(nil) }),
	)
	return said, callsOf(server, pipeline)
}
