package azuresim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// all follows the links of a list and returns the items and the number of pages.
func (g *graph) all(path string, headers ...string) (items []body, pages int) {
	g.t.Helper()
	for path != "" {
		out := g.do("GET", path, nil, headers...)
		items = append(items, values(out)...)
		pages++
		path = text(out, "@odata.nextLink")
	}
	return items, pages
}

func names(items []body) []string {
	var out []string
	for _, i := range items {
		out = append(out, text(i, "displayName"))
	}
	slices.Sort(out)
	return out
}

func TestPaging(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	for i := range 250 {
		defaultTenant(s).PutApplication(azuresim.Application{DisplayName: fmt.Sprintf("app-%03d", i)})
	}
	for path, want := range map[string]int{"/applications": 3, "/applications?$top=999": 1, "/applications?$top=7&$select=displayName": 36} {
		items, pages := g.all(path)
		got := names(items)
		if len(got) != 250 || len(slices.Compact(got)) != 250 || pages != want {
			t.Errorf("%s: %d items in %d pages", path, len(items), pages)
		}
		if strings.Contains(path, "select") && len(items[0]) != 1 {
			t.Errorf("item %v", items[0])
		}
	}
	s.SetMaxPageSize(50)
	if items, pages := g.all("/applications?$top=999"); len(items) != 250 || pages != 5 {
		t.Errorf("%d items in %d pages", len(items), pages)
	}
	if got := g.do("GET", "/applications?$top=1&$count=true", nil, "ConsistencyLevel", "eventual")["@odata.count"]; got != 250.0 {
		t.Error(got)
	}
	for _, top := range []string{"0", "1000", "x"} {
		if got := g.refused(400, "Request_UnsupportedQuery", "GET", "/applications?$top="+top, nil); got != "Invalid page size specified: '"+top+"'. Must be between 1 and 999 inclusive." {
			t.Error(got)
		}
	}
	g.refused(400, "Directory_ExpiredPageToken", "GET", "/applications?$skiptoken=x", nil)
	g.refused(400, "BadRequest", "GET", "/applications?$orderby=displayName", nil)
	g.refused(400, "BadRequest", "GET", "/applications?$select=colour", nil)
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	tenant := defaultTenant(s)
	user := tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	one := tenant.PutApplication(azuresim.Application{DisplayName: "one", UniqueName: "u/one", Owners: []string{user}, Tags: []string{"nhi:owner=payments", "x"}})
	tenant.PutApplication(azuresim.Application{DisplayName: "it's two", Tags: []string{"nhi:owner=web"}})
	tenant.PutApplication(azuresim.Application{DisplayName: "three", SignInAudience: "AzureADMultipleOrgs"})
	for _, tt := range []struct {
		filter   string
		advanced bool
		want     []string
	}{
		{"appId eq '" + one.AppID + "'", false, []string{"one"}},
		{"displayName eq 'it''s two'", false, []string{"it's two"}},
		{"displayName eq 'ONE'", false, []string{"one"}},
		{"uniqueName eq 'u/one'", false, []string{"one"}},
		{"displayName in ('one','three')", false, []string{"one", "three"}},
		{"startswith(displayName,'t')", false, []string{"three"}},
		{"tags/any(t:t eq 'x')", false, []string{"one"}},
		{"tags/any(t:startswith(t,'nhi:'))", true, []string{"it's two", "one"}},
		{"owners/$count eq 0", true, []string{"it's two", "three"}},
		{"owners/$count ne 0", true, []string{"one"}},
		{"signInAudience ne 'AzureADMyOrg'", true, []string{"three"}},
		{"displayName eq 'one' or displayName eq 'three'", false, []string{"one", "three"}},
		{"displayName eq 'one' and signInAudience eq 'AzureADMultipleOrgs'", false, nil},
		{"serviceManagementReference eq null and displayName eq 'one'", false, []string{"one"}},
	} {
		path := "/applications?$count=true&$filter=" + url.QueryEscape(tt.filter)
		headers := []string{}
		if tt.advanced {
			g.refused(400, "Request_UnsupportedQuery", "GET", path, nil)
			headers = []string{"ConsistencyLevel", "eventual"}
		}
		items, _ := g.all(path, headers...)
		if got := names(items); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q", tt.filter, got)
		}
	}
	g.refused(400, "Request_UnsupportedQuery", "GET", "/applications?$filter="+url.QueryEscape("endswith(displayName,'e')"), nil)
	g.refused(400, "BadRequest", "GET", "/applications?$filter="+url.QueryEscape("displayName eq one"), nil)
	if items, _ := g.all("/servicePrincipals?$filter=" + url.QueryEscape("tags/any(t:t eq 'x')")); len(items) != 1 {
		t.Errorf("a service principal does not have its application's tags: %v", items)
	}
	// An owner who has gone owns nothing.
	tenant.Delete(user)
	items, _ := g.all("/applications?$count=true&$filter="+url.QueryEscape("owners/$count eq 0"), "ConsistencyLevel", "eventual")
	if got := names(items); len(got) != 3 {
		t.Errorf("ownerless %q", got)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	tenant := defaultTenant(s)
	var owners []string
	for i := range 23 {
		owners = append(owners, tenant.PutUser(azuresim.User{DisplayName: "u", Name: fmt.Sprint("u", i)}))
	}
	app := tenant.PutApplication(azuresim.Application{
		DisplayName: "a", Owners: owners, Federated: []azuresim.FederatedCredential{{Name: "f", Issuer: "https://i.example", Subject: "s", Audience: "x"}},
		Permissions: []string{"Directory.Read.All"},
	})
	list, _ := g.all("/applications?$top=999&$select=id&$expand=" + url.QueryEscape("owners($select=id)"))
	shown := items(list[0], "owners")
	if len(shown) != 20 || len(shown[0]) != 2 || shown[0]["@odata.type"] != "#microsoft.graph.user" || len(list[0]) != 2 {
		t.Errorf("%d owners in %v", len(shown), list[0])
	}
	at := "/applications/" + app.ObjectID
	if all, pages := g.all(at + "/owners?$select=id&$top=10"); len(all) != 23 || pages != 3 {
		t.Errorf("%d owners in %d pages", len(all), pages)
	}
	if got := items(g.do("GET", at+"?$expand=federatedIdentityCredentials", nil), "federatedIdentityCredentials"); len(got) != 1 || got[0]["subject"] != "s" {
		t.Error(got)
	}
	if got := items(g.do("GET", "/servicePrincipals/"+app.ServicePrincipalID+"?$expand=appRoleAssignments", nil), "appRoleAssignments"); len(got) != 1 {
		t.Error(got)
	}
	g.refused(400, "Request_UnsupportedQuery", "GET", "/applications?$expand=owners,federatedIdentityCredentials", nil)
	g.refused(400, "Request_UnsupportedQuery", "GET", "/applications?$expand=owners", nil, "ConsistencyLevel", "eventual")
	g.refused(400, "BadRequest", "GET", "/applications?$expand=friends", nil)
}

