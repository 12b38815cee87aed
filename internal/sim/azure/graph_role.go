package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// Permissions that read or change directory role assignments (Graph reference).
var (
	readRoles  = []string{"RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeRoles = []string{"RoleManagement.ReadWrite.Directory"}
)

var roleRoutes = []route{
	{pattern: "GET /roleManagement/directory/roleDefinitions", needs: readRoles, handle: (*request).listRoleDefinitions},
	{pattern: "GET /roleManagement/directory/roleDefinitions/{id}", needs: readRoles, handle: (*request).getRoleDefinition},
	{pattern: "GET /roleManagement/directory/roleAssignments", needs: readRoles, handle: (*request).listRoleAssignments},
	{pattern: "POST /roleManagement/directory/roleAssignments", needs: writeRoles, handle: (*request).createRoleAssignment},
	{pattern: "GET /roleManagement/directory/roleAssignments/{id}", needs: readRoles, handle: (*request).getRoleAssignment},
	{pattern: "DELETE /roleManagement/directory/roleAssignments/{id}", needs: writeRoles, handle: (*request).deleteRoleAssignment},
}

// roleDefinitions are built-in directory roles with their template ids, and
// whether Microsoft marks them as privileged (Entra built-in roles).
var roleDefinitions = []struct {
	id, name   string
	privileged bool
}{
	{"62e90394-69f5-4237-9190-012177145e10", "Global Administrator", true},
	{"e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator", true},
	{"7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "Privileged Authentication Administrator", true},
	{"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator", true},
	{"158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator", true},
	{"c4e39bd9-1100-46d3-8c65-fb160da0071f", "Authentication Administrator", true},
	{"fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator", true},
	{"194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator", true},
	{"b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", "Conditional Access Administrator", true},
	{"8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", "Hybrid Identity Administrator", true},
	{"9360feb5-f418-4baa-8175-e2a00bac4301", "Directory Writers", true},
	{"f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader", true},
	{"29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator", false},
	{"f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "SharePoint Administrator", false},
	{"88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers", false},
	{"5d6b6bb7-de71-4623-b4af-96380a352509", "Security Reader", true},
	{"4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader", false},
}

func roleDefinitionObject(id string) object {
	for _, d := range roleDefinitions {
		if strings.EqualFold(d.id, id) {
			return object{
				"id": d.id, "templateId": d.id, "displayName": d.name, "description": d.name, "isBuiltIn": true, "isEnabled": true, "isPrivileged": d.privileged,
				"resourceScopes": []string{"/"}, "version": "1",
			}
		}
	}
	return nil
}

// roleAssignment is a directory role of a principal, at a scope.
type roleAssignment struct {
	id, roleID, scope string
	principal         *entity
}

func (a *roleAssignment) object() object {
	return object{"id": a.id, "principalId": a.principal.id, "roleDefinitionId": a.roleID, "directoryScopeId": a.scope}
}

func (d *directory) dropRoleAssignment(a *roleAssignment) {
	d.roleAssignments = slices.DeleteFunc(d.roleAssignments, func(o *roleAssignment) bool { return o == a })
}

func memberOf(o object) func(string) bool {
	return func(name string) bool { _, ok := o[name]; return ok }
}

func (r *request) listRoleDefinitions() (*reply, error) {
	o, err := r.options(allowed{has: memberOf(roleDefinitionObject(roleDefinitions[0].id)), list: true})
	if err != nil {
		return nil, err
	}
	var items []listed
	for _, d := range roleDefinitions {
		if shown := roleDefinitionObject(d.id); o.filter == nil || o.filter(shown, nil) {
			items = append(items, listed{d.id, func() object { return pick(shown, o.fields) }})
		}
	}
	slices.SortFunc(items, func(a, b listed) int { return strings.Compare(a.key, b.key) })
	return r.page("roleManagement/directory/roleDefinitions", o, items)
}

func (r *request) getRoleDefinition() (*reply, error) {
	o := roleDefinitionObject(r.http.PathValue("id"))
	if o == nil {
		return nil, errNotFound(r.http.PathValue("id"))
	}
	return answer(http.StatusOK, o)
}

func (r *request) liveAssignments() []*roleAssignment {
	return slices.DeleteFunc(slices.Clone(r.tenant.roleAssignments), func(a *roleAssignment) bool { return !a.principal.deleted.IsZero() })
}

func (r *request) listRoleAssignments() (*reply, error) {
	o, err := r.options(allowed{
		has: memberOf((&roleAssignment{principal: &entity{}}).object()), expansions: []string{"principal", "roleDefinition"}, list: true,
	})
	if err != nil {
		return nil, err
	}
	var items []listed
	for _, a := range r.liveAssignments() {
		shown := a.object()
		if o.filter != nil && !o.filter(shown, nil) {
			continue
		}
		items = append(items, listed{a.id, func() object {
			out := pick(shown, o.fields)
			if o.expand != nil && o.expand.name == "principal" {
				out["principal"] = pick(a.principal.asMember(), o.expand.fields)
			} else if o.expand != nil {
				out["roleDefinition"] = pick(roleDefinitionObject(a.roleID), o.expand.fields)
			}
			return out
		}})
	}
	slices.SortFunc(items, func(a, b listed) int { return strings.Compare(a.key, b.key) })
	return r.page("roleManagement/directory/roleAssignments", o, items)
}

func (r *request) createRoleAssignment() (*reply, error) {
	principal := r.tenant.get(r.body.str("principalId"))
	role := roleDefinitionObject(r.body.str("roleDefinitionId"))
	scope := r.body.str("directoryScopeId")
	switch {
	case principal == nil || principal.meet() == nil:
		return nil, errNotFound(r.body.str("principalId"))
	case role == nil:
		return nil, errNotFound(r.body.str("roleDefinitionId"))
	case scope != "/" && r.tenant.get(strings.TrimPrefix(scope, "/")) == nil:
		return nil, errInvalid("The directoryScopeId '%s' is not a valid scope.", scope)
	case principal.kind == kindGroup && principal.props["isAssignableToRole"] != true:
		return nil, errInvalid("The group '%s' is not assignable to a role.", principal.id)
	}
	for _, a := range r.tenant.roleAssignments {
		if a.principal == principal && a.roleID == role.str("id") && a.scope == scope {
			return nil, newError("Request_BadRequest", http.StatusBadRequest, "A conflicting object with one or more of the specified property values is present in the directory.")
		}
	}
	a := r.tenant.addRoleAssignment(principal, role.str("id"), scope)
	return answer(http.StatusCreated, a.object())
}

func (t *Tenant) addRoleAssignment(principal *entity, roleID, scope string) *roleAssignment {
	a := &roleAssignment{id: t.server.newID("roleAssignment"), principal: principal, roleID: roleID, scope: scope}
	t.roleAssignments = append(t.roleAssignments, a)
	return a
}

func (r *request) roleAssignment() (*roleAssignment, error) {
	for _, a := range r.liveAssignments() {
		if a.id == r.http.PathValue("id") {
			return a, nil
		}
	}
	return nil, errNotFound(r.http.PathValue("id"))
}

func (r *request) getRoleAssignment() (*reply, error) {
	a, err := r.roleAssignment()
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, a.object())
}

func (r *request) deleteRoleAssignment() (*reply, error) {
	a, err := r.roleAssignment()
	if err != nil {
		return nil, err
	}
	r.tenant.dropRoleAssignment(a)
	return answer(http.StatusNoContent, nil)
}
