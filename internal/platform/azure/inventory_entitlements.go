package azure

import (
	"context"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graphpermission"
)

// inventoryEntitlements is what service principals may do in the directory, by their object ids in lower case.
type inventoryEntitlements struct {
	roles          map[string][]governance.Privilege
	rolesErr       error
	permissions    map[string][]governance.Privilege
	permissionsErr error
}

const permissionRoles = "RoleManagement.Read.Directory"

// directoryRoles are the built-in roles that let a service principal take over the tenant, or much of it ("Privileged roles
// and permissions in Microsoft Entra ID"), by template.
var directoryRoles = map[string]struct {
	name string
	rule governance.Rule
}{
	"62e90394-69f5-4237-9190-012177145e10": {"Global Administrator", governance.RuleAdministrator},
	"e8611ab8-c189-46e8-94e1-60213ab1f814": {"Privileged Role Administrator", governance.RuleAdministrator},
	"7be44c8a-adaf-4e2a-84d6-ab2649e08a13": {"Privileged Authentication Administrator", governance.RulePrivilegeEscalation},
	"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": {"Application Administrator", governance.RulePrivilegeEscalation},
	"158c047a-c907-4556-b7ef-446551a6b5f7": {"Cloud Application Administrator", governance.RulePrivilegeEscalation},
	"8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2": {"Hybrid Identity Administrator", governance.RulePrivilegeEscalation},
	"e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8": {"Partner Tier2 Support", governance.RulePrivilegeEscalation},
	"9360feb5-f418-4baa-8175-e2a00bac4301": {"Directory Writers", governance.RulePrivilegeEscalation},
	"c4e39bd9-1100-46d3-8c65-fb160da0071f": {"Authentication Administrator", governance.RulePermissionsManagement},
	"fe930be7-5e62-47db-91af-98c3a49a38b1": {"User Administrator", governance.RulePermissionsManagement},
	"194ae4cb-b126-40b2-bd5b-6091b380977d": {"Security Administrator", governance.RulePermissionsManagement},
	"b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": {"Conditional Access Administrator", governance.RulePermissionsManagement},
	"29232cdf-9323-42fd-ade2-1d097af3e4de": {"Exchange Administrator", governance.RuleDataExfiltration},
	"f28a1f50-f6e7-4571-818b-6a12f2af6b6c": {"SharePoint Administrator", governance.RuleDataExfiltration},
}

// readDirectoryRoles lists who has which dangerous role of Entra ID, groups included: what is active, for good or for a time,
// as "List roleAssignmentScheduleInstances" has it too, which needs a licence. One in an administrative unit does not reach the tenant.
func (t *Tenant) readDirectoryRoles(ctx context.Context) (map[string][]governance.Privilege, error) {
	all, err := listAll[graph.DirectoryRoleAssignment](ctx, t, graph.Request{Path: "/roleManagement/directory/roleAssignments"}, "/roleManagement/directory/roleAssignments", permissionRoles)
	found := map[string][]governance.Privilege{}
	for _, one := range all {
		role, dangerous := directoryRoles[strings.ToLower(one.RoleDefinitionID)]
		if !dangerous || one.DirectoryScopeID != "/" {
			continue
		}
		principal := strings.ToLower(one.PrincipalID)
		found[principal] = append(found[principal], governance.Privilege{Class: role.rule, Reason: "directory role " + role.name})
	}
	return found, err
}

// readPermissions lists who has the dangerous app roles of Microsoft's own applications, from the side of those.
func (e *inventoryEntitlements) readPermissions(ctx context.Context, t *Tenant, principals []graph.ServicePrincipal) {
	e.permissions = map[string][]governance.Privilege{}
	for _, appID := range WellKnownResources {
		i := slices.IndexFunc(principals, func(one graph.ServicePrincipal) bool { return strings.EqualFold(one.AppID, appID) })
		if i < 0 {
			continue
		}
		if err := e.readPermissionsOf(ctx, t, principals[i]); err != nil {
			e.permissionsErr = err
		}
	}
}

func (e *inventoryEntitlements) readPermissionsOf(ctx context.Context, t *Tenant, principal graph.ServicePrincipal) error {
	offers, err := t.resourceAt(ctx, principalPath(strings.ToLower(principal.AppID)))
	if err != nil {
		return err
	}
	dangers := map[string]governance.Privilege{}
	for _, role := range offers.roles {
		if danger, dangerous := graphpermission.Of(role.Value); dangerous {
			dangers[strings.ToLower(role.ID)] = governance.Privilege{Class: danger.Rule, Reason: offers.named(role).String()}
		}
	}
	given, err := listAll[graph.AppRoleAssignment](ctx, t, graph.Request{Path: "/servicePrincipals/" + graph.Segment(principal.ID) + "/appRoleAssignedTo", Query: map[string][]string{"$top": {pageSize}}},
		"/servicePrincipals/{id}/appRoleAssignedTo", permissionRead)
	for _, one := range given {
		if privilege, dangerous := dangers[strings.ToLower(one.AppRoleID)]; dangerous {
			holder := strings.ToLower(one.PrincipalID)
			e.permissions[holder] = append(e.permissions[holder], privilege)
		}
	}
	return err
}

// privileges are all of a service principal: each class once, the gravest first, with everything that gives it.
func (s sources) privileges(principal string) []governance.Privilege {
	if principal == "" {
		return nil
	}
	principal = strings.ToLower(principal)
	var found []governance.Privilege
	all := slices.Concat(s.entitled.roles[principal], s.entitled.permissions[principal], s.resources.privileges[principal], s.throughGroups(principal))
	for _, class := range governance.DangerRules {
		var reasons []string
		for _, one := range all {
			if one.Class == class && !slices.Contains(reasons, one.Reason) {
				reasons = append(reasons, one.Reason)
			}
		}
		if len(reasons) > 0 {
			slices.Sort(reasons)
			found = append(found, governance.Privilege{Class: class, Reason: governance.Enumerate(reasons)})
		}
	}
	return found
}
