package thirdpartyidentity_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func TestServicePrincipalFull(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t, nil)
	full := vendorApplication(acctest.Values{
		"publisher": acctest.Values{"tenant_id": vendorTenant, "verified_publisher_id": "5206095"}, "app_role_assignment_required": true, "notes": "Contract 4711.",
	}.With(graphRoles("User.Read.All", "Group.Read.All"))).With(acctest.Values{"environment": "prod", "labels": acctest.Values{"cost-center": "4711"}, "systems": []string{"directory"}})
	r.Plan(full).Want(t)
	if r.Planned("id") != acctest.Unknown || r.Planned("category") != "external" || r.Planned("expiry_enforcement") != "apply" || r.Planned("entra_service_principal", "home_tenant_id") != acctest.Unknown {
		t.Errorf("planned %v", r.Planned())
	}
	r.Apply(full).Want(t)
	is := d.principal(t)
	if r.State("id") != principalID(is) || r.State("status") != "active" || r.State("category") != "external" {
		t.Errorf("state %v", r.State())
	}
	for name, want := range map[string]any{
		"object_id": is.ObjectID, "display_name": "Acme Collector", "home_tenant_id": vendorTenant, "verified_publisher": "Acme", "verified_publisher_id": "5206095",
		"sign_in_enabled": true, "app_role_assignment_required": true,
	} {
		if got := r.State("entra_service_principal", name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for _, tag := range []string{"nhi:owner=platform", "nhi:third_party=Acme_Monitoring", "nhi:third_party_contact=soc@monitoring.acme.example", "cost-center=4711", "nhi:managed_by=terraform-provider-governed"} {
		if !slices.Contains(is.Tags, tag) {
			t.Errorf("no tag %s among %v", tag, is.Tags)
		}
	}
	if !is.Enabled || !is.AssignmentRequired || is.Notes != "Contract 4711." || !slices.Equal(slices.Sorted(slices.Values(is.Permissions)), []string{"Group.Read.All", "User.Read.All"}) {
		t.Errorf("the service principal is %+v", is)
	}
	settled(t, r, full)
	settled(t, r.Under(acctest.NewAzureProtocol(t, d.server, nil)), full)
	plain := vendorApplication(nil)
	r.Apply(plain).Want(t)
	// What is no longer written about assignments stays, because false would let more people in.
	if is = d.principal(t); !is.AssignmentRequired || len(is.Permissions) > 0 || is.Notes != "" {
		t.Errorf("left on the service principal: %+v", is)
	}
	settled(t, r, plain)
	r.Apply(nil).Want(t)
	d.wantNothing(t)
}

// TestServicePrincipalUnknown plans with values that are known only at apply.
func TestServicePrincipalUnknown(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t, nil)
	unknown := acctest.Values{"purge_on_destroy": acctest.Unknown}
	for _, name := range []string{"app_id", "publisher", "app_role_assignments", "app_role_assignment_required", "notes"} {
		unknown[name] = acctest.Unknown
	}
	full := vendorApplication(acctest.Values{"notes": "n", "publisher": acctest.Values{"tenant_id": vendorTenant}}.With(graphRoles("User.Read.All")))
	r.Plan(vendorApplication(unknown).With(acctest.Values{"name": acctest.Unknown, "expiry": acctest.Unknown})).Want(t)
	r.ApplyPlanned(full).Want(t)
	settled(t, r, full)
	d.resource(t, nil).Plan(vendorApplication(nil).With(acctest.Values{"entra_service_principal": acctest.Unknown, "third_party": acctest.Unknown})).Want(t)
}

// TestServicePrincipalExpiry blocks the sign-in at the first apply after the end, opens it at a renewal, and can be destroyed
// while it is expired.
func TestServicePrincipalExpiry(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t, nil)
	config := vendorApplication(graphRoles("User.Read.All"))
	r.Apply(config).Want(t)
	expire := func() {
		d.server.Clock().Set(d.server.Clock().Now().AddDate(0, 4, 0))
		r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
		r.Refresh().Want(t)
	}
	expire()
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past")
	if d.principal(t).Enabled || r.State("status") != "expired" || r.State("entra_service_principal", "sign_in_enabled") != false {
		t.Errorf("after the expiry: %v", r.State())
	}
	settled(t, r, config, "warning expiry: Expiry is in the past")
	renewed := config.With(acctest.Values{"expiry": "2026-10-30"})
	r.Apply(renewed).Want(t)
	if !d.principal(t).Enabled || r.State("status") != "active" {
		t.Errorf("after the renewal: %v", r.State())
	}
	settled(t, r, renewed)
	expire()
	r.Apply(nil).Want(t)
	d.wantNothing(t)
}

