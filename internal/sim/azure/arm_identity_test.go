package azuresim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func (e *estate) identities() *armmsi.UserAssignedIdentitiesClient {
	e.t.Helper()
	c, err := armmsi.NewUserAssignedIdentitiesClient(e.subscription.ID(), secretCredential(e.t, e.server, e.caller), armOptions(e.server))
	noError(e.t, err)
	return c
}

func (e *estate) identity(name string) armmsi.Identity {
	e.t.Helper()
	out, err := e.identities().CreateOrUpdate(e.t.Context(), "rg", name, armmsi.Identity{Location: to.Ptr("West Europe")}, nil)
	noError(e.t, err)
	return out.Identity
}

func TestManagedIdentity(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	client := e.identities()
	made := e.identity("deployer")
	if *made.Location != "westeurope" || *made.Properties.TenantID != azuresim.DefaultTenant || *made.Properties.PrincipalID == *made.Properties.ClientID ||
		*made.ID != strings.Replace(e.group, "resourceGroups", "resourcegroups", 1)+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer" {
		t.Errorf("%+v %s", made.Properties, *made.ID)
	}
	principal := newGraph(t, e.server).do("GET", "/servicePrincipals/"+*made.Properties.PrincipalID, nil)
	if principal["servicePrincipalType"] != "ManagedIdentity" || principal["appId"] != *made.Properties.ClientID || principal["displayName"] != "deployer" {
		t.Errorf("%v", principal)
	}
	patched, err := client.Update(t.Context(), "RG", "DEPLOYER", armmsi.IdentityUpdate{Tags: map[string]*string{"owner": to.Ptr("ann")}}, nil)
	noError(t, err)
	if *patched.ID != *made.ID || *patched.Tags["owner"] != "ann" || *patched.Properties.PrincipalID != *made.Properties.PrincipalID {
		t.Errorf("%+v", patched)
	}
	again := e.identity("deployer")
	if len(again.Tags) != 0 || *again.Properties.ClientID != *made.Properties.ClientID {
		t.Errorf("%+v", again)
	}
	_, err = client.Delete(t.Context(), "rg", "deployer", nil)
	noError(t, err)
	_, err = client.Delete(t.Context(), "rg", "deployer", nil)
	noError(t, err)
	if _, err = client.Get(t.Context(), "rg", "deployer", nil); errorCode(err) != "ResourceNotFound" {
		t.Error(err)
	}
	newGraph(t, e.server).refused(404, "Request_ResourceNotFound", "GET", "/servicePrincipals/"+*made.Properties.PrincipalID, nil)
}

func TestManagedIdentityPages(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.server.SetMaxPageSize(2)
	e.subscription.AddResourceGroup("other", "westeurope")
	for i := range 5 {
		e.identity(fmt.Sprintf("identity-%d", i))
	}
	pages, names := 0, []string{}
	for pager := e.identities().NewListBySubscriptionPager(nil); pager.More(); pages++ {
		page, err := pager.NextPage(t.Context())
		noError(t, err)
		for _, one := range page.Value {
			names = append(names, *one.Name)
		}
	}
	if pages != 3 || strings.Join(names, ",") != "identity-0,identity-1,identity-2,identity-3,identity-4" {
		t.Errorf("%d pages: %v", pages, names)
	}
	page, err := e.identities().NewListByResourceGroupPager("other", nil).NextPage(t.Context())
	noError(t, err)
	if len(page.Value) != 0 {
		t.Errorf("%v", page.Value)
	}
}

