package serviceidentity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestManagedIdentityForeseen finds at plan that the name is taken, and by whom.
func TestManagedIdentityForeseen(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	const taken = "name: Existing identity … the managed identity invoice-export in the resource group workloads exists already"
	e.run().Resource(typeName).Plan(e.identity(nil)).Want(t)
	made := e.run().Resource(typeName)
	made.Apply(e.identity(nil)).Want(t)
	other := e.run().Resource(typeName)
	other.Plan(e.identity(nil)).Want(t, "warning "+taken+", and is marked as governed by terraform-provider-governed. … If this plan replaces or removes it, it goes first.")
	other.ApplyPlanned(e.identity(nil)).Want(t, "error azure_managed_identity: Identity cannot be created … exists already")

	// What the state has is to be replaced.
	p := e.run()
	made = made.Under(p)
	made.Refresh().Want(t)
	p.Resource(typeName).Plan(e.identity(nil)).Want(t)
	p = e.run()
	moved := acctest.Values{"location": "northeurope"}
	made = made.Under(p)
	made.Plan(e.identity(moved)).Want(t, "warning azure_managed_identity: Identity will be retired")
	p.Resource(typeName).Plan(e.identity(moved)).Want(t)

	// Nobody governs one without the mark.
	e.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "stray", nil)
	e.run().Resource(typeName).Plan(e.identity(nil).With(acctest.Values{"name": "stray"})).Want(t, "error "+strings.ReplaceAll(taken, "invoice-export", "stray")+
		". … Choose another name, or bring it under governance with an import block … id = \""+strings.ReplaceAll(identityID, "invoice-export", "stray")+`"`)
	e.run().Resource(typeName).Plan(e.identity(nil).With(acctest.Values{"name": "a b"})).Want(t, "error name: The platform would refuse this")
	for _, unknown := range []acctest.Values{{"resource_group_name": acctest.Unknown}, {"subscription_id": acctest.Unknown}} {
		r := e.run().Resource(typeName)
		r.Plan(e.identity(unknown)).Want(t)
		acctest.WantSame(t, fmt.Sprint("the id with ", unknown), r.Planned("id"), acctest.Unknown)
	}
}

// TestManagedIdentityAbsent warns at plan of what an identity refers to and is not there.
func TestManagedIdentityAbsent(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	const nobodys = "11111111-2222-3333-4444-555555555555"
	role := func(scope string) acctest.Values {
		return acctest.Values{"role_assignments": acctest.Values{"a": acctest.Values{"scope": scope, "role": "Reader"}, "b": acctest.Values{"scope": scope, "role": "Storage Blob Data Reader"}}}
	}
	store := e.group + "/providers/Microsoft.Storage/storageAccounts/lake"
	const absent = ": The platform would refuse this … does not exist, so an apply is refused unless it makes that first. … "
	for name, of := range map[string]struct {
		config acctest.Values
		says   []string
	}{
		"resource group": {acctest.Values{"resource_group_name": "absent"}, []string{"warning azure_managed_identity.resource_group_name" + absent + "Write the name of a resource group that exists in the subscription, or refer to the resource that makes it."}},
		"subscription":   {acctest.Values{"subscription_id": nobodys}, []string{"error azure_managed_identity.subscription_id: The platform would refuse this … there is no subscription " + nobodys + ", or none that the provider's credentials can see. … Write the id of a subscription in the tenant, as az account list shows it."}},
		"scope's group": {role(e.group + "x"), []string{
			`warning azure_managed_identity.role_assignments["a"].scope` + absent + "Write the scope of something that exists, or refer to the resource that makes it.",
			`warning azure_managed_identity.role_assignments["b"].scope` + absent,
		}},
		"scope's resource": {role(store), []string{`warning azure_managed_identity.role_assignments["a"].scope` + absent, `warning azure_managed_identity.role_assignments["b"].scope` + absent}},
		"scope's subscription": {role("/subscriptions/" + nobodys), []string{
			`error azure_managed_identity.role_assignments["a"].scope: The platform would refuse this … lies in a subscription or management group that does not exist, or that the provider's credentials cannot see. … Write the scope of something that exists.`,
			`error azure_managed_identity.role_assignments["b"].scope: The platform would refuse this`,
		}},
		"scope's management group": {role("/providers/Microsoft.Management/managementGroups/nowhere"), []string{
			`error azure_managed_identity.role_assignments["a"].scope: The platform would refuse this … lies in a subscription or management group that does not exist`,
			`error azure_managed_identity.role_assignments["b"].scope: The platform would refuse this`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e.run().Resource(typeName).Plan(e.identity(of.config)).Want(t, of.says...)
		})
	}
	r, config := e.run().Resource(typeName), e.identity(role(strings.Replace(store, "lake", "cellar", 1))).With(acctest.Values{"name": "other"})
	r.Plan(config).Want(t, `warning azure_managed_identity.role_assignments["a"].scope`+absent, `warning azure_managed_identity.role_assignments["b"].scope`+absent)
	e.tenant.Subscription(azuresim.DefaultSubscription).AddResource("workloads", "Microsoft.Storage/storageAccounts", "cellar")
	r.ApplyPlanned(config).Want(t)
	e.azure.ResetCalls()
	e.settled(r, config)
	if asked := e.azure.CountCalls("GET /{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}"); asked > 0 {
		t.Errorf("the scopes of what is there are asked for %d times", asked)
	}
}

