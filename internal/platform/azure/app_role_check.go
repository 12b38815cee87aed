package azure

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
)

// addRoles finds what is wrong with the app roles of an attribute without asking anybody.
func (f *findings) addRoles(attribute string, roles map[string]AppRoleAssignment) {
	at := func(path ...string) []string { return append([]string{attribute, "app_role_assignments"}, path...) }
	seen := map[AppRoleAssignment]string{}
	for _, key := range slices.Sorted(maps.Keys(roles)) {
		one := roles[key]
		if one.Resource != "" && ResourceAppID(one.Resource) == "" {
			f.add(at(key, "resource_app_id"), wellKnown(), "%q is no application id, and no application of Microsoft's that is known by name", one.Resource)
		}
		same := AppRoleAssignment{ResourceAppID(one.Resource), strings.ToLower(one.Role)}
		if other, twice := seen[same]; twice && same.Resource != "" && one.Role != "" {
			f.add(at(key), "Keep one of the two.", "%q and %q assign the same role", other, key)
		}
		seen[same] = key
	}
}

// checkRoles finds app roles that there are not.
func (t *Tenant) checkRoles(ctx context.Context, found *findings, attribute string, roles map[string]AppRoleAssignment) error {
	for _, key := range slices.Sorted(maps.Keys(roles)) {
		one := roles[key]
		if ResourceAppID(one.Resource) == "" || one.Role == "" {
			continue
		}
		_, err := t.appRole(ctx, one)
		if problem := (*appRoleProblem)(nil); errors.As(err, &problem) {
			found.add([]string{attribute, "app_role_assignments", key, problem.field}, problem.fix, "%s", problem.reason)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// namedRoles are the app roles that assignments name, sorted.
func (t *Tenant) namedRoles(ctx context.Context, assignments map[string]AppRoleAssignment) ([]AppRole, error) {
	var named []AppRole
	for _, key := range slices.Sorted(maps.Keys(assignments)) {
		role, err := t.appRole(ctx, assignments[key])
		if err != nil {
			return named, err
		}
		named = append(named, role.AppRole)
	}
	sortRoles(named)
	return named, nil
}

func sortRoles(roles []AppRole) {
	slices.SortFunc(roles, func(a, b AppRole) int { return strings.Compare(a.String()+a.ResourceAppID, b.String()+b.ResourceAppID) })
}