func TestManagedIdentityRefusals(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.identity("there")
	other := e.server.Tenant("11111111-2222-4333-8444-555555555555").Subscription("22222222-2222-4333-8444-555555555555")
	const version = "?api-version=2024-11-30"
	at := func(subscription, group, name string) string {
		return "/subscriptions/" + subscription + "/resourceGroups/" + group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name
	}
	sub := e.subscription.ID()
	good := body{"location": "westeurope"}
	many := body{}
	for i := range 51 {
		many[fmt.Sprint("t", i)] = ""
	}
	tagged := func(name, value string) body { return body{"location": "westeurope", "tags": body{name: value}} }
	for _, tt := range []struct {
		name, method, path string
		in                 any
		status             int
		code, message      string
	}{
		{"no version", "GET", at(sub, "rg", "there"), nil, 400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests."},
		{"unknown version", "GET", at(sub, "rg", "there") + "?api-version=2001-01-01", nil, 400, "InvalidApiVersionParameter", "The api-version '2001-01-01' is invalid."},
		{"subscription", "PUT", at("33333333-2222-4333-8444-555555555555", "rg", "new") + version, good, 404, "SubscriptionNotFound", "The subscription '33333333-2222-4333-8444-555555555555' could not be found."},
		{"no GUID", "PUT", at("prod", "rg", "new") + version, good, 400, "InvalidSubscriptionId", "The provided subscription identifier 'prod' is malformed or invalid."},
		{"another tenant's", "PUT", at(other.ID(), "rg", "new") + version, good, 401, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer"},
		{"group", "PUT", at(sub, "none", "new") + version, good, 404, "ResourceGroupNotFound", "Resource group 'none' could not be found."},
		{"identity", "GET", at(sub, "rg", "none") + version, nil, 404, "ResourceNotFound", "The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/none' under resource group 'rg' was not found."},
		{"short name", "PUT", at(sub, "rg", "ab") + version, good, 400, "BadRequest", "The name 'ab' of the user assigned identity is invalid."},
		{"long name", "PUT", at(sub, "rg", strings.Repeat("a", 129)) + version, good, 400, "BadRequest", "The name 'aaa"},
		{"characters of a name", "PUT", at(sub, "rg", "a.b.c") + version, good, 400, "BadRequest", "The name 'a.b.c' of"},
		{"no location", "PUT", at(sub, "rg", "new") + version, body{}, 400, "LocationRequired", "The location property is required for this definition."},
		{"location", "PUT", at(sub, "rg", "new") + version, body{"location": "moon"}, 400, "LocationNotAvailableForResourceType", "The provided location 'moon' is not available"},
		{"moved", "PUT", at(sub, "rg", "there") + version, body{"location": "northeurope"}, 409, "InvalidResourceLocation", "The resource 'there' already exists in location 'westeurope' in resource group 'rg'."},
		{"moved by PATCH", "PATCH", at(sub, "rg", "there") + version, body{"location": "northeurope"}, 409, "InvalidResourceLocation", "The location of the resource 'there' cannot be changed"},
		{"isolation", "PUT", at(sub, "rg", "new") + version, body{"location": "westeurope", "properties": body{"isolationScope": "Zonal"}}, 400, "BadRequest", "The isolation scope 'Zonal' is invalid."},
		{"51 tags", "PUT", at(sub, "rg", "new") + version, body{"location": "westeurope", "tags": many}, 400, "InvalidTags", "The number of tags '51' exceeds"},
		{"characters of a tag", "PUT", at(sub, "rg", "new") + version, tagged("a/b", ""), 400, "InvalidTagNameCharacters", "The tag names 'a/b' have reserved characters '<,>,%,&,\\,?,/' or control characters."},
		{"long tag", "PUT", at(sub, "rg", "new") + version, tagged(strings.Repeat("a", 513), ""), 400, "InvalidTagName", "The length of the tag name"},
		{"long value", "PUT", at(sub, "rg", "new") + version, tagged("a", strings.Repeat("a", 257)), 400, "InvalidTagValueLength", "The value of the tag 'a' exceeds"},
		{"tags by case", "PUT", at(sub, "rg", "new") + version, body{"location": "westeurope", "tags": body{"a": "", "A": ""}}, 400, "DuplicateTagNames", "The tag name 'a' is given more than once"},
		{"unknown path", "GET", "/subscriptions/" + sub + "/widgets" + version, nil, 404, "InvalidRequestUri", ""},
	} {
		if got := e.refused(tt.status, tt.code, tt.method, tt.path, tt.in); !strings.HasPrefix(got, tt.message) {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
	if status, header, _ := e.call("PUT", at(sub, "rg", "new")+version, body{"location": "westeurope", "properties": body{"isolationScope": "Regional"}}); status != 201 || header.Get("x-ms-request-id") == "" {
		t.Error(status, header)
	}
	if status, _, _ := e.call("DELETE", at(sub, "rg", "new")+version, nil); status != 200 {
		t.Error(status)
	}
	if status, _, _ := e.call("DELETE", at(sub, "rg", "new")+version, nil); status != 204 {
		t.Error(status)
	}
}
