package azuresim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func TestResourceManagerTokens(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	at := e.server.ResourceManagerURL() + "/subscriptions/" + e.subscription.ID() + "?api-version=2022-12-01"
	for _, tt := range []struct{ name, token, code, message string }{
		{"none", "", "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."},
		{"Graph's", e.token(graphScope), "InvalidAuthenticationToken", "Access token validation failure. Invalid audience."},
	} {
		status, header, out := e.callAs(tt.token, "GET", at, nil)
		if failed := in(out, "error"); status != 401 || failed["code"] != tt.code || failed["message"] != tt.message || header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %v", tt.name, status, out)
		}
	}
	for _, scope := range []string{"https://management.azure.com/.default", armScope} {
		if status, _, out := e.callAs(e.token(scope), "GET", at, nil); status != 200 || out["tenantId"] != e.tenant.ID() {
			t.Errorf("%s: %d %v", scope, status, out)
		}
	}
	e.server.InjectFault(sim.Fault{Service: "arm", Action: "GET /subscriptions/{subscription}", Kind: sim.FaultAccessDenied, Nth: 1})
	e.refused(403, "AuthorizationFailed", "GET", "/SUBSCRIPTIONS/"+e.subscription.ID()+"?api-version=2022-12-01", nil)
	calls := e.server.Calls()
	if last := calls[len(calls)-1]; last.Service != "arm" || last.Action != "GET /subscriptions/{subscription}" || last.ErrorCode != "AuthorizationFailed" {
		t.Errorf("%+v", last)
	}
}

func TestFederatedPages(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.identity("deployer")
	for i := range 3 {
		noError(t, e.trust("deployer", fmt.Sprint("github-", i), issuer, fmt.Sprint("subject-", i), to.Ptr(audience)))
	}
	e.server.SetMaxPageSize(2)
	pages, names := 0, []string{}
	for pager := e.federated().NewListPager("rg", "deployer", &armmsi.FederatedIdentityCredentialsClientListOptions{Top: to.Ptr(int32(20))}); pager.More(); pages++ {
		page, err := pager.NextPage(t.Context())
		noError(t, err)
		for _, one := range page.Value {
			names = append(names, *one.Name)
		}
	}
	if pages != 2 || strings.Join(names, " ") != "github-0 github-1 github-2" {
		t.Errorf("%d pages: %v", pages, names)
	}
}

// A role of a group, or of a group in it, is that of its members.
func TestRoleOfGroup(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	c := e.tenant.AddCaller("member")
	outer := e.tenant.PutGroup("outer", e.tenant.PutGroup("inner", c.ObjectID))
	account := e.subscription.AddResource("rg", "Microsoft.Storage/storageAccounts", "logs")
	role := e.tenant.AddRoleDefinition("Log reader", []string{"Microsoft.Storage/storageAccounts/read"}, []string{"Microsoft.Storage/storageAccounts/blobServices/*/read"})
	e.tenant.AssignRole(outer, role, account)
	if status, _, out := e.as(c).call("GET", account+"?api-version=2024-01-01", nil); status != 200 {
		t.Error(status, out)
	}
	if ok, err := e.tenant.MayData(c.ObjectID, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", account+"/blobServices/default/containers/app"); !ok || err != nil {
		t.Error(ok, err)
	}
	list, err := e.authorization().NewRoleAssignmentsClient().NewListForSubscriptionPager(&armauthorization.RoleAssignmentsClientListForSubscriptionOptions{
		Filter: to.Ptr("assignedTo('" + c.ObjectID + "')"),
	}).NextPage(t.Context())
	noError(t, err)
	if len(list.Value) != 1 || *list.Value[0].Properties.PrincipalType != armauthorization.PrincipalTypeGroup {
		t.Errorf("%+v", list.Value)
	}
	client := e.authorization().NewRoleDefinitionsClient()
	if _, err := client.Delete(t.Context(), e.group, role, nil); errorCode(err) != "RoleDefinitionHasAssignments" {
		t.Error(err)
	}
	_, err = e.authorization().NewRoleAssignmentsClient().DeleteByID(t.Context(), *list.Value[0].ID, nil)
	noError(t, err)
	_, err = client.Delete(t.Context(), e.group, role, nil)
	noError(t, err)
	owner := armauthorization.RoleDefinition{Properties: &armauthorization.RoleDefinitionProperties{RoleName: to.Ptr("Mine"), AssignableScopes: []*string{&e.group}}}
	if _, err := client.CreateOrUpdate(t.Context(), e.group, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", owner, nil); errorCode(err) != "BuiltInRoleUpdateNotAllowed" {
		t.Error(err)
	}
	e.tenant.RemoveResource(account)
	e.refused(404, "ResourceNotFound", "GET", account+"?api-version=2024-01-01", nil)
}

func TestScheduleLists(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	principal := *e.identity("deployer").Properties.PrincipalID
	made, err := e.request(assigns, principal, nil, clockStart.AddDate(0, 1, 0))
	noError(t, err)
	f := e.authorization()
	requests, err := f.NewRoleAssignmentScheduleRequestsClient().NewListForScopePager("/"+e.group, &armauthorization.RoleAssignmentScheduleRequestsClientListForScopeOptions{
		Filter: to.Ptr("principalId eq '" + principal + "'"),
	}).NextPage(t.Context())
	noError(t, err)
	if len(requests.Value) != 1 || *requests.Value[0].ID != *made.ID {
		t.Errorf("%+v", requests.Value)
	}
	schedule, err := f.NewRoleAssignmentSchedulesClient().Get(t.Context(), e.group, *made.Properties.TargetRoleAssignmentScheduleID, nil)
	noError(t, err)
	if *schedule.Properties.RoleAssignmentScheduleRequestID != *made.ID || !schedule.Properties.EndDateTime.Equal(clockStart.AddDate(0, 1, 0)) {
		t.Errorf("%+v", schedule.Properties)
	}
	if _, err := f.NewRoleAssignmentSchedulesClient().Get(t.Context(), e.group, sim.UUID("none"), nil); errorCode(err) != "RoleAssignmentScheduleNotFound" {
		t.Error(err)
	}
}

func TestQueryFunctions(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.identity("deployer")
	e.subscription.AddResource("rg", "Microsoft.Storage/storageAccounts", "logs")
	for expression, want := range map[string]string{
		"isnull(identity)":                             "deployer logs",
		"isnotnull(properties.clientId)":               "deployer",
		"isempty(properties.clientId)":                 "logs",
		"toupper(name) == 'LOGS'":                      "logs",
		"name !~ 'LOGS'":                               "deployer",
		"name != 'logs' or false":                      "deployer",
		"name endswith 'GS' and true":                  "logs",
		"name !startswith 'lo' and name !contains 'x'": "deployer",
		"array_length(bag_keys(properties)) == 4":      "deployer",
		"properties has 'None'":                        "deployer",
		`name in ("logs", "deployer")`:                 "deployer logs",
	} {
		rows, _, err := e.query("resources | where "+expression+" | project name | order by name asc", 100)
		noError(t, err)
		var got []string
		for _, row := range rows {
			got = append(got, fmt.Sprint(row["name"]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", expression, got, want)
		}
	}
	rows, _, err := e.query("resources | where name =~ 'deployer' | project keys = bag_keys(properties), properties.clientId", 1)
	noError(t, err)
	if keys, _ := rows[0]["keys"].([]any); len(keys) != 4 || rows[0]["properties_clientId"] == nil {
		t.Errorf("%v", rows[0])
	}
}
