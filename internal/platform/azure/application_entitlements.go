package azure

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graphpermission"
)

// Entitlements judges what the app roles of an application let it do, and what it gains over those that it had; had is nil
// for a new one. Nothing is asked and nothing found where both say the same. What roles of other applications than
// Microsoft's allow is for those applications to say.
func (a *Applications) Entitlements(ctx context.Context, now map[string]AppRoleAssignment, had *map[string]AppRoleAssignment) (governance.Entitlements, error) {
	var found governance.Entitlements
	if had != nil && maps.Equal(now, *had) {
		return found, nil
	}
	var before []AppRole
	if had != nil {
		for _, one := range *had {
			role, err := a.role(ctx, one)
			if err != nil {
				return found, err
			}
			before = append(before, role)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		role, err := a.role(ctx, now[key])
		if err != nil {
			return found, err
		}
		if role.Role == "" {
			continue
		}
		if danger, ok := graphpermission.Of(role.Role); ok && role.microsofts() {
			found.Dangers = append(found.Dangers, governance.Danger{
				Rule: danger.Rule, Attribute: []string{applicationAttribute, "app_role_assignments", key}, Grant: role.String(), Why: danger.Why, Remedy: danger.Remedy,
			})
		}
		if had != nil && !slices.Contains(before, role) {
			found.Gains = append(found.Gains, governance.Gain{Level: role.level(), Text: role.String()})
		}
	}
	slices.SortStableFunc(found.Gains, func(a, b governance.Gain) int {
		return cmp.Or(cmp.Compare(slices.Index(graphpermission.Levels, a.Level), slices.Index(graphpermission.Levels, b.Level)), cmp.Compare(a.Text, b.Text))
	})
	found.Narrows = had != nil && len(found.Gains) == 0
	return found, nil
}

// role is the app role that an assignment names; none where there is no such one, which Check has said.
func (a *Applications) role(ctx context.Context, of AppRoleAssignment) (AppRole, error) {
	role, err := a.tenant.appRole(ctx, of)
	if problem := (*appRoleProblem)(nil); errors.As(err, &problem) {
		return AppRole{}, nil
	}
	return role.AppRole, err
}

// microsofts tells whether the role is of one of Microsoft's own applications.
func (r AppRole) microsofts() bool {
	return slices.Contains(slices.Collect(maps.Values(WellKnownResources)), r.ResourceAppID)
}

func (r AppRole) level() string {
	if !r.microsofts() {
		return graphpermission.Levels[1]
	}
	return graphpermission.Level(r.Role)
}
