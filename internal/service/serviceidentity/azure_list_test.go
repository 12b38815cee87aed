package serviceidentity_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// listedAzure has a managed identity and an application that are governed, and one of each that nobody governs; it returns the
// ids of all, by name.
func listedAzure(t *testing.T) (*azureEstate, map[string]string) {
	t.Helper()
	e := newAzure(t)
	ids := map[string]string{"invoice-export": identityID}
	e.run().Resource(typeName).Apply(e.full(false)).Want(t)
	app := e.run().Resource(typeName)
	expiry := acctest.Values{"expiry": acctest.Date(e.aws, 90)}
	app.Apply(plainApp().With(expiry).With(acctest.Values{"name": "relay", "owner": "billing"})).Want(t)
	ids["relay"], _ = app.State("id").(string)

	stray := e.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "batch", map[string]string{"team": "ci"})
	e.tenant.AssignRole(stray.PrincipalID, "Reader", e.group)
	ids["batch"] = "azure:" + stray.ID
	ada := e.tenant.PutUser(userNamed("ada"))
	made := e.tenant.PutApplication(azuresim.Application{
		DisplayName: "Billing export", Tags: []string{"HideApp"}, Owners: []string{ada}, Permissions: []string{"User.Read.All"}, Notes: "By hand",
		Federated: []azuresim.FederatedCredential{{Name: "main", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:acme/app:ref:refs/heads/main", Audience: "api://AzureADTokenExchange"}},
	})
	ids["billing"] = "entra:" + azuresim.DefaultTenant + ":application/" + made.ObjectID
	return e, ids
}

// TestAzureList finds identities of Azure by every sort of filter, each with its identity and what an import reads.
func TestAzureList(t *testing.T) {
	t.Parallel()
	e, ids := listedAzure(t)
	for name, of := range map[string]struct {
		config acctest.Values
		want   []string
	}{
		"all":          {nil, []string{"batch", "invoice-export", "billing", "relay"}},
		"identities":   {acctest.Values{"kinds": []string{"azure_managed_identity"}}, []string{"batch", "invoice-export"}},
		"applications": {acctest.Values{"kinds": []string{"entra_application"}, "categories": []string{"enterprise_managed"}}, []string{"billing", "relay"}},
		"not governed": {acctest.Values{"findings": []string{"unmanaged"}}, []string{"batch", "billing"}},
		"of an owner":  {acctest.Values{"owners": []string{"billing"}}, []string{"relay"}},
		"by name":      {acctest.Values{"name_pattern": "B*"}, []string{"batch", "billing"}},
		"of a label":   {acctest.Values{"labels": acctest.Values{"team": "c?"}}, []string{"batch"}},
		"of a cloud":   {acctest.Values{"platforms": []string{"aws"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, diags := e.run().List(typeName, acctest.Query{Config: of.config, IncludeResource: name == "all"})
			if diags.Failed() {
				t.Fatal(diags)
			}
			got, want := []any{}, []any{}
			for _, one := range found {
				identity, _ := one.Identity.(acctest.Values)
				id, _ := identity["id"].(string)
				got = append(got, strings.ToLower(id))
				if one.Resource != nil {
					r := e.run().Resource(typeName)
					r.Import("", identity)
					acctest.WantSame(t, one.DisplayName, one.Resource, r.State())
				}
			}
			for _, one := range of.want {
				want = append(want, strings.ToLower(ids[one]))
			}
			acctest.WantSame(t, "ids", got, want)
		})
	}
}

// TestAzureAdoption fills in the metadata of what Terraform generates for an import: the first apply changes nothing else, and the next
// plan nothing at all.
func TestAzureAdoption(t *testing.T) {
	t.Parallel()
	e, ids := listedAzure(t)
	found, _ := e.run().List(typeName, acctest.Query{Config: acctest.Values{"findings": []string{"unmanaged"}}, IncludeResource: true})
	if len(found) != 2 {
		t.Fatalf("%d identities are found", len(found))
	}
	for _, one := range found {
		identity, _ := one.Identity.(acctest.Values)
		config := generated(t, one.Resource).With(acctest.Values{"owner": "ci", "purpose": "Builds and ships what the shop runs", "expiry": acctest.Date(e.aws, 90)})
		r := e.run().Resource(typeName)
		r.Import("", identity).Want(t)
		r = r.Under(e.run())
		if diags := r.Apply(config); diags.Failed() {
			t.Fatal(diags)
		}
		r = r.Under(e.run())
		r.Refresh().Want(t)
		if diags := r.Plan(config); diags.Failed() || r.Changes() || r.Replaces() {
			t.Errorf("the plan after the adoption of %v changes\n%v\nto\n%v\n%s", identity, r.State(), r.Planned(), diags)
		}
	}
	principal, _ := e.tenant.ManagedIdentity(strings.TrimPrefix(ids["batch"], "azure:"))
	if roles := e.tenant.RoleAssignments(principal.PrincipalID); len(roles) != 1 {
		t.Errorf("the managed identity has %v", roles)
	}
	app, _ := e.tenant.Application(ids["billing"][strings.LastIndex(ids["billing"], "/")+1:])
	if app.DisplayName != "Billing export" || len(app.Federated) != 1 || len(app.Owners) != 1 || app.Notes != "By hand" {
		t.Errorf("the application is %+v", app)
	}
}

// generated is the configuration that Terraform writes for a resource: what a configuration can set, where it is set.
func generated(t *testing.T, resource any) acctest.Values {
	t.Helper()
	results := map[string]bool{"id": true, "category": true, "status": true, "managed_by": true, "expiry_enforcement": true, "approval_needed": true}
	for _, name := range []string{"client_id", "principal_id", "tenant_id", "object_id", "service_principal_object_id", "sign_in_enabled"} {
		results[name] = true
	}
	var settable func(values acctest.Values) acctest.Values
	settable = func(values acctest.Values) acctest.Values {
		config := acctest.Values{}
		for name, value := range values {
			nested, isObject := value.(acctest.Values)
			switch {
			case results[name], value == nil:
			case isObject:
				config[name] = settable(nested)
			default:
				config[name] = value
			}
		}
		return config
	}
	values, ok := resource.(acctest.Values)
	if !ok {
		t.Fatalf("%v is no resource", resource)
	}
	return settable(values)
}
