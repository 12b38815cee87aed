package quarantine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// governedWard is a governed managed identity with a role and who may sign in as it; further replaces what it has.
func (l landscape) governedWard(days int, further acctest.Values) acctest.Values {
	return acctest.Values{
		"name": "exports", "owner": "billing", "purpose": "Nightly export of invoices to the data lake", "expiry": l.date(days),
		"azure_managed_identity": acctest.Values{
			"resource_group_name": "workloads", "location": "westeurope",
			"role_assignments":      acctest.Values{"read": role("Reader", l.group), "shared": role("Contributor", l.elsewhere)},
			"federated_credentials": acctest.Values{"main": workflow("main")},
		}.With(further),
	}
}

func role(name, scope string) acctest.Values { return acctest.Values{"role": name, "scope": scope} }

func workflow(branch string) acctest.Values {
	return acctest.Values{"github_actions": acctest.Values{"repository": "acme/app", "branch": branch}}
}

func (l landscape) date(days int) string {
	return l.server.Clock().Now().AddDate(0, 0, days).Format(time.DateOnly)
}

// ward is a governed managed identity with its resource.
type ward struct {
	landscape
	t        *testing.T
	identity *acctest.Resource
	id       string
}

// newWard makes a governed managed identity.
func newWard(t *testing.T, further acctest.Values) *ward {
	t.Helper()
	l := newLandscape(t)
	w := &ward{landscape: l, t: t, identity: acctest.NewAzureProtocol(t, l.server, nil).Resource("governed_service_identity")}
	w.apply(l.governedWard(100, further))
	w.id, _ = w.identity.State("id").(string)
	w.view, _ = l.tenant.ManagedIdentity(strings.TrimPrefix(w.id, "azure:"))
	return w
}

// apply applies another configuration of the identity, which has to pass.
func (w *ward) apply(config acctest.Values) {
	w.t.Helper()
	if diags := w.identity.Apply(config); diags.Failed() {
		w.t.Fatal(diags)
	}
}

// again plans the identity in another run, which has to find nothing to do but to warn.
func (w *ward) again(config acctest.Values, warnings ...string) {
	w.t.Helper()
	w.identity = w.identity.Under(acctest.NewAzureProtocol(w.t, w.server, nil))
	w.identity.Refresh().Want(w.t, warnings...)
	if diags := w.identity.Plan(config); diags.Failed() || w.identity.Changes() {
		w.t.Errorf("the plan changes\n%v\nto\n%v\nand says %s", w.identity.State("azure_managed_identity"), w.identity.Planned("azure_managed_identity"), diags)
	}
}

// wantAccess fails the test unless the identity has these roles, and lets these sign in.
func (w *ward) wantAccess(roles, federated []string) {
	w.t.Helper()
	view, _ := w.tenant.ManagedIdentity(w.view.ID)
	var has []string
	for _, one := range w.tenant.RoleAssignments(w.view.PrincipalID) {
		has = append(has, one.Role)
	}
	slices.Sort(has)
	if !slices.Equal(has, roles) || !slices.Equal(view.Federated, federated) {
		w.t.Errorf("the identity has %v and %v, and not %v and %v", has, view.Federated, roles, federated)
	}
}

const inWard = "warning azure_managed_identity: Identity is in quarantine … its roles and federated credentials are taken off it since … for the reason \"" + reason + "\" (SEC-1234). Applying gives nothing back"

