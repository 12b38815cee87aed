package azuresim_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// mustCreate makes an application and its service principal.
func mustCreate(g *graph, name string) (application, principal body) {
	g.t.Helper()
	application = g.do("POST", "/applications", body{"displayName": name})
	return application, g.do("POST", "/servicePrincipals", body{"appId": application["appId"]})
}

func TestApplicationLife(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, sp := mustCreate(g, "invoice-export")
	if app["id"] == app["appId"] || sp["id"] == sp["appId"] || app["appId"] != sp["appId"] || text(app, "signInAudience") != "AzureADMyOrg" ||
		text(app, "createdDateTime") != "2026-03-01T12:00:00Z" || sp["accountEnabled"] != true || text(sp, "appDisplayName") != "invoice-export" {
		t.Errorf("%v\n%v", app, sp)
	}
	at := "/applications/" + text(app, "id")
	g.do("PATCH", at, body{"displayName": "renamed", "tags": []string{"nhi:owner=payments"}, "notes": "x", "serviceManagementReference": "CHG-1"})
	for _, path := range []string{at, "/applications(appId='" + text(app, "appId") + "')"} {
		got := g.do("GET", path+"?$select=id,displayName,tags", nil)
		delete(got, "@odata.context")
		if diff := cmp.Diff(body{"id": app["id"], "displayName": "renamed", "tags": []any{"nhi:owner=payments"}}, got); diff != "" {
			t.Error(diff)
		}
	}
	principal := "/servicePrincipals/" + text(sp, "id")
	g.do("PATCH", principal, body{"tags": []string{"own"}, "accountEnabled": false})
	got := g.do("GET", principal, nil)
	if diff := cmp.Diff([]any{"own", "nhi:owner=payments"}, got["tags"]); diff != "" || got["accountEnabled"] != false || text(got, "displayName") != "renamed" {
		t.Error(diff, got)
	}

	// The application takes its service principal along, there and back.
	g.do("DELETE", at, nil)
	g.refused(404, "Request_ResourceNotFound", "GET", at, nil)
	g.refused(404, "Request_ResourceNotFound", "GET", principal, nil)
	if got := values(g.do("GET", "/directory/deletedItems/microsoft.graph.application", nil)); len(got) != 1 || got[0]["id"] != app["id"] || got[0]["deletedDateTime"] == nil {
		t.Errorf("deleted %v", got)
	}
	g.do("POST", "/directory/deletedItems/"+text(app, "id")+"/restore", nil)
	if got := g.do("GET", principal, nil); got["deletedDateTime"] != nil {
		t.Error(got)
	}
	g.do("DELETE", at, nil)
	g.do("DELETE", "/directory/deletedItems/"+text(app, "id"), nil)
	g.refused(404, "Request_ResourceNotFound", "GET", "/directory/deletedItems/"+text(app, "id"), nil)

	// What is left of it ends by itself.
	if len(defaultTenant(s).Deleted()) != 1 {
		t.Error("the service principal is not among the deleted")
	}
	s.Clock().Advance(30 * 24 * time.Hour)
	if got := defaultTenant(s).Deleted(); len(got) != 0 {
		t.Error(got)
	}
}

