package azure

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// roleDocs keeps the roles that were asked for, by name or by GUID, and the lists of those that a name was not found in.
// Microsoft's never change within a run. A custom role is read anew before an identity that has it is written: the same
// apply may have changed it.
type roleDocs struct {
	mutex sync.Mutex
	asked map[roleKey]*platform.Memo[roleReading]
	lists map[base]*platform.Memo[roleReading]
	// alone counts the roles that were read one by one.
	alone map[base]int
	// order counts questions and readings, so that a question knows a reading that began after it.
	order atomic.Int64
}

// roleKey is a role as it was asked for: its GUID, or its name in lower case.
type roleKey struct {
	base base
	text string
}

// roleReading are roles as they were when it began, by the order of roleDocs.
type roleReading struct {
	roles []definition
	began int64
}

// roleAge is how old a reading may be.
type roleAge int

const (
	// roleKept takes what was read in this run, also that there is no such role.
	roleKept roleAge = iota
	// rolePresent asks again for a role that was not there.
	rolePresent
	// roleCurrent asks again for a custom role as well.
	roleCurrent
)

// good tells whether a reading will do for the role of a text.
func (r roleReading) good(text string, age roleAge, asked int64) bool {
	role, problem := find(r.roles, text)
	return r.began > asked || age == roleKept || problem == nil && (age == rolePresent || !role.custom)
}

// mostAlone is how many roles of a base are read one by one; for more, the list of all is the cheaper way.
const mostAlone = 12

// role finds one role at a scope. A *roleProblem says that there is none, or more than one.
func (t *Tenant) role(ctx context.Context, scope, text string, age roleAge) (definition, error) {
	b, reason := baseOf(scope)
	guid := roleGUID(text)
	if reason != "" {
		return definition{id: guid}, nil
	}
	asked := t.roles.order.Add(1)
	good := func(known roleReading) bool { return known.good(text, age, asked) }
	read, err := t.roles.of(b, guid, text).GetIf(ctx, good, func() (roleReading, error) {
		if age != roleCurrent && t.roles.many(b) {
			return t.listRoles(ctx, b, good)
		}
		read, err := t.readRole(ctx, b, guid, text)
		if err == nil && guid == "" && len(read.roles) == 0 {
			// It may be one that can only be assigned further below; if not, the names of the others tell what was meant.
			return t.listRoles(ctx, b, good)
		}
		return read, err
	})
	if err != nil {
		return definition{}, err
	}
	role, problem := find(read.roles, text)
	if problem != nil {
		return definition{}, problem
	}
	if guid == "" {
		// The roles of an identity are read by their GUIDs.
		_, err = t.roles.of(b, role.id, "").GetIf(ctx, func(known roleReading) bool { return known.began >= read.began }, func() (roleReading, error) { return read, nil })
	}
	return role, err
}

func (d *roleDocs) of(b base, guid, text string) *platform.Memo[roleReading] {
	if guid == "" {
		guid = strings.ToLower(text)
	}
	return keyed(&d.mutex, &d.asked, roleKey{b, guid})
}

// many tells whether so many roles were read one by one that the list of all costs less.
func (d *roleDocs) many(b base) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.alone == nil {
		d.alone = map[base]int{}
	}
	d.alone[b]++
	return d.alone[b] > mostAlone
}

// readRole asks for the role with a GUID, or for those with a name that can be assigned at the base.
func (t *Tenant) readRole(ctx context.Context, b base, guid, name string) (roleReading, error) {
	began := t.roles.order.Add(1)
	if guid == "" {
		return t.readRoles(ctx, b, "roleName eq '"+strings.ReplaceAll(name, "'", "''")+"'", began)
	}
	arm, err := t.manage(ctx, t.SubscriptionID())
	if err != nil {
		return roleReading{}, err
	}
	answer, err := arm.definitions.Get(ctx, pathOf(string(b)), guid, nil)
	if code(err) == codeNoRole {
		return roleReading{began: began}, nil
	}
	return roleReading{definitions([]armauthorization.RoleDefinition{answer.RoleDefinition}), began}, mapError(opDefinitions, err)
}

// listRoles are all roles that can be assigned at the base and below, in which another question may have looked before.
func (t *Tenant) listRoles(ctx context.Context, b base, good func(roleReading) bool) (roleReading, error) {
	return keyed(&t.roles.mutex, &t.roles.lists, b).GetIf(ctx, good, func() (roleReading, error) {
		return t.readRoles(ctx, b, "atScopeAndBelow()", t.roles.order.Add(1))
	})
}

func (t *Tenant) readRoles(ctx context.Context, b base, filter string, began int64) (roleReading, error) {
	arm, err := t.manage(ctx, t.SubscriptionID())
	if err != nil {
		return roleReading{}, err
	}
	listed, err := collect(ctx, opDefinitions, arm.definitions.NewListPager(pathOf(string(b)), &armauthorization.RoleDefinitionsClientListOptions{Filter: to.Ptr(filter)}),
		func(page armauthorization.RoleDefinitionsClientListResponse) []*armauthorization.RoleDefinition {
			return page.Value
		})
	return roleReading{definitions(listed), began}, err
}

// definitions are roles without what nobody asks for.
func definitions(listed []armauthorization.RoleDefinition) []definition {
	all := make([]definition, 0, len(listed))
	for _, role := range listed {
		if role.Properties == nil {
			continue
		}
		made := definition{id: strings.ToLower(deref(role.Name)), name: deref(role.Properties.RoleName), custom: !strings.EqualFold(deref(role.Properties.RoleType), builtInRole)}
		for _, scope := range role.Properties.AssignableScopes {
			made.scopes = append(made.scopes, deref(scope))
		}
		for _, permission := range role.Properties.Permissions {
			made.permissions = append(made.permissions, deref(permission))
		}
		all = append(all, made)
	}
	return slices.Clip(all)
}

// builtInRole is the type of Microsoft's own roles.
const builtInRole = "BuiltInRole"
