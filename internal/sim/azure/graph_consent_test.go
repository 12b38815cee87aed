package azuresim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestForeignApplication takes in another tenant's application: what is the
// application's shows, and its secret signs in here as long as that is not blocked.
func TestForeignApplication(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g, tenant := newGraph(t, s), defaultTenant(s)
	offered := s.Tenant("22222222-2222-4333-8444-555555555555").PutApplication(azuresim.Application{
		DisplayName: "Offered", AppID: "33333333-2222-4333-8444-555555555555", Publisher: "Vendor Ltd", SignInAudience: "AzureADMultipleOrgs",
		Tags: []string{"vendor"}, Secrets: []azuresim.Secret{{}},
	})
	made := g.do("POST", "/servicePrincipals", body{"appId": offered.AppID, "accountEnabled": false, "tags": []string{"ours"}, "notes": "n"})
	if text(made, "appId") != "33333333-2222-4333-8444-555555555555" || inner(made, "verifiedPublisher")["displayName"] != "Vendor Ltd" {
		t.Error(made)
	}
	view, _ := tenant.ServicePrincipal(text(made, "id"))
	if tags := fmt.Sprint(made["tags"]); tags != "[ours vendor]" || !slices.Equal(view.Tags, []string{"ours"}) {
		t.Errorf("shows %v, has %v", tags, view.Tags)
	}
	caller := azuresim.Credentials{TenantID: tenant.ID(), ClientID: offered.AppID, ClientSecret: offered.Secrets[0]}
	if _, err := secretCredential(t, s, caller).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}}); err == nil {
		t.Error("what is disabled signs in")
	}
	g.do("PATCH", "/servicePrincipals/"+view.ObjectID, body{"accountEnabled": true})
	signIn(t, s, caller, graphScope)
}

func TestDelegatedPermissionGrants(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g, tenant := newGraph(t, s), defaultTenant(s)
	client := tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Vendor"})
	user := tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	resource := text(g.do("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')", nil), "id")
	all := body{"clientId": client, "consentType": "AllPrincipals", "resourceId": resource, "scope": "User.Read Files.Read"}
	made := g.do("POST", "/oauth2PermissionGrants", all)
	g.do("POST", "/oauth2PermissionGrants", body{"clientId": client, "consentType": "Principal", "principalId": user, "resourceId": resource, "scope": "Mail.Read"})
	g.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", "/oauth2PermissionGrants", all)
	for name, wrong := range map[string]any{"consentType": "Everybody", "principalId": user, "scope": " "} {
		refused := body{"clientId": client, "consentType": "AllPrincipals", "resourceId": resource, "scope": "User.Read"}
		refused[name] = wrong
		g.refused(400, "Request_BadRequest", "POST", "/oauth2PermissionGrants", refused)
	}
	g.refused(404, "Request_ResourceNotFound", "POST", "/oauth2PermissionGrants", body{"clientId": user, "consentType": "AllPrincipals", "resourceId": resource, "scope": "User.Read"})
	if rows := values(g.do("GET", "/servicePrincipals/"+client+"/oauth2PermissionGrants", nil)); len(rows) != 2 {
		t.Error(rows)
	}
	if rows := values(g.do("GET", "/oauth2PermissionGrants?$filter=consentType%20eq%20'AllPrincipals'", nil)); len(rows) != 1 || rows[0]["scope"] != "User.Read Files.Read" || rows[0]["principalId"] != nil {
		t.Error(rows)
	}
	reader := graphAs(t, s, tenant.AddCaller("reader", "Directory.Read.All"))
	reader.do("GET", "/oauth2PermissionGrants", nil)
	reader.refused(403, "Authorization_RequestDenied", "DELETE", "/oauth2PermissionGrants/"+text(made, "id"), nil)
	graphAs(t, s, tenant.AddCaller("applications", "Application.Read.All")).refused(403, "Authorization_RequestDenied", "GET", "/oauth2PermissionGrants", nil)
	g.do("DELETE", "/oauth2PermissionGrants/"+text(made, "id"), nil)
	g.refused(404, "Request_ResourceNotFound", "DELETE", "/oauth2PermissionGrants/"+text(made, "id"), nil)
	g.do("DELETE", "/servicePrincipals/"+client, nil)
	if rows := values(g.do("GET", "/oauth2PermissionGrants", nil)); len(rows) != 0 {
		t.Error(rows)
	}
}
