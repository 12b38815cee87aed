package serviceidentity_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func TestApplicationFull(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	r.Plan(d.fullApp()).Want(t)
	if r.Planned("id") != acctest.Unknown || r.Planned("expiry_enforcement") != "apply" {
		t.Errorf("planned %v, %v", r.Planned("id"), r.Planned("expiry_enforcement"))
	}
	r.Apply(d.fullApp()).Want(t)
	app, principal := d.application(t), d.principal(t)
	if id := "entra:" + azuresim.DefaultTenant + ":application/" + app.ObjectID; r.State("id") != id || r.State("status") != "active" || r.State("category") != "enterprise_managed" {
		t.Errorf("state %v", r.State())
	}
	for name, want := range map[string]any{"client_id": app.AppID, "object_id": app.ObjectID, "service_principal_object_id": principal.ObjectID, "sign_in_enabled": true} {
		if got := r.State("entra_application", name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for _, tag := range []string{
		"nhi:owner=payments", "nhi:purpose=Nightly_export_of_invoices_to_the_data_lake", "nhi:expiry=2026-05-30", "nhi:systems=billing-db,data_lake",
		"cost-center=4711", "nhi:labels=cost-center", "nhi:managed_by=terraform-provider-governed", "nhi:purge_on_destroy=true",
	} {
		if !slices.Contains(app.Tags, tag) {
			t.Errorf("no tag %s among %v", tag, app.Tags)
		}
	}
	if !slices.Equal(principal.Permissions, []string{"GroupMember.Read.All", "User.Read.All"}) || len(app.Federated) != 2 || !slices.Contains(app.Owners, d.ada) || !slices.Contains(app.Owners, d.grace) {
		t.Errorf("the application is %+v with %v", app, principal.Permissions)
	}
	settledApp(t, r, d.fullApp())
	settledApp(t, r.Under(acctest.NewAzureProtocol(t, d.server, nil)), d.fullApp())
	r.Apply(plainApp().With(acctest.Values{"entra_application": acctest.Values{"unique_name": "invoice-export-prod", "purge_on_destroy": true}})).Want(t)
	app, principal = d.application(t), d.principal(t)
	if app.DisplayName != "invoice-export" || len(app.Owners)+len(app.Federated)+len(principal.Permissions) > 0 || app.Notes != "" {
		t.Errorf("left on the application: %+v, %v", app, principal.Permissions)
	}
	r.Apply(nil).Want(t)
	if left := len(d.tenant.Applications()) + len(d.tenant.Deleted()); left > 0 {
		t.Errorf("%d objects are left", left)
	}
}

// TestApplicationUnknown plans with values that are known only at apply.
func TestApplicationUnknown(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	unknown := acctest.Values{"purge_on_destroy": acctest.Unknown}
	for _, name := range []string{"display_name", "unique_name", "owners", "app_role_assignments", "federated_credentials", "service_management_reference", "notes"} {
		unknown[name] = acctest.Unknown
	}
	r.Plan(d.fullApp().With(acctest.Values{"name": acctest.Unknown, "expiry": acctest.Unknown, "entra_application": unknown})).Want(t)
	r.ApplyPlanned(d.fullApp()).Want(t)
	settledApp(t, r, d.fullApp())
	r.Plan(plainApp().With(acctest.Values{"entra_application": acctest.Unknown})).Want(t)
}

// TestApplicationExpiry blocks the sign-in at the first apply after the end, and opens it at a renewal.
func TestApplicationExpiry(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	r.Apply(plainApp()).Want(t)
	d.server.Clock().Set(time.Date(2026, time.June, 2, 0, 0, 0, 0, time.UTC))
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	r.Refresh().Want(t)
	r.Apply(plainApp()).Want(t, "warning expiry: Expiry is in the past")
	if d.principal(t).Enabled || r.State("status") != "expired" || r.State("entra_application", "sign_in_enabled") != false {
		t.Errorf("after the expiry: %v", r.State())
	}
	settledApp(t, r, plainApp(), "warning expiry: Expiry is in the past")
	renewed := plainApp().With(acctest.Values{"expiry": "2026-12-31"})
	r.Apply(renewed).Want(t)
	if !d.principal(t).Enabled || r.State("status") != "active" {
		t.Errorf("after the renewal: %v", r.State())
	}
	settledApp(t, r, renewed)
}

// TestApplicationRenewalInterrupted takes the note of an expiry away that a renewal has left behind when the sign-in was open again,
// and leaves a sign-in blocked that somebody has blocked meanwhile.
func TestApplicationRenewalInterrupted(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	r.Apply(plainApp()).Want(t)
	d.server.Clock().Set(time.Date(2026, time.June, 2, 0, 0, 0, 0, time.UTC))
	next := func() { r = r.Under(acctest.NewAzureProtocol(t, d.server, nil)) }
	next()
	r.Refresh().Want(t)
	r.Apply(plainApp()).Want(t, "warning expiry: Expiry is in the past")
	renewed := plainApp().With(acctest.Values{"expiry": "2026-12-31"})
	d.server.InjectFault(sim.Fault{Service: "graph", Action: "PATCH /applications/{id}", Nth: 2, Kind: sim.FaultAccessDenied})
	r.ApplyOnce(renewed).Want(t, "error entra_application: Identity cannot be updated … lack the permission")
	noted := func() bool { return slices.Contains(d.application(t).Tags, "nhi:deactivated=sign-in") }
	if !d.principal(t).Enabled || !noted() {
		t.Fatalf("the renewal was not interrupted: %+v", d.application(t))
	}
	next()
	r.Refresh().Want(t)
	if r.State("status") != "unfinished" {
		t.Errorf("status %v", r.State("status"))
	}
	d.tenant.SetEnabled(d.principal(t).ObjectID, false)
	next()
	r.Refresh().Want(t, "warning entra_application: Sign-in is blocked")
	d.tenant.SetEnabled(d.principal(t).ObjectID, true)
	next()
	r.Refresh().Want(t)
	r.Apply(renewed).Want(t)
	if !d.principal(t).Enabled || noted() || r.State("status") != "active" {
		t.Errorf("after the next apply: %v, %+v", r.State(), d.application(t))
	}
	settledApp(t, r, renewed)
}

// TestApplicationBlockedByOthers leaves a sign-in blocked that somebody has blocked, also over an expiry and its renewal.
func TestApplicationBlockedByOthers(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	r.Apply(plainApp()).Want(t)
	d.tenant.SetEnabled(d.principal(t).ObjectID, false)
	const blocked = "warning entra_application: Sign-in is blocked … somebody has blocked … az ad sp update"
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	r.Refresh().Want(t, blocked)
	r.Plan(plainApp()).Want(t)
	if r.Changes() {
		t.Error("the plan changes something")
	}
	d.server.Clock().Set(time.Date(2026, time.June, 2, 0, 0, 0, 0, time.UTC))
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	r.Refresh().Want(t, blocked)
	r.Apply(plainApp()).Want(t, "warning expiry: Expiry is in the past")
	if r.State("status") != "expired" {
		t.Errorf("status %v", r.State("status"))
	}
	r.Apply(plainApp().With(acctest.Values{"expiry": "2026-12-31"})).Want(t)
	if d.principal(t).Enabled {
		t.Error("a renewal has opened what somebody else has blocked")
	}
}

// TestApplicationTagsOfOthers leaves a sign-in blocked that somebody has blocked, whatever whoever may edit the application writes
// in its tags: also in an import, where nothing is known from before.
func TestApplicationTagsOfOthers(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	r.Apply(plainApp()).Want(t)
	app := d.application(t)
	d.tenant.SetTags(app.ObjectID, append(app.Tags, "nhi:deactivated=sign-in")...)
	d.tenant.SetEnabled(d.principal(t).ObjectID, false)
	imported := d.resource(t)
	imported.Import("entra:"+azuresim.DefaultTenant+":application/"+app.ObjectID, nil)
	for name, r := range map[string]*acctest.Resource{"known": r, "imported": imported} {
		r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
		r.Refresh().Want(t, "warning entra_application: Sign-in is blocked … somebody has blocked … az ad sp update --id "+app.ServicePrincipalID+" --set accountEnabled=true")
		r.Apply(plainApp().With(acctest.Values{"owner": "security-" + name})).Want(t)
		if d.principal(t).Enabled {
			t.Fatalf("%s: a tag has opened the sign-in", name)
		}
	}
}

// TestApplicationOfOthers keeps the tags of others, and shows everything else as drift.
func TestApplicationOfOthers(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	made := d.tenant.PutApplication(azuresim.Application{
		DisplayName: "invoice-export", Tags: []string{"HideApp", "team=others"}, Owners: []string{d.grace}, Permissions: []string{"Mail.Read"},
		Federated: []azuresim.FederatedCredential{{Name: "stray", Issuer: "https://gitlab.example", Subject: "s", Audience: "api://AzureADTokenExchange"}},
	})
	r := d.resource(t)
	r.Import("entra:"+azuresim.DefaultTenant+":application/"+made.ObjectID, nil).Want(t)
	for name, want := range map[string]any{
		"display_name": "invoice-export", "unique_name": nil, "owners": []any{d.grace}, "notes": nil,
		"app_role_assignments":  acctest.Values{"Mail.Read": acctest.Values{"resource_app_id": "00000003-0000-0000-c000-000000000000", "role": "Mail.Read"}},
		"federated_credentials": acctest.Values{"stray": acctest.Values{"github_actions": nil, "kubernetes_service_account": nil, "oidc": acctest.Values{"issuer": "https://gitlab.example", "subject": "s", "audience": nil}}},
	} {
		if got := r.State("entra_application", name); !same(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	r.Apply(plainApp()).Want(t)
	app := d.application(t)
	if app.ObjectID != made.ObjectID || app.UniqueName != "invoice-export" || len(app.Owners)+len(app.Federated)+len(d.principal(t).Permissions) > 0 {
		t.Errorf("the application is %+v", app)
	}
	if !slices.Contains(app.Tags, "HideApp") || !slices.Contains(app.Tags, "team=others") {
		t.Errorf("the tags of others are gone: %v", app.Tags)
	}
	settledApp(t, r, plainApp())
}

// TestApplicationTaken names who has the unique name, and how to go on.
func TestApplicationTaken(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	late := d.resource(t)
	late.Plan(plainApp()).Want(t)
	made := d.tenant.PutApplication(azuresim.Application{DisplayName: "Other", UniqueName: "invoice-export"})
	late.ApplyStale(plainApp()).Want(t, "error entra_application: Identity cannot be created … the application "+made.ObjectID+" (Other) with the unique name invoice-export exists already … import {")
	d.tenant.Delete(made.ObjectID)
	late.ApplyStale(plainApp()).Want(t, "error entra_application: Identity cannot be created … "+made.ObjectID+" (Other) with the unique name invoice-export was deleted on 2026-03-01 … az rest --method post --url "+
		d.server.GraphURL()+"/v1.0/directory/deletedItems/"+made.ObjectID+"/restore … az rest --method delete … deleted application "+made.ObjectID)
	if got := d.tenant.Applications(); len(got) > 0 {
		t.Errorf("there is %v", got)
	}
}

// TestApplicationReplaced replaces where the unique name changes, and tells of what goes.
func TestApplicationReplaced(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	r.Apply(plainApp()).Want(t)
	r.Plan(withApp(acctest.Values{"unique_name": "another"})).Want(t, "warning entra_application: Identity will be retired … not known, because the report of sign-ins has no entry for it")
	if !r.Replaces() {
		t.Error("it is not replaced")
	}
}

// TestApplicationRetirement tells what goes, and when it was last used.
func TestApplicationRetirement(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	config := withApp(acctest.Values{"app_role_assignments": acctest.Values{"users": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "User.Read.All"}}})
	r.Apply(config).Want(t)
	r.Plan(nil).Want(t, "warning entra_application: Identity will be retired: entra: … is removed, with its access. It can be restored for 30 days, without any credential or app role, and its unique name is taken meanwhile. "+
		"To have it deleted for good, set purge_on_destroy = true and apply that first. … app role User.Read.All of Microsoft Graph … the report of sign-ins has no entry for it")
	d.tenant.DenyPermissions("AuditLog.Read.All")
	r.Under(acctest.NewAzureProtocol(t, d.server, nil)).Plan(nil).Want(t, "warning entra_application: Identity will be retired: entra: … the permission AuditLog.Read.All and a licence")
	r.Apply(nil).Want(t)
	if gone := d.tenant.Deleted(); len(gone) != 2 {
		t.Errorf("deleted: %v", gone)
	}
}

// TestApplicationRetirementOfOthers tells what others have put on an application from what Terraform has.
func TestApplicationRetirementOfOthers(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	made := d.tenant.PutApplication(azuresim.Application{
		DisplayName: "invoice-export", Owners: []string{d.ada, d.grace}, Permissions: []string{"Mail.Read"},
		Federated: []azuresim.FederatedCredential{{Name: "stray", Issuer: "https://gitlab.example", Subject: "s", Audience: "api://AzureADTokenExchange"}},
	})
	id := "entra:" + azuresim.DefaultTenant + ":application/" + made.ObjectID
	r := d.resource(t)
	r.Import(id, nil).Want(t)
	r.Plan(nil).Want(t, "warning entra_application: Identity will be retired: "+id+" … - app role Mail.Read of Microsoft Graph (not made by Terraform) … - federated credential stray (not made by Terraform)"+
		" … (not made by Terraform) … Last use:\n  - not known, because the report of sign-ins has no entry for it")
	r = d.resource(t)
	r.Apply(withApp(acctest.Values{"unique_name": "other", "owners": []string{d.upn}})).Want(t)
	shown := r.Plan(nil).String()
	if !strings.Contains(shown, "- owner "+d.ada+"\n") {
		t.Errorf("Terraform's own owner is not shown as such: %s", shown)
	}
}

// TestApplicationForbidden names the permission that is missing.
func TestApplicationForbidden(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		denied []string
		says   string
	}{
		"read":   {[]string{"Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All", "Directory.ReadWrite.All"}, "error entra_application: Platform cannot be reached … lack the permission Application.Read.All."},
		"create": {[]string{"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}, "error entra_application: Identity cannot be created … lack the permission Application.ReadWrite.OwnedBy."},
		"assign": {[]string{"AppRoleAssignment.ReadWrite.All"}, "error entra_application: Identity was created but not completed … lack the permission AppRoleAssignment.ReadWrite.All with Application.Read.All."},
		"users":  {[]string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}, "error entra_application: Platform cannot be reached … lack the permission User.Read.All."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t)
			d.tenant.DenyPermissions(of.denied...)
			d.resource(t).Apply(d.fullApp()).Want(t, of.says)
		})
	}
}

// TestApplicationReplication makes an application that replicas do not know for a while.
func TestApplicationReplication(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.server.SetReplicationLag(7)
	r := d.resource(t)
	r.Apply(d.fullApp()).Want(t)
	settledApp(t, r, d.fullApp())
	if principals := d.tenant.ServicePrincipals(); len(principals) != 2 {
		t.Errorf("there are %d service principals", len(principals))
	}
	r.Apply(nil).Want(t)
}

// TestApplicationsInBulk reads many applications in a handful of calls.
func TestApplicationsInBulk(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	p := acctest.NewAzureProtocol(t, d.server, nil)
	var made []*acctest.Resource
	for _, name := range strings.Split("abcdefghijkl", "") {
		r := p.Resource(typeName)
		r.Apply(plainApp().With(acctest.Values{"name": name})).Want(t)
		made = append(made, r)
	}
	d.server.ResetCalls()
	p = acctest.NewAzureProtocol(t, d.server, nil)
	for _, r := range made {
		settledApp(t, r.Under(p), plainApp().With(acctest.Values{"name": r.State("name")}))
	}
	// Three direct reads, how large the directory is, and its pages.
	graph := 0
	for _, call := range d.server.Calls() {
		if call.Service == "graph" {
			graph++
		}
	}
	if graph > 9+2+3 {
		t.Errorf("%d calls were made for %d applications", graph, len(made))
	}
}

// TestApplicationPresets lets three workloads in, each with a preset of another sort.
func TestApplicationPresets(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	config := withApp(acctest.Values{"federated_credentials": acctest.Values{
		"main":    acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "branch": "main"}},
		"cluster": acctest.Values{"kubernetes_service_account": acctest.Values{"issuer": "https://oidc.example/cluster", "namespace": "billing", "name": "export"}},
		"other":   acctest.Values{"oidc": acctest.Values{"issuer": "https://gitlab.example", "subject": "project_path:acme/export", "audience": "https://gitlab.example"}},
		"usual":   acctest.Values{"oidc": acctest.Values{"issuer": "https://gitlab.example", "subject": "project_path:acme/other"}},
	}})
	r := d.resource(t)
	const shared = "warning entra_application.federated_credentials: Identity is shared … 4 clients share it"
	r.Apply(config).Want(t, shared)
	settledApp(t, r, config, shared)
	imported := d.resource(t)
	imported.Import("entra:"+azuresim.DefaultTenant+":application/"+d.application(t).ObjectID, nil).Want(t)
	settledApp(t, imported, config, shared)
}

// TestApplicationPrincipalGone makes the service principal anew that somebody has deleted.
func TestApplicationPrincipalGone(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	r.Apply(d.fullApp()).Want(t)
	d.tenant.Delete(d.principal(t).ObjectID)
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	r.Refresh().Want(t)
	if r.State("entra_application", "sign_in_enabled") != false || r.State("entra_application", "service_principal_object_id") != nil {
		t.Errorf("state %v", r.State())
	}
	r.Apply(d.fullApp()).Want(t, "warning entra_application: Identity gains permissions … GroupMember.Read.All of Microsoft Graph")
	if principal := d.principal(t); !principal.Enabled || len(principal.Permissions) != 2 {
		t.Errorf("the service principal is %+v", principal)
	}
	settledApp(t, r, d.fullApp())
}
