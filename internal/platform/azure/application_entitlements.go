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
// for a new one.
func (a *Applications) Entitlements(ctx context.Context, now ApplicationHolding, had *ApplicationHolding, asked governance.Inquiry) (governance.Entitlements, error) {
	subject := ""
	if now.UniqueName != "" {
		subject = governance.ApplicationSubject(a.tenant.ID(), now.UniqueName)
	}
	holding := roleHolding{attribute: applicationAttribute, subject: subject, roles: now.AppRoles, unknown: now.AppRolesUnknown}
	if had != nil {
		holding.existed, holding.had = true, had.AppRoles
	}
	return a.tenant.roleEntitlements(ctx, holding, asked)
}

// roleHolding is which app roles a service principal is to have, as far as that is known, and which it had.
type roleHolding struct {
	// attribute is the nested attribute that declares it, and subject whom an approval names; empty while that is not known.
	attribute, subject string
	roles              map[string]AppRoleAssignment
	// unknown says that there may be more.
	unknown bool
	existed bool
	had     map[string]AppRoleAssignment
}

// roleEntitlements judges app roles. What those of other applications than Microsoft's allow is for those applications to
// say.
func (t *Tenant) roleEntitlements(ctx context.Context, of roleHolding, asked governance.Inquiry) (governance.Entitlements, error) {
	unchanged := of.existed && !of.unknown && maps.Equal(of.roles, of.had)
	found := governance.Entitlements{Unchanged: unchanged}
	if unchanged && !asked.Granted && !asked.Unseen {
		return found, nil
	}
	found.Tentative, found.Identity = of.unknown || of.subject == "", of.subject
	before := map[AppRole]bool{}
	for _, one := range of.had {
		role, err := t.knownRole(ctx, one)
		if err != nil {
			return found, err
		}
		before[role] = true
	}
	var granted governance.Granted
	for _, key := range slices.Sorted(maps.Keys(of.roles)) {
		role, err := t.knownRole(ctx, of.roles[key])
		if err != nil {
			return found, err
		}
		if role.Role == "" {
			continue
		}
		granted.Grants = append(granted.Grants, governance.GrantedActions{
			Level: role.level(), Services: []string{role.ResourceName}, Actions: []string{role.Role}, Resources: []string{role.ResourceAppID},
		})
		if danger, dangerous := role.danger([]string{of.attribute, "app_role_assignments", key}); dangerous {
			if !slices.Contains(granted.Classes, danger.Rule) {
				granted.Classes = append(granted.Classes, danger.Rule)
			}
			found.Dangers = append(found.Dangers, danger)
		}
		if of.existed && !before[role] {
			found.Gains = append(found.Gains, governance.Gain{Level: role.level(), Text: role.String()})
		}
	}
	byLevel := func(a, b string) int {
		return cmp.Compare(slices.Index(graphpermission.Levels, a), slices.Index(graphpermission.Levels, b))
	}
	if asked.Granted && !of.unknown {
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
	found.Narrows = of.existed && len(found.Gains) == 0 && !of.unknown
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
