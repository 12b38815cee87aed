package azuresim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	kindScheduleRequest  = "Microsoft.Authorization/roleAssignmentScheduleRequests"
	kindSchedule         = "Microsoft.Authorization/roleAssignmentSchedules"
	kindScheduleInstance = "Microsoft.Authorization/roleAssignmentScheduleInstances"
)

// scheduleRequest is a request for a time-bound role assignment, which stays
// when the assignment goes.
type scheduleRequest struct {
	name, kind, status string
	assignment         *assignment
	info               object
	schedule           string // name of the schedule that came of it
	created            time.Time
	requestor          string
	justification      string
	ticket             object
}

// scheduleRoutes are the operations on time-bound role assignments
// (Authorization REST reference, Role Assignment Schedule Requests, Role
// Assignment Schedules, Role Assignment Schedule Instances).
var scheduleRoutes = []route{
	{pattern: "PUT /{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{name}", handle: (*request).putScheduleRequest},
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{name}", handle: (*request).getScheduleRequest},
	{pattern: "POST /{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{name}/cancel", handle: (*request).cancelScheduleRequest},
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests", handle: (*request).listScheduleRequests},
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleAssignmentSchedules/{name}", handle: (*request).getSchedule},
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleAssignmentSchedules", handle: (*request).listSchedules},
	{pattern: "GET /{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances", handle: (*request).listScheduleInstances},
}

// scheduleScope finds the scope of a request about schedules. What is asked for
// is the permission of role assignments: schedules have none of their own to
// read.
func (r *request) scheduleScope(kind, action string) (scope, error) {
	if err := r.version(kind); err != nil {
		return scope{}, err
	}
	at, err := r.scopeOf(r.http.PathValue("scope"))
	if err != nil {
		return scope{}, err
	}
	if err := r.allow(kindRoleAssignment+"/"+action, at); err != nil {
		return scope{}, err
	}
	return at, r.checkLicence()
}

func (q *scheduleRequest) answer() object {
	a := q.assignment
	return object{
		"id": strings.TrimSuffix(a.scope.id, "/") + "/providers/" + kindScheduleRequest + "/" + q.name, "name": q.name, "type": kindScheduleRequest,
		"properties": object{
			"principalId": a.principalID, "principalType": a.principalType, "roleDefinitionId": definitionID(a.role, a.scope), "scope": a.scope.id,
			"requestType": q.kind, "status": q.status, "scheduleInfo": q.info, "targetRoleAssignmentScheduleId": orNil(q.schedule), "justification": orNil(q.justification),
			"ticketInfo": q.ticket, "requestorId": q.requestor, "createdOn": armStamp(q.created), "condition": orNil(a.condition), "conditionVersion": orNil(a.version),
			"targetRoleAssignmentScheduleInstanceId": nil, "linkedRoleEligibilityScheduleId": nil, "approvalId": nil,
		},
	}
}

func (r *request) putScheduleRequest() (*reply, error) {
	at, err := r.scheduleScope(kindScheduleRequest, "write")
	if err != nil {
		return nil, err
	}
	p, name := r.body.object("properties"), strings.ToLower(r.http.PathValue("name"))
	kind := p.str("requestType")
	switch {
	case !guidPattern.MatchString(name):
		return nil, newError("InvalidRoleAssignmentScheduleRequestId", http.StatusBadRequest, "The role assignment schedule request ID '%s' is not valid. It must be a GUID.", name)
	case r.tenant.arm.requests[name] != nil:
		return nil, newError("RoleAssignmentScheduleRequestExists", http.StatusConflict, "A role assignment schedule request with the ID '%s' already exists.", name)
	case kind == "SelfActivate", kind == "SelfDeactivate", kind == "SelfExtend", kind == "SelfRenew":
		return nil, newError("InvalidRoleAssignmentRequest", http.StatusBadRequest, "The request type '%s' is for eligible assignments, which the simulator has not.", kind)
	case !slices.Contains([]string{"AdminAssign", "AdminUpdate", "AdminExtend", "AdminRenew", "AdminRemove"}, kind):
		return nil, newError("InvalidRoleAssignmentRequest", http.StatusBadRequest, "The request type '%s' is not valid.", kind)
	}
	want, err := r.readScheduled(at, p, kind == "AdminRemove")
	if err != nil {
		return nil, err
	}
	a, err := r.changeAssignment(kind, want, p.object("scheduleInfo"))
	if err != nil {
		return nil, err
	}
	info := object{}
	maps.Copy(info, p.object("scheduleInfo"))
	q := &scheduleRequest{
		name: name, kind: kind, status: "Provisioned", assignment: a, info: info, created: r.now,
		requestor: r.caller.objectID, justification: want.justification, ticket: p.object("ticketInfo"),
	}
	switch {
	case kind == "AdminRemove":
		q.status = "Revoked"
	case !a.schedule.inForce(r.now):
		q.status = "Granted"
	}
	if kind != "AdminRemove" {
		a.schedule.request = q.answer().str("id")
		q.schedule = a.schedule.name
		q.info["startDateTime"] = armStamp(a.schedule.start)
	}
	r.tenant.arm.requests[name] = q
	return answer(http.StatusCreated, q.answer())
}

