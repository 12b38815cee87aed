package azuresim

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// live returns the role assignments that are in force, ordered by id.
func (a *estate) live(now time.Time) []*assignment {
	var out []*assignment
	for _, key := range slices.Sorted(maps.Keys(a.assignments)) {
		if one := a.assignments[key]; one.inForce(now) {
			out = append(out, one)
		}
	}
	return out
}

// removeAssignment takes a role away, and ends the schedule that gave it.
func (a *estate) removeAssignment(one *assignment, now time.Time) {
	delete(a.assignments, strings.ToLower(one.id()))
	if one.schedule != nil {
		one.schedule.end = now
	}
}

var (
	filterPrincipal = regexp.MustCompile(`(?i)^principalId eq '([^']*)'$`)
	filterAssigned  = regexp.MustCompile(`(?i)^assignedTo\('([^']*)'\)$`)
)

// listAssignments lists what is assigned at a scope, above it and below it, or
// what the filter leaves of that. It is one page.
func (r *request) listAssignments() (*reply, error) {
	at, err := r.atScope(kindRoleAssignment + "/read")
	if err != nil {
		return nil, err
	}
	keep, err := r.filterAssignments(at)
	if err != nil {
		return nil, err
	}
	items := []object{}
	for _, a := range r.tenant.arm.live(r.now) {
		if keep(a) {
			items = append(items, a.answer())
		}
	}
	return answer(http.StatusOK, object{"value": items})
}

// filterAssignments reads the filter of a list at a scope.
func (r *request) filterAssignments(at scope) (func(*assignment) bool, error) {
	above := r.tenant.above(at)
	reaches := func(a *assignment) bool { return slices.Contains(above, a.scope.key()) }
	keep := func(a *assignment) bool {
		return reaches(a) || slices.Contains(r.tenant.above(a.scope), at.key())
	}
	for _, clause := range clauses(r.query.Get("$filter")) {
		before := keep
		switch principal, assigned := filterPrincipal.FindStringSubmatch(clause), filterAssigned.FindStringSubmatch(clause); {
		case strings.EqualFold(clause, "atScope()"):
			keep = func(a *assignment) bool { return before(a) && reaches(a) }
		case principal != nil:
			keep = func(a *assignment) bool { return before(a) && strings.EqualFold(a.principalID, principal[1]) }
		case assigned != nil:
			who := r.tenant.identitiesOf(strings.ToLower(assigned[1]))
			keep = func(a *assignment) bool { return before(a) && who[a.principalID] }
		default:
			return nil, newError("UnsupportedQuery", http.StatusBadRequest, "The filter '%s' is not supported. "+
				"Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.", clause)
		}
	}
	return keep, nil
}

// AssignRole gives a principal a role at a scope, without the API's checks, and
// returns the id of the role assignment. The role is a name such as "Reader", or
// a GUID. It panics on a role or scope that is not there: that is a mistake in a
// test.
func (t *Tenant) AssignRole(principalID, role, at string) string {
	return t.AssignRoleUnder(principalID, role, at, "")
}

// AssignRoleUnder is AssignRole under a condition.
func (t *Tenant) AssignRoleUnder(principalID, role, at, condition string) string {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	r := &request{server: t.server, tenant: t, now: t.server.clock.Now()}
	where, err := r.scopeOf(at)
	must("a role assignment", err)
	for _, d := range slices.Concat(sortedRoles(builtInRoles()), sortedRoles(t.arm.definitions)) {
		if d.name != role && d.id != role {
			continue
		}
		a := &assignment{
			name: t.server.newID("roleAssignment"), scope: where, role: d.id, principalID: strings.ToLower(principalID),
			principalType: "ServicePrincipal", condition: condition, created: r.now, updated: r.now, createdBy: t.admin.ObjectID,
		}
		if condition != "" {
			a.version = "2.0"
		}
		if e := t.get(principalID); e != nil {
			a.principalType = principalKinds[e.kind]
		}
		t.arm.assign(a)
		return a.id()
	}
	panic("azuresim: there is no role " + role)
}
