package azuresim_test

import (
	"strings"
	"testing"
	"time"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func TestSubscriptionThrottling(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	at := e.server.ResourceManagerURL() + e.group + "?api-version=2021-04-01"
	token := e.token(armScope)
	_, header, _ := e.callAs(token, "GET", at, nil)
	if got := header.Get("x-ms-ratelimit-remaining-subscription-reads"); got != "250" {
		t.Errorf("%q left", got)
	}
	e.server.SetSubscriptionThrottling(true)
	for range 250 {
		if status, _, out := e.callAs(token, "GET", at, nil); status != 200 {
			t.Fatal(status, out)
		}
	}
	status, header, out := e.callAs(token, "GET", at, nil)
	if failed := in(out, "error"); status != 429 || header.Get("Retry-After") != "1" || failed["code"] != "SubscriptionRequestsThrottled" || header.Get("x-ms-ratelimit-remaining-subscription-reads") != "0" {
		t.Error(status, header, out)
	}
	// Writes and other callers have limits of their own.
	if status, _, _ := e.call("DELETE", e.group+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none?api-version=2024-11-30", nil); status != 204 {
		t.Error(status)
	}
	other := e.tenant.AddCaller("other")
	e.tenant.AssignRole(other.ObjectID, "Reader", e.group)
	if status, _, out := e.as(other).call("GET", e.group+"?api-version=2021-04-01", nil); status != 200 {
		t.Error(status, out)
	}
	e.server.Clock().Advance(time.Second)
	if status, header, _ := e.callAs(e.token(armScope), "GET", at, nil); status != 200 || header.Get("x-ms-ratelimit-remaining-subscription-reads") != "24" {
		t.Error(status, header)
	}
}

func TestIdentityThrottling(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.server.SetSubscriptionThrottling(true)
	token := e.token(armScope)
	made := 0
	for ; made < 100; made++ {
		at := e.server.ResourceManagerURL() + e.group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/same?api-version=2024-11-30"
		if status, _, _ := e.callAs(token, "PUT", at, body{"location": "westeurope"}); status == 429 {
			break
		}
	}
	if made != 80 {
		t.Errorf("%d were made", made)
	}
}

func TestSeededEstate(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.server.SeedEstate(40)
	rows, _, err := e.query("resources | where type =~ 'microsoft.managedidentity/userassignedidentities' | project id, principalId = properties.principalId", 1000)
	noError(t, err)
	if len(rows) == 0 {
		t.Fatal("no managed identity")
	}
	for _, row := range rows {
		id, _ := row["id"].(string)
		view, ok := e.tenant.ManagedIdentity(strings.ToUpper(id))
		if _, there := e.tenant.ServicePrincipal(view.PrincipalID); !ok || !there || view.PrincipalID != row["principalId"] {
			t.Errorf("%s: %+v", id, view)
		}
	}
	rows, _, err = e.query("resources | where isnotempty(identity.userAssignedIdentities) | project id", 1000)
	noError(t, err)
	if len(rows) == 0 {
		t.Error("nothing runs as a managed identity")
	}
	if all := e.tenant.RoleAssignments(""); len(all) == 0 {
		t.Error("nobody has a role")
	}
}

func TestAddedManagedIdentity(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.server.SetReplicationLag(3)
	added := e.subscription.AddManagedIdentity("rg", "deployer", map[string]string{"owner": "ann"})
	id := e.tenant.AssignRole(added.PrincipalID, "Reader", e.group)
	if got, ok := e.tenant.ManagedIdentity(added.ID); !ok || got.Tags["owner"] != "ann" || got.ClientID != added.ClientID {
		t.Errorf("%+v", got)
	}
	if _, ok := e.tenant.ManagedIdentity(added.ID + "s"); ok {
		t.Error("another one was found")
	}
	want := azuresim.RoleAssignmentView{ID: id, PrincipalID: added.PrincipalID, Scope: e.group, Role: "Reader"}
	if got := e.tenant.RoleAssignments(added.PrincipalID); len(got) != 1 || got[0] != want {
		t.Errorf("%+v", got)
	}
}