// TestGovernedManagedIdentity keeps the roles of a governed managed identity off it whatever its own resource does, gives back what
// that still wants, and lets it give the rest.
func TestGovernedManagedIdentity(t *testing.T) {
	t.Parallel()
	w := newWard(t, nil)
	config := w.governedWard(100, nil)
	w.wantAccess([]string{"Contributor", "Reader"}, []string{"main"})
	before := w.picture()
	r := w.resource(t)
	r.Apply(order(w.id, nil)).Want(t, announced(w.id)+" … role assignment Reader at "+strings.ToLower(w.group)+" is removed")
	w.again(config, inWard)
	w.wantAccess(nil, nil)
	r.Apply(nil).Want(t)
	if after := w.picture(); after != before {
		t.Errorf("before it was\n%s\nand now it is\n%s", before, after)
	}
	w.again(config)

	// A renewal, another purpose, and other roles change nothing of the quarantine.
	r.Apply(order(w.id, nil)).Want(t, announced(w.id))
	changed := w.governedWard(120, acctest.Values{
		"role_assignments":      acctest.Values{"read": role("Reader", w.group), "blobs": role("Storage Blob Data Reader", w.group)},
		"federated_credentials": acctest.Values{"main": workflow("stable"), "next": workflow("next")},
	}).With(acctest.Values{"purpose": "Monthly export of invoices to the data lake"})
	w.again(config, inWard)
	w.apply(changed)
	w.again(changed, inWard)
	w.wantAccess(nil, nil)
	if purpose := w.tags()["nhi:purpose"]; !strings.HasPrefix(purpose, "Monthly") {
		t.Errorf("the purpose is %q", purpose)
	}
	r = r.Under(acctest.NewAzureProtocol(t, w.server, nil))
	r.Refresh().Want(t)
	if r.Plan(order(w.id, nil)); r.Changes() || r.State("status") != "quarantined" {
		t.Errorf("the changes have changed the quarantine: %v", r.State("drift"))
	}

	// What is not wanted any more does not come back, and what is new comes with the next apply.
	r.Apply(nil).Want(t)
	w.wantAccess([]string{"Reader"}, nil)
	w.identity.Refresh().Want(t)
	w.apply(changed)
	w.wantAccess([]string{"Reader", "Storage Blob Data Reader"}, []string{"main", "next"})
	w.again(changed)
}

func (w *ward) tags() map[string]string {
	view, _ := w.tenant.ManagedIdentity(w.view.ID)
	return view.Tags
}

// TestGovernedManagedIdentityDrift shows in both resources what somebody gives a governed managed identity in quarantine, and what
// nobody had declared before it.
func TestGovernedManagedIdentityDrift(t *testing.T) {
	t.Parallel()
	w := newWard(t, nil)
	config := w.governedWard(100, nil)
	w.tenant.AssignRole(w.view.PrincipalID, "Owner", w.group)
	r := w.resource(t)
	r.Apply(order(w.id, nil)).Want(t, announced(w.id))
	roles := func() acctest.Values {
		t.Helper()
		w.identity = w.identity.Under(acctest.NewAzureProtocol(t, w.server, nil))
		w.identity.Refresh().Want(t, inWard)
		found, _ := w.identity.State("azure_managed_identity", "role_assignments").(acctest.Values)
		return found
	}
	if found := roles(); len(found) != 3 || found["owner@"+strings.ToLower(w.group)] == nil {
		t.Errorf("the identity shows %v", found)
	}
	w.apply(config)
	w.again(config, inWard)
	w.tenant.AssignRole(w.view.PrincipalID, "User Access Administrator", w.group)
	if found := roles(); len(found) != 3 {
		t.Errorf("the identity shows %v", found)
	}
	w.apply(config)
	w.wantAccess(nil, nil)
	w.again(config, inWard)
	r = r.Under(acctest.NewAzureProtocol(t, w.server, nil))
	r.Refresh().Want(t)
	r.Apply(nil).Want(t)
	w.wantAccess([]string{"Contributor", "Reader"}, []string{"main"})
	w.again(config)
}

// TestGovernedManagedIdentityExpires ends a governed managed identity in its quarantine: a release gives it nothing, and a renewal
// all that its configuration has.
func TestGovernedManagedIdentityExpires(t *testing.T) {
	t.Parallel()
	for name, disabled := range map[string]bool{"and is disabled": true, "before any apply": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWard(t, nil)
			config := w.governedWard(100, nil)
			r := w.resource(t)
			r.Apply(order(w.id, nil)).Want(t, announced(w.id))
			w.server.Clock().Advance(101 * oneDay)
			if disabled {
				w.identity = w.identity.Under(acctest.NewAzureProtocol(t, w.server, nil))
				w.identity.Refresh()
				w.apply(config)
				acctest.WantSame(t, "status", w.identity.State("status"), "expired")
				w.again(config, inWard)
			}
			r = r.Under(acctest.NewAzureProtocol(t, w.server, nil))
			r.Refresh().Want(t)
			r.Apply(nil).Want(t, "warning identity: Not everything was put back: "+w.id+" … role assignment Reader at "+strings.ToLower(w.group)+" stays removed, because the identity has expired since … federated credential main stays removed, because the identity has expired since")
			w.wantAccess(nil, nil)
			if !disabled {
				w.identity = w.identity.Under(acctest.NewAzureProtocol(t, w.server, nil))
				w.identity.Refresh()
				w.apply(config)
			}
			w.again(config)
			renewed := w.governedWard(100, nil)
			w.apply(renewed)
			w.wantAccess([]string{"Contributor", "Reader"}, []string{"main"})
			w.again(renewed)
		})
	}
}

