package azure

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/rbac"
)

// ManagedIdentityHolding is what decides what a managed identity may do, as far as it is known.
type ManagedIdentityHolding struct {
	// SubscriptionID is the tenant's where it is empty. ResourceGroup and Name are empty while they are not known.
	SubscriptionID, ResourceGroup, Name string
	RoleAssignments                     map[string]RoleAssignment
	// RolesUnknown says that there may be more.
	RolesUnknown bool
}

// Entitlements judges what roles let an identity do, and what it gains over those that it had; had is nil for a new one.
// Roles that the caller may not read are not judged.
func (m *ManagedIdentities) Entitlements(ctx context.Context, now ManagedIdentityHolding, had *ManagedIdentityHolding, asked governance.Inquiry) (governance.Entitlements, error) {
	unchanged := had != nil && !now.RolesUnknown && maps.Equal(now.RoleAssignments, had.RoleAssignments)
	found := governance.Entitlements{Unchanged: unchanged}
	if unchanged && !asked.Granted && !asked.Unseen {
		return found, nil
	}
	named := now.ResourceGroup != "" && now.Name != ""
	found.Tentative = now.RolesUnknown || !named
	if named {
		found.Identity = m.ID(now.Name, ManagedIdentitySpec{SubscriptionID: now.SubscriptionID, ResourceGroup: now.ResourceGroup}).String()
	}
	var granted governance.Granted
	age := roleKept
	if asked.Final {
		age = roleCurrent
	}
	judged, err := m.judge(ctx, now.RoleAssignments, age, &found, func(key string, one rbac.Assignment) {
		granted.Grants = append(granted.Grants, one.Granted()...)
		for _, danger := range one.Dangers() {
			if !slices.Contains(granted.Classes, danger.Rule) {
				granted.Classes = append(granted.Classes, danger.Rule)
			}
			danger.Attribute = attribute("role_assignments", key, "role")
			found.Dangers = append(found.Dangers, danger)
		}
	})
	if err != nil {
		return governance.Entitlements{}, err
	}
	if asked.Granted && !now.RolesUnknown && len(found.Unjudged) == 0 {
		found.Granted = &granted
	}
	if unchanged && !asked.Unseen {
		found.Dangers = nil
	}
	if had == nil || unchanged {
		found.Narrows = unchanged
		return found, nil
	}
	var before governance.Entitlements
	old, err := m.judge(ctx, had.RoleAssignments, roleKept, &before, func(string, rbac.Assignment) {})
	if err != nil {
		return governance.Entitlements{}, err
	}
	var was, is []rbac.Assignment
	for _, key := range slices.Sorted(maps.Keys(old)) {
		was = append(was, old[key])
	}
	for _, key := range slices.Sorted(maps.Keys(judged)) {
		if had.RoleAssignments[key] != now.RoleAssignments[key] { // One that stays gains nothing, whatever its condition.
			is = append(is, judged[key])
		}
	}
	found.Gains = rbac.Gains(was, is)
	found.Narrows = len(found.Gains) == 0 && len(found.Unjudged) == 0 && !now.RolesUnknown
	return found, nil
}

// judge reads the roles of assignments, and notes those that cannot be read.
func (m *ManagedIdentities) judge(ctx context.Context, assignments map[string]RoleAssignment, age roleAge, found *governance.Entitlements, each func(string, rbac.Assignment)) (map[string]rbac.Assignment, error) {
	judged := map[string]rbac.Assignment{}
	for _, key := range slices.Sorted(maps.Keys(assignments)) {
		assignment := assignments[key]
		role, err := m.tenant.role(ctx, assignment.Scope, assignment.Role, age)
		var forbidden *platform.ErrForbidden
		var problem *roleProblem
		switch {
		case errors.As(err, &forbidden):
			found.Unjudged = append(found.Unjudged, governance.Unjudged{
				Attribute: attribute("role_assignments", key, "role"), What: []string{"what the role " + assignment.Role + " allows"},
				Reason: "the provider's credentials lack the permission " + forbidden.Permission,
				Remedy: "Allow " + forbidden.Permission + " to them, as the guide \"Azure permissions\" has it. What is not known is not safe: look at it yourself until then.",
			})
			continue
		case (errors.As(err, &problem) || errors.Is(err, platform.ErrNotFound)) && (age != roleCurrent || found.Unchanged):
			continue // Check says so.
		case problem != nil:
			return nil, problem.at(key) // One that appears in a moment would be assigned unjudged.
		case err != nil:
			return nil, err
		}
		judged[key] = rbac.Assignment{Role: role.rbac(), Scope: assignment.Scope, Reach: rbac.AssignmentReach(assignment.Scope), Condition: assignment.Condition}
		each(key, judged[key])
	}
	return judged, nil
}

// rbac is what the role grants.
func (d definition) rbac() rbac.Role {
	role := rbac.Role{Name: d.name}
	texts := func(pointers []*string) (values []string) {
		for _, pointer := range pointers {
			values = append(values, deref(pointer))
		}
		return values
	}
	for _, permission := range d.permissions {
		role.Permissions = append(role.Permissions, rbac.Permission{
			Actions: texts(permission.Actions), NotActions: texts(permission.NotActions),
			DataActions: texts(permission.DataActions), NotDataActions: texts(permission.NotDataActions),
		})
	}
	return role
}