func TestWhatGraphRefuses(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, sp := mustCreate(g, "a")
	at, principal := "/applications/"+text(app, "id"), "/servicePrincipals/"+text(sp, "id")
	for _, tt := range []struct {
		name, method, path string
		in                 body
		status             int
		code, message      string
	}{
		{"no name", "POST", "/applications", body{}, 400, "Request_BadRequest", "A value is required for property 'displayName' of resource 'Application'."},
		{"empty name", "PATCH", at, body{"displayName": ""}, 400, "Request_BadRequest", "Invalid value specified for property 'displayName' of resource 'Application'."},
		{"long name", "POST", "/applications", body{"displayName": strings.Repeat("x", 121)}, 400, "Request_BadRequest", "Invalid value specified for property 'displayName' of resource 'Application'."},
		{"long notes", "PATCH", principal, body{"notes": strings.Repeat("x", 1025)}, 400, "Request_BadRequest", "Invalid value specified for property 'notes' of resource 'ServicePrincipal'."},
		{"tag with a space", "PATCH", at, body{"tags": []string{"a b"}}, 400, "Request_BadRequest", "Invalid value specified for property 'tags' of resource 'Application'."},
		{"long tag", "PATCH", at, body{"tags": []string{strings.Repeat("x", 257)}}, 400, "Request_BadRequest", "Invalid value specified for property 'tags' of resource 'Application'."},
		{"empty tag", "PATCH", at, body{"tags": []string{""}}, 400, "Request_BadRequest", "Invalid value specified for property 'tags' of resource 'Application'."},
		{"tag twice", "PATCH", principal, body{"tags": []string{"a", "a"}}, 400, "Request_BadRequest", "Invalid value specified for property 'tags' of resource 'ServicePrincipal'."},
		{"unknown property", "PATCH", at, body{"colour": "red"}, 400, "BadRequest", "Invalid property 'colour'."},
		{"read-only property", "PATCH", at, body{"appId": app["appId"]}, 400, "Request_BadRequest", "Property 'appId' is read-only and cannot be set."},
		{"password by PATCH", "PATCH", at, body{"passwordCredentials": []body{}}, 400, "Request_BadRequest", "Property 'passwordCredentials' is read-only and cannot be set."},
		{"wrong type", "PATCH", principal, body{"accountEnabled": "yes"}, 400, "Request_BadRequest", "Invalid value specified for property 'accountEnabled' of resource 'ServicePrincipal'."},
		{"audience", "PATCH", at, body{"signInAudience": "Everybody"}, 400, "Request_BadRequest", "Invalid value specified for property 'signInAudience' of resource 'Application'."},
		{"no application", "POST", "/servicePrincipals", body{"appId": "11111111-2222-4333-8444-555555555555"}, 400, "NoBackingApplicationObject", "The appId '11111111-2222-4333-8444-555555555555' of the service principal does not reference a valid application object."},
		{"second principal", "POST", "/servicePrincipals", body{"appId": app["appId"]}, 409, "Request_MultipleObjectsWithSameKeyValue", "The service principal cannot be created, updated, or restored because the service principal name " + text(app, "appId") + " is already in use."},
		{"object id of another kind", "GET", "/servicePrincipals/" + text(app, "id"), nil, 404, "Request_ResourceNotFound", "Resource '" + text(app, "id") + "' does not exist or one of its queried reference-property objects are not present."},
		{"unknown key", "GET", "/applications(displayName='a')", nil, 400, "BadRequest", "The key property 'displayName' is not a key of the type 'microsoft.graph.application'."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var in any
			if tt.in != nil {
				in = tt.in
			}
			one := *g
			one.t = t
			if got := one.refused(tt.status, tt.code, tt.method, tt.path, in); got != tt.message {
				t.Errorf("%q, want %q", got, tt.message)
			}
		})
	}
}

func TestDeletedItems(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	tenant := defaultTenant(s)
	app, sp := mustCreate(g, "a")
	g.do("DELETE", "/servicePrincipals/"+text(sp, "id"), nil)
	if got := g.do("GET", "/directory/deletedItems/"+text(sp, "id"), nil); got["@odata.type"] != "#microsoft.graph.servicePrincipal" {
		t.Error(got)
	}
	again := g.do("POST", "/servicePrincipals", body{"appId": app["appId"]})
	g.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", "/directory/deletedItems/"+text(sp, "id")+"/restore", nil)
	g.do("DELETE", "/servicePrincipals/"+text(again, "id"), nil)
	g.do("POST", "/directory/deletedItems/"+text(sp, "id")+"/restore", nil)
	user := tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	tenant.Delete(user)
	g.refused(403, "Authorization_RequestDenied", "DELETE", "/directory/deletedItems/"+user, nil)
	g.do("POST", "/directory/deletedItems/"+user+"/restore", nil)
	g.do("GET", "/users/"+user, nil)
	g.refused(404, "Request_ResourceNotFound", "POST", "/directory/deletedItems/"+user+"/restore", nil)
	g.refused(400, "BadRequest", "GET", "/directory/deletedItems/microsoft.graph.device", nil)
}

