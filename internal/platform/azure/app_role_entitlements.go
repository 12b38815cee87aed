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

// AppRoleHolding is what decides what an application, or a third party's service principal, may do, as far as it is known.
type AppRoleHolding struct {
	// Of is the unique name of the application, or the application id of the third party's; empty while it is not known.
	Of       string
	AppRoles map[string]AppRoleAssignment
	// AppRolesUnknown says that there may be more.
	AppRolesUnknown bool
}

// Entitlements judges what the app roles of an application let it do, and what it gains over those that it had; had is nil
// for a new one.
func (a *Applications) Entitlements(ctx context.Context, now AppRoleHolding, had *AppRoleHolding, asked governance.Inquiry) (governance.Entitlements, error) {
	return a.tenant.roleEntitlements(ctx, roleHolder{applicationAttribute, governance.ApplicationSubject}, now, had, asked)
}

// Entitlements judges what the app roles of a service principal let the third party do, as that of applications does.
func (s *ServicePrincipals) Entitlements(ctx context.Context, now AppRoleHolding, had *AppRoleHolding, asked governance.Inquiry) (governance.Entitlements, error) {
	return s.tenant.roleEntitlements(ctx, roleHolder{servicePrincipalAttribute, governance.ServicePrincipalSubject}, now, had, asked)
}

// roleHolder is a kind that has app roles: the nested attribute that declares them, and whom an approval names.
type roleHolder struct {
	attribute string
	subject   func(tenant, of string) string
}

// roleEntitlements judges app roles. What those of other applications than Microsoft's allow is for those applications to
// say.
func (t *Tenant) roleEntitlements(ctx context.Context, holder roleHolder, now AppRoleHolding, had *AppRoleHolding, asked governance.Inquiry) (governance.Entitlements, error) {
	unchanged := had != nil && !now.AppRolesUnknown && maps.Equal(now.AppRoles, had.AppRoles)
	found := governance.Entitlements{Unchanged: unchanged}
	if unchanged && !asked.Granted && !asked.Unseen {
		return found, nil
	}
	found.Tentative = now.AppRolesUnknown || now.Of == ""
	if now.Of != "" {
		found.Identity = holder.subject(t.ID(), now.Of)
	}
	before := map[AppRole]bool{}
	if had != nil {
		for _, one := range had.AppRoles {
			role, err := t.knownRole(ctx, one)
			if err != nil {
				return found, err
			}
			before[role] = true
		}
	}
	var granted governance.Granted
	for _, key := range slices.Sorted(maps.Keys(now.AppRoles)) {
		role, err := t.knownRole(ctx, now.AppRoles[key])
		if err != nil {
			return found, err
		}
		if role.Role == "" {
			continue
		}
		granted.Grants = append(granted.Grants, governance.GrantedActions{
			Level: role.level(), Services: []string{role.ResourceName}, Actions: []string{role.Role}, Resources: []string{role.ResourceAppID},
		})
		if danger, dangerous := role.danger([]string{holder.attribute, "app_role_assignments", key}); dangerous {
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

// knownRole is the app role that an assignment names; none where there is no such one, which Check has said.
func (t *Tenant) knownRole(ctx context.Context, of AppRoleAssignment) (AppRole, error) {
	role, err := t.appRole(ctx, of)
	if problem := (*appRoleProblem)(nil); errors.As(err, &problem) {
		return AppRole{}, nil
	}
	return role.AppRole, err
}

// danger is what is dangerous in having the role, which an argument grants.
func (r AppRole) danger(argument []string) (governance.Danger, bool) {
	danger, ok := graphpermission.Of(r.Role)
	if !ok || !r.microsofts() {
		return governance.Danger{}, false
	}
	return governance.Danger{
		Rule: danger.Rule, Attribute: argument, Grant: r.String(), Why: danger.Why, Remedy: danger.Remedy,
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
