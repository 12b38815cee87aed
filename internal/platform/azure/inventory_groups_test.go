package azure_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// reasons are the privileges of an identity as texts.
func reasons(one governance.Identity) []string {
	var all []string
	for _, privilege := range one.Privileges {
		all = append(all, privilege.String())
	}
	return all
}

// rotten is a tenant in which identities have their roles through groups.
func rotten(tenant *azuresim.Tenant) {
	subscription := tenant.Subscription(azuresim.DefaultSubscription)
	admin := tenant.PutApplication(azuresim.Application{DisplayName: "Admin", UniqueName: "admin"})
	nested := tenant.PutApplication(azuresim.Application{DisplayName: "Nested", UniqueName: "nested"})
	tenant.PutApplication(azuresim.Application{DisplayName: "Outside", UniqueName: "outside"})
	deployer := subscription.AddManagedIdentity("workloads", "deployer", nil)
	person := tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	tenant.AssignDirectoryRole(person, "Global Administrator")
	tenant.AssignDirectoryRole(tenant.PutRoleGroup("Tier 0", person, admin.ServicePrincipalID), "Global Administrator")
	tenant.AssignDirectoryRole(tenant.PutRoleGroup("Empty"), "Application Administrator")
	platform := tenant.PutGroup("Platform", person, tenant.PutGroup("Pipelines", nested.ServicePrincipalID, deployer.PrincipalID))
	tenant.AddManagementGroup("corp", "")
	subscription.MoveTo("corp")
	tenant.AssignRole(platform, "Owner", "/providers/Microsoft.Management/managementGroups/corp")
	tenant.AssignRole(tenant.PutGroup("Readers", nested.ServicePrincipalID), "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
}

// TestInventoryThroughGroups finds what identities may do as members of groups, also of groups in groups.
func TestInventoryThroughGroups(t *testing.T) {
	t.Parallel()
	server, tenant, lists := inventoried(t)
	rotten(tenant)
	listing, byName := list(t, lists)
	if len(listing.Gaps) != 0 {
		t.Errorf("gaps: %q", listing.Gaps)
	}
	owner := []string{`administrator by the role "Owner" at /providers/Microsoft.Management/managementGroups/corp through the group "Platform"`}
	for name, want := range map[string][]string{
		"admin": {`administrator by directory role Global Administrator through the group "Tier 0"`}, "nested": owner, "deployer": owner, "outside": nil,
	} {
		if got := reasons(byName[name]); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	server.SetMaxPageSize(1)
	if _, byName = list(t, lister(t, server)); !slices.Equal(reasons(byName["nested"]), owner) || !slices.Equal(reasons(byName["deployer"]), owner) {
		t.Errorf("in short pages: %q and %q", reasons(byName["nested"]), reasons(byName["deployer"]))
	}
}

// TestInventoryGroupsUnknown says that members are not known where they may not be read.
func TestInventoryGroupsUnknown(t *testing.T) {
	t.Parallel()
	_, tenant, lists := inventoried(t)
	rotten(tenant)
	tenant.DenyPermissions("GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
	listing, byName := list(t, lists)
	const want = " are in groups with roles is not known, and so not privileges that they have through those: the caller lacks the permission GroupMember.Read.All."
	if len(listing.Gaps) != 1 || !strings.HasSuffix(listing.Gaps[0], want) {
		t.Errorf("gaps %q", listing.Gaps)
	}
	if got := reasons(byName["admin"]); got != nil {
		t.Errorf("got %q", got)
	}
}

// TestInventoryInheritedRoles counts roles at management groups and at the root, by somebody who reads one subscription alone.
func TestInventoryInheritedRoles(t *testing.T) {
	t.Parallel()
	server, tenant, _ := inventoried(t)
	tenant.AddManagementGroup("corp", "")
	subscription := tenant.Subscription(azuresim.DefaultSubscription)
	subscription.MoveTo("corp")
	at := "/subscriptions/" + azuresim.DefaultSubscription
	for name, scope := range map[string]string{
		"root": "/", "management": "/providers/Microsoft.Management/managementGroups/corp", "subscription": at, "group": subscription.AddResourceGroup("workloads", "westeurope"),
	} {
		for _, role := range []string{"Owner", "User Access Administrator", "Contributor"} {
			made := tenant.PutApplication(azuresim.Application{DisplayName: name, UniqueName: name + " " + role})
			tenant.AssignRole(made.ServicePrincipalID, role, scope)
		}
	}
	narrowed := tenant.PutApplication(azuresim.Application{DisplayName: "Narrowed", UniqueName: "narrowed"})
	tenant.AssignRoleUnder(narrowed.ServicePrincipalID, "User Access Administrator", at, "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {acdd72a7-3385-48ef-bd42-f606fba81ae7}")
	listing, byName := list(t, lister(t, server))
	if len(listing.Gaps) != 0 {
		t.Errorf("gaps: %q", listing.Gaps)
	}
	for _, scope := range []string{"root", "management", "subscription"} {
		for role, want := range map[string]governance.Rule{
			"Owner": governance.RuleAdministrator, "User Access Administrator": governance.RulePrivilegeEscalation, "Contributor": governance.RulePrivilegeEscalation,
		} {
			if found := byName[scope+" "+role].Privileges; len(found) == 0 || found[0].Class != want {
				t.Errorf("%s at %s: %v", role, scope, found)
			}
		}
	}
	if found := byName["group Contributor"].Privileges; len(found) != 0 {
		t.Errorf("a deployer of one resource group has %v", found)
	}
	if got := reasons(byName["narrowed"]); len(got) != 2 || !strings.HasPrefix(got[0], "permissions_management by ") || !strings.HasSuffix(got[0], at+", under a condition") {
		t.Errorf("under a condition: %q", got)
	}
}

// TestInventorySeed finds unused exactly those managed identities of an example estate that nothing has: no resource, no
// federated credential, no sign-in.
func TestInventorySeed(t *testing.T) {
	t.Parallel()
	server, tenant, lists := inventoried(t)
	server.SeedEstate(64)
	listing, _ := list(t, lists)
	if len(listing.Gaps) != 0 {
		t.Errorf("gaps: %q", listing.Gaps)
	}
	unused, used, federated, labelled := 0, 0, 0, 0
	for _, one := range listing.Identities {
		if one.ID.Kind != governance.KindAzureManagedIdentity {
			continue
		}
		view, _ := tenant.ManagedIdentity(strings.TrimPrefix(one.ID.String(), "azure:"))
		nothing := len(view.Federated) == 0 && len(one.Trust) == 0 && one.LastUsedAt.IsZero()
		if nothing != (one.NoClient != "") {
			t.Errorf("%s: %q with %v", one.Name, one.NoClient, one.Trust)
		}
		for what, is := range map[*int]bool{&unused: nothing, &used: len(one.Trust) > len(view.Federated), &federated: len(view.Federated) > 0, &labelled: len(one.Metadata.Labels) > 0} {
			if is {
				*what++
			}
		}
	}
	if unused != 4 || used != 6 || federated != 2 || labelled != 6 {
		t.Errorf("%d unused, %d used by resources, %d federated, %d with labels", unused, used, federated, labelled)
	}
}

// TestInventoryUnlistedIdentity names the managed identities of subscriptions that the caller may not read.
func TestInventoryUnlistedIdentity(t *testing.T) {
	t.Parallel()
	server, tenant, _ := inventoried(t)
	const hidden = "/subscriptions/22222222-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/hidden"
	tenant.AssignRole(tenant.PutManagedIdentity(hidden, "hidden"), "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
	listing, _ := list(t, lister(t, server))
	if len(listing.Gaps) != 1 || !strings.HasPrefix(listing.Gaps[0], "Some managed identities of tenant ") || !strings.HasSuffix(listing.Gaps[0], hidden+".") {
		t.Errorf("gaps: %q", listing.Gaps)
	}
}