func TestUniqueName(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	at := "/applications(uniqueName='governed%2Finvoice')"
	g.refused(404, "Request_ResourceNotFound", "PATCH", at, body{"displayName": "x"})
	status, app, err := g.try("PATCH", at, body{"displayName": "invoice"}, "Prefer", "create-if-missing")
	noError(t, err)
	if status != 201 || app["uniqueName"] != "governed/invoice" {
		t.Errorf("%d %v", status, app)
	}
	if status, _, err := g.try("PATCH", at, body{"displayName": "again"}, "Prefer", "create-if-missing"); status != 204 || err != nil {
		t.Errorf("%d %v", status, err)
	}
	if got := defaultTenant(s).Applications(); len(got) != 1 {
		t.Errorf("applications %q", got)
	}
	byID := "/applications/" + text(app, "id")
	g.refused(400, "Request_BadRequest", "PATCH", byID, body{"uniqueName": "other"})
	g.do("DELETE", byID, nil)
	if got := g.refused(400, "Request_BadRequest", "PATCH", at, body{"displayName": "new"}, "Prefer", "create-if-missing"); got != "Another object with the same value for property uniqueName already exists." {
		t.Error(got)
	}
	g.do("DELETE", "/directory/deletedItems/"+text(app, "id"), nil)
	g.do("PATCH", at, body{"displayName": "new"}, "Prefer", "create-if-missing")
	odd := "/applications(uniqueName='" + url.PathEscape("it''s https://x (1)") + "')"
	for _, want := range []int{201, 204} {
		if status, _, err := g.try("PATCH", odd, body{"displayName": "odd"}, "Prefer", "create-if-missing"); status != want || err != nil {
			t.Errorf("%d %v, want %d", status, err, want)
		}
	}
	if got := g.do("GET", odd, nil)["uniqueName"]; got != "it's https://x (1)" {
		t.Error(got)
	}
}

func TestAppRoles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	app, sp := mustCreate(g, "api")
	at := "/applications/" + text(app, "id")
	role := func(id, value string, enabled bool) body {
		return body{"id": id, "value": value, "displayName": value, "description": value, "isEnabled": enabled, "allowedMemberTypes": []string{"Application"}}
	}
	const one, two = "11111111-2222-4333-8444-555555555551", "11111111-2222-4333-8444-555555555552"
	g.refused(400, "DuplicateValue", "PATCH", at, body{"appRoles": []body{role(one, "Read", true), role(two, "Read", true)}})
	g.refused(400, "Request_BadRequest", "PATCH", at, body{"appRoles": []body{role("x", "Read", true)}})
	g.do("PATCH", at, body{"appRoles": []body{role(one, "Read", true)}})
	g.refused(400, "CannotDeleteOrUpdateEnabledEntitlement", "PATCH", at, body{"appRoles": []body{}})

	_, client := mustCreate(g, "client")
	grant := body{"principalId": client["id"], "resourceId": sp["id"], "appRoleId": one}
	assigned := "/servicePrincipals/" + text(sp, "id") + "/appRoleAssignedTo"
	made := g.do("POST", assigned, grant)
	if made["principalDisplayName"] != "client" || made["resourceDisplayName"] != "api" || made["principalType"] != "ServicePrincipal" {
		t.Error(made)
	}
	if got := g.refused(400, "Request_BadRequest", "POST", assigned, grant); got != "Permission being assigned already exists on the object" {
		t.Error(got)
	}
	grant["appRoleId"] = two
	if got := g.refused(400, "Request_BadRequest", "POST", assigned, grant); got != "Permission being assigned was not found on application '"+text(app, "appId")+"'" {
		t.Error(got)
	}
	held := "/servicePrincipals/" + text(client, "id") + "/appRoleAssignments"
	grant["appRoleId"] = one
	if got := g.refused(400, "Request_BadRequest", "POST", held, body{"principalId": sp["id"], "resourceId": sp["id"], "appRoleId": one}); got != "Not a valid reference update." {
		t.Error(got)
	}
	if got := values(g.do("GET", held, nil)); len(got) != 1 || got[0]["id"] != made["id"] {
		t.Error(got)
	}
	c := defaultTenant(s).AddCaller("granter", "AppRoleAssignment.ReadWrite.All")
	graphAs(t, s, c).refused(403, "Authorization_RequestDenied", "POST", assigned, grant)
	// A deleted principal takes its assignments out of sight.
	g.do("DELETE", "/servicePrincipals/"+text(client, "id"), nil)
	if got := values(g.do("GET", assigned, nil)); len(got) != 0 {
		t.Error(got)
	}
	g.do("POST", "/directory/deletedItems/"+text(client, "id")+"/restore", nil)
	g.do("DELETE", held+"/"+text(made, "id"), nil)
	g.refused(404, "Request_ResourceNotFound", "DELETE", assigned+"/"+text(made, "id"), nil)
}