// TestServicePrincipalBlockedByOthers leaves a sign-in blocked that somebody has blocked.
func TestServicePrincipalBlockedByOthers(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t, nil)
	r.Apply(vendorApplication(nil)).Want(t)
	d.tenant.SetEnabled(d.principal(t).ObjectID, false)
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	r.Refresh().Want(t, "warning entra_service_principal: Sign-in is blocked … somebody has blocked its sign-in … az ad sp update")
	r.Apply(vendorApplication(nil).With(acctest.Values{"owner": "security"})).Want(t)
	if d.principal(t).Enabled {
		t.Error("an apply has opened what somebody else has blocked")
	}
}

// TestServicePrincipalTagsOfTheThirdParty leaves a sign-in blocked that somebody has blocked, whatever the third party writes on
// its own application, whose tags show on the service principal: also in an import, where nothing is known from before.
func TestServicePrincipalTagsOfTheThirdParty(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t, nil)
	config := vendorApplication(nil)
	r.Apply(config).Want(t)
	d.vendor.SetTags(d.app.ObjectID, "nhi:deactivated=sign-in")
	d.tenant.SetEnabled(d.principal(t).ObjectID, false)
	imported := d.resource(t, nil)
	imported.Import(principalID(d.principal(t)), nil)
	for name, r := range map[string]*acctest.Resource{"known": r, "imported": imported} {
		r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
		r.Refresh().Want(t, "warning entra_service_principal: Sign-in is blocked")
		r.Apply(config.With(acctest.Values{"owner": "security-" + name})).Want(t)
		if d.principal(t).Enabled {
			t.Fatalf("%s: the third party has opened its sign-in", name)
		}
	}
}

// TestServicePrincipalImport brings one under governance that an administrator's consent has made, and removes with it what
// others have given it, with a warning.
func TestServicePrincipalImport(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	id := d.tenant.PutThirdParty(azuresim.ThirdParty{
		DisplayName: "Acme Collector", AppID: vendorApp, Publisher: "Acme", HomeTenant: vendorTenant, Permissions: []string{"User.Read.All"}, Delegated: "User.Read Files.Read",
	})
	config := vendorApplication(graphRoles("User.Read.All"))
	d.resource(t, nil).Plan(config).Want(t, "error entra_service_principal.app_id: Existing identity … ("+"Acme Collector) has a service principal in this tenant already … id = \""+principalID(d.principal(t))+"\"")
	r := d.resource(t, nil)
	r.Import(principalID(d.principal(t)), nil).Want(t)
	if r.State("category") != "external" || r.State("name") != "Acme Collector" || r.State("entra_service_principal", "app_id") != vendorApp || r.State("third_party", "account_ids") != nil {
		t.Errorf("imported %v", r.State())
	}
	r.Plan(config).Want(t)
	r.Apply(config).Want(t)
	settled(t, r, config)
	is := d.principal(t)
	if is.ObjectID != id || !slices.Contains(is.Tags, "nhi:owner=platform") || len(is.Delegated) != 1 || !is.Enabled {
		t.Errorf("the service principal is %+v", is)
	}
	r.Plan(nil).Want(t, "warning entra_service_principal: Identity will be retired: "+principalID(is)+" … delegated permissions Files.Read, User.Read of Microsoft Graph")
	r.Apply(nil).Want(t, "warning entra_service_principal: Attachments made outside Terraform were removed … delegated permissions Files.Read, User.Read of Microsoft Graph")
	d.wantNothing(t)
}

// TestServicePrincipalKept says of a removal without purge_on_destroy what is kept, and for how long.
func TestServicePrincipalKept(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t, nil)
	config := vendorApplication(acctest.Values{"purge_on_destroy": false})
	r.Apply(config).Want(t)
	r.Refresh().Want(t)
	r.Plan(nil).Want(t, "warning entra_service_principal: Identity will be retired: "+principalID(d.principal(t))+" … It can be restored for 30 days, without any credential, app role or delegated permission. "+
		"To have it deleted for good, set purge_on_destroy = true and apply that first.")
	r.Apply(nil).Want(t)
	if len(d.tenant.Deleted()) != 1 {
		t.Errorf("%v can be restored", d.tenant.Deleted())
	}
}

