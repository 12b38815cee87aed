package azure

import (
	"context"
	"net/url"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

const permissionMembers = "GroupMember.Read.All"

// Owners are the members of a group, also through other groups, or all users of the tenant where no group is named. Who has
// been deleted is not among them, and who may not sign in is inactive. An owner is known by the user principal name, the mail
// address and the object id; a group by its name, too, which only those who manage the group outside can choose.
func (t *Tenant) Owners(ctx context.Context, group string) ([]governance.Owner, error) {
	query := url.Values{"$select": {"id,displayName,userPrincipalName,mail,accountEnabled"}, "$top": {pageSize}}
	call, name, permission := graph.Request{Path: "/users", Query: query}, "/users", permissionUsers
	if group != "" {
		call.Path, name, permission = "/groups/"+graph.Segment(group)+"/transitiveMembers", "/groups/{id}/transitiveMembers", permissionMembers
	}
	found, err := listAll[graph.DirectoryObject](ctx, t, call, name, permission)
	if err != nil {
		return nil, err
	}
	var owners []governance.Owner
	for _, one := range found {
		owner := governance.Owner{Name: one.UserPrincipalName, Inactive: one.AccountEnabled != nil && !*one.AccountEnabled}
		switch {
		case strings.HasSuffix(one.Type, ".group"):
			owner.Name = one.DisplayName
		case owner.Name == "" && strings.HasSuffix(one.Type, ".user"): // Without the permission, Graph shows that somebody is there, and not who.
			return nil, &platform.ErrForbidden{Permission: permissionUsers, Detail: "Microsoft Graph does not show who the members of the group are"}
		case owner.Name == "": // a device or a service principal, whom nobody could ask
			continue
		}
		for _, alias := range []string{one.Mail, strings.ToLower(one.ID)} {
			if alias != "" && alias != owner.Name {
				owner.Aliases = append(owner.Aliases, alias)
			}
		}
		owners = append(owners, owner)
	}
	return owners, nil
}
