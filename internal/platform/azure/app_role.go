package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// AppRoleAssignment is an app role as it is asked for: Resource is an application id or one of WellKnownResources, Role the
// value of a role or its id.
type AppRoleAssignment struct{ Resource, Role string }

// AppRole is an app role that a service principal has. Role is its value, or the id of one that has none.
type AppRole struct{ ResourceAppID, ResourceName, RoleID, Role string }

// String is how messages and attachments name it.
func (r AppRole) String() string { return r.Role + " of " + r.ResourceName }

// WellKnownResources are Microsoft's own applications, by name, that have app roles ("Verify first-party Microsoft
// applications in sign-in reports").
var WellKnownResources = map[string]string{
	"Microsoft Graph":              GraphAppID,
	"Office 365 Exchange Online":   "00000002-0000-0ff1-ce00-000000000000",
	"Office 365 SharePoint Online": "00000003-0000-0ff1-ce00-000000000000",
}

// GraphAppID is the application id of Microsoft Graph.
const GraphAppID = "00000003-0000-0000-c000-000000000000"

// resource is a service principal that offers app roles.
type resource struct {
	id, appID, name string
	roles           []graph.AppRole
}

const resourceFields = "id,appId,displayName,appRoles"

// resourceAt reads a service principal by its path, once.
func (t *Tenant) resourceAt(ctx context.Context, path string) (*resource, error) {
	return keyed(&t.entra.mutex, &t.entra.resources, path).Get(ctx, func() (*resource, error) {
		var found graph.ServicePrincipal
		if err := t.get(ctx, path, "/servicePrincipals", permissionRead, url.Values{"$select": {resourceFields}}, &found); err != nil {
			return nil, err
		}
		return &resource{id: found.ID, appID: strings.ToLower(found.AppID), name: found.DisplayName, roles: found.AppRoles}, nil
	})
}

// principalPath is where the service principal of an application id is.
func principalPath(appID string) string {
	return "/servicePrincipals(appId=" + graph.Quoted(url.PathEscape(appID)) + ")"
}

// ResourceAppID is the application id that a text names; empty when it names none.
func ResourceAppID(text string) string {
	if guidPattern.MatchString(text) {
		return strings.ToLower(text)
	}
	for name, id := range WellKnownResources {
		if strings.EqualFold(name, text) {
			return id
		}
	}
	return ""
}

// appRoleProblem is why an app role cannot be assigned. Field is the part of the assignment that is wrong.
type appRoleProblem struct{ field, reason, fix string }

func (p *appRoleProblem) Error() string { return p.reason }

// wantedRole is an app role to assign.
type wantedRole struct {
	AppRole
	resource *resource
}

// appRole finds what an assignment names. The error is an *appRoleProblem where it is the assignment's.
func (t *Tenant) appRole(ctx context.Context, of AppRoleAssignment) (wantedRole, error) {
	appID := ResourceAppID(of.Resource)
	if appID == "" {
		return wantedRole{}, &appRoleProblem{"resource_app_id", fmt.Sprintf("%q is no application id, and no application of Microsoft's that is known by name", of.Resource), wellKnown()}
	}
	from, err := t.resourceAt(ctx, principalPath(appID))
	if errors.Is(err, platform.ErrNotFound) {
		return wantedRole{}, &appRoleProblem{
			"resource_app_id", fmt.Sprintf("the application %s has no service principal in the tenant %s", of.Resource, t.ID()),
			fmt.Sprintf("Check the id. If it is right, make its service principal first: az ad sp create --id %s", appID),
		}
	}
	if err != nil {
		return wantedRole{}, err
	}
	for _, role := range from.roles {
		if role.Value != of.Role && !strings.EqualFold(role.ID, of.Role) {
			continue
		}
		named := wantedRole{from.named(role), from}
		switch {
		case !slices.Contains(role.AllowedMemberTypes, "Application"):
			return named, &appRoleProblem{"role", fmt.Sprintf("%s is for users and groups, and not for applications", named), "Choose a role that applications can have."}
		case !role.IsEnabled:
			return named, &appRoleProblem{"role", named.String() + " is disabled", "Have whoever owns that application enable it, or choose another one."}
		}
		return named, nil
	}
	return wantedRole{}, &appRoleProblem{"role", fmt.Sprintf("%s has no app role %q", from.name, of.Role), from.nearest(of.Role)}
}

