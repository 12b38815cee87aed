package azuresim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func (e *estate) authorization() *armauthorization.ClientFactory {
	e.t.Helper()
	f, err := armauthorization.NewClientFactory(e.subscription.ID(), secretCredential(e.t, e.server, e.caller), armOptions(e.server))
	noError(e.t, err)
	return f
}

// roleID finds a role by its name, as the provider does.
func (e *estate) roleID(name string) string {
	e.t.Helper()
	page, err := e.authorization().NewRoleDefinitionsClient().NewListPager("/subscriptions/"+e.subscription.ID(), &armauthorization.RoleDefinitionsClientListOptions{
		Filter: to.Ptr("roleName eq '" + name + "'"),
	}).NextPage(e.t.Context())
	noError(e.t, err)
	if len(page.Value) != 1 {
		e.t.Fatalf("%d roles are called %q", len(page.Value), name)
	}
	return *page.Value[0].ID
}

// assign gives a role outright.
func (e *estate) assign(name, principal, role, scope string, principalType *armauthorization.PrincipalType) (*armauthorization.RoleAssignment, error) {
	e.t.Helper()
	out, err := e.authorization().NewRoleAssignmentsClient().Create(e.t.Context(), scope, name, armauthorization.RoleAssignmentCreateParameters{
		Properties: &armauthorization.RoleAssignmentProperties{PrincipalID: &principal, RoleDefinitionID: to.Ptr(e.roleID(role)), PrincipalType: principalType},
	}, nil)
	return &out.RoleAssignment, err
}

func TestRoleDefinitions(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	if got, want := e.roleID("Reader"), "/subscriptions/"+e.subscription.ID()+"/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"; got != want {
		t.Error(got)
	}
	client := e.authorization().NewRoleDefinitionsClient()
	byID, err := client.GetByID(t.Context(), "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c", nil)
	noError(t, err)
	if *byID.Properties.RoleName != "Contributor" || *byID.ID != "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c" || len(byID.Properties.Permissions[0].NotActions) != 11 {
		t.Errorf("%s %v", *byID.ID, *byID.Properties.RoleName)
	}
	id := sim.UUID("a role")
	custom := func(name, scope string, actions ...*string) armauthorization.RoleDefinition {
		return armauthorization.RoleDefinition{Properties: &armauthorization.RoleDefinitionProperties{
			RoleName: &name, AssignableScopes: []*string{&scope}, Permissions: []*armauthorization.Permission{{Actions: actions}},
		}}
	}
	_, err = client.CreateOrUpdate(t.Context(), e.group, id, custom("Starter", e.group, to.Ptr("Microsoft.Compute/virtualMachines/start/action")), nil)
	noError(t, err)
	list := func(scope, filter string) (names []string) {
		page, err := client.NewListPager(scope, &armauthorization.RoleDefinitionsClientListOptions{Filter: &filter}).NextPage(t.Context())
		noError(t, err)
		for _, d := range page.Value {
			names = append(names, *d.Properties.RoleName)
		}
		return names
	}
	for _, tt := range []struct {
		scope, filter string
		want          int
	}{
		{e.group, "type eq 'CustomRole'", 1},
		{"/subscriptions/" + e.subscription.ID(), "type eq 'CustomRole'", 0},
		{"/subscriptions/" + e.subscription.ID(), "atScopeAndBelow() and type eq 'CustomRole'", 1},
		{e.group, "roleName eq 'starter'", 1},
		{e.group, "roleName eq 'Nobody''s'", 0},
	} {
		if got := list(tt.scope, tt.filter); len(got) != tt.want {
			t.Errorf("%s %s: %v", tt.scope, tt.filter, got)
		}
	}
	for code, one := range map[string]armauthorization.RoleDefinition{
		"RoleDefinitionWithSameNameExists": custom("reader", e.group, to.Ptr("*/read")),
		"InvalidActionOrNotAction":         custom("Other", e.group, to.Ptr("read")),
		"ResourceGroupNotFound":            custom("Other", strings.TrimSuffix(e.group, "rg")+"none", to.Ptr("*/read")),
		"InvalidAssignableScope":           custom("Other", "/", to.Ptr("*/read")),
	} {
		if _, err := client.CreateOrUpdate(t.Context(), e.group, sim.UUID(code), one, nil); errorCode(err) != code {
			t.Error(code, err)
		}
	}
	caller := e.tenant.AddCaller("starter")
	_, err = e.assign(sim.UUID("starts"), caller.ObjectID, "Reader", e.group, nil)
	noError(t, err)
	_, err = client.Delete(t.Context(), e.group, id, nil)
	noError(t, err)
	if _, err = client.Get(t.Context(), e.group, id, nil); errorCode(err) != "RoleDefinitionDoesNotExist" {
		t.Error(err)
	}
}

