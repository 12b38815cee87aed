package serviceidentity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// azureEstate is a tenant with a resource group, and the AWS simulator whose clock it goes by.
type azureEstate struct {
	t      *testing.T
	aws    *sim.Server
	azure  *azuresim.Server
	tenant *azuresim.Tenant
	// group is the id of the resource group "workloads".
	group string
}

func newAzure(t *testing.T) *azureEstate {
	t.Helper()
	e := &azureEstate{t: t, aws: acctest.NewSim(t)}
	e.azure = acctest.NewAzureSim(t, e.aws.Clock())
	e.tenant = e.azure.Tenant(azuresim.DefaultTenant)
	e.group = e.tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("workloads", "westeurope")
	return e
}

// run is another run of Terraform.
func (e *azureEstate) run() *acctest.Protocol {
	e.t.Helper()
	p := acctest.NewProtocol(e.t, e.aws)
	p.Configure(acctest.Values{
		"azure":  acctest.AzureArgument(e.t, e.azure),
		"policy": acctest.Values{"enforcement": acctest.Values{"reuse": "off"}}, // one identity has all presets here
	}).Want(e.t)
	return p
}

// identity is a whole configuration of the resource, with further arguments of its nested attribute.
func (e *azureEstate) identity(further acctest.Values) acctest.Values {
	return acctest.Values{
		"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "expiry": acctest.Date(e.aws, 90),
		"azure_managed_identity": acctest.Values{"resource_group_name": "workloads", "location": "West Europe"}.With(further),
	}
}

// full uses every argument.
func (e *azureEstate) full(bound bool) acctest.Values {
	return e.identity(acctest.Values{
		"role_assignments": acctest.Values{
			"read":  acctest.Values{"scope": e.group, "role": "Reader", "time_bound": bound},
			"blobs": acctest.Values{"scope": e.group, "role": "Storage Blob Data Reader", "condition": "@Resource[a] StringEquals 'b'", "time_bound": bound},
		},
		"federated_credentials": acctest.Values{
			"main":    acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "branch": "main"}},
			"cluster": acctest.Values{"kubernetes_service_account": acctest.Values{"issuer": "https://oidc.example/c/", "namespace": "billing", "name": "export"}},
			"partner": acctest.Values{"oidc": acctest.Values{"issuer": "https://login.partner.example", "subject": "export", "audience": "https://acme.example"}},
		},
	})
}

// settled plans the configuration in another run and wants nothing to change.
func (e *azureEstate) settled(r *acctest.Resource, config acctest.Values) *acctest.Resource {
	e.t.Helper()
	r = r.Under(e.run())
	r.Refresh().Want(e.t)
	r.Plan(config).Want(e.t)
	if r.Changes() {
		e.t.Errorf("the plan changes\n%v\nto\n%v", r.State("azure_managed_identity"), r.Planned("azure_managed_identity"))
	}
	return r
}

// gone checks that nothing is left of the identity.
func (e *azureEstate) gone() {
	e.t.Helper()
	for _, left := range e.tenant.ServicePrincipals() {
		if view, ok := e.tenant.ServicePrincipal(left); ok && view.DisplayName == "invoice-export" {
			e.t.Error("the managed identity is still there")
		}
	}
}

const identityID = "azure:/subscriptions/" + azuresim.DefaultSubscription + "/resourceGroups/workloads/providers/Microsoft.ManagedIdentity/userAssignedIdentities/invoice-export"