// readScheduled reads who is to have which role. A removal may be of somebody
// who is gone.
func (r *request) readScheduled(at scope, p object, removal bool) (*assignment, error) {
	role, err := r.roleOf(p.str("roleDefinitionId"), at)
	if err != nil {
		return nil, err
	}
	a := &assignment{
		scope: at, role: role.id, condition: p.str("condition"), version: p.str("conditionVersion"), justification: p.str("justification"),
		principalID: strings.ToLower(p.str("principalId")), created: r.now, updated: r.now, createdBy: r.caller.objectID,
	}
	if err := a.checkCondition(); err != nil || removal {
		return a, err
	}
	e := r.tenant.get(a.principalID)
	if e == nil || principalKinds[e.kind] == "" || e.meet() == nil {
		return nil, newError("SubjectNotFound", http.StatusNotFound, "The subject is not found.")
	}
	a.principalType = principalKinds[e.kind]
	return a, nil
}

func (r *request) theRequest(action string) (*scheduleRequest, error) {
	at, err := r.scheduleScope(kindScheduleRequest, action)
	if err != nil {
		return nil, err
	}
	q := r.tenant.arm.requests[strings.ToLower(r.http.PathValue("name"))]
	if q == nil || q.assignment.scope.key() != at.key() {
		return nil, newError("RoleAssignmentScheduleRequestNotFound", http.StatusNotFound, "The role assignment schedule request '%s' is not found.", r.http.PathValue("name"))
	}
	return q, nil
}

func (r *request) getScheduleRequest() (*reply, error) {
	q, err := r.theRequest("read")
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, q.answer())
}

// cancelScheduleRequest takes back a role that has not begun.
func (r *request) cancelScheduleRequest() (*reply, error) {
	q, err := r.theRequest("write")
	if err != nil {
		return nil, err
	}
	if q.status != "Granted" || q.assignment.schedule.name != q.schedule || !q.assignment.schedule.start.After(r.now) {
		return nil, newError("RoleAssignmentRequestCannotBeCancelled", http.StatusBadRequest, "The role assignment schedule request '%s' is not pending.", q.name)
	}
	q.status = "Canceled"
	delete(r.tenant.arm.assignments, strings.ToLower(q.assignment.id()))
	return &reply{status: http.StatusOK}, nil
}

func (r *request) listScheduleRequests() (*reply, error) {
	at, err := r.scheduleScope(kindScheduleRequest, "read")
	if err != nil {
		return nil, err
	}
	keep, err := r.filterAssignments(at)
	if err != nil {
		return nil, err
	}
	items := []object{}
	for _, name := range slices.Sorted(maps.Keys(r.tenant.arm.requests)) {
		if q := r.tenant.arm.requests[name]; keep(q.assignment) {
			items = append(items, q.answer())
		}
	}
	return answer(http.StatusOK, object{"value": items})
}

// scheduleAnswer is a role assignment as a schedule. One without a schedule has
// no end.
func (a *assignment) scheduleAnswer(kind string) object {
	s := a.schedule
	if s == nil {
		s = &schedule{name: a.name, start: a.created, updated: a.updated}
	}
	at := strings.TrimSuffix(a.scope.id, "/") + "/providers/"
	out := object{
		"principalId": a.principalID, "principalType": a.principalType, "roleDefinitionId": definitionID(a.role, a.scope), "scope": a.scope.id,
		"status": "Provisioned", "assignmentType": "Assigned", "memberType": "Direct", "startDateTime": armStamp(s.start), "endDateTime": nil,
		"condition": orNil(a.condition), "conditionVersion": orNil(a.version), "createdOn": armStamp(a.created), "linkedRoleEligibilityScheduleId": nil,
	}
	if !s.end.IsZero() {
		out["endDateTime"] = armStamp(s.end)
	}
	if kind == kindSchedule {
		out["roleAssignmentScheduleRequestId"], out["updatedOn"] = orNil(s.request), armStamp(s.updated)
		return object{"id": at + kind + "/" + s.name, "name": s.name, "type": kind, "properties": out}
	}
	out["roleAssignmentScheduleId"], out["originRoleAssignmentId"] = at+kindSchedule+"/"+s.name, a.id()
	return object{"id": at + kind + "/" + a.name, "name": a.name, "type": kind, "properties": out}
}

func (r *request) scheduleList(kind string, of []*assignment, at scope) (*reply, error) {
	keep, err := r.filterAssignments(at)
	if err != nil {
		return nil, err
	}
	items := []object{}
	for _, a := range of {
		if keep(a) {
			items = append(items, a.scheduleAnswer(kind))
		}
	}
	return answer(http.StatusOK, object{"value": items})
}

func (r *request) listSchedules() (*reply, error) {
	at, err := r.scheduleScope(kindSchedule, "read")
	if err != nil {
		return nil, err
	}
	return r.scheduleList(kindSchedule, r.tenant.arm.scheduled(r.now), at)
}

func (r *request) listScheduleInstances() (*reply, error) {
	at, err := r.scheduleScope(kindScheduleInstance, "read")
	if err != nil {
		return nil, err
	}
	return r.scheduleList(kindScheduleInstance, r.tenant.arm.live(r.now), at)
}

func (r *request) getSchedule() (*reply, error) {
	at, err := r.scheduleScope(kindSchedule, "read")
	if err != nil {
		return nil, err
	}
	for _, a := range r.tenant.arm.scheduled(r.now) {
		if one := a.scheduleAnswer(kindSchedule); a.scope.key() == at.key() && strings.EqualFold(one.str("name"), r.http.PathValue("name")) {
			return answer(http.StatusOK, one)
		}
	}
	return nil, newError("RoleAssignmentScheduleNotFound", http.StatusNotFound, "The role assignment schedule '%s' is not found.", r.http.PathValue("name"))
}