// TestManagedIdentitySubscriptionUnknown learns only at apply in which subscription the identity is to be.
func TestManagedIdentitySubscriptionUnknown(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	const other = "9c1d7e52-3b40-4f6a-8e21-0d5a7b9c4e63"
	e.tenant.AddSubscription(other, "Other").AddResourceGroup("workloads", "westeurope")
	r := e.run().Resource(typeName)
	r.Plan(e.identity(acctest.Values{"subscription_id": acctest.Unknown})).Want(t)
	acctest.WantSame(t, "subscription", r.Planned("azure_managed_identity", "subscription_id"), acctest.Unknown)
	config := e.identity(acctest.Values{"subscription_id": other})
	r.ApplyPlanned(config).Want(t)
	acctest.WantSame(t, "id", r.State("id"), strings.Replace(identityID, azuresim.DefaultSubscription, other, 1))
	e.settled(r, config)
}

// TestApplicationForeseen finds at plan that the unique name is taken, also by what is deleted.
func TestApplicationForeseen(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	const at = "entra_application.unique_name: Existing identity … "
	other := d.tenant.PutApplication(azuresim.Application{DisplayName: "Other", UniqueName: "invoice-export"})
	named := "the application " + other.ObjectID + " (Other) with the unique name invoice-export "
	d.resource(t).Plan(plainApp()).Want(t, "error "+at+named+"exists already. … Choose another unique_name, or bring it under governance with an import block … id = \"entra:"+azuresim.DefaultTenant+":application/"+other.ObjectID+`"`)
	d.resource(t).Plan(plainApp().With(acctest.Values{"owner": "TBD"})).Want(t, "error owner: Owner names nobody", "error "+at+named+"exists already")
	d.resource(t).Plan(withApp(acctest.Values{"unique_name": acctest.Unknown})).Want(t)
	d.resource(t).Plan(plainApp().With(acctest.Values{"name": acctest.Unknown})).Want(t)
	d.tenant.Delete(other.ObjectID)
	address := d.server.GraphURL() + "/v1.0/directory/deletedItems/" + other.ObjectID
	d.resource(t).Plan(plainApp()).Want(t, "error "+at+named+"was deleted on 2026-03-01, and keeps the name for the 30 days in which it can be restored. … Restore it with az rest --method post --url "+address+"/restore"+
		" and bring it under governance with an import block (id = \"entra:"+azuresim.DefaultTenant+":application/"+other.ObjectID+"\"), or delete it for good with az rest --method delete --url "+address+". Or choose another unique_name.")

	config := withApp(acctest.Values{"unique_name": "export"})
	made := d.resource(t)
	made.Apply(config).Want(t)
	d.resource(t).Plan(config).Want(t, "warning "+at+"… exists already, and is marked as governed by terraform-provider-governed … find the resource that governs it")

	// What is replaced under its own name has to be deleted for good.
	replaced := func(config acctest.Values) acctest.Diagnostics {
		p := acctest.NewAzureProtocol(t, d.server, nil)
		made = made.Under(p)
		made.Refresh().Want(t)
		return p.Resource(typeName).Plan(config)
	}
	replaced(config).Want(t, "error "+at+"… is to be replaced, and would keep the name for 30 days once it is deleted, so that no other could be made. … Apply purge_on_destroy = true first")
	purged := withApp(acctest.Values{"unique_name": "export", "purge_on_destroy": true})
	made.Apply(purged).Want(t)
	replaced(purged).Want(t)
}

// TestApplicationForeseenCost asks once for each application that is to be made, once a run for the deleted ones, and never at a
// refresh.
func TestApplicationForeseenCost(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	p := acctest.NewAzureProtocol(t, d.server, nil)
	asked := func() (found []string) {
		for _, call := range d.server.Calls() {
			if call.Service == "graph" && call.Action != "GET /organization" {
				found = append(found, call.Action)
			}
		}
		slices.Sort(found)
		d.server.ResetCalls()
		return found
	}
	r := p.Resource(typeName)
	r.Plan(plainApp()).Want(t)
	p.Resource(typeName).Plan(plainApp().With(acctest.Values{"name": "other"})).Want(t)
	acctest.WantSame(t, "calls of a plan", asked(), []string{"GET /applications/{id}", "GET /applications/{id}", "GET /directory/deletedItems/{id}"})
	r.Apply(plainApp()).Want(t)
	p = acctest.NewAzureProtocol(t, d.server, nil)
	asked()
	settledApp(t, r.Under(p), plainApp())
	if got := asked(); slices.Contains(got, "GET /directory/deletedItems/{id}") {
		t.Errorf("a refresh makes the calls %v", got)
	}
	d.tenant.DenyPermissions("Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All", "Directory.ReadWrite.All")
	p = acctest.NewAzureProtocol(t, d.server, nil)
	p.Resource(typeName).Plan(plainApp()).Want(t, "error entra_application: Platform cannot be reached … lack the permission Application.Read.All.")
}