// TestGovernedManagedIdentityRenewed renews in quarantine what has expired in it: nothing comes back before the release.
func TestGovernedManagedIdentityRenewed(t *testing.T) {
	t.Parallel()
	w := newWard(t, nil)
	config := w.governedWard(100, nil)
	r := w.resource(t)
	r.Apply(order(w.id, nil)).Want(t, announced(w.id))
	w.server.Clock().Advance(101 * oneDay)
	w.identity.Refresh()
	w.apply(config)
	renewed := w.governedWard(100, nil)
	w.apply(renewed)
	w.wantAccess(nil, nil)
	w.again(renewed, inWard)
	r = r.Under(acctest.NewAzureProtocol(t, w.server, nil))
	r.Refresh().Want(t)
	r.Apply(nil).Want(t)
	w.wantAccess([]string{"Contributor", "Reader"}, []string{"main"})
	w.again(renewed)
}

// TestGovernedManagedIdentityBound renews a time-bound role in quarantine: it is given back with the end that it had, and prolonged
// by the next apply.
func TestGovernedManagedIdentityBound(t *testing.T) {
	t.Parallel()
	bound := func(further acctest.Values) acctest.Values {
		return acctest.Values{}.With(acctest.Values{"role_assignments": nil, "federated_credentials": nil}).With(further)
	}
	roles := func(l landscape, condition any) acctest.Values {
		return bound(acctest.Values{"role_assignments": acctest.Values{
			"blobs": role("Storage Blob Data Reader", l.group).With(acctest.Values{"time_bound": true, "condition": condition}),
		}})
	}
	w := newWard(t, bound(nil))
	config := w.governedWard(100, roles(w.landscape, blobsOnly))
	w.apply(config)
	r := w.resource(t)
	r.Apply(order(w.id, nil)).Want(t, announced(w.id))
	w.again(config, inWard)
	acctest.WantSame(t, "expiry_enforcement", w.identity.State("expiry_enforcement"), "cloud")
	renewed := w.governedWard(150, roles(w.landscape, blobsOnly))
	w.apply(renewed)
	w.again(renewed, inWard)
	r.Apply(nil).Want(t)
	first := w.tenant.RoleAssignments(w.view.PrincipalID)
	if len(first) != 1 || first[0].Condition != blobsOnly || first[0].Ends.After(w.server.Clock().Now().AddDate(0, 0, 101)) {
		t.Fatalf("given back is %+v", first)
	}
	w.identity = w.identity.Under(acctest.NewAzureProtocol(t, w.server, nil))
	w.identity.Refresh().Want(t)
	w.apply(renewed)
	if then := w.tenant.RoleAssignments(w.view.PrincipalID); len(then) != 1 || !then[0].Ends.After(first[0].Ends) {
		t.Errorf("the renewal has made %+v of %+v", then, first)
	}

	// A shorter life and another condition take effect: what was is not given back.
	r.Apply(order(w.id, nil)).Want(t, announced(w.id))
	w.identity.Refresh().Want(t, inWard)
	shorter := w.governedWard(50, roles(w.landscape, blobsOnly))
	w.apply(shorter)
	r.Apply(nil).Want(t)
	w.wantAccess(nil, nil)
	w.identity.Refresh().Want(t)
	w.apply(shorter)
	w.wantAccess([]string{"Storage Blob Data Reader"}, nil)
	w.again(shorter)
}

