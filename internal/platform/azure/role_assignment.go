package azure

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"golang.org/x/sync/errgroup"
)

// assigned are the role assignments of principals, by their object ids in lower case.
type assigned struct {
	assignments map[string][]armauthorization.RoleAssignment
	schedules   map[string][]armauthorization.RoleAssignmentSchedule
}

// readAssigned lists what principals have at, above and below the base: all of them, or one.
func (t *Tenant) readAssigned(ctx context.Context, arm management, b base, principal string) (assigned, error) {
	var filter, escaped *string
	if principal != "" {
		filter = to.Ptr(fmt.Sprintf("principalId eq '%s'", principal))
		escaped = to.Ptr(url.PathEscape(*filter)) // the client of role assignments sends it as it is
	}
	found := assigned{assignments: map[string][]armauthorization.RoleAssignment{}, schedules: map[string][]armauthorization.RoleAssignmentSchedule{}}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		all, err := collect(groupCtx, opReadRoles, arm.assignments.NewListForScopePager(pathOf(string(b)), &armauthorization.RoleAssignmentsClientListForScopeOptions{Filter: escaped}),
			func(page armauthorization.RoleAssignmentsClientListForScopeResponse) []*armauthorization.RoleAssignment {
				return page.Value
			})
		for _, assignment := range all {
			if assignment.Properties != nil {
				key := strings.ToLower(deref(assignment.Properties.PrincipalID))
				found.assignments[key] = append(found.assignments[key], assignment)
			}
		}
		return err
	})
	group.Go(func() error {
		all, err := t.readSchedules(groupCtx, arm, b, filter)
		for _, schedule := range all {
			if schedule.Properties != nil {
				key := strings.ToLower(deref(schedule.Properties.PrincipalID))
				found.schedules[key] = append(found.schedules[key], schedule)
			}
		}
		return err
	})
	return found, group.Wait()
}

// readSchedules lists when role assignments end. Without a licence for them there are none.
func (t *Tenant) readSchedules(ctx context.Context, arm management, b base, filter *string) ([]armauthorization.RoleAssignmentSchedule, error) {
	if t.identities.unlicensed.Load() {
		return nil, nil
	}
	pages := arm.schedules.NewListForScopePager(pathOf(string(b)), &armauthorization.RoleAssignmentSchedulesClientListForScopeOptions{Filter: filter})
	all, err := collect(ctx, opReadSchedules, pages, func(page armauthorization.RoleAssignmentSchedulesClientListForScopeResponse) []*armauthorization.RoleAssignmentSchedule {
		return page.Value
	})
	if code(err) == codeNoLicense {
		t.identities.unlicensed.Store(true)
		return nil, nil
	}
	return all, err
}

// add takes over what was read at another base.
func (a assigned) add(other assigned) {
	for principal, assignments := range other.assignments {
		a.assignments[principal] = append(a.assignments[principal], assignments...)
	}
	for principal, schedules := range other.schedules {
		a.schedules[principal] = append(a.schedules[principal], schedules...)
	}
}

// of are the roles of one principal, each once: an assignment with an end is in both lists, but not always at the same time.
func (a assigned) of(principal string, now time.Time) []AssignedRole {
	principal = strings.ToLower(principal)
	byGrant := map[grant]AssignedRole{}
	for _, assignment := range a.assignments[principal] {
		role := AssignedRole{
			Scope: deref(assignment.Properties.Scope), RoleID: roleGUID(deref(assignment.Properties.RoleDefinitionID)), assignmentID: deref(assignment.ID),
			Condition: deref(assignment.Properties.Condition), ConditionVersion: deref(assignment.Properties.ConditionVersion),
			description: deref(assignment.Properties.Description),
		}
		byGrant[role.grant()] = role
	}
	for _, schedule := range a.schedules[principal] {
		properties := schedule.Properties
		end := deref(properties.EndDateTime).UTC().Truncate(time.Second)
		inherited := properties.MemberType != nil && *properties.MemberType != armauthorization.MemberTypeDirect
		if properties.EndDateTime == nil || !end.After(now) || inherited {
			continue
		}
		role := AssignedRole{
			Scope: deref(properties.Scope), RoleID: roleGUID(deref(properties.RoleDefinitionID)),
			Condition: deref(properties.Condition), ConditionVersion: deref(properties.ConditionVersion),
		}
		if known, ok := byGrant[role.grant()]; ok {
			role = known
		}
		role.End, role.scheduleID = end, deref(schedule.ID)
		byGrant[role.grant()] = role
	}
	roles := make([]AssignedRole, 0, len(byGrant))
	for _, role := range byGrant {
		roles = append(roles, role)
	}
	return roles
}

// nobody is a principal that there is not.
const nobody = "00000000-0000-0000-0000-000000000000"

// licensed tells whether the tenant may use role assignments with an end: without a licence, Privileged Identity Management
// does not even list those of nobody.
func (t *Tenant) licensed(ctx context.Context, subscription string) (bool, error) {
	return t.identities.licensed.Get(ctx, func() (bool, error) {
		arm, err := t.manage(ctx, subscription)
		if err != nil {
			return false, err
		}
		_, err = t.readSchedules(ctx, arm, subscriptionBase(subscription), to.Ptr("principalId eq '"+nobody+"'"))
		return err == nil && !t.identities.unlicensed.Load(), err
	})
}

// keyed is the value of a key, made when it is first asked for.
func keyed[K comparable, V any](mutex *sync.Mutex, values *map[K]*V, key K) *V {
	mutex.Lock()
	defer mutex.Unlock()
	if *values == nil {
		*values = map[K]*V{}
	}
	value := (*values)[key]
	if value == nil {
		value = new(V)
		(*values)[key] = value
	}
	return value
}
