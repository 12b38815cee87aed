package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// definition is a role that can be assigned.
type definition struct {
	// id is a GUID, and empty for a role of which only the name is known.
	id, name string
	// custom says that it is the tenant's, which can change it.
	custom bool
	// scopes are where it can be assigned.
	scopes      []string
	permissions []armauthorization.Permission
}

// definitionID is the one that a role assignment at the base refers to.
func definitionID(b base, role string) string {
	prefix := string(b)
	if !strings.HasPrefix(prefix, "/subscriptions/") {
		prefix = ""
	}
	return prefix + "/providers/Microsoft.Authorization/roleDefinitions/" + strings.ToLower(role)
}

// roleGUID is the GUID in the text of a role; empty when that is a name.
func roleGUID(text string) string {
	guid := text
	if last, ok := afterLast(text, "/providers/Microsoft.Authorization/roleDefinitions/"); ok {
		guid = last
	}
	if guidPattern.MatchString(guid) {
		return strings.ToLower(guid)
	}
	return ""
}

// afterLast is what follows the last separator, whatever its letter case.
func afterLast(text, separator string) (after string, found bool) {
	i := strings.LastIndex(strings.ToLower(text), strings.ToLower(separator))
	if i < 0 {
		return "", false
	}
	return text[i+len(separator):], true
}

// roleProblem says why a text names no role. Reason is a clause, Fix a sentence.
type roleProblem struct{ reason, fix string }

func (p *roleProblem) Error() string { return p.reason }

// at is the error about the role of a role assignment.
func (p *roleProblem) at(key string) error {
	return &platform.ErrInvalid{Operation: opDefinitions.name, Code: codeNoRole, Detail: p.reason, Attribute: attribute("role_assignments", key, "role"), Remedy: p.fix}
}

// nearestRoles is how many similar names a message has.
const nearestRoles = 3

// find is the role of a name or a GUID among those there are.
func find(all []definition, text string) (definition, *roleProblem) {
	const fix = "Write the name of a role as az role definition list shows it, or the GUID of its definition."
	if guid := roleGUID(text); guid != "" {
		for _, role := range all {
			if role.id == guid {
				return role, nil
			}
		}
		return definition{}, &roleProblem{fmt.Sprintf("there is no role with the definition %s", guid), fix}
	}
	var found []definition
	for _, role := range all {
		if strings.EqualFold(role.name, text) {
			found = append(found, role)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		if near := nearest(all, text); len(near) > 0 {
			return definition{}, &roleProblem{fmt.Sprintf("there is no role %q", text), "Did you mean " + strings.Join(near, ", ") + "? " + fix}
		}
		return definition{}, &roleProblem{fmt.Sprintf("there is no role %q", text), fix}
	}
	ids := make([]string, len(found))
	for i, role := range found {
		ids[i] = role.id
	}
	slices.Sort(ids)
	return definition{}, &roleProblem{
		fmt.Sprintf("%d roles are called %q: %s", len(found), text, governance.Enumerate(ids)),
		"Write the GUID of the one that you mean.",
	}
}

// nearest are the names most like a text, quoted.
func nearest(all []definition, text string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, role := range all {
		if distance := governance.EditDistance(text, role.name); distance <= max(2, len(text)/3) || strings.Contains(strings.ToLower(role.name), strings.ToLower(text)) {
			near = append(near, candidate{role.name, distance})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.distance - b.distance })
	var names []string
	for _, one := range near {
		if quoted := fmt.Sprintf("%q", one.name); len(names) < nearestRoles && !slices.Contains(names, quoted) {
			names = append(names, quoted)
		}
	}
	return names
}

// assignable tells whether a role can be assigned at a scope.
func (d definition) assignable(scope string) bool {
	return len(d.scopes) == 0 || slices.ContainsFunc(d.scopes, func(allowed string) bool {
		allowed = strings.TrimSuffix(strings.ToLower(allowed), "/")
		// Which subscriptions are below a management group is not known here.
		group := managementGroupPattern.MatchString(allowed)
		return allowed == "" || group || strings.EqualFold(allowed, scope) || strings.HasPrefix(strings.ToLower(scope), allowed+"/")
	})
}

// resolve finds the roles of role assignments by key. A role that there is not is an *ErrInvalid.
func (t *Tenant) resolve(ctx context.Context, declared map[string]RoleAssignment) (map[string]definition, error) {
	found := map[string]definition{}
	for key, assignment := range declared {
		role, err := t.role(ctx, assignment.Scope, assignment.Role, rolePresent)
		if problem := (*roleProblem)(nil); errors.As(err, &problem) {
			return nil, problem.at(key)
		}
		if err != nil {
			return nil, err
		}
		found[key] = role
	}
	return found, nil
}

// nameRoles fills in the names of roles.
func (t *Tenant) nameRoles(ctx context.Context, assigned []AssignedRole) error {
	for i, role := range assigned {
		found, err := t.role(ctx, role.Scope, role.RoleID, roleKept)
		if problem := (*roleProblem)(nil); errors.As(err, &problem) {
			continue // A role that is gone has no name.
		}
		if err != nil {
			return err
		}
		assigned[i].RoleName = found.name
	}
	return nil
}

// pathOf is a scope as the SDK puts it into a path.
func pathOf(scope string) string { return strings.TrimPrefix(scope, "/") }

// attribute is below the nested one.
func attribute(path ...string) []string {
	return append([]string{string(governance.KindAzureManagedIdentity)}, path...)
}