func TestRoleAssignments(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	client := e.authorization().NewRoleAssignmentsClient()
	principal := *e.identity("deployer").Properties.PrincipalID
	made, err := e.assign(sim.UUID("one"), principal, "Reader", e.group, to.Ptr(armauthorization.PrincipalTypeServicePrincipal))
	noError(t, err)
	if *made.Properties.Scope != e.group || *made.Properties.PrincipalType != armauthorization.PrincipalTypeServicePrincipal || !strings.HasPrefix(*made.ID, e.group+"/providers/Microsoft.Authorization/roleAssignments/") {
		t.Errorf("%+v", made)
	}
	_, err = e.assign(sim.UUID("one"), principal, "Reader", e.group, nil)
	noError(t, err)
	if _, err := e.assign(sim.UUID("two"), principal, "Reader", e.group, nil); errorCode(err) != "RoleAssignmentExists" || !strings.Contains(errorMessage(err), "The ID of the existing role assignment is "+strings.ReplaceAll(sim.UUID("one"), "-", "")) {
		t.Error(err)
	}
	if _, err := e.assign(sim.UUID("one"), principal, "Contributor", e.group, nil); errorCode(err) != "RoleAssignmentUpdateNotPermitted" {
		t.Error(err)
	}
	if _, err := e.assign(sim.UUID("two"), principal, "Contributor", e.group, to.Ptr(armauthorization.PrincipalTypeUser)); errorCode(err) != "UnmatchedPrincipalType" {
		t.Error(err)
	}
	if _, err := e.assign(sim.UUID("two"), sim.UUID("nobody"), "Contributor", e.group, nil); errorCode(err) != "PrincipalNotFound" || !strings.HasPrefix(errorMessage(err), "Principal "+strings.ReplaceAll(sim.UUID("nobody"), "-", "")+" does not exist in the directory") {
		t.Error(err)
	}
	if _, err := e.assign("first", principal, "Contributor", e.group, nil); errorCode(err) != "InvalidRoleAssignmentId" {
		t.Error(err)
	}
	subscription := "/subscriptions/" + e.subscription.ID()
	_, err = e.assign(sim.UUID("above"), principal, "Contributor", subscription, nil)
	noError(t, err)
	list := func(scope, filter string) (names []string) {
		opts := &armauthorization.RoleAssignmentsClientListForScopeOptions{}
		if filter != "" {
			// The client sends this one as it is (x-ms-skip-url-encoding).
			opts.Filter = to.Ptr(url.QueryEscape(filter))
		}
		page, err := client.NewListForScopePager(scope, opts).NextPage(t.Context())
		noError(t, err)
		for _, a := range page.Value {
			names = append(names, *a.Name)
		}
		return names
	}
	for _, tt := range []struct {
		scope, filter string
		want          int
	}{
		{subscription, "", 2},
		{subscription, "atScope()", 1},
		{e.group, "atScope()", 2},
		{e.group, "principalId eq '" + principal + "'", 2},
		{e.group, "assignedTo('" + principal + "')", 2},
		{e.group, "atScope() and principalId eq '" + sim.UUID("nobody") + "'", 0},
	} {
		if got := list(tt.scope, tt.filter); len(got) != tt.want {
			t.Errorf("%s %s: %v", tt.scope, tt.filter, got)
		}
	}
	byID, err := client.GetByID(t.Context(), strings.ToUpper(*made.ID), nil)
	noError(t, err)
	if *byID.ID != *made.ID {
		t.Error(*byID.ID)
	}
	_, err = client.DeleteByID(t.Context(), *made.ID, nil)
	noError(t, err)
	_, err = client.DeleteByID(t.Context(), *made.ID, nil)
	noError(t, err)
	if _, err = client.GetByID(t.Context(), *made.ID, nil); errorCode(err) != "RoleAssignmentNotFound" {
		t.Error(err)
	}
}

