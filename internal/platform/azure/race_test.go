package azure_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// first calls a function once, when the first request comes that changes something.
func first(call func()) func(*http.Request) bool {
	var once sync.Once
	return func(r *http.Request) bool {
		if r.Method != http.MethodGet && r.Method != http.MethodPost {
			once.Do(call)
		}
		return false
	}
}

// wantTaken wants a creation to have been refused because of somebody else's.
func wantTaken(t *testing.T, err error, object string) {
	t.Helper()
	var taken *platform.ErrAlreadyExists
	if !errors.As(err, &taken) || !strings.Contains(taken.Object, object) || taken.ID == "" {
		t.Errorf("Create returned %v", err)
	}
}

// TestSimRaceForManagedIdentity has somebody else make the identity after the driver has looked, and before it writes:
// Resource Manager changes what is there, and only the status tells.
func TestSimRaceForManagedIdentity(t *testing.T) {
	t.Parallel()
	e := openIdentities(t, false)
	e.transport = nil
	e.armURL, e.trusted = proxy(t, e.sim, e.sim.ResourceManagerURL(), first(func() {
		_, err := e.msi.NewUserAssignedIdentitiesClient().CreateOrUpdate(t.Context(), "workloads", "raced", armmsi.Identity{Location: to.Ptr("westeurope")}, nil)
		e.no(err)
	}))
	_, err := e.Driver().Create(t.Context(), e.Wanted("raced"))
	wantTaken(t, err, "which somebody else has made in this moment, and whose tags and isolation scope this apply has replaced,")
}

// TestSimManagedIdentityAnsweredLate takes an identity for its own that a try has made whose answer got lost.
func TestSimManagedIdentityAnsweredLate(t *testing.T) {
	t.Parallel()
	e := openIdentities(t, false)
	e.sim.InjectFault(sim.Fault{Service: "arm", Action: "PUT /subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", Kind: sim.FaultDropAfter, Nth: 1})
	if _, err := e.Driver().Create(t.Context(), e.Wanted("late")); err != nil {
		t.Error(err)
	}
}

// TestSimRaceForApplication is the same for a unique name: Microsoft Graph changes the application that has it.
func TestSimRaceForApplication(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.transport = nil
	e.graphURL, e.trusted = proxy(t, e.sim, e.sim.GraphURL(), first(func() {
		e.tenant.PutApplication(azuresim.Application{DisplayName: "Theirs", UniqueName: "raced"})
	}))
	_, err := e.Driver().Create(t.Context(), e.Wanted("raced"))
	wantTaken(t, err, "with the unique name raced, which somebody else has made in this moment, and whose display name, audience, notes and tags this apply has replaced,")
}

// permissions are some of Microsoft Graph.
func (e *estate) permissions(n int) []string {
	e.t.Helper()
	var offers graph.ServicePrincipal
	e.do(http.MethodGet, "/servicePrincipals(appId='"+azure.GraphAppID+"')", nil, &offers)
	var values []string
	for _, role := range offers.AppRoles[:n] {
		values = append(values, role.Value)
	}
	return values
}

// crowded makes applications with so many owners and app roles that $expand cuts them.
func (e *estate) crowded(applications int) (made []string, relations int) {
	e.t.Helper()
	const many = 21
	owners := make([]string, many)
	for i := range owners {
		owners[i] = e.tenant.PutUser(azuresim.User{DisplayName: "Owner", Name: fmt.Sprintf("owner%d", i)})
	}
	permissions := e.permissions(many)
	for range applications {
		made = append(made, e.tenant.PutApplication(azuresim.Application{DisplayName: "Crowded", Owners: owners, Permissions: permissions}).ObjectID)
	}
	return made, many
}

// TestSimCutRelations reads relations that $expand has cut, twenty of them a call.
func TestSimCutRelations(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	made, relations := e.crowded(25)
	applications := e.applications()
	e.sim.ResetCalls()
	all, err := applications.Bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if batches, calls := e.sim.CountCalls("graph:POST /$batch"), e.sim.CountCalls(""); batches != 4 || calls > 10 {
		t.Errorf("%d batches among %d calls", batches, calls)
	}
	for _, id := range made {
		parsed, err := governance.ParseID("entra:" + azuresim.DefaultTenant + ":application/" + id)
		if err != nil {
			t.Fatal(err)
		}
		state, err := all.Application(t.Context(), parsed)
		if err != nil || len(state.Owners) != relations || len(state.AppRoles) != relations {
			t.Errorf("%d owners and %d app roles (%v)", len(state.Owners), len(state.AppRoles), err)
		}
	}
}

// TestSimCutRelationsRefused names the permission that a part of a batch lacks, and passes over what is gone meanwhile.
func TestSimCutRelationsRefused(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sim.Fault{
		"": {Kind: sim.FaultError, Code: "Request_ResourceNotFound", Status: http.StatusNotFound}, "Application.Read.All": {Kind: sim.FaultAccessDenied},
	} {
		e := openEstate(t)
		e.crowded(1)
		fault.Service, fault.Action = "graph", "GET /applications/{id}/owners"
		e.sim.InjectFault(fault)
		_, err := e.applications().Bulk(t.Context())
		var forbidden *platform.ErrForbidden
		if errors.As(err, &forbidden) != (name != "") || forbidden == nil && err != nil || forbidden != nil && forbidden.Permission != name {
			t.Errorf("refused with %v", err)
		}
	}
}