// TestManagedIdentity goes through a whole life.
func TestManagedIdentity(t *testing.T) {
	t.Parallel()
	for name, bound := range map[string]bool{"by apply": false, "by cloud": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newAzure(t)
			r := e.run().Resource(typeName)
			config := e.full(bound)
			r.Plan(config).Want(t)
			if id := r.Planned("id"); id != identityID {
				t.Errorf("the planned id is %v", id)
			}
			r.Apply(config).Want(t)
			if by, want := r.State("expiry_enforcement"), map[bool]string{false: "apply", true: "cloud"}[bound]; by != want {
				t.Errorf("the expiry is enforced by %v", by)
			}
			r = e.settled(r, config)
			if id, _ := r.State("azure_managed_identity", "client_id").(string); len(id) != 36 {
				t.Errorf("the client id is %q", id)
			}

			changed := e.identity(acctest.Values{
				"isolation_scope":       "Regional",
				"role_assignments":      acctest.Values{"read": acctest.Values{"scope": e.group, "role": "Reader", "time_bound": bound}},
				"federated_credentials": acctest.Values{"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "environment": "prod"}}},
			}).With(acctest.Values{"systems": []string{"billing, old", "lake"}, "labels": acctest.Values{"team": "payments"}})
			r.Apply(changed).Want(t)
			r = e.settled(r, changed)

			// A long time without Terraform; then the apply disables, and a renewal restores.
			e.aws.Clock().Advance(100 * 24 * time.Hour)
			r = r.Under(e.run())
			r.Refresh().Want(t)
			r.Plan(changed).Want(t, "warning expiry: Expiry is in the past")
			if status := r.Planned("status"); status != "expired" {
				t.Errorf("the planned status is %v", status)
			}
			r.Apply(changed).Want(t, "warning expiry: Expiry is in the past")
			r = r.Under(e.run())
			r.Refresh().Want(t)
			r.Plan(changed).Want(t, "warning expiry: Expiry is in the past")
			if r.Changes() {
				t.Errorf("the plan of a disabled identity changes\n%v\nto\n%v", r.State(), r.Planned())
			}
			renewed := changed.With(acctest.Values{"expiry": acctest.Date(e.aws, 60)})
			r.Apply(renewed).Want(t)
			r = e.settled(r, renewed)
			r.Plan(nil).Want(t, "warning azure_managed_identity: Identity will be retired: "+identityID)
			r.Apply(nil).Want(t)
			e.gone()
		})
	}
}

// TestManagedIdentityDrift shows what others have changed, and undoes it.
func TestManagedIdentityDrift(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	r := e.run().Resource(typeName)
	config := e.full(false)
	r.Apply(config).Want(t)
	principal, _ := r.State("azure_managed_identity", "principal_id").(string)
	e.tenant.AssignRole(principal, "Owner", e.group)
	r = r.Under(e.run())
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if shown := fmt.Sprint(r.State("azure_managed_identity", "role_assignments")); !strings.Contains(shown, "Owner") || !r.Changes() {
		t.Errorf("the role is not shown: %s", shown)
	}
	r.Plan(nil).Want(t, "warning azure_managed_identity: Identity will be retired … role assignment Owner at")
	r.Apply(config).Want(t)
	e.settled(r, config)
}

// TestManagedIdentityImport takes over what somebody else has made.
func TestManagedIdentityImport(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	made := e.run().Resource(typeName)
	made.Apply(e.full(false)).Want(t)
	for _, id := range []string{identityID, strings.TrimPrefix(identityID, "azure:"), strings.ToLower(strings.TrimPrefix(identityID, "azure:"))} {
		r := e.run().Resource(typeName)
		r.Import(id, nil).Want(t)
		r.Refresh().Want(t)
		config := e.full(false)
		r.Plan(config).Want(t)
		if r.Replaces() {
			t.Errorf("%s: the plan replaces", id)
		}
		r.Apply(config).Want(t)
		e.settled(r, config)
	}
}

