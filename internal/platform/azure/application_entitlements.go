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

// ApplicationHolding is what decides what an application may do, as far as it is known.
type ApplicationHolding struct {
	// UniqueName is empty while it is not known.
	UniqueName string
	AppRoles   map[string]AppRoleAssignment
	// AppRolesUnknown says that there may be more.
	AppRolesUnknown bool
}

// Entitlements judges what the app roles of an application let it do, and what it gains over those that it had; had is nil
// for a new one. What roles of other applications than Microsoft's allow is for those applications to say.
func (a *Applications) Entitlements(ctx context.Context, now ApplicationHolding, had *ApplicationHolding, asked governance.Inquiry) (governance.Entitlements, error) {
	unchanged := had != nil && !now.AppRolesUnknown && maps.Equal(now.AppRoles, had.AppRoles)
	found := governance.Entitlements{Unchanged: unchanged}
	if unchanged && !asked.Granted && !asked.Unseen {
		return found, nil
	}
	found.Tentative = now.AppRolesUnknown || now.UniqueName == ""
	if now.UniqueName != "" {
		found.Identity = governance.ApplicationSubject(a.tenant.ID(), now.UniqueName)
	}
	before := map[AppRole]bool{}
	if had != nil {
		for _, one := range had.AppRoles {
			role, err := a.role(ctx, one)
			if err != nil {
				return found, err
			}
			before[role] = true
		}
	}
	var granted governance.Granted
	for _, key := range slices.Sorted(maps.Keys(now.AppRoles)) {
		role, err := a.role(ctx, now.AppRoles[key])
		if err != nil {
			return found, err
		}
		if role.Role == "" {
			continue
		}
		granted.Grants = append(granted.Grants, governance.GrantedActions{
			Level: role.level(), Services: []string{role.ResourceName}, Actions: []string{role.Role}, Resources: []string{role.ResourceAppID},
		})
		if danger, dangerous := role.danger(key); dangerous {
			if !slices.Contains(granted.Classes, danger.Rule) {
				granted.Classes = append(granted.Classes, danger.Rule)
			}
			found.Dangers = append(found.Dangers, danger)
		}
		if had != nil && !before[role] {
			found.Gains = append(found.Gains, governance.Gain{Level: role.level(), Text: role.String()})
		}
	}
	byLevel := func(a, b string) int {
		return cmp.Compare(slices.Index(graphpermission.Levels, a), slices.Index(graphpermission.Levels, b))
	}
	if asked.Granted && !now.AppRolesUnknown {
		slices.SortStableFunc(granted.Grants, func(a, b governance.GrantedActions) int { return byLevel(a.Level, b.Level) })
		found.Granted = &granted
	}
	if unchanged && !asked.Unseen {
		found.Dangers = nil
	}
	if found.Narrows = unchanged; unchanged {
		return found, nil
	}
	slices.SortStableFunc(found.Gains, func(a, b governance.Gain) int {
		return cmp.Or(byLevel(a.Level, b.Level), cmp.Compare(a.Text, b.Text))
	})
	found.Narrows = had != nil && len(found.Gains) == 0 && !now.AppRolesUnknown
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

// danger is what is dangerous in having the role, which the assignment of the key grants.
func (r AppRole) danger(key string) (governance.Danger, bool) {
	danger, ok := graphpermission.Of(r.Role)
	if !ok || !r.microsofts() {
		return governance.Danger{}, false
	}
	return governance.Danger{
		Rule: danger.Rule, Attribute: []string{applicationAttribute, "app_role_assignments", key}, Grant: r.String(), Why: danger.Why, Remedy: danger.Remedy,
		Grants: []governance.Grant{{Actions: []string{r.Role}, Resources: []string{r.ResourceAppID}}},
	}, true
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