// A principal that was just made takes time to be there, and longer for those
// who do not say what it is.
func TestReplicatingPrincipal(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.server.SetReplicationLag(2)
	for name, tt := range map[string]struct {
		kind *armauthorization.PrincipalType
		want int
	}{"typed": {to.Ptr(armauthorization.PrincipalTypeServicePrincipal), 2}, "untyped": {nil, 4}} {
		principal := *e.identity(name).Properties.PrincipalID
		refusals := 0
		for ; refusals < 9; refusals++ {
			if _, err := e.assign(sim.UUID(name), principal, "Reader", e.group, tt.kind); err == nil {
				break
			} else if errorCode(err) != "PrincipalNotFound" {
				t.Fatal(err)
			}
		}
		if refusals != tt.want {
			t.Errorf("%s: %d refusals", name, refusals)
		}
	}
}

func TestRoleAssignmentRefusals(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	caller := e.tenant.AddCaller("someone")
	account := e.subscription.AddResource("rg", "Microsoft.Storage/storageAccounts", "logs")
	reader := "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
	with := func(change body) body {
		p := body{"principalId": caller.ObjectID, "roleDefinitionId": reader}
		for k, v := range change {
			p[k] = v
		}
		return body{"properties": p}
	}
	for _, tt := range []struct {
		name, scope string
		in          body
		status      int
		code        string
	}{
		{"group", strings.TrimSuffix(e.group, "rg") + "none", with(nil), 404, "ResourceGroupNotFound"},
		{"resource", e.group + "/providers/Microsoft.Storage/storageAccounts/none", with(nil), 404, "ResourceNotFound"},
		{"subscription", "/subscriptions/33333333-2222-4333-8444-555555555555", with(nil), 404, "SubscriptionNotFound"},
		{"management group", "/providers/Microsoft.Management/managementGroups/none", with(nil), 404, "ManagementGroupNotFound"},
		{"role", account, with(body{"roleDefinitionId": reader[:len(reader)-1] + "0"}), 400, "RoleDefinitionDoesNotExist"},
		{"role by name", account, with(body{"roleDefinitionId": "Reader"}), 400, "InvalidRoleDefinitionId"},
		{"condition version", account, with(body{"condition": "@Resource[x] StringEquals 'a'", "conditionVersion": "1.0"}), 400, "InvalidConditionVersion"},
		{"version alone", account, with(body{"conditionVersion": "2.0"}), 400, "InvalidCondition"},
		{"principal", account, with(body{"principalId": "me"}), 400, "InvalidPrincipalId"},
		{"principal type", account, with(body{"principalType": "Robot"}), 400, "InvalidPrincipalType"},
	} {
		e.refused(tt.status, tt.code, "PUT", tt.scope+"/providers/Microsoft.Authorization/roleAssignments/"+sim.UUID(tt.name)+"?api-version=2022-04-01", tt.in)
	}
	e.refused(400, "UnsupportedQuery", "GET", e.group+"/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=roleName%20eq%20'a'", nil)
	e.tenant.SetRoleAssignmentLimit(1)
	for i, want := range []int{201, 400} {
		path := fmt.Sprintf("%s/providers/Microsoft.Authorization/roleAssignments/%s?api-version=2022-04-01", []string{account, e.group}[i], sim.UUID(fmt.Sprint(i)))
		if status, _, out := e.call("PUT", path, with(nil)); status != want {
			t.Error(status, out)
		}
	}
}