// TestManagedIdentityViolations has each wrong argument reported on its own path, with what to write.
func TestManagedIdentityViolations(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	custom := e.tenant.AddRoleDefinition("Reader", []string{"*/read"}, nil)
	roles := func(role acctest.Values) acctest.Values {
		return acctest.Values{"role_assignments": acctest.Values{"a": acctest.Values{"scope": e.group, "role": "Contributor"}.With(role)}}
	}
	federated := func(name string, preset acctest.Values) acctest.Values {
		return acctest.Values{"federated_credentials": acctest.Values{name: preset}}
	}
	many := acctest.Values{}
	for i := range 21 {
		many[fmt.Sprintf("main-%02d", i)] = acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "branch": fmt.Sprintf("b%d", i)}}
	}
	for name, of := range map[string]struct {
		wrong acctest.Values
		says  string
	}{
		"role unknown":     {roles(acctest.Values{"role": "Contributors"}), `error azure_managed_identity.role_assignments["a"].role: The platform would refuse this … there is no role "Contributors" … Did you mean "Contributor"`},
		"role ambiguous":   {roles(acctest.Values{"role": "Reader"}), `error azure_managed_identity.role_assignments["a"].role: The platform would refuse this … 2 roles are called "Reader": ` + custom},
		"role no GUID":     {roles(acctest.Values{"role": "/providers/Microsoft.Authorization/roleDefinitions/reader"}), `error azure_managed_identity.role_assignments["a"].role: The platform would refuse this … which is not a GUID`},
		"scope form":       {roles(acctest.Values{"scope": "workloads"}), `error azure_managed_identity.role_assignments["a"].scope: The platform would refuse this … it does not begin with a slash … Write one of these: /subscriptions/<id>`},
		"scope no GUID":    {roles(acctest.Values{"scope": "/subscriptions/mine"}), `error azure_managed_identity.role_assignments["a"].scope: The platform would refuse this … the subscription "mine" is not a GUID`},
		"version alone":    {roles(acctest.Values{"condition_version": "2.0"}), `error azure_managed_identity.role_assignments["a"].condition_version: The platform would refuse this … there is a version, but no condition`},
		"subscription":     {acctest.Values{"subscription_id": "mine"}, `error azure_managed_identity.subscription_id: The platform would refuse this … "mine" is not a GUID`},
		"21 credentials":   {acctest.Values{"federated_credentials": many}, "error azure_managed_identity.federated_credentials: The platform would refuse this … there are 21 federated credentials, 1 more than an identity can have (20)"},
		"wildcard":         {federated("main", acctest.Values{"github_actions": acctest.Values{"repository": "acme/*", "branch": "main"}}), `error azure_managed_identity.federated_credentials["main"].github_actions.repository: Trust is not safe … Entra ID takes the wildcard in "acme/*" as it is written`},
		"no workflow":      {federated("main", acctest.Values{"github_actions": acctest.Values{"repository": "acme/app"}}), `error azure_managed_identity.federated_credentials["main"].github_actions: Trust is not safe … Set exactly one of branch`},
		"credential short": {federated("a", acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "branch": "main"}}), `error azure_managed_identity.federated_credentials["a"]: The platform would refuse this … has 1 characters`},
		"issuer":           {federated("main", acctest.Values{"oidc": acctest.Values{"issuer": "http://x", "subject": "y"}}), `error azure_managed_identity.federated_credentials["main"].oidc.issuer: Trust is not safe … not an https URL`},
		"no preset":        {federated("main", acctest.Values{}), `error azure_managed_identity.federated_credentials["main"]: Federated credential is not one preset … says nothing`},
		"same subject": {acctest.Values{"federated_credentials": acctest.Values{
			"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "branch": "main"}},
			"oidc": acctest.Values{"oidc": acctest.Values{"issuer": "https://token.actions.githubusercontent.com", "subject": "repo:acme/app:ref:refs/heads/main"}},
		}}, `error azure_managed_identity.federated_credentials["oidc"]: The platform would refuse this … let the same subject`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e.run().Resource(typeName).Plan(e.identity(of.wrong)).Want(t, of.says)
		})
	}
	e.run().Resource(typeName).Plan(e.identity(nil).With(acctest.Values{"name": "a b", "purpose": strings.Repeat("long ", 60)})).Want(t,
		`error name: The platform would refuse this … "a b" has a character`, "error purpose: The platform would refuse this … 44 more than Azure's limit of 256")
}

