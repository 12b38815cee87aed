package provider_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const azurePermissions = examples + "permissions/azure/"

// azureRole is a role of Azure's as az role definition create takes it.
type azureRole struct {
	Actions []string
}

// TestAzurePermissions takes a managed identity through its life with exactly the actions that the documentation has: none is
// missing, and without any one of them the life ends with an error that names it. Credentials are the environment's, so that
// one life goes on at a time.
func TestAzurePermissions(t *testing.T) { //nolint:paralleltest // the environment is the process's
	const name = "governed_service_identity_azure_managed_identity"
	var role azureRole
	if err := json.Unmarshal([]byte(readExample(t, azurePermissions+name+".json")), &role); err != nil {
		t.Fatal(err)
	}
	if guide := readExample(t, "../../templates/guides/azure-permissions.md.tmpl"); !strings.Contains(guide, `{{ codefile "json" "examples/permissions/azure/`+name+`.json" }}`) {
		t.Errorf("the guide does not show %s", name)
	}
	if diags := managedIdentityLife(t, role.Actions); diags.Failed() {
		t.Errorf("the document lacks something: %s", diags)
	}
	for _, action := range role.Actions { //nolint:paralleltest // the environment is the process's
		t.Run("without "+action, func(t *testing.T) {
			without := slices.DeleteFunc(slices.Clone(role.Actions), func(other string) bool { return other == action })
			if diags := managedIdentityLife(t, without); !strings.Contains(diags.String(), "lack the permission "+action) {
				t.Errorf("the life ends with %q", diags)
			}
		})
	}
}

// managedIdentityLife makes, changes, reads and removes an identity as somebody who may do these actions. It ends with the
// first error.
func managedIdentityLife(t *testing.T, actions []string) acctest.Diagnostics {
	t.Helper()
	clock := acctest.NewSim(t)
	server := acctest.NewAzureSim(t, clock.Clock())
	tenant := server.Tenant(azuresim.DefaultTenant)
	group := tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("workloads", "westeurope")
	caller := tenant.AddCaller("deployer")
	tenant.AssignRole(caller.ObjectID, tenant.AddRoleDefinition("deployer", actions, nil), "/subscriptions/"+azuresim.DefaultSubscription)
	for variable, value := range server.EnvOf(caller) {
		if variable != "AZURE_AUTHORITY_HOST" {
			t.Setenv(variable, value)
		}
	}
	run := func() *acctest.Protocol {
		p := acctest.NewProtocol(t, clock)
		p.Configure(acctest.Values{"azure": acctest.AzureArgument(t, server)}).Want(t)
		return p
	}
	config := func(role, branch string) acctest.Values {
		return acctest.Values{
			"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "expiry": acctest.Date(clock, 90),
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
	var all acctest.Diagnostics
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
	return all
}
