package provider_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// entraTokenPermissions gets tokens of an application.
func entraTokenPermissions(t *testing.T, name string) {
	t.Helper()
	document := readGraphDocument(t, name)
	holdToLife(t, document.all(), document.Optional, nil, document.without(func(t *testing.T, permissions []string) (acctest.Diagnostics, []sim.Call) {
		t.Helper()
		return tokenLife(t, permissions, nil, acctest.Values{"entra_application": acctest.Values{"federated_credentials": tokenTrust}})
	}))
}

// azureTokenPermissions gets tokens of a managed identity.
func azureTokenPermissions(t *testing.T, name string) {
	t.Helper()
	role := readAzureRole(t, name)
	holdToLife(t, role.all(), nil, nil, func(t *testing.T, missing string) (acctest.Diagnostics, []sim.Call) {
		t.Helper()
		return tokenLife(t, nil, role.but(missing).Actions, acctest.Values{"azure_managed_identity": acctest.Values{
			"resource_group_name": "workloads", "location": "westeurope", "federated_credentials": tokenTrust,
		}})
	})
}

var tokenTrust = acctest.Values{"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "branch": "main"}}}

// tokenLife has an administrator make an identity, and a pipeline with these permissions of Microsoft Graph, and a role with
// these actions, get a token of it. It returns what was said, and what the pipeline has asked for.
func tokenLife(t *testing.T, permissions, actions []string, kind acctest.Values) (said acctest.Diagnostics, calls []sim.Call) {
	t.Helper()
	server := acctest.NewAzureSim(t, acctest.NewSim(t).Clock())
	tenant := server.Tenant(azuresim.DefaultTenant)
	group := tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("workloads", "westeurope")
	run, pipeline := pipelineOf(t, server, permissions)
	if len(actions) > 0 {
		tenant.AssignRole(pipeline, tenant.AddRoleDefinition("pipeline", actions, nil), group)
	}
	identity := acctest.NewAzureProtocol(t, server, nil).Resource(identityType)
	identity.Apply(acctest.Values{
		"name": "export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "expiry": server.Clock().Now().AddDate(0, 0, 90).Format(time.DateOnly),
	}.With(kind)).Want(t)
	token := azuresim.WebIdentityToken("https://token.actions.githubusercontent.com", "api://AzureADTokenExchange", "repo:acme/app:ref:refs/heads/main", server.Clock().Now().Add(time.Minute))
	_, said = run().Open("governed_azure_token", acctest.Values{
		"identity": identity.State("id"), "scope": "https://graph.microsoft.com/.default", "web_identity": acctest.Values{"token": token},
	})
	return said, slices.DeleteFunc(server.Calls(), func(call sim.Call) bool {
		return call.Principal != pipeline || strings.HasPrefix(call.Service, "oauth")
	})
}
