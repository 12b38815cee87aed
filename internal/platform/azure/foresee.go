package azure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// Occupant is what has the name of an identity that is to be made.
type Occupant struct {
	ID governance.ID
	// Object says what it is, or what has become of it.
	Object string
	// ManagedBy is the mark of the tool that governs it; empty for none.
	ManagedBy string
	// Restore says how to go on where it has been deleted and can still be restored; empty where it has not.
	Restore string
	// Lingers tells that it keeps its name once it is deleted.
	Lingers bool
}

// Foresee finds who has the name of an identity that is to be made, nil for nobody, and which of what it refers to is not there. What
// else is made in the same apply is not there either, so that is no error, but for a subscription. It takes one call, and one for
// each scope of a role below a subscription.
func (m *ManagedIdentities) Foresee(ctx context.Context, want platform.Desired[ManagedIdentitySpec]) (*Occupant, []governance.Violation, error) {
	found := findings{}
	if found.names(want); len(found) > 0 {
		return nil, nil, nil // Check says so.
	}
	id := m.ID(want.Name, want.Spec)
	arm, err := m.tenant.manage(ctx, partsOf(id).subscription)
	if err != nil {
		return nil, nil, err
	}
	existing, err := m.readBare(ctx, arm, id)
	switch {
	case err == nil:
		return &Occupant{ID: id, ManagedBy: existing.ManagedBy, Object: fmt.Sprintf("the managed identity %s in the resource group %s", existing.Name, existing.ResourceGroup)}, nil, nil
	case !errors.Is(err, platform.ErrNotFound):
		return nil, nil, err
	case code(err) == codeNoSubscription:
		found.add(attribute("subscription_id"), faults[codeNoSubscription].remedy, "there is no subscription %s, or none that the provider's credentials can see", partsOf(id).subscription)
		return nil, found, nil
	case code(err) == codeNoResourceGroup:
		found.absent(attribute("resource_group_name"), "the resource group "+want.Spec.ResourceGroup, faults[codeNoResourceGroup].remedy)
	}
	err = m.foreseeScopes(ctx, arm, &found, want.Spec.RoleAssignments)
	return nil, found, err
}

// foreseeScopes asks for a role at each scope. A wrong role is left to Check, and what may not be asked to the apply.
func (m *ManagedIdentities) foreseeScopes(ctx context.Context, arm management, found *findings, roles map[string]RoleAssignment) error {
	gone := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(roles)) {
		scope := roles[key].Scope
		if b, reason := baseOf(scope); reason != "" || strings.EqualFold(string(b), scope) {
			continue
		}
		absent, asked := gone[strings.ToLower(scope)]
		if !asked {
			role, err := m.tenant.role(ctx, scope, roles[key].Role, roleKept)
			if err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				continue
			}
			_, err = arm.definitions.Get(ctx, pathOf(scope), role.id, nil)
			absent = ofCode(codeNoResourceGroup, codeNoResource, codeNoParent)(err)
			gone[strings.ToLower(scope)] = absent
		}
		if absent {
			found.absent(attribute("role_assignments", key, "scope"), scope, "Write the scope of something that exists, or refer to the resource that makes it.")
		}
	}
	return nil
}

// absent warns of something that is not there.
func (f *findings) absent(path []string, what, remedy string) {
	f.add(path, remedy, "%s does not exist, so an apply is refused unless it makes that first", what)
	(*f)[len(*f)-1].Enforcement = governance.EnforceWarn
}

// Occupant is the application, also one that can be restored, that has the unique name of one that is to be made; nil where the
// name is free, and where Entra ID could not take it anyhow. It takes one call, and one more for all that are asked for.
func (a *Applications) Occupant(ctx context.Context, name string) (*Occupant, error) {
	if !uniqueNamePattern.MatchString(name) || len(name) > maxUniqueName {
		return nil, nil //nolint:nilnil // nobody is nothing
	}
	found, err := a.named(ctx, name)
	switch {
	case err == nil:
		said := a.tenant.graphTagging().metadata(found.Tags)
		return &Occupant{ID: a.tenant.applicationID(found.ID), Object: "the " + describe(found), ManagedBy: said.ManagedBy, Lingers: !said.Purge}, nil
	case !errors.Is(err, platform.ErrNotFound):
		return nil, err
	}
	named := func(one graph.Application) bool { return strings.EqualFold(one.UniqueName, name) }
	// One that is found may have been purged meanwhile, so that is asked anew.
	all, err := a.tenant.entra.deleted.GetIf(ctx, func(all []graph.Application) bool { return !slices.ContainsFunc(all, named) }, func() ([]graph.Application, error) {
		return a.tenant.deletedApplications(ctx)
	})
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		return nil, nil //nolint:nilnil // the apply does not need the list
	}
	i := slices.IndexFunc(all, named)
	if i < 0 {
		return nil, err
	}
	return &Occupant{ID: a.tenant.applicationID(all[i].ID), Object: "the " + lingering(all[i]), Restore: a.tenant.howToRestore(ctx, all[i])}, nil
}

// describe names an application in messages.
func describe(app graph.Application) string {
	return fmt.Sprintf("application %s (%s) with the unique name %s", app.ID, app.DisplayName, app.UniqueName)
}