// TestManagedIdentityLicence says at plan that the tenant lacks the licence for an end.
func TestManagedIdentityLicence(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	e.tenant.SetGovernanceLicence(false)
	e.run().Resource(typeName).Plan(e.full(true)).Want(t,
		`error azure_managed_identity.role_assignments["blobs"].time_bound: The platform would refuse this … no licence … Write time_bound = false`,
		`error azure_managed_identity.role_assignments["read"].time_bound: The platform would refuse this … no licence`)
	r := e.run().Resource(typeName)
	r.Apply(e.full(false)).Want(t)
	e.settled(r, e.full(false))
}

// TestManagedIdentityApplyErrors names the argument that Azure refuses.
func TestManagedIdentityApplyErrors(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		change func(*azureEstate)
		wrong  func(*azureEstate) acctest.Values
		says   string
	}{
		"no resource group": {nil, func(*azureEstate) acctest.Values { return acctest.Values{"resource_group_name": "absent"} }, "error azure_managed_identity.resource_group_name: Identity cannot be created … ResourceGroupNotFound … Write the name of a resource group that exists"},
		"no region":         {nil, func(*azureEstate) acctest.Values { return acctest.Values{"location": "nowhere"} }, "error azure_managed_identity.location: Identity cannot be created … LocationNotAvailableForResourceType"},
		"no scope": {nil, func(e *azureEstate) acctest.Values {
			return acctest.Values{"role_assignments": acctest.Values{"a": acctest.Values{"scope": e.group + "x", "role": "Reader"}}}
		}, `error azure_managed_identity.role_assignments["a"].scope: Identity was created but not completed … ResourceGroupNotFound … Write the scope of something that exists`},
		"end too far": {func(e *azureEstate) { e.tenant.SetActiveAssignmentPolicy(30*24*time.Hour, false) }, func(e *azureEstate) acctest.Values {
			return acctest.Values{"role_assignments": acctest.Values{"a": acctest.Values{"scope": e.group, "role": "Reader", "time_bound": true}}}
		}, `error azure_managed_identity.role_assignments["a"].time_bound: Identity was created but not completed … ExpirationRule … Choose an earlier expiry`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newAzure(t)
			if of.change != nil {
				of.change(e)
			}
			r := e.run().Resource(typeName)
			if diags := r.Plan(e.identity(of.wrong(e))); diags.Failed() {
				t.Fatal(diags)
			}
			r.ApplyStale(e.identity(of.wrong(e))).Want(t, of.says)
		})
	}
	e := newAzure(t)
	late := e.run().Resource(typeName)
	late.Plan(e.identity(nil)).Want(t)
	e.run().Resource(typeName).Apply(e.identity(nil)).Want(t)
	late.ApplyStale(e.identity(nil)).Want(t, "error azure_managed_identity: Identity cannot be created … The managed identity invoice-export exists already … id = \""+identityID+`"`)
}

// TestManagedIdentitiesInBulk reads many identities in a handful of calls, and one more for each.
func TestManagedIdentitiesInBulk(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	var made []*acctest.Resource
	p := e.run()
	names := []string{"one", "two", "three", "four", "five", "six", "seven", "eight"}
	for _, name := range names {
		r := p.Resource(typeName)
		r.Apply(e.full(false).With(acctest.Values{"name": name})).Want(t)
		made = append(made, r)
	}
	e.azure.ResetCalls()
	p = e.run()
	for _, r := range made {
		r = r.Under(p)
		r.Refresh().Want(t)
		r.Plan(e.full(false).With(acctest.Values{"name": r.State("name")})).Want(t)
		if r.Changes() {
			t.Errorf("the plan of %v changes something", r.State("name"))
		}
	}
	// Two roles are read by their GUIDs for the states, and by their names for the plans.
	if calls, most := e.azure.CountCalls(""), 15+len(names); calls > most {
		t.Errorf("%d calls were made for %d identities", calls, len(made))
	}
}

