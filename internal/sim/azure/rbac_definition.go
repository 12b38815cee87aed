package azuresim

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// roleDefinition is a role, Microsoft's or a tenant's own.
type roleDefinition struct {
	id, name, description string // id is a GUID
	custom                bool
	permissions           []rolePermission
	assignable            []string // scopes; "/" of Microsoft's
	created, updated      time.Time
}

// rolePermission is what a role allows.
type rolePermission struct{ actions, notActions, dataActions, notDataActions []string }

const (
	kindRoleDefinition = "Microsoft.Authorization/roleDefinitions"
	maxCustomRoles     = 5000 // of a tenant
)

// roleDefinitionRoutes are the operations on roles (Authorization REST
// reference, Role Definitions).
var roleDefinitionRoutes = []route{
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleDefinitions", handle: (*request).listDefinitions},
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}", handle: (*request).getDefinition},
	{pattern: "PUT /{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}", handle: (*request).putDefinition},
	{pattern: "DELETE /{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}", handle: (*request).deleteDefinition},
}

// definition returns the role with a GUID, or nil.
func (t *Tenant) definition(id string) *roleDefinition {
	if d := builtInRoles()[strings.ToLower(id)]; d != nil {
		return d
	}
	return t.arm.definitions[strings.ToLower(id)]
}

// definitionID is the id of a role as it is named at a scope.
func definitionID(id string, at scope) string {
	prefix := ""
	if at.subscription != nil {
		prefix = "/subscriptions/" + at.subscription.id
	}
	return prefix + "/providers/" + kindRoleDefinition + "/" + id
}

func (d *roleDefinition) answer(at scope) object {
	kind := "BuiltInRole"
	if d.custom {
		kind = "CustomRole"
	}
	permissions := []object{}
	for _, p := range d.permissions {
		permissions = append(permissions, object{
			"actions": some(p.actions), "notActions": some(p.notActions), "dataActions": some(p.dataActions), "notDataActions": some(p.notDataActions),
		})
	}
	return object{
		"id": definitionID(d.id, at), "name": d.id, "type": kindRoleDefinition,
		"properties": object{
			"roleName": d.name, "type": kind, "description": d.description, "assignableScopes": d.assignable, "permissions": permissions,
			"createdOn": armStamp(d.created), "updatedOn": armStamp(d.updated), "createdBy": nil, "updatedBy": nil,
		},
	}
}

func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// armStamp writes a time as Microsoft.Authorization does.
func armStamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// assignableAt reports whether a role can be assigned at a scope.
func (t *Tenant) assignableAt(d *roleDefinition, at scope) bool {
	above := t.above(at)
	return slices.ContainsFunc(d.assignable, func(s string) bool {
		return s == "/" || slices.Contains(above, strings.ToLower(strings.TrimRight(s, "/")))
	})
}

// atScope reads the scope of the path, for a caller that may do the action
// there.
func (r *request) atScope(action string) (scope, error) {
	if err := r.version(action[:strings.LastIndex(action, "/")]); err != nil {
		return scope{}, err
	}
	at, err := r.scopeOf(r.http.PathValue("scope"))
	if err != nil {
		return scope{}, err
	}
	// Every one may read Microsoft's roles, above subscriptions.
	if at.id == "/" && action == kindRoleDefinition+"/read" {
		return at, nil
	}
	return at, r.allow(action, at)
}

var (
	filterRoleName = regexp.MustCompile(`(?i)^roleName eq '((?:[^']|'')*)'$`)
	filterRoleType = regexp.MustCompile(`(?i)^type eq '(BuiltInRole|CustomRole)'$`)
	conjunction    = regexp.MustCompile(`(?i) and `)
)

func (r *request) listDefinitions() (*reply, error) {
	at, err := r.atScope(kindRoleDefinition + "/read")
	if err != nil {
		return nil, err
	}
	below := false
	keep := func(*roleDefinition) bool { return true }
	for _, clause := range clauses(r.query.Get("$filter")) {
		before := keep
		switch name, kind := filterRoleName.FindStringSubmatch(clause), filterRoleType.FindStringSubmatch(clause); {
		case strings.EqualFold(clause, "atScopeAndBelow()"):
			below = true
		case name != nil:
			want := strings.ReplaceAll(name[1], "''", "'")
			keep = func(d *roleDefinition) bool { return before(d) && strings.EqualFold(d.name, want) }
		case kind != nil:
			custom := strings.EqualFold(kind[1], "CustomRole")
			keep = func(d *roleDefinition) bool { return before(d) && d.custom == custom }
		default:
			return nil, newError("UnsupportedQuery", http.StatusBadRequest, "The filter '%s' is not supported. "+
				"Supported filters are 'atScopeAndBelow()', 'type eq '{value}'' and 'roleName eq '{value}''.", clause)
		}
	}
	var items []object
	for _, d := range slices.Concat(sortedRoles(builtInRoles()), sortedRoles(r.tenant.arm.definitions)) {
		shown := r.tenant.assignableAt(d, at) || below && slices.ContainsFunc(d.assignable, func(s string) bool {
			inner, err := r.scopeOf(s)
			return err == nil && slices.Contains(r.tenant.above(inner), at.key())
		})
		if shown && keep(d) {
			items = append(items, d.answer(at))
		}
	}
	return answer(http.StatusOK, object{"value": append([]object{}, items...)})
}

func sortedRoles(of map[string]*roleDefinition) []*roleDefinition {
	var out []*roleDefinition
	for _, id := range slices.Sorted(maps.Keys(of)) {
		out = append(out, of[id])
	}
	return out
}