func TestBatch(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tenant := defaultTenant(s)
	app := tenant.PutApplication(azuresim.Application{DisplayName: "a"})
	g := graphAs(t, s, tenant.AddCaller("reader", "Application.ReadWrite.All"))
	one := func(id, method, path string, in any) body {
		b := body{"id": id, "method": method, "url": path}
		if in != nil {
			b["body"], b["headers"] = in, body{"Content-Type": "application/json"}
		}
		return b
	}
	s.ResetCalls()
	out := g.do("POST", "/$batch", body{"requests": []body{
		one("1", "GET", "/applications/"+app.ObjectID+"/owners?$top=5", nil),
		one("2", "PATCH", "/applications/"+app.ObjectID, body{"notes": "x"}),
		one("3", "GET", "/users", nil),
		one("4", "GET", "/applications(appId='"+app.AppID+"')", nil),
		{"id": "5", "method": "GET", "url": "/applications", "dependsOn": []string{"3"}},
	}})
	statuses := map[string]float64{}
	responses := items(out, "responses")
	for _, m := range responses {
		statuses[text(m, "id")], _ = m["status"].(float64)
		if m["id"] == "4" && inner(m, "body")["notes"] != "x" {
			t.Error(m)
		}
	}
	if fmt.Sprint(statuses) != "map[1:200 2:204 3:403 4:200 5:424]" || responses[0]["id"] != "5" {
		t.Error(statuses)
	}
	var batch int
	for _, c := range s.Calls() {
		batch += len(c.Batch)
	}
	if s.CountCalls("graph:POST /$batch") != 1 || s.CountCalls("graph:GET /users") != 0 || batch != 4 {
		t.Errorf("calls %+v", s.Calls())
	}
	var many []body
	for i := range 21 {
		many = append(many, one(fmt.Sprint(i), "GET", "/applications", nil))
	}
	g.refused(400, "BadRequest", "POST", "/$batch", body{"requests": many})
	g.refused(400, "BadRequest", "POST", "/$batch", body{"requests": []body{one("1", "GET", "/users", nil), one("1", "GET", "/users", nil)}})
	g.refused(400, "BadRequest", "POST", "/$batch", body{"requests": []body{{"id": "1", "method": "POST", "url": "/applications", "body": body{"displayName": "a"}}}})
	// Faults and throttling strike inside a batch; what is dropped is no answer there.
	s.InjectFault(sim.Fault{Service: "graph", Action: "GET /applications", Nth: 1, Kind: sim.FaultDropBefore})
	out = g.do("POST", "/$batch", body{"requests": []body{one("1", "GET", "/applications", nil)}})
	if got := items(out, "responses")[0]; got["status"] != 504.0 {
		t.Error(got)
	}
	s.SetBudget("graph", 2, 1, 9)
	out = g.do("POST", "/$batch", body{"requests": []body{one("1", "GET", "/applications", nil), one("2", "GET", "/applications", nil)}})
	last := items(out, "responses")[0]
	if last["status"] != 429.0 || inner(last, "headers")["Retry-After"] != "9" {
		t.Error(last)
	}
}
