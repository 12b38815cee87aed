package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// entraInventoryPermissions lists with exactly the permissions that the documentation has: no request is refused and none
// is unused. Without one of them, what is missing is named.
func entraInventoryPermissions(t *testing.T, name string) {
	t.Helper()
	all := readGraphDocument(t, name).all()
	diags, calls := listAs(t, all)
	if diags.Failed() || strings.Contains(diags.String(), "lacks the permission") {
		t.Fatal(diags)
	}
	for _, problem := range unjust(all, calls) {
		t.Error(problem)
	}
	for _, permission := range all {
		diags, _ := listAs(t, slices.DeleteFunc(slices.Clone(all), func(one string) bool { return one == permission }))
		if diags.Failed() || !strings.Contains(diags.String(), permission) {
			t.Errorf("without %s: %s", permission, diags)
		}
	}
}

// listAs lists as a caller with these permissions of Microsoft Graph and the role Reader.
func listAs(t *testing.T, permissions []string) (acctest.Diagnostics, []sim.Call) {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(exampleDay, false))
	tenant := server.Tenant(azuresim.DefaultTenant)
	server.SeedEstate(5)
	run, caller := pipelineOf(t, server, permissions)
	tenant.AssignRole(caller, "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
	_, diags := run().ReadDataSource("governed_identities", nil)
	calls := slices.DeleteFunc(server.Calls(), func(call sim.Call) bool { return call.Principal != caller || strings.Contains(call.Service, "arm") })
	return diags, calls
}
