package azuresim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resourcegraph/armresourcegraph"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// query asks Resource Graph, page by page.
func (e *estate) query(text string, top int32, subscriptions ...*string) ([]body, int, error) {
	e.t.Helper()
	client, err := armresourcegraph.NewClient(secretCredential(e.t, e.server, e.caller), armOptions(e.server))
	noError(e.t, err)
	var rows []body
	request := armresourcegraph.QueryRequest{Query: &text, Subscriptions: subscriptions, Options: &armresourcegraph.QueryRequestOptions{Top: &top, ResultFormat: to.Ptr(armresourcegraph.ResultFormatObjectArray)}}
	for pages := 1; ; pages++ {
		out, err := client.Resources(e.t.Context(), request, nil)
		if err != nil {
			return nil, pages, err
		}
		list, ok := out.Data.([]any)
		if !ok {
			e.t.Fatalf("%T", out.Data)
		}
		for _, row := range list {
			one, _ := row.(body)
			rows = append(rows, one)
		}
		if out.SkipToken == nil {
			if int(*out.TotalRecords) != len(rows) && *out.ResultTruncated == armresourcegraph.ResultTruncatedFalse {
				e.t.Errorf("%d rows of %d", len(rows), *out.TotalRecords)
			}
			return rows, pages, nil
		}
		request.Options.SkipToken = out.SkipToken
	}
}

