package azure

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

func principalByID(id string) string { return "/servicePrincipals/" + graph.Segment(id) }

// graphWriter changes an application or a service principal. A replica may not know yet one that was just made, which is fresh.
type graphWriter struct {
	tenant *Tenant
	fresh  bool
}

// patiently makes a call again until a replica knows what it is about.
func (w *graphWriter) patiently(ctx context.Context, name string, call func() error) error {
	if w.fresh {
		return w.tenant.untilReplicated(ctx, name, call)
	}
	return call()
}

// takeRolesOf takes the app roles away that a service principal holds and that are not wanted.
func (w *graphWriter) takeRolesOf(ctx context.Context, principal string, holds []heldRole, wanted []AppRole) error {
	for _, held := range holds {
		if slices.Contains(wanted, held.AppRole) {
			continue
		}
		if err := w.tenant.takeRole(ctx, principal, held.id); err != nil {
			return err
		}
	}
	return nil
}

// giveRolesTo gives a service principal the app roles that it lacks.
func (w *graphWriter) giveRolesTo(ctx context.Context, principal string, holds []heldRole, wanted map[string]AppRoleAssignment) error {
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		role, err := w.tenant.appRole(ctx, wanted[key])
		if err != nil {
			return err
		}
		if slices.ContainsFunc(holds, func(held heldRole) bool { return held.AppRole == role.AppRole }) {
			continue
		}
		if err := w.patiently(ctx, "POST "+assignmentsName, func() error { return w.tenant.giveRole(ctx, principal, role) }); err != nil {
			return err
		}
	}
	return nil
}

// inOrder takes steps until one fails.
func inOrder(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// agreeing is how many reads in a row have to show what was written.
const agreeing = 3

// settle waits until the replicas show what was made, so that the next refresh does not take it for gone. What they never
// show is left to that refresh.
func (t *Tenant) settle(ctx context.Context, shown func() (bool, error)) error {
	pause := replicationFirst
	for seen, waited := 0, time.Duration(0); seen < agreeing && waited < replicationTimeout; {
		good, err := shown()
		if errors.Is(err, context.Canceled) {
			return err
		}
		if good {
			seen++
			continue
		}
		seen = 0
		if err := t.wait(ctx, pause); err != nil {
			return err
		}
		waited += pause
		pause = min(2*pause, replicationLongest)
	}
	return nil
}
