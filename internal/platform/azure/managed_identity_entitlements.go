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

// Entitlements judges what roles let an identity do, and what it gains over those that it had; had is nil for a new one.
// Nothing is asked and nothing found where both are the same. Roles that the caller may not read are not judged.
func (m *ManagedIdentities) Entitlements(ctx context.Context, now, had map[string]RoleAssignment) (governance.Entitlements, error) {
	if had != nil && maps.Equal(now, had) {
		return governance.Entitlements{}, nil
	}
	var found governance.Entitlements
	judged, err := m.judge(ctx, now, &found, func(key string, one rbac.Assignment) {
		for _, danger := range one.Dangers() {
			danger.Attribute = attribute("role_assignments", key, "role")
			found.Dangers = append(found.Dangers, danger)
		}
	})
	if err != nil || had == nil {
		return found, err
	}
	var before governance.Entitlements
	old, err := m.judge(ctx, had, &before, func(string, rbac.Assignment) {})
	if err != nil {
		return governance.Entitlements{}, err
	}
	found.Gains = rbac.Gains(sorted(old), sorted(judged))
	found.Narrows = len(found.Gains) == 0 && len(found.Unjudged) == 0
	return found, nil
}

// sorted are the assignments in the order of their keys.
func sorted(judged map[string]rbac.Assignment) (assignments []rbac.Assignment) {
	for _, key := range slices.Sorted(maps.Keys(judged)) {
		assignments = append(assignments, judged[key])
	}
	return assignments
}

// judge reads the roles of assignments, and notes those that cannot be read.
func (m *ManagedIdentities) judge(ctx context.Context, assignments map[string]RoleAssignment, found *governance.Entitlements, each func(string, rbac.Assignment)) (map[string]rbac.Assignment, error) {
	judged := map[string]rbac.Assignment{}
	for _, key := range slices.Sorted(maps.Keys(assignments)) {
		assignment := assignments[key]
		role, err := m.tenant.role(ctx, assignment.Scope, assignment.Role, false)
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
		case errors.As(err, &problem), errors.Is(err, platform.ErrNotFound):
			continue // Check says so.
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
