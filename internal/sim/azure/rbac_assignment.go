package azuresim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	kindRoleAssignment = "Microsoft.Authorization/roleAssignments"
	// defaultAssignmentLimit is that of a subscription (Azure RBAC limits).
	defaultAssignmentLimit = 4000
)

// assignment is a role that a principal has at a scope.
type assignment struct {
	name                       string // a GUID
	scope                      scope
	role                       string // GUID of the role definition
	principalID, principalType string
	condition, version         string // version is that of the condition
	description                string
	justification              string // of a time-bound one
	created, updated           time.Time
	createdBy                  string
	schedule                   *schedule // nil for one that was assigned outright
}

func (a *assignment) id() string {
	return strings.TrimSuffix(a.scope.id, "/") + "/providers/" + kindRoleAssignment + "/" + a.name
}

// roleAssignmentRoutes are the operations on role assignments (Authorization
// REST reference, Role Assignments).
var roleAssignmentRoutes = []route{
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleAssignments", handle: (*request).listAssignments},
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", handle: (*request).getAssignment},
	{pattern: "PUT /{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", handle: (*request).putAssignment},
	{pattern: "DELETE /{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", handle: (*request).deleteAssignment},
}

func (a *assignment) inForce(now time.Time) bool { return a.schedule == nil || a.schedule.inForce(now) }

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (a *assignment) answer() object {
	return object{
		"id": a.id(), "name": a.name, "type": kindRoleAssignment,
		"properties": object{
			"roleDefinitionId": definitionID(a.role, a.scope), "principalId": a.principalID, "principalType": a.principalType, "scope": a.scope.id,
			"condition": orNil(a.condition), "conditionVersion": orNil(a.version), "description": orNil(a.description), "delegatedManagedIdentityResourceId": nil,
			"createdOn": armStamp(a.created), "updatedOn": armStamp(a.updated), "createdBy": a.createdBy, "updatedBy": a.createdBy,
		},
	}
}

// same reports whether two role assignments give the same.
func (a *assignment) same(b *assignment) bool {
	return a.principalID == b.principalID && a.role == b.role && a.scope.key() == b.scope.key()
}

var definitionPattern = regexp.MustCompile(`(?i)^(/subscriptions/[0-9a-f-]{36}|/providers/Microsoft\.Management/managementGroups/[^/]+)?(/resourceGroups/[^/]+)?/?/?providers/Microsoft\.Authorization/roleDefinitions/([^/]+)$`)

// roleOf finds the role that an id names, for a scope.
func (r *request) roleOf(id string, at scope) (*roleDefinition, error) {
	m := definitionPattern.FindStringSubmatch(id)
	if m == nil || !guidPattern.MatchString(m[3]) {
		return nil, newError("InvalidRoleDefinitionId", http.StatusBadRequest, "The role definition ID '%s' is not valid. The role definition ID must be a GUID.", id)
	}
	d := r.tenant.definition(m[3])
	if d == nil {
		return nil, errNoDefinition(m[3], http.StatusBadRequest)
	}
	if !r.tenant.assignableAt(d, at) {
		return nil, newError("RoleDefinitionScopeMismatch", http.StatusBadRequest, "The role definition with ID '%s' cannot be assigned at scope '%s': it is in none of its assignable scopes.",
			strings.ReplaceAll(d.id, "-", ""), at.id)
	}
	return d, nil
}

// principalKinds are the kinds of directory objects as role assignments name
// them.
var principalKinds = map[kind]string{kindUser: "User", kindGroup: "Group", kindServicePrincipal: "ServicePrincipal"}

// principalFor finds whom a role is assigned to. One that has just been made is
// not there yet; without the principal's type, which spares Resource Manager
// from asking the directory, it takes as many requests again.
func (r *request) principalFor(id, given string) (*entity, error) {
	absent := newError("PrincipalNotFound", http.StatusBadRequest, "Principal %s does not exist in the directory %s. Check that you have the correct principal ID. "+
		"If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. "+
		"In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype",
		strings.ReplaceAll(id, "-", ""), r.tenant.id)
	if !guidPattern.MatchString(id) {
		return nil, newError("InvalidPrincipalId", http.StatusBadRequest, "A valid principal ID must be provided for role assignment.")
	}
	e := r.tenant.get(id)
	if e == nil || principalKinds[e.kind] == "" || e.meet() == nil {
		return nil, absent
	}
	is := principalKinds[e.kind]
	switch {
	case given == "" && r.tenant.arm.replicating[e.id] < r.server.lag && e.created.Equal(r.now):
		r.tenant.arm.replicating[e.id]++
		return nil, absent
	case given != "" && !slices.Contains([]string{"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"}, given):
		return nil, newError("InvalidPrincipalType", http.StatusBadRequest, "The principal type '%s' is not valid.", given)
	case given != "" && given != is:
		return nil, newError("UnmatchedPrincipalType", http.StatusBadRequest, "The PrincipalId '%s' has type '%s' , which is different from specified PrinciaplType '%s'.",
			strings.ReplaceAll(id, "-", ""), is, given)
	}
	return e, nil
}

