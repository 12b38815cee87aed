package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// hashicorpAzureAD and hashicorpAzureRM are where moved resources come from.
const (
	hashicorpAzureAD = "registry.terraform.io/hashicorp/azuread"
	hashicorpAzureRM = "registry.terraform.io/hashicorp/azurerm"
)

// TestAzureMove takes over applications and a managed identity from hashicorp's providers without replacing them.
func TestAzureMove(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	stray := e.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "invoice-export", nil)
	made := e.tenant.PutApplication(azuresim.Application{DisplayName: "Invoice export", Permissions: []string{"User.Read.All"}})
	other := e.tenant.PutApplication(azuresim.Application{DisplayName: "Mail relay"})
	app := func(name string, nested acctest.Values) acctest.Values {
		return e.identity(nil).With(acctest.Values{"name": name, "azure_managed_identity": nil, "entra_application": nested})
	}
	for name, move := range map[string]struct {
		provider, typeName string
		version            int64
		state, id          string
		wanted             acctest.Values
	}{
		"application": {
			hashicorpAzureAD, "azuread_application", 2,
			`{"id":"/applications/` + made.ObjectID + `","object_id":"` + made.ObjectID + `","display_name":"Invoice export"}`, "entra:" + azuresim.DefaultTenant + ":application/" + made.ObjectID,
			app("Invoice export", acctest.Values{"app_role_assignments": acctest.Values{"users": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "User.Read.All"}}}),
		},
		"registration": {
			hashicorpAzureAD, "azuread_application_registration", 0, `{"id":"/applications/` + other.ObjectID + `","display_name":"Mail relay"}`, "entra:" + azuresim.DefaultTenant + ":application/" + other.ObjectID,
			app("Mail relay", acctest.Values{}),
		},
		"managed identity": {
			hashicorpAzureRM, "azurerm_user_assigned_identity", 1, `{"id":"` + stray.ID + `","name":"invoice-export"}`, identityID, e.identity(nil),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := e.run()
			r := p.Resource(typeName)
			r.Move(move.provider, move.typeName, move.version, move.state).Want(t)
			acctest.WantSame(t, "id", r.State("id"), move.id)
			acctest.WantSame(t, "identity", r.Identity(), acctest.Values{"id": move.id})
			if diags := r.Plan(move.wanted); diags.Failed() {
				t.Fatal(diags)
			}
			if r.Replaces() {
				t.Error("the plan replaces the identity")
			}
			if diags := r.ApplyPlanned(move.wanted); diags.Failed() {
				t.Fatal(diags)
			}
			acctest.WantSame(t, "status", r.State("status"), "active")
			e.settled(r, move.wanted)
		})
	}
}

// TestAzureMoveRefused says what cannot be moved.
func TestAzureMoveRefused(t *testing.T) {
	t.Parallel()
	const object = "7484f352-1c66-485c-a614-edb6154921f5"
	for name, test := range map[string]struct {
		typeName    string
		version     int64
		state, says string
	}{
		"older": {"azuread_application", 1, `{"id":"` + object + `"}`, "error : Source state is of an unknown version … azuread_application has schema version 1; governed_service_identity knows version 2."},
		"newer": {"azuread_application_registration", 1, `{"id":"/applications/` + object + `"}`, "error : Source state is of an unknown version … has schema version 1; governed_service_identity knows version 0."},
		"no path": {
			"azuread_application", 2, `{"id":"` + object + `"}`, `error : Source state has no usable id … id is "` + object + `" in the state of azuread_application, which names no entra_application.`,
		},
		"no GUID":           {"azuread_application", 2, `{"id":"/applications/mine"}`, `error : Source state has no usable id … "/applications/mine"`},
		"service principal": {"azuread_service_principal", 1, `{"id":"` + object + `"}`, "error : Resource cannot be moved … azuread_application of hashicorp/azuread, azuread_application_registration of hashicorp/azuread, and no azuread_service_principal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t)
			r := d.resource(t)
			r.Move(hashicorpAzureAD, test.typeName, test.version, test.state).Want(t, test.says)
			if r.Exists() {
				t.Error("something was moved")
			}
		})
	}
	d := newDirectory(t)
	r := d.resource(t)
	r.Move(hashicorpAzureAD, "azuread_application", 2, `{"id":"/applications/`+object+`"}`).Want(t)
	if r.Exists() {
		t.Error("the state has an application that does not exist")
	}
}