// TestServicePrincipalReplaced makes another one for another application, but not for another letter case.
func TestServicePrincipalReplaced(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t, nil)
	r.Apply(vendorApplication(nil)).Want(t)
	r.Plan(vendorApplication(acctest.Values{"app_id": otherApp})).Want(t, "warning entra_service_principal: Identity will be retired")
	if r.Planned("id") != acctest.Unknown {
		t.Errorf("planned %v", r.Planned("id"))
	}
	r.Apply(nil).Want(t)
	d.wantNothing(t)
}

// TestServicePrincipalDisappears makes one anew that somebody has deleted.
func TestServicePrincipalDisappears(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t, nil)
	r.Apply(vendorApplication(nil)).Want(t)
	first := d.principal(t).ObjectID
	d.tenant.Delete(first)
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	if r.Refresh().Want(t); r.Exists() {
		t.Fatal("what is gone is in the state")
	}
	r.Apply(vendorApplication(nil)).Want(t)
	if d.principal(t).ObjectID == first {
		t.Error("the deleted one has come back")
	}
}

// TestServicePrincipalDenied names the permission that is missing.
func TestServicePrincipalDenied(t *testing.T) {
	t.Parallel()
	write := []string{"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}
	for name, of := range map[string]struct {
		denied []string
		says   string
	}{
		"read":   {append(write, "Application.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"), "error entra_service_principal: Platform cannot be reached … lack the permission Application.Read.All."},
		"create": {write, "error entra_service_principal: Identity cannot be created … lack the permission Application.ReadWrite.OwnedBy."},
		"assign": {[]string{"AppRoleAssignment.ReadWrite.All"}, "error entra_service_principal: Identity was created but not completed … lack the permission AppRoleAssignment.ReadWrite.All with Application.Read.All."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t)
			d.tenant.DenyPermissions(of.denied...)
			r := d.resource(t, nil)
			r.Apply(vendorApplication(graphRoles("User.Read.All"))).Want(t, of.says)
			for _, one := range d.principals() {
				if one.Enabled {
					t.Errorf("what was not completed can be used: %+v", one)
				}
			}
		})
	}
	d := newDirectory(t)
	r := d.resource(t, nil)
	r.Apply(vendorApplication(nil)).Want(t)
	d.tenant.DenyPermissions("Directory.Read.All", "Directory.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All")
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	r.Refresh().Want(t, "warning entra_service_principal: Delegated permissions are not known … lack the permission Directory.Read.All")
	r.Plan(nil).Want(t, "warning entra_service_principal: Identity will be retired … delegated permissions are not known")
	r.Apply(nil).Want(t)
	d.wantNothing(t)
}

// TestServicePrincipalReplication makes one that replicas do not know for a while.
func TestServicePrincipalReplication(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.server.SetReplicationLag(7)
	r := d.resource(t, nil)
	config := vendorApplication(graphRoles("User.Read.All"))
	r.Apply(config).Want(t)
	settled(t, r, config)
	if !d.principal(t).Enabled {
		t.Error("it cannot sign in")
	}
	r.Apply(nil).Want(t)
}

// TestServicePrincipalsInBulk reads many in a handful of calls.
func TestServicePrincipalsInBulk(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	p := acctest.NewAzureProtocol(t, d.server, nil)
	var made []*acctest.Resource
	for range 12 {
		app := d.offer(azuresim.Application{DisplayName: "Collector", Publisher: "Acme"})
		r := p.Resource(typeName)
		r.Apply(vendorApplication(acctest.Values{"app_id": app.AppID})).Want(t)
		made = append(made, r)
	}
	d.server.ResetCalls()
	p = acctest.NewAzureProtocol(t, d.server, nil)
	for _, r := range made {
		r = r.Under(p)
		settled(t, r, vendorApplication(acctest.Values{"app_id": r.State("entra_service_principal", "app_id")}))
	}
	graph := 0
	for _, call := range d.server.Calls() {
		if call.Service == "graph" {
			graph++
		}
	}
	// Three direct reads, how large the directory is, its pages, and all delegated permissions at once.
	if graph > 6+2+3+1 {
		t.Errorf("%d calls were made for %d service principals", graph, len(made))
	}
}

// TestServicePrincipalLifetime ends after 180 days at the latest, as everything that a third party uses.
func TestServicePrincipalLifetime(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.resource(t, nil).Plan(vendorApplication(nil).With(acctest.Values{"expiry": d.server.Clock().Now().AddDate(0, 0, 200).Format(time.DateOnly)})).Want(t,
		"error expiry: Expiry is too far ahead … category external live for 180 days at most")
}
