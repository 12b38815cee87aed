package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// azureInventoryPermissions lists with exactly the actions that the documentation has, and finds what an administrator
// does. Without one that tells what is there, a gap names it; without one that tells of a sort of resource, what only such a
// resource uses looks unused, as the guide says.
func azureInventoryPermissions(t *testing.T, name string) {
	t.Helper()
	role := readAzureRole(t, name)
	gaps, unused := inventoryUnder(t, role.all(), role.all())
	if gaps != "" || len(unused) != 0 {
		t.Fatalf("gaps %s; unused %q", gaps, unused)
	}
	for _, action := range role.all() {
		t.Run("without "+action, func(t *testing.T) {
			t.Parallel()
			gaps, unused := inventoryUnder(t, role.all(), role.but(action).Actions)
			switch resource := strings.TrimSuffix(action, "/read"); {
			case slices.Contains(toldInGaps, action):
				if !strings.Contains(gaps, named(action)) {
					t.Errorf("no gap names it: %s", gaps)
				}
			case gaps != "" || !slices.Equal(unused, []string{usedBy(resource)}):
				t.Errorf("gaps %s; unused %q", gaps, unused)
			}
		})
	}
}

// toldInGaps are the actions without which something is a gap.
var toldInGaps = []string{
	"Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read", "Microsoft.ManagedIdentity/userAssignedIdentities/read", "Microsoft.Resources/subscriptions/read",
}

// named is what a gap says of an action.
func named(action string) string {
	if action == "Microsoft.Resources/subscriptions/read" {
		return "the permission Reader of at least one subscription"
	}
	return action
}

// usedBy is the name of what only such a resource uses, of the characters that a managed identity may have.
func usedBy(resource string) string {
	return "of-" + strings.NewReplacer("/", "-", ".", "-").Replace(resource)
}

// inventoryUnder lists an estate with a managed identity for each sort of resource in all, as somebody who may do some of these
// actions. It returns the gaps and what was never used.
func inventoryUnder(t *testing.T, all, actions []string) (gaps string, unused []string) {
	t.Helper()
	clock := sim.NewClock(exampleDay, false)
	server := acctest.NewAzureSim(t, clock)
	tenant := server.Tenant(azuresim.DefaultTenant)
	subscription := tenant.Subscription(azuresim.DefaultSubscription)
	subscription.AddResourceGroup("workloads", "westeurope")
	for _, action := range all {
		if kind := strings.TrimSuffix(action, "/read"); !slices.Contains(toldInGaps, action) {
			made := subscription.AddManagedIdentity("workloads", usedBy(kind), nil)
			subscription.AddResource("workloads", kind, "user", made.ID)
		}
	}
	clock.Advance(400 * 24 * time.Hour)
	run, caller := pipelineOf(t, server, []string{"Application.Read.All", "AuditLog.Read.All", "GroupMember.Read.All", "RoleManagement.Read.Directory", "User.Read.All"})
	tenant.AssignRole(caller, tenant.AddRoleDefinition("inventory", actions, nil), "/subscriptions/"+azuresim.DefaultSubscription)
	found, diags := run().ReadDataSource("governed_identities", acctest.Values{"kinds": []string{"azure_managed_identity"}})
	values, _ := found.(acctest.Values)
	items, _ := values["identities"].([]any)
	for _, item := range items {
		one, _ := item.(acctest.Values)
		if findings, _ := one["findings"].([]any); slices.ContainsFunc(findings, func(finding any) bool {
			of, _ := finding.(acctest.Values)
			return of["code"] == "never_used"
		}) {
			unused = append(unused, fmt.Sprint(one["name"]))
		}
	}
	return diags.String(), unused
}