// TestManagedIdentityEntitlements judges what roles allow, and what a change gains.
func TestManagedIdentityEntitlements(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	with := func(role, scope string) acctest.Values {
		return e.identity(acctest.Values{"role_assignments": acctest.Values{"a": acctest.Values{"scope": scope, "role": role}}})
	}
	subscription := "/subscriptions/" + azuresim.DefaultSubscription
	e.run().Resource(typeName).Plan(with("Owner", subscription)).Want(t, `error azure_managed_identity.role_assignments["a"].role: Identity would be an administrator … the role "Owner" at `+subscription)
	e.run().Resource(typeName).Plan(with("User Access Administrator", e.group)).Want(t,
		`error azure_managed_identity.role_assignments["a"].role: Identity could raise its own privileges … assigns itself any other role there (Microsoft.Authorization/roleAssignments/write)`,
		`warning azure_managed_identity.role_assignments["a"].role: Identity could change permissions of any resource`)
	r := e.run().Resource(typeName)
	r.Apply(with("Reader", e.group)).Want(t)
	r.Plan(with("Contributor", e.group)).Want(t, `warning azure_managed_identity: Identity gains permissions … Write: … the role "Contributor" at `+e.group)
	// What is there already can always be narrowed.
	principal, _ := r.State("azure_managed_identity", "principal_id").(string)
	e.tenant.AssignRole(principal, "Owner", e.group)
	r = r.Under(e.run())
	r.Refresh().Want(t)
	r.Apply(with("Reader", e.group)).Want(t)
	e.settled(r, with("Reader", e.group))
}

// TestManagedIdentityNotConfigured has the kind that needs Azure say that it is missing.
func TestManagedIdentityNotConfigured(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	p := acctest.NewConfiguredProtocol(t, e.aws, nil)
	p.Resource(typeName).Plan(e.identity(nil)).Want(t, `error azure_managed_identity: Azure is not configured … Write azure = {}`)
}

// TestManagedIdentityReplication waits until Azure knows the new identity everywhere.
func TestManagedIdentityReplication(t *testing.T) {
	t.Parallel()
	for name, bound := range map[string]bool{"outright": false, "time-bound": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newAzure(t)
			e.azure.SetReplicationLag(3)
			r := e.run().Resource(typeName)
			r.Apply(e.full(bound)).Want(t)
			e.azure.SetReplicationLag(0)
			e.settled(r, e.full(bound))
		})
	}
}

// TestManagedIdentityActiveShortly changes a role that has not been active for five minutes, which Privileged Identity
// Management refuses to take away.
func TestManagedIdentityActiveShortly(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	e.tenant.SetActiveAssignmentPolicy(0, true)
	r := e.run().Resource(typeName)
	r.Apply(e.full(true)).Want(t)
	r = r.Under(e.run())
	r.Refresh().Want(t)
	r.Apply(e.full(false)).Want(t)
	r = e.settled(r, e.full(false))
	r.Apply(nil).Want(t)
	e.gone()
}

// TestManagedIdentityInUse names the resources that have the identity, and refuses its removal where the policy says so.
func TestManagedIdentityInUse(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	r := e.run().Resource(typeName)
	config := e.identity(nil)
	r.Apply(config).Want(t)
	r.Plan(nil).Want(t, "warning azure_managed_identity: Identity will be retired … no resource has it assigned, and no federated credential lets anybody sign in")
	machine := e.tenant.Subscription(azuresim.DefaultSubscription).AddResource("workloads", "Microsoft.Compute/virtualMachines", "web", strings.TrimPrefix(identityID, "azure:"))
	r = r.Under(e.run())
	r.Plan(nil).Want(t, "warning azure_managed_identity: Identity will be retired … assigned to "+machine)
	p := acctest.NewProtocol(t, e.aws)
	p.Configure(acctest.Values{"azure": acctest.AzureArgument(t, e.azure), "policy": acctest.Values{"retire_in_use_days": 30, "enforcement": acctest.Values{"retire_in_use": "error"}}}).Want(t)
	r = r.Under(p)
	r.Plan(nil).Want(t, "error azure_managed_identity: Identity is still in use … assigned to "+machine, "warning azure_managed_identity: Identity will be retired")
}