// clauses are the parts of a filter between "and".
func clauses(filter string) []string {
	var out []string
	for _, c := range conjunction.Split(filter, -1) {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, c)
		}
	}
	return out
}

func errNoDefinition(id string, status int) error {
	return newError("RoleDefinitionDoesNotExist", status, "The specified role definition with ID '%s' does not exist.", strings.ReplaceAll(id, "-", ""))
}

func (r *request) getDefinition() (*reply, error) {
	at, err := r.atScope(kindRoleDefinition + "/read")
	if err != nil {
		return nil, err
	}
	d := r.tenant.definition(r.http.PathValue("name"))
	if d == nil {
		return nil, errNoDefinition(r.http.PathValue("name"), http.StatusNotFound)
	}
	return answer(http.StatusOK, d.answer(at))
}

// putDefinition makes or changes a role of the tenant.
func (r *request) putDefinition() (*reply, error) {
	at, err := r.atScope(kindRoleDefinition + "/write")
	if err != nil {
		return nil, err
	}
	id := strings.ToLower(r.http.PathValue("name"))
	d, err := r.readDefinition(id)
	if err != nil {
		return nil, err
	}
	there := r.tenant.arm.definitions[id]
	for _, other := range slices.Concat(sortedRoles(builtInRoles()), sortedRoles(r.tenant.arm.definitions)) {
		if other != there && strings.EqualFold(other.name, d.name) {
			return nil, newError("RoleDefinitionWithSameNameExists", http.StatusConflict, "A custom role with the same name already exists in this directory. Use a different name.")
		}
	}
	switch {
	case builtInRoles()[id] != nil:
		return nil, newError("BuiltInRoleUpdateNotAllowed", http.StatusForbidden, "Built-in roles cannot be changed.")
	case there == nil && len(r.tenant.arm.definitions) >= maxCustomRoles:
		return nil, newError("RoleDefinitionLimitExceeded", http.StatusConflict, "The number of custom roles in this directory cannot exceed %d.", maxCustomRoles)
	case there != nil:
		d.created = there.created
	}
	r.tenant.arm.definitions[id] = d
	return answer(http.StatusCreated, d.answer(at))
}

func (r *request) readDefinition(id string) (*roleDefinition, error) {
	refuse := func(code, format string, args ...any) (*roleDefinition, error) {
		return nil, newError(code, http.StatusBadRequest, format, args...)
	}
	p := r.body.object("properties")
	d := &roleDefinition{
		id: id, name: p.str("roleName"), description: p.str("description"), custom: true, assignable: p.texts("assignableScopes"), created: r.now, updated: r.now,
	}
	switch {
	case !guidPattern.MatchString(id):
		return refuse("InvalidRoleDefinitionId", "The role definition ID '%s' is not valid. The role definition ID must be a GUID.", id)
	case d.name == "" || units(d.name) > 512:
		return refuse("InvalidRoleDefinitionName", "The name of a role definition has 1 to 512 characters.")
	case len(d.assignable) == 0:
		return refuse("MissingAssignableScopes", "The role definition has no assignable scopes.")
	}
	for _, s := range d.assignable {
		if s == "/" {
			return refuse("InvalidAssignableScope", "The root scope '/' cannot be an assignable scope of a custom role.")
		}
		if _, err := r.scopeOf(s); err != nil {
			return nil, err
		}
	}
	for _, one := range p.objects("permissions") {
		permission := rolePermission{one.texts("actions"), one.texts("notActions"), one.texts("dataActions"), one.texts("notDataActions")}
		for _, action := range slices.Concat(permission.actions, permission.notActions, permission.dataActions, permission.notDataActions) {
			if action != "*" && !strings.Contains(action, "/") {
				return refuse("InvalidActionOrNotAction", "'%s' does not match any of the actions supported by the providers.", action)
			}
		}
		d.permissions = append(d.permissions, permission)
	}
	return d, nil
}

func (r *request) deleteDefinition() (*reply, error) {
	at, err := r.atScope(kindRoleDefinition + "/delete")
	if err != nil {
		return nil, err
	}
	id := strings.ToLower(r.http.PathValue("name"))
	d := r.tenant.arm.definitions[id]
	if d == nil {
		return &reply{status: http.StatusNoContent}, nil
	}
	for _, a := range r.tenant.arm.live(r.now) {
		if a.role == id {
			return nil, newError("RoleDefinitionHasAssignments", http.StatusBadRequest, "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).")
		}
	}
	delete(r.tenant.arm.definitions, id)
	return answer(http.StatusOK, d.answer(at))
}

// AddRoleDefinition makes a custom role that can be assigned anywhere in the
// tenant, and returns its GUID.
func (t *Tenant) AddRoleDefinition(name string, actions, dataActions []string) string {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	id := t.server.newID("roleDefinition")
	now := t.server.clock.Now()
	t.arm.definitions[id] = &roleDefinition{
		id: id, name: name, custom: true, permissions: []rolePermission{{actions: actions, dataActions: dataActions}},
		assignable: []string{"/providers/Microsoft.Management/managementGroups/" + t.id}, created: now, updated: now,
	}
	return id
}

// SetRoleActions changes what a custom role allows. It panics on a role that is
// not there: that is a mistake in a test.
func (t *Tenant) SetRoleActions(id string, actions, dataActions []string) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	d := t.arm.definitions[id]
	if d == nil {
		panic("azuresim: there is no custom role " + id)
	}
	d.permissions, d.updated = []rolePermission{{actions: actions, dataActions: dataActions}}, t.server.clock.Now()
}
