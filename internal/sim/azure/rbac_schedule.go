package azuresim

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// schedule is from when until when a role assignment is in force.
type schedule struct {
	name       string    // a GUID, another one after each change
	request    string    // id of the request that made it
	start, end time.Time // a zero end is none
	updated    time.Time
}

func (s *schedule) inForce(now time.Time) bool { return !now.Before(s.start) && !s.ended(now) }

func (s *schedule) ended(now time.Time) bool { return !s.end.IsZero() && !now.Before(s.end) }

// shortestActive is the shortest time that a role can be assigned for, and the
// time that it has to be active before it can be taken away.
const shortestActive = 5 * time.Minute

// checkLicence refuses a tenant without the licence for Privileged Identity
// Management.
func (r *request) checkLicence() error {
	if r.tenant.arm.unlicensed {
		return newError("AadPremiumLicenseRequired", http.StatusBadRequest, "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.")
	}
	return nil
}

func errPolicy(rule string) error {
	return newError("RoleAssignmentRequestPolicyValidationFailed", http.StatusBadRequest, `The following policy rules failed: ["%s"]`, rule)
}

// readSchedule reads from when until when a role is to be assigned. A start in
// the past is now.
func (r *request) readSchedule(info object) (*schedule, error) {
	bad := func(format string, args ...any) (*schedule, error) {
		return nil, newError("InvalidScheduleInfo", http.StatusBadRequest, format, args...)
	}
	out := &schedule{name: r.server.newID("schedule"), start: r.now, updated: r.now}
	if text := info.str("startDateTime"); text != "" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return bad("The start date time '%s' is not valid.", text)
		}
		if at.After(r.now) {
			out.start = at.UTC()
		}
	}
	expiration := info.object("expiration")
	switch kind := expiration.str("type"); kind {
	case "NoExpiration":
	case "AfterDateTime":
		at, err := time.Parse(time.RFC3339Nano, expiration.str("endDateTime"))
		if err != nil {
			return bad("The end date time '%s' is not valid.", expiration.str("endDateTime"))
		}
		out.end = at.UTC()
	case "AfterDuration":
		d, ok := duration(expiration.str("duration"))
		if !ok {
			return bad("The duration '%s' is not valid.", expiration.str("duration"))
		}
		out.end = out.start.Add(d)
	default:
		return bad("The expiration type '%s' is not valid.", kind)
	}
	longest := r.tenant.arm.longestActive
	switch {
	case out.end.IsZero() && longest == 0:
	case out.end.IsZero(), out.end.Sub(out.start) < shortestActive, longest > 0 && out.end.Sub(out.start) > longest:
		return nil, errPolicy("ExpirationRule")
	}
	return out, nil
}

// changeAssignment does what a schedule request of type kind asks for, and
// returns the role assignment that it is about.
func (r *request) changeAssignment(kind string, want *assignment, info object) (*assignment, error) {
	var there *assignment
	for _, a := range r.tenant.arm.assignments {
		if a.same(want) && (a.schedule == nil || !a.schedule.ended(r.now)) {
			there = a
		}
	}
	absent := newError("RoleAssignmentDoesNotExist", http.StatusBadRequest, "The Role assignment does not exist.")
	if kind == "AdminRemove" {
		if there == nil || there.schedule != nil && !there.schedule.inForce(r.now) {
			return nil, absent
		}
		since := there.created
		if there.schedule != nil {
			since = there.schedule.start
		}
		if r.now.Sub(since) < r.tenant.arm.shortestActive {
			return nil, newError("ActiveDurationTooShort", http.StatusBadRequest, "The Active duration is too short. Miniumum Required is 5 minutes.")
		}
		r.tenant.arm.removeAssignment(there, r.now)
		return there, nil
	}
	if want.justification == "" {
		return nil, errPolicy("JustificationRule")
	}
	times, err := r.readSchedule(info)
	if err != nil {
		return nil, err
	}
	switch {
	case kind == "AdminAssign" && there != nil:
		return nil, newError("RoleAssignmentExists", http.StatusBadRequest, "The Role assignment already exists.")
	case kind == "AdminAssign":
		there = want
		there.name = r.server.newID("roleAssignment")
		r.tenant.arm.assign(there)
	case there == nil:
		return nil, absent
	}
	if there.schedule != nil && !there.schedule.start.After(r.now) {
		times.start = there.schedule.start
	}
	there.schedule, there.updated = times, r.now
	return there, nil
}

// scheduled returns the role assignments that are in force or will be, ordered
// by id.
func (a *estate) scheduled(now time.Time) []*assignment {
	var out []*assignment
	for _, key := range slices.Sorted(maps.Keys(a.assignments)) {
		if one := a.assignments[key]; one.schedule == nil || !one.schedule.ended(now) {
			out = append(out, one)
		}
	}
	return out
}

// SetGovernanceLicence says whether the tenant has the licence for time-bound
// role assignments, which it has from the start.
func (t *Tenant) SetGovernanceLicence(licensed bool) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	t.arm.unlicensed = !licensed
}

// SetActiveAssignmentPolicy bounds time-bound role assignments: longest is how
// long one can be, and its presence asks every one to have an end; 0, the
// default, is no bound. With strict, one that has been active for less than five
// minutes cannot be taken away, as in Azure; tests under a standing clock have
// that off.
func (t *Tenant) SetActiveAssignmentPolicy(longest time.Duration, strict bool) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	t.arm.longestActive, t.arm.shortestActive = longest, 0
	if strict {
		t.arm.shortestActive = shortestActive
	}
}