func (r *resource) named(role graph.AppRole) AppRole {
	return AppRole{ResourceAppID: r.appID, ResourceName: r.name, RoleID: strings.ToLower(role.ID), Role: cmp.Or(role.Value, strings.ToLower(role.ID))}
}

// mostNearest is how many names a message offers.
const mostNearest = 3

// nearest says which roles may have been meant.
func (r *resource) nearest(text string) string {
	var values []string
	for _, role := range r.roles {
		if role.Value != "" && role.IsEnabled && slices.Contains(role.AllowedMemberTypes, "Application") {
			values = append(values, role.Value)
		}
	}
	if len(values) == 0 {
		return "It offers no app role to applications."
	}
	slices.SortStableFunc(values, func(a, b string) int {
		return cmp.Or(cmp.Compare(governance.EditDistance(a, text), governance.EditDistance(b, text)), cmp.Compare(a, b))
	})
	return "The nearest ones are: " + strings.Join(values[:min(mostNearest, len(values))], ", ") + "."
}

func wellKnown() string {
	names := make([]string, 0, len(WellKnownResources))
	for name := range WellKnownResources {
		names = append(names, name)
	}
	slices.Sort(names)
	return "Write the application id of what offers the role, or one of these names: " + strings.Join(names, ", ") + "."
}

// held names the app role of an assignment that exists. One whose resource or role is gone is named by its ids.
func (t *Tenant) held(ctx context.Context, assignment graph.AppRoleAssignment) (AppRole, error) {
	unknown := AppRole{
		ResourceName: cmp.Or(assignment.ResourceDisplayName, assignment.ResourceID),
		RoleID:       strings.ToLower(assignment.AppRoleID), Role: strings.ToLower(assignment.AppRoleID),
	}
	from, err := t.resourceAt(ctx, "/servicePrincipals/"+graph.Segment(strings.ToLower(assignment.ResourceID)))
	if errors.Is(err, platform.ErrNotFound) {
		return unknown, nil
	}
	if err != nil {
		return AppRole{}, err
	}
	for _, role := range from.roles {
		if strings.EqualFold(role.ID, assignment.AppRoleID) {
			return from.named(role), nil
		}
	}
	unknown.ResourceAppID, unknown.ResourceName = from.appID, from.name
	return unknown, nil
}

// AppRolesAs are the app roles of an application by the keys under which they were written before, in the same words. A
// role that was not written has a key of its own.
func AppRolesAs(written map[string]AppRoleAssignment, roles []AppRole) map[string]AppRoleAssignment {
	found := map[string]AppRoleAssignment{}
	rest := slices.Clone(roles)
	for key, one := range written {
		i := slices.IndexFunc(rest, func(role AppRole) bool {
			return role.ResourceAppID == ResourceAppID(one.Resource) && (role.Role == one.Role || strings.EqualFold(role.RoleID, one.Role))
		})
		if i >= 0 {
			found[key], rest = one, slices.Delete(rest, i, i+1)
		}
	}
	for _, role := range rest {
		key := role.Role
		if _, taken := found[key]; taken {
			key = role.String()
		}
		found[key] = AppRoleAssignment{Resource: cmp.Or(role.ResourceAppID, role.ResourceName), Role: role.Role}
	}
	return found
}

const assignmentsName = "/servicePrincipals/{id}/appRoleAssignments"

func (t *Tenant) giveRole(ctx context.Context, principal string, role wantedRole) error {
	return ensure(func() error {
		return t.send(ctx, http.MethodPost, assignmentsPath(principal), assignmentsName, permissionAssign, map[string]any{
			"principalId": principal, "resourceId": role.resource.id, "appRoleId": role.RoleID,
		})
	}, func() (bool, error) {
		all, err := t.assignmentsOf(ctx, principal)
		return slices.ContainsFunc(all, func(one graph.AppRoleAssignment) bool {
			return strings.EqualFold(one.ResourceID, role.resource.id) && strings.EqualFold(one.AppRoleID, role.RoleID)
		}), err
	})
}

func (t *Tenant) takeRole(ctx context.Context, principal, assignment string) error {
	return ignoreNotFound(t.send(ctx, http.MethodDelete, assignmentsPath(principal)+"/"+graph.Segment(assignment), "/servicePrincipals/{id}/appRoleAssignments", permissionAssign, nil))
}