func TestResourceGraph(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	deployer, reporter := e.identity("deployer"), e.identity("reporter")
	vm := e.subscription.AddResource("rg", "Microsoft.Compute/virtualMachines", "builder", strings.ToUpper(*deployer.ID))
	e.subscription.AddResource("rg", "Microsoft.Storage/storageAccounts", "logs")
	e.tenant.AssignRole(*deployer.Properties.PrincipalID, "Contributor", e.group)
	for _, tt := range []struct {
		name, query string
		want        []string // of the column id, or of the first one
		column      string
	}{
		{"users", "resources | where isnotempty(identity.userAssignedIdentities) | project id, identity", []string{vm}, "id"},
		{"identities", "resources | where type =~ 'Microsoft.ManagedIdentity/userAssignedIdentities' | project id, name, location, principalId = properties.principalId | order by name asc", []string{*deployer.ID, *reporter.ID}, "id"},
		{"principal", "Resources | where type == 'microsoft.managedidentity/userassignedidentities' and name in~ ('DEPLOYER') | project p = tostring(properties['principalId'])", []string{*deployer.Properties.PrincipalID}, "p"},
		{"assignments", "authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | extend who = tolower(properties.principalId) | where who != '' | project who", []string{*deployer.Properties.PrincipalID}, "who"},
		{"has", "resources | where type has 'compute' or (name startswith 'LOG' and not(name contains 'x')) | project name | sort by name desc", []string{"logs", "builder"}, "name"},
		{"not in", "resources | where name !in ('logs', 'builder', 'reporter') | project name", []string{"deployer"}, "name"},
		{"role", "authorizationresources | where type =~ 'microsoft.authorization/roledefinitions' and properties.roleName == 'Owner' | project name", []string{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}, "name"},
		{"containers", "resourcecontainers | where type == 'microsoft.resources/subscriptions' // all of them\n | project id", []string{"/subscriptions/" + e.subscription.ID()}, "id"},
		{"count", "resources | count", []string{"4"}, "Count"},
		{"take", "resources | project name | order by name asc | take 1", []string{"builder"}, "name"},
	} {
		rows, _, err := e.query(tt.query, 1000)
		noError(t, err)
		var got []string
		for _, row := range rows {
			got = append(got, fmt.Sprint(row[tt.column]))
		}
		if strings.Join(got, " ") != strings.Join(tt.want, " ") {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	rows, _, err := e.query("resources | where isnotempty(identity.userAssignedIdentities)", 10)
	noError(t, err)
	user := in(rows[0], "identity", "userAssignedIdentities", strings.ToUpper(*deployer.ID))
	if user["clientId"] != *deployer.Properties.ClientID || rows[0]["resourceGroup"] != "rg" || rows[0]["type"] != "microsoft.compute/virtualmachines" {
		t.Errorf("%v", rows[0])
	}
	if rows, _, err := e.as(e.tenant.AddCaller("nobody")).query("resources", 10); err != nil || len(rows) != 0 {
		t.Error(rows, err)
	}
}

func TestResourceGraphPages(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for i := range 5 {
		e.subscription.AddResource("rg", "Microsoft.Storage/storageAccounts", fmt.Sprint("account", i))
	}
	if rows, pages, err := e.query("resources | project id", 2); err != nil || len(rows) != 5 || pages != 3 {
		t.Error(len(rows), pages, err)
	}
	if rows, pages, err := e.query("resources | project name", 2); err != nil || len(rows) != 2 || pages != 1 {
		t.Error(len(rows), pages, err)
	}
	e.tenant.SetResourceGraphLag(1)
	e.subscription.AddResource("rg", "Microsoft.Storage/storageAccounts", "late")
	for _, want := range []int{5, 6} {
		if rows, _, err := e.query("resources | project id", 1000); err != nil || len(rows) != want {
			t.Error(len(rows), want, err)
		}
	}
}

func TestResourceGraphRefusals(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.identity("deployer")
	for query, want := range map[string]string{
		"resources | join kind=inner x on y":           `the operator "join" is not supported`,
		"resources | where name matches regex 'a'":     `"matches" where "|" is expected`,
		"resources | where split(name)":                `the function "split" is not supported`,
		"resources | where name == ":                   "the query ends too early",
		"resources | where name == 'a":                 `the character "'"`,
		"resources | where identity[0] == ''":          "an index that is no text",
		"resources | project nothing":                  `the column "nothing" is none`,
		"resources | extend a":                         `the column "a" has no value`,
		"resources | take many":                        "a number is expected after take",
		"securityresources":                            "the table securityresources is none that the simulator has",
		"":                                             `"" where a name is expected`,
		"resources | where name !~~ 'a'":               `the character "~"`,
		"resources | where (name == 'a'":               `"" where ")" is expected`,
		"resources | summarize count() by type":        `the operator "summarize" is not supported`,
		"resources | where name in 'a' | project name": `"'a'" where "(" is expected`,
	} {
		if _, _, err := e.query(query, 10); errorCode(err) != "BadRequest" || !strings.Contains(errorMessage(err), want) {
			t.Errorf("%s: %s, want %s", query, errorMessage(err), want)
		}
	}
	if _, _, err := e.query("resources", 1001); errorCode(err) != "BadRequest" {
		t.Error(err)
	}
	if _, _, err := e.query("resources", 10, to.Ptr("33333333-2222-4333-8444-555555555555")); errorCode(err) != "NoValidSubscriptionsInQueryRequest" {
		t.Error(err)
	}
}

// A role reaches what is below its scope, by the actions of its kind.
func TestEnforcement(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.tenant.AddManagementGroup("platform", "")
	e.tenant.AddManagementGroup("shops", "platform")
	e.subscription.MoveTo("shops")
	other := e.tenant.Subscription("22222222-2222-4333-8444-555555555555")
	other.AddResourceGroup("rg", "westeurope")
	account := e.subscription.AddResource("rg", "Microsoft.Storage/storageAccounts", "logs")
	const read = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
	const write = "Microsoft.Authorization/roleAssignments/write"
	who := func(name, role, scope string) azuresim.Credentials {
		c := e.tenant.AddCaller(name)
		e.tenant.AssignRole(c.ObjectID, role, scope)
		return c
	}
	reader := who("reader", "Storage Blob Data Reader", "/providers/Microsoft.Management/managementGroups/platform")
	contributor := who("contributor", "Contributor", "/subscriptions/"+e.subscription.ID())
	owner := who("owner", "Owner", "/")
	for _, tt := range []struct {
		name, principal, action, scope string
		data, want                     bool
	}{
		{"inherited", reader.ObjectID, read, account, true, true},
		{"no control", reader.ObjectID, read, account, false, false},
		{"another subscription", reader.ObjectID, read, "/subscriptions/" + other.ID(), true, false},
		{"wildcard", contributor.ObjectID, "Microsoft.Storage/storageAccounts/write", account, false, true},
		{"not its notActions", contributor.ObjectID, write, account, false, false},
		{"no data", contributor.ObjectID, read, account, true, false},
		{"root", owner.ObjectID, write, "/subscriptions/" + other.ID() + "/resourceGroups/RG", false, true},
		{"above", contributor.ObjectID, "Microsoft.Storage/storageAccounts/write", "/", false, false},
	} {
		ask := e.tenant.May
		if tt.data {
			ask = e.tenant.MayData
		}
		if got, err := ask(tt.principal, tt.action, tt.scope); err != nil || got != tt.want {
			t.Errorf("%s: %v %v", tt.name, got, err)
		}
	}
	token := e.as(reader).token("https://storage.azure.com/.default")
	if status, _, out := e.callAs(token, "GET", e.server.DataURL(read, account), nil); status != 200 {
		t.Error(status, out)
	}
	if status, _, out := e.callAs(token, "GET", e.server.DataURL(strings.Replace(read, "read", "write", 1), account), nil); status != 403 || in(out, "error")["code"] != "AuthorizationPermissionMismatch" {
		t.Error(status, out)
	}
	if status, _, out := e.as(contributor).call("GET", account+"?api-version=2024-01-01", nil); status != 200 || out["id"] != account {
		t.Error(status, out)
	}
	e.as(reader).refused(403, "AuthorizationFailed", "GET", account+"?api-version=2024-01-01", nil)
	e.refused(404, "ResourceNotFound", "GET", account+"x?api-version=2024-01-01", nil)
	e.tenant.DenyPermissions("Microsoft.ManagedIdentity/*/write")
	e.refused(403, "AuthorizationFailed", "PUT", e.group+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer?api-version=2024-11-30", body{"location": "westeurope"})
	for i, c := range []azuresim.Credentials{reader, contributor, owner} {
		status, _, out := e.as(c).call("GET", "/subscriptions?api-version=2022-12-01", nil)
		if list, _ := out["value"].([]any); status != 200 || len(list) != []int{1, 1, 2}[i] {
			t.Error(i, status, list)
		}
	}
}

// What only a condition allows is not allowed, and the question is answered with
// why.
func TestConditionIsNotIgnored(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	c := e.tenant.AddCaller("conditional")
	path := e.group + "/providers/Microsoft.Authorization/roleAssignments/44444444-2222-4333-8444-555555555555?api-version=2022-04-01"
	status, _, out := e.call("PUT", path, body{"properties": body{
		"principalId": c.ObjectID, "roleDefinitionId": e.roleID("Reader"), "condition": "@Resource[a:b] StringEquals 'c'", "conditionVersion": "2.0",
	}})
	if status != 201 || in(out, "properties")["conditionVersion"] != "2.0" {
		t.Fatal(status, out)
	}
	if ok, err := e.tenant.May(c.ObjectID, "Microsoft.Storage/storageAccounts/read", e.group); ok || !errors.Is(err, azuresim.ErrConditional) {
		t.Error(ok, err)
	}
	e.as(c).refused(403, "AuthorizationFailed", "GET", e.group+"?api-version=2021-04-01", nil)
	if _, err := e.tenant.May(c.ObjectID, "*/read", e.group+"x"); err == nil {
		t.Error("a scope that does not exist was taken")
	}
}
