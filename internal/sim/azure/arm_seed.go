package azuresim

import (
	"maps"
	"strings"
	"time"
)

// ManagedIdentityView is a snapshot of a managed identity of Resource Manager.
type ManagedIdentityView struct {
	// ID is that of the resource, PrincipalID that of its service principal and
	// ClientID that of its application.
	ID, PrincipalID, ClientID string
	Tags                      map[string]string
	// Federated are the names of its federated credentials, in the order of their
	// making.
	Federated []string
}

func (res *resource) view() ManagedIdentityView {
	v := ManagedIdentityView{ID: res.id(), PrincipalID: res.principal.id, ClientID: res.principal.str("appId"), Tags: maps.Clone(res.tags)}
	for _, f := range res.principal.federated {
		v.Federated = append(v.Federated, f.name)
	}
	return v
}

// AddManagedIdentity makes a managed identity, and its resource group where that
// is not there.
func (s *Subscription) AddManagedIdentity(group, name string, tags map[string]string) (view ManagedIdentityView) {
	g := s.AddResourceGroup(group, "westeurope")
	s.tenant.withoutLag(func() {
		there := s.tenant.arm.groups[strings.ToLower(g)]
		res := s.tenant.newIdentity(there, name, there.location, 0)
		res.tags = maps.Clone(tags)
		view = res.view()
	})
	return view
}

// ManagedIdentity returns the managed identity with an id of Resource Manager, as
// it is, whatever the lag.
func (t *Tenant) ManagedIdentity(id string) (view ManagedIdentityView, ok bool) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	res := t.arm.resources[strings.ToLower(id)]
	if res == nil || res.principal == nil {
		return view, false
	}
	return res.view(), true
}

// TagManagedIdentity replaces the tags of a managed identity, as somebody does by
// hand. It panics on one that is not there: that is a mistake in a test.
func (t *Tenant) TagManagedIdentity(id string, tags map[string]string) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	t.arm.resources[strings.ToLower(id)].tags = maps.Clone(tags)
}

// RoleAssignmentView is a snapshot of a role assignment.
type RoleAssignmentView struct {
	ID, PrincipalID, Scope string
	// Role is the name of the role.
	Role, Condition, Description string
	// Ends is zero for one that has no end.
	Ends time.Time
}

// RoleAssignments returns the role assignments of a principal that are in force,
// or those of everybody for "", ordered by id.
func (t *Tenant) RoleAssignments(principalID string) []RoleAssignmentView {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	var out []RoleAssignmentView
	for _, a := range t.arm.live(t.server.clock.Now()) {
		if principalID != "" && !strings.EqualFold(a.principalID, principalID) {
			continue
		}
		v := RoleAssignmentView{ID: a.id(), PrincipalID: a.principalID, Scope: a.scope.id, Role: t.definition(a.role).name, Condition: a.condition, Description: a.description}
		if a.schedule != nil {
			v.Ends = a.schedule.end
		}
		out = append(out, v)
	}
	return out
}
