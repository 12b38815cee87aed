package azuresim_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func reference(id string) body {
	return body{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/" + id}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	tenant := defaultTenant(s)
	ada := tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	group := tenant.PutGroup("team", ada)
	app, sp := mustCreate(g, "a")
	for _, at := range []string{"/applications/" + text(app, "id"), "/servicePrincipals/" + text(sp, "id")} {
		at += "/owners"
		g.do("POST", at+"/$ref", reference(ada))
		if got := g.refused(400, "Request_BadRequest", "POST", at+"/$ref", reference(ada)); got != "One or more added object references already exist for the following modified properties: 'owners'." {
			t.Error(got)
		}
		g.refused(400, "Request_BadRequest", "POST", at+"/$ref", reference(group))
		g.refused(404, "Request_ResourceNotFound", "POST", at+"/$ref", reference("11111111-2222-4333-8444-555555555555"))
		g.refused(400, "BadRequest", "POST", at+"/$ref", body{"@odata.id": ada})
		if got := values(g.do("GET", at, nil)); len(got) != 1 || got[0]["@odata.type"] != "#microsoft.graph.user" || text(got[0], "userPrincipalName") != "ada@"+tenant.Domain() {
			t.Error(got)
		}
		g.do("DELETE", at+"/"+ada+"/$ref", nil)
		g.refused(404, "Request_ResourceNotFound", "DELETE", at+"/"+ada+"/$ref", nil)
	}
	bound := body{"displayName": "b", "owners@odata.bind": []string{"https://graph.microsoft.com/v1.0/directoryObjects/" + ada}}
	made := g.do("POST", "/applications", bound)
	if view, _ := tenant.Application(text(made, "id")); !slices.Equal(view.Owners, []string{ada}) {
		t.Errorf("owners %q", view.Owners)
	}
	bound["owners@odata.bind"] = []string{"https://graph.microsoft.com/v1.0/directoryObjects/" + group}
	g.refused(400, "Request_BadRequest", "POST", "/applications", bound)
	at := "/applications/" + text(app, "id") + "/owners/$ref"
	for i := range 100 {
		g.do("POST", at, reference(tenant.PutUser(azuresim.User{DisplayName: "u", Name: fmt.Sprint("u", i)})))
	}
	g.refused(403, "Directory_QuotaExceeded", "POST", at, reference(ada))
}

func TestUsersAndGroups(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	tenant := defaultTenant(s)
	ada := tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	bob := tenant.PutUser(azuresim.User{DisplayName: "Bob", Name: "bob", Disabled: true})
	inner := tenant.PutGroup("inner", bob)
	_, sp := mustCreate(g, "a")
	outer := tenant.PutGroup("outer", ada, inner, text(sp, "id"))
	if got := g.do("GET", "/users/ADA@"+tenant.Domain(), nil); got["id"] != ada || len(got) != len([]string{"id", "displayName", "givenName", "jobTitle", "mail", "surname", "userPrincipalName"}) {
		t.Error(got)
	}
	if got := g.do("GET", "/users/"+bob+"?$select=id,accountEnabled", nil); got["accountEnabled"] != false {
		t.Error(got)
	}
	for path, want := range map[string][]string{
		"/groups/" + outer + "/members":                                            {"Ada", "inner"},
		"/groups/" + outer + "/transitiveMembers":                                  {"Ada", "Bob", "inner"},
		"/groups/" + outer + "/transitiveMembers/microsoft.graph.user":             {"Ada", "Bob"},
		"/groups/" + outer + "/members/microsoft.graph.user?$top=999":              {"Ada"},
		"/users?$filter=" + url.QueryEscape("accountEnabled eq false"):             {"Bob"},
		"/groups?$filter=" + url.QueryEscape("displayName eq 'outer'"):             {"outer"},
		"/users?$select=displayName,id,accountEnabled&$top=1":                      {"Ada", "Bob"},
		"/groups/" + inner + "/members?$select=id,displayName&$top=1":              {"Bob"},
		"/groups/" + outer + "/transitiveMembers/microsoft.graph.servicePrincipal": nil,
	} {
		items, _ := g.all(path)
		if got := names(items); !slices.Equal(got, want) {
			t.Errorf("%s: %q", path, got)
		}
	}
	// Of service principals a list says nothing, but in an advanced query that counts.
	principals := "/groups/" + outer + "/transitiveMembers/microsoft.graph.servicePrincipal?$select=id"
	for query, want := range map[string]int{"": 0, "&$count=true": 1} {
		if out := g.do("GET", principals+query, nil, "ConsistencyLevel", "eventual"); len(values(out)) != want {
			t.Errorf("%q: %v", query, out)
		}
	}
	byIDs := body{"ids": []string{ada, bob, inner, "11111111-2222-4333-8444-555555555555"}, "types": []string{"user"}}
	if got := names(values(g.do("POST", "/directoryObjects/getByIds", byIDs))); !slices.Equal(got, []string{"Ada", "Bob"}) {
		t.Error(got)
	}
	tenant.Delete(bob)
	if got := values(g.do("POST", "/directoryObjects/getByIds", byIDs)); len(got) != 1 {
		t.Error(got)
	}
	g.refused(404, "Request_ResourceNotFound", "GET", "/users/"+bob, nil)
	g.refused(404, "Request_ResourceNotFound", "GET", "/groups/"+bob, nil)
	g.refused(400, "Request_BadRequest", "POST", "/directoryObjects/getByIds", body{"ids": []string{"x"}})
	if got := g.do("GET", "/directoryObjects/"+inner, nil)["@odata.type"]; got != "#microsoft.graph.group" {
		t.Error(got)
	}
	if got := values(g.do("GET", "/directory/deletedItems/microsoft.graph.user?$select=id", nil)); len(got) != 1 || got[0]["id"] != bob {
		t.Error(got)
	}
	tenant.SetEnabled(ada, false)
	if got := g.do("GET", "/users/"+ada+"?$select=accountEnabled", nil)["accountEnabled"]; got != false {
		t.Error(got)
	}
}

func TestDirectoryRoles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	_, sp := mustCreate(g, "a")
	const at = "/roleManagement/directory/roleAssignments"
	definitions := values(g.do("GET", "/roleManagement/directory/roleDefinitions?$filter="+url.QueryEscape("displayName eq 'Global Administrator'"), nil))
	if len(definitions) != 1 || definitions[0]["isPrivileged"] != true || definitions[0]["id"] != "62e90394-69f5-4237-9190-012177145e10" {
		t.Fatal(definitions)
	}
	in := body{"principalId": sp["id"], "roleDefinitionId": definitions[0]["id"], "directoryScopeId": "/"}
	made := g.do("POST", at, in)
	g.refused(400, "Request_BadRequest", "POST", at, in)
	g.refused(404, "Request_ResourceNotFound", "POST", at, body{"principalId": sp["id"], "roleDefinitionId": "x", "directoryScopeId": "/"})
	g.refused(404, "Request_ResourceNotFound", "POST", at, body{"principalId": "x", "roleDefinitionId": definitions[0]["id"], "directoryScopeId": "/"})
	g.refused(400, "Request_BadRequest", "POST", at, body{"principalId": sp["id"], "roleDefinitionId": definitions[0]["id"]})
	listed := values(g.do("GET", at+"?$expand=principal&$filter="+url.QueryEscape("principalId eq '"+text(sp, "id")+"'"), nil))
	if len(listed) != 1 || listed[0]["id"] != made["id"] || inner(listed[0], "principal")["displayName"] != "a" {
		t.Error(listed)
	}
	g.do("DELETE", at+"/"+text(made, "id"), nil)
	g.refused(404, "Request_ResourceNotFound", "GET", at+"/"+text(made, "id"), nil)
	defaultTenant(s).AssignDirectoryRole(text(sp, "id"), "Application Administrator")
	g.do("DELETE", "/servicePrincipals/"+text(sp, "id"), nil)
	if got := values(g.do("GET", at, nil)); len(got) != 0 {
		t.Error(got)
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tenant := defaultTenant(s)
	used := tenant.PutApplication(azuresim.Application{DisplayName: "used", Secrets: []azuresim.Secret{{LastUsedAt: clockStart.AddDate(0, 0, -3)}, {}}})
	tenant.PutApplication(azuresim.Application{DisplayName: "unused"})
	const principals, credentials = "/beta/reports/servicePrincipalSignInActivities", "/beta/reports/appCredentialSignInActivities"
	g := newGraph(t, s)
	rows := values(g.do("GET", principals+"?$top=999", nil))
	if len(rows) != 1 || rows[0]["appId"] != used.AppID || inner(rows[0], "lastSignInActivity")["lastSignInDateTime"] != "2026-02-26T12:00:00Z" {
		t.Error(rows)
	}
	rows = values(g.do("GET", credentials, nil))
	if len(rows) != 1 || rows[0]["keyId"] != used.KeyIDs[0] || rows[0]["credentialOrigin"] != "application" || rows[0]["keyType"] != "clientSecret" {
		t.Error(rows)
	}
	// A sign-in shows at once.
	signIn(t, s, used.Credentials(tenant, 1), graphScope)
	if rows = values(g.do("GET", credentials, nil)); len(rows) != 2 {
		t.Error(rows)
	}
	for _, path := range []string{principals, credentials} {
		graphAs(t, s, tenant.AddCaller("no auditor", "Application.Read.All")).refused(403, "Authorization_RequestDenied", "GET", path, nil)
	}
	tenant.SetPremium(false)
	if got := g.refused(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "GET", principals, nil); got != "Neither tenant is B2C or tenant doesn't have premium license" {
		t.Error(got)
	}
	g.refused(400, "BadRequest", "GET", "/reports/servicePrincipalSignInActivities", nil)
}

func TestThirdParties(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	tenant := defaultTenant(s)
	id := tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Vendor", Publisher: "Vendor Ltd", HomeTenant: "11111111-2222-4333-8444-555555555555", Permissions: []string{"Mail.Read"}})
	got := g.do("GET", "/servicePrincipals/"+id, nil)
	if got["appOwnerOrganizationId"] != "11111111-2222-4333-8444-555555555555" || inner(got, "verifiedPublisher")["displayName"] != "Vendor Ltd" {
		t.Error(got)
	}
	g.refused(404, "Request_ResourceNotFound", "GET", "/applications(appId='"+text(got, "appId")+"')", nil)
	// Another tenant's application can be taken in where it is offered to all.
	home := s.Tenant("22222222-2222-4333-8444-555555555555")
	offered := home.PutApplication(azuresim.Application{DisplayName: "Offered", SignInAudience: "AzureADMultipleOrgs"})
	own := home.PutApplication(azuresim.Application{DisplayName: "Own"})
	if got := g.do("POST", "/servicePrincipals", body{"appId": offered.AppID}); got["appOwnerOrganizationId"] != home.ID() {
		t.Error(got)
	}
	g.refused(400, "NoBackingApplicationObject", "POST", "/servicePrincipals", body{"appId": own.AppID})
	view, ok := tenant.ServicePrincipal(id)
	if !ok || !view.Enabled || !slices.Equal(view.Permissions, []string{"Mail.Read"}) {
		t.Errorf("%+v", view)
	}
	if len(tenant.ServicePrincipals()) != 3 {
		t.Error(tenant.ServicePrincipals())
	}
}