// TestGovernedManagedIdentityRetired removes a governed managed identity and its quarantine in either order, and both at once.
func TestGovernedManagedIdentityRetired(t *testing.T) {
	t.Parallel()
	remove := map[string]func(w *ward, r *acctest.Resource){
		"identity first": func(w *ward, r *acctest.Resource) {
			w.identity.Plan(nil).Want(w.t, "warning azure_managed_identity: Identity will be retired … - federated credential main … - role assignment Contributor at")
			w.identity.Apply(nil).Want(w.t)
			again := r.Under(acctest.NewAzureProtocol(w.t, w.server, nil))
			again.Refresh().Want(w.t)
			acctest.WantSame(w.t, "status", again.State("status"), "deleted")
			r.Apply(nil).Want(w.t)
		},
		"quarantine first": func(w *ward, r *acctest.Resource) {
			r.Apply(nil).Want(w.t)
			w.wantAccess([]string{"Contributor", "Reader"}, []string{"main"})
			w.identity.Apply(nil).Want(w.t)
		},
		"both at once": func(w *ward, r *acctest.Resource) {
			done := make(chan acctest.Diagnostics)
			go func() { done <- r.Apply(nil) }()
			if diags := append(w.identity.Apply(nil), <-done...); diags.Failed() {
				w.t.Error(diags)
			}
		},
	}
	for name, both := range remove {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWard(t, nil)
			run := acctest.NewAzureProtocol(t, w.server, nil)
			r := run.Resource(typeName)
			r.Apply(order(w.id, nil)).Want(t, announced(w.id))
			w.identity = w.identity.Under(run)
			w.identity.Refresh().Want(t, inWard)
			both(w, r)
			if _, there := w.tenant.ManagedIdentity(w.view.ID); there || len(w.tenant.RoleAssignments(w.view.PrincipalID)) > 0 {
				t.Errorf("left is %s", w.picture())
			}
		})
	}
}

// TestGovernedManagedIdentityImported brings a managed identity in quarantine under governance, without giving it anything.
func TestGovernedManagedIdentityImported(t *testing.T) {
	t.Parallel()
	l := newLandscape(t)
	r := l.resource(t)
	r.Apply(order(l.id, nil)).Want(t, announced(l.id))
	identity := acctest.NewAzureProtocol(t, l.server, nil).Resource("governed_service_identity")
	identity.Import(l.id, nil).Want(t, inWard)
	found, _ := identity.State("azure_managed_identity", "role_assignments").(acctest.Values)
	if len(found) != 3 {
		t.Errorf("the import shows %v", found)
	}
	config := acctest.Values{
		"name": "nightly", "owner": "billing", "purpose": "Nightly export of invoices to the data lake", "expiry": l.date(100), "labels": acctest.Values{"Team": "billing"},
		"azure_managed_identity": acctest.Values{"resource_group_name": "workloads", "location": "westeurope", "role_assignments": acctest.Values{"read": role("Reader", mine)}},
	}
	if diags := identity.Apply(config); diags.Failed() || l.roles() > 0 {
		t.Errorf("it has %d roles: %s", l.roles(), diags)
	}
	w := &ward{landscape: l, t: t, identity: identity, id: l.id}
	w.again(config, inWard)
	r = r.Under(acctest.NewAzureProtocol(t, l.server, nil))
	r.Refresh().Want(t)
	r.Apply(nil).Want(t)
	w.wantAccess([]string{"Reader"}, nil)
	w.again(config)
}

// TestGovernedManagedIdentityUnreadable gives nothing to an identity whose record somebody has written over.
func TestGovernedManagedIdentityUnreadable(t *testing.T) {
	t.Parallel()
	w := newWard(t, nil)
	r := w.resource(t)
	r.Apply(order(w.id, nil)).Want(t, announced(w.id))
	w.tag("nhi:quarantine_changes", "nonsense")
	w.identity = w.identity.Under(acctest.NewAzureProtocol(t, w.server, nil))
	w.identity.Refresh()
	w.identity.Apply(w.governedWard(100, nil)).Want(t, "warning azure_managed_identity: Identity gains permissions", "error azure_managed_identity: Identity cannot be updated … The record of the quarantine of "+w.id+" cannot be read")
	w.wantAccess(nil, nil)
}

// tag writes one tag of the identity by hand, or removes it.
func (l landscape) tag(key, value string) {
	view, _ := l.tenant.ManagedIdentity(l.view.ID)
	if view.Tags[key] = value; value == "" {
		delete(view.Tags, key)
	}
	l.tenant.TagManagedIdentity(l.view.ID, view.Tags)
}
