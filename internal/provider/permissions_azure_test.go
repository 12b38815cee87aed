package provider_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// managedIdentityPermissions takes a managed identity through its life.
func managedIdentityPermissions(t *testing.T, name string) {
	t.Helper()
	role := readAzureRole(t, name)
	holdToLife(t, role.all(), nil, nil, func(t *testing.T, missing string) (acctest.Diagnostics, []sim.Call) {
		t.Helper()
		return managedIdentityLife(t, role.but(missing).Actions)
	})
}

// managedIdentityLife makes, changes, reads and removes an identity as somebody who may do these actions. It returns what was
// said, up to the first step that failed, and what was asked of Resource Manager.
func managedIdentityLife(t *testing.T, actions []string) (all acctest.Diagnostics, calls []sim.Call) {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(exampleDay, false))
	tenant := server.Tenant(azuresim.DefaultTenant)
	group := tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("workloads", "westeurope")
	run, pipeline := pipelineOf(t, server, nil)
	tenant.AssignRole(pipeline, tenant.AddRoleDefinition("deployer", actions, nil), "/subscriptions/"+azuresim.DefaultSubscription)
	config := func(role, branch string) acctest.Values {
		return acctest.Values{
			"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "expiry": server.Clock().Now().AddDate(0, 0, 90).Format(time.DateOnly),
			"azure_managed_identity": acctest.Values{
				"resource_group_name": "workloads", "location": "westeurope",
				"role_assignments": acctest.Values{
					"read": acctest.Values{"scope": group, "role": role}, "blobs": acctest.Values{"scope": group, "role": "Storage Blob Data Reader", "time_bound": true},
				},
				"federated_credentials": acctest.Values{"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "branch": branch}}},
			},
		}
	}
	r := run().Resource("governed_service_identity")
	for _, step := range []func() acctest.Diagnostics{
		func() acctest.Diagnostics { return r.Apply(config("Reader", "main")) },
		func() acctest.Diagnostics { r = r.Under(run()); return r.Refresh() },
		func() acctest.Diagnostics { return r.Apply(config("Key Vault Reader", "next")) },
		func() acctest.Diagnostics { r = r.Under(run()); return r.Refresh() },
		func() acctest.Diagnostics { return r.Plan(nil) },
		func() acctest.Diagnostics { return r.Apply(nil) },
	} {
		if all = append(all, step()...); all.Failed() {
			break
		}
	}
	return all, armCalls(server, pipeline)
}

// armCalls are the calls of a principal to Azure Resource Manager.
func armCalls(server *azuresim.Server, principal string) []sim.Call {
	return slices.DeleteFunc(server.Calls(), func(call sim.Call) bool { return call.Principal != principal || call.Service != "arm" })
}