// readAssignment reads and checks a role assignment of a body.
func (r *request) readAssignment(at scope, name string) (*assignment, error) {
	p := r.body.object("properties")
	if !guidPattern.MatchString(name) {
		return nil, newError("InvalidRoleAssignmentId", http.StatusBadRequest, "The role assignment ID '%s' is not valid. The role assignment ID must be a GUID.", name)
	}
	role, err := r.roleOf(p.str("roleDefinitionId"), at)
	if err != nil {
		return nil, err
	}
	a := &assignment{
		name: strings.ToLower(name), scope: at, role: role.id, condition: p.str("condition"), version: p.str("conditionVersion"),
		description: p.str("description"), created: r.now, updated: r.now, createdBy: r.caller.objectID,
	}
	if err := a.checkCondition(); err != nil {
		return nil, err
	}
	if units(a.description) > 1024 {
		return nil, newError("InvalidDescription", http.StatusBadRequest, "The description of a role assignment has at most 1024 characters.")
	}
	principal, err := r.principalFor(p.str("principalId"), p.str("principalType"))
	if err != nil {
		return nil, err
	}
	a.principalID, a.principalType = principal.id, principalKinds[principal.kind]
	return a, nil
}

func (a *assignment) checkCondition() error {
	switch {
	case a.condition == "" && a.version != "":
		return newError("InvalidCondition", http.StatusBadRequest, "If a condition version is set, the condition cannot be empty.")
	case a.condition != "" && a.version != "2.0":
		return newError("InvalidConditionVersion", http.StatusBadRequest, "The condition version '%s' is not valid. The supported version is '2.0'.", a.version)
	}
	return nil
}

func errAssignmentExists(a *assignment) error {
	return newError("RoleAssignmentExists", http.StatusConflict, "The role assignment already exists. The ID of the existing role assignment is %s.", strings.ReplaceAll(a.name, "-", ""))
}

func (r *request) putAssignment() (*reply, error) {
	at, err := r.atScope(kindRoleAssignment + "/write")
	if err != nil {
		return nil, err
	}
	a, err := r.readAssignment(at, r.http.PathValue("name"))
	if err != nil {
		return nil, err
	}
	inSubscription := 0
	for _, other := range r.tenant.arm.live(r.now) {
		if other.scope.subscription == at.subscription {
			inSubscription++
		}
		switch {
		case other.name == a.name && !other.same(a):
			return nil, newError("RoleAssignmentUpdateNotPermitted", http.StatusBadRequest, "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
		case other.name != a.name && other.same(a) && other.condition == a.condition:
			return nil, errAssignmentExists(other)
		case other.name == a.name:
			a.created = other.created
			r.tenant.arm.assign(a)
			return answer(http.StatusOK, a.answer())
		}
	}
	if at.subscription != nil && inSubscription >= r.tenant.arm.assignmentLimit {
		return nil, newError("RoleAssignmentLimitExceeded", http.StatusBadRequest, "The number of role assignments in this subscription cannot exceed %d.", r.tenant.arm.assignmentLimit)
	}
	r.tenant.arm.assign(a)
	return answer(http.StatusCreated, a.answer())
}

func (r *request) theAssignment(action string) (*assignment, error) {
	at, err := r.atScope(kindRoleAssignment + "/" + action)
	if err != nil {
		return nil, err
	}
	key := strings.ToLower((&assignment{scope: at, name: r.http.PathValue("name")}).id())
	for _, a := range r.tenant.arm.live(r.now) {
		if strings.ToLower(a.id()) == key {
			return a, nil
		}
	}
	return nil, nil
}

func (r *request) getAssignment() (*reply, error) {
	a, err := r.theAssignment("read")
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, newError("RoleAssignmentNotFound", http.StatusNotFound, "The role assignment '%s' is not found.", r.http.PathValue("name"))
	}
	return answer(http.StatusOK, a.answer())
}

func (r *request) deleteAssignment() (*reply, error) {
	a, err := r.theAssignment("delete")
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return &reply{status: http.StatusNoContent}, nil
	}
	r.tenant.arm.removeAssignment(a, r.now)
	return answer(http.StatusOK, a.answer())
}

// SetRoleAssignmentLimit is how many role assignments a subscription of the
// tenant can have; Azure's own limit is 4,000.
func (t *Tenant) SetRoleAssignmentLimit(n int) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	t.arm.assignmentLimit = n
}

// SetRoleAssignment gives a role assignment a description and an end; a zero end
// is none. It panics on one that is not there: that is a mistake in a test.
func (t *Tenant) SetRoleAssignment(id, description string, end time.Time) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	a := t.arm.assignments[strings.ToLower(id)]
	a.description, a.schedule = description, nil
	if !end.IsZero() {
		now := t.server.clock.Now()
		a.schedule = &schedule{name: t.server.newID("schedule"), request: t.server.newID("scheduleRequest"), start: now, end: end, updated: now}
	}
}
