package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// Permissions that read or change app role assignments (Graph reference).
var (
	readGrants  = []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", permissionOwned}
	writeGrants = []string{"AppRoleAssignment.ReadWrite.All"}
)

// defaultRole is the id that stands for an assignment without a role, which only
// a resource without roles takes.
const defaultRole = "00000000-0000-0000-0000-000000000000"

var grantRoutes = slices.Concat(
	grantRoutesOf("/servicePrincipals/{id}/appRoleAssignedTo", false),
	grantRoutesOf("/servicePrincipals/{id}/appRoleAssignments", true),
)

func grantRoutesOf(at string, held bool) []route {
	return []route{
		{pattern: "GET " + at, needs: readGrants, handle: func(r *request) (*reply, error) { return r.listGrants(held) }},
		{pattern: "POST " + at, needs: writeGrants, also: []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}, handle: func(r *request) (*reply, error) { return r.createGrant(held) }},
		{pattern: "GET " + at + "/{grant}", needs: readGrants, handle: func(r *request) (*reply, error) { return r.getGrant(held) }},
		{pattern: "DELETE " + at + "/{grant}", needs: writeGrants, handle: func(r *request) (*reply, error) { return r.deleteGrant(held) }},
	}
}

func (g *grant) object() object {
	return object{
		"id": g.id, "deletedDateTime": nil, "appRoleId": g.roleID, "createdDateTime": stamp(g.created),
		"principalDisplayName": g.principal.props["displayName"], "principalId": g.principal.id, "principalType": g.principal.kind.resourceName(),
		"resourceDisplayName": g.resource.props["displayName"], "resourceId": g.resource.id,
	}
}

func grantObjects(grants []*grant) []object {
	out := make([]object, len(grants))
	for i, g := range grants {
		out[i] = g.object()
	}
	return out
}

// liveGrants are those of which neither side has been deleted.
func (d *directory) liveGrants(grants []*grant) []*grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g *grant) bool { return !g.principal.deleted.IsZero() || !g.resource.deleted.IsZero() })
}

// grantsOf are those that the named service principal holds, or those that were
// given on it.
func (r *request) grantsOf(held bool) ([]*grant, error) {
	e, _, err := r.named(kindServicePrincipal)
	if err != nil {
		return nil, err
	}
	list := r.tenant.given[e.id]
	if held {
		list = r.tenant.held[e.id]
	}
	return r.tenant.liveGrants(list), nil
}

func (r *request) listGrants(held bool) (*reply, error) {
	grants, err := r.grantsOf(held)
	if err != nil {
		return nil, err
	}
	probe := (&grant{principal: &entity{state: state{props: object{}}, kind: kindUser}, resource: &entity{state: state{props: object{}}}}).object()
	o, err := r.options(allowed{has: func(name string) bool { _, ok := probe[name]; return ok }, list: true})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(grants, func(a, b *grant) int { return strings.Compare(a.id, b.id) })
	var items []listed
	for _, g := range grants {
		shown := g.object()
		if o.filter == nil || o.filter(shown, nil) {
			items = append(items, listed{g.id, func() object { return pick(shown, o.fields) }})
		}
	}
	return r.page("appRoleAssignments", o, items)
}

// createGrant assigns an app role: the resource has it, for the kind of the
// principal, and has it enabled.
func (r *request) createGrant(held bool) (*reply, error) {
	e, _, err := r.named(kindServicePrincipal)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"principalId", "resourceId", "appRoleId"} {
		if !guidPattern.MatchString(r.body.str(name)) {
			return nil, errInvalid("Invalid value specified for property '%s' of resource 'AppRoleAssignment'.", name)
		}
	}
	side := r.body.str("resourceId")
	if held {
		side = r.body.str("principalId")
	}
	if !strings.EqualFold(side, e.id) {
		return nil, errInvalid("Not a valid reference update.")
	}
	principal, resource := r.tenant.get(r.body.str("principalId")), r.tenant.getKind(kindServicePrincipal, r.body.str("resourceId"))
	for id, o := range map[string]*entity{r.body.str("principalId"): principal, r.body.str("resourceId"): resource} {
		if o == nil || o != e && o.meet() == nil {
			return nil, errNotFound(id)
		}
	}
	roleID := strings.ToLower(r.body.str("appRoleId"))
	if err := takesRole(principal, resource, roleID); err != nil {
		return nil, err
	}
	for _, g := range r.tenant.held[principal.id] {
		if g.resource == resource && g.roleID == roleID {
			return nil, errInvalid("Permission being assigned already exists on the object")
		}
	}
	g := r.tenant.addRole(principal, resource, roleID, r.now)
	return answer(http.StatusCreated, g.object())
}

func takesRole(principal, resource *entity, roleID string) error {
	roles := resource.props.objects("appRoles")
	if roleID == defaultRole && len(roles) == 0 {
		return nil
	}
	member := "User"
	if principal.kind == kindServicePrincipal {
		member = "Application"
	}
	for _, role := range roles {
		if role.str("id") == roleID && role.flag("isEnabled") && slices.Contains(role.texts("allowedMemberTypes"), member) {
			return nil
		}
	}
	return errInvalid("Permission being assigned was not found on application '%s'", resource.str("appId"))
}

func (r *request) grant(held bool) (*grant, error) {
	grants, err := r.grantsOf(held)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		if g.id == r.http.PathValue("grant") {
			return g, nil
		}
	}
	return nil, errNotFound(r.http.PathValue("grant"))
}

func (r *request) getGrant(held bool) (*reply, error) {
	g, err := r.grant(held)
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, g.object())
}

func (r *request) deleteGrant(held bool) (*reply, error) {
	g, err := r.grant(held)
	if err != nil {
		return nil, err
	}
	r.tenant.dropGrant(g)
	return answer(http.StatusNoContent, nil)
}