// Application.ReadWrite.OwnedBy makes applications, sees all and changes its own.
func TestOwnedBy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tenant := defaultTenant(s)
	other := tenant.PutApplication(azuresim.Application{DisplayName: "other"})
	c := tenant.AddCaller("pipeline", "Application.ReadWrite.OwnedBy")
	g := graphAs(t, s, c)
	app, sp := mustCreate(g, "mine")
	for _, path := range []string{"/applications/" + text(app, "id"), "/servicePrincipals/" + text(sp, "id")} {
		if owners := values(g.do("GET", path+"/owners", nil)); len(owners) != 1 || owners[0]["id"] != c.ObjectID {
			t.Error(owners)
		}
		g.do("PATCH", path, body{"notes": "mine"})
	}
	g.do("GET", "/applications/"+other.ObjectID, nil)
	for _, path := range []string{"/applications/" + other.ObjectID, "/servicePrincipals/" + other.ServicePrincipalID} {
		g.refused(403, "Authorization_RequestDenied", "PATCH", path, body{"notes": "mine"})
		g.refused(403, "Authorization_RequestDenied", "DELETE", path, nil)
		g.refused(403, "Authorization_RequestDenied", "POST", path+"/addPassword", body{})
	}
	g.refused(403, "Authorization_RequestDenied", "GET", "/users", nil)
	// It adds owners with Directory.Read.All besides, restores and purges its own.
	at := "/applications/" + text(app, "id")
	g.refused(403, "Authorization_RequestDenied", "POST", at+"/owners/$ref", reference(other.ServicePrincipalID))
	graphAs(t, s, tenant.AddCaller("owner", "Application.ReadWrite.All", "Directory.Read.All")).do("POST", at+"/owners/$ref", reference(other.ServicePrincipalID))
	g.do("DELETE", at, nil)
	g.do("POST", "/directory/deletedItems/"+text(app, "id")+"/restore", nil)
	g.do("DELETE", at, nil)
	g.do("DELETE", "/directory/deletedItems/"+text(app, "id"), nil)
	tenant.Delete(other.ObjectID)
	g.refused(403, "Authorization_RequestDenied", "POST", "/directory/deletedItems/"+other.ObjectID+"/restore", nil)
	g.refused(403, "Authorization_RequestDenied", "GET", "/directory/deletedItems/microsoft.graph.user", nil)
	// Nobody can make a principal of the application of another.
	lone := tenant.PutApplication(azuresim.Application{DisplayName: "lone", WithoutServicePrincipal: true})
	g.refused(403, "Authorization_RequestDenied", "POST", "/servicePrincipals", body{"appId": lone.AppID})
}

func TestReplicationLag(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	s.SetReplicationLag(2)
	app := g.do("POST", "/applications", body{"displayName": "a"})
	at := "/applications/" + text(app, "id")
	g.refused(404, "Request_ResourceNotFound", "GET", at, nil)
	g.refused(404, "Request_ResourceNotFound", "PATCH", at, body{"notes": "x"})
	g.do("PATCH", at, body{"notes": "x"})
	for _, want := range []any{nil, nil, "x"} {
		if got := g.do("GET", at, nil)["notes"]; got != want {
			t.Errorf("notes %v, want %v", got, want)
		}
	}
	// What hangs on it lags too.
	g.do("POST", at+"/owners/$ref", reference(defaultTenant(s).PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})))
	for _, want := range []int{0, 0, 1} {
		if got := len(values(g.do("GET", at+"/owners", nil))); got != want {
			t.Errorf("%d owners, want %d", got, want)
		}
	}
	g.do("POST", at+"/federatedIdentityCredentials", body{"name": "f", "issuer": "https://i.example", "subject": "s", "audiences": []string{"x"}})
	for _, want := range []int{0, 0, 1} {
		if got := len(values(g.do("GET", at+"/federatedIdentityCredentials", nil))); got != want {
			t.Errorf("%d federated credentials, want %d", got, want)
		}
	}
	made := g.do("POST", at+"/addPassword", body{})
	for range 2 {
		g.refused(400, "Request_BadRequest", "POST", at+"/removePassword", body{"keyId": made["keyId"]})
	}
	g.do("POST", at+"/removePassword", body{"keyId": made["keyId"]})
	for range 2 {
		g.do("GET", at, nil)
	}
	app = g.do("POST", "/applications", body{"displayName": "b"})
	for range 2 {
		g.refused(400, "NoBackingApplicationObject", "POST", "/servicePrincipals", body{"appId": app["appId"]})
	}
	g.do("POST", "/servicePrincipals", body{"appId": app["appId"]})
	g.do("DELETE", at, nil)
	for range 2 {
		g.do("GET", at, nil)
	}
	g.refused(404, "Request_ResourceNotFound", "GET", at, nil)
	g.refused(404, "Request_ResourceNotFound", "PATCH", at, body{"notes": "y"})
	if got := len(values(g.do("GET", "/servicePrincipals?$filter=appId+eq+'"+text(app, "appId")+"'", nil))); got != 0 {
		t.Errorf("%d service principals", got)
	}
}
