package azure

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Converge takes away first and gives last, as that of applications does. Delegated permissions stay: they are somebody
// else's consent. A quarantine of the service principal waits for it.
func (s *ServicePrincipals) Converge(ctx context.Context, id governance.ID, want platform.Desired[ServicePrincipalSpec]) (ServicePrincipalState, error) {
	if err := s.tenant.mine(ctx, id); err != nil {
		return ServicePrincipalState{}, err
	}
	if err := endless("service principal "+want.Name, want.Metadata); err != nil {
		return ServicePrincipalState{}, err
	}
	unlock, err := s.tenant.lock(ctx, id)
	if err != nil {
		return ServicePrincipalState{}, err
	}
	defer unlock()
	wanted, err := s.Predict(ctx, want)
	if err != nil {
		return ServicePrincipalState{}, err
	}
	fresh := s.tenant.entra.has(&s.tenant.entra.made, id.Resource)
	have, err := s.existing(ctx, id, fresh)
	if err != nil {
		return ServicePrincipalState{}, err
	}
	if have.AppID != wanted.AppID {
		return have, fmt.Errorf("%s is the service principal of the application %s, and cannot become that of %s", id, have.AppID, wanted.AppID)
	}
	if err := renewable(id, have.Quarantine, have.records, want.Disabled); err != nil {
		return have, err
	}
	s.tenant.entra.note(&s.tenant.entra.written, id.Resource)
	c := principalConvergence{graphWriter: graphWriter{s.tenant, fresh}, want: want, wanted: wanted, have: have}
	if err := c.run(ctx); err != nil {
		return c.have, err
	}
	wanted.ID, wanted.CreatedAt, wanted.DisplayName, wanted.Publisher = have.ID, have.CreatedAt, have.DisplayName, have.Publisher
	wanted.SignInEnabled, wanted.AppRoleAssignmentRequired = c.have.SignInEnabled, c.have.AppRoleAssignmentRequired
	wanted.Delegated, wanted.DelegatedUnknown, wanted.closed = have.Delegated, have.DelegatedUnknown, c.have.closed
	wanted.attach()
	if fresh {
		return wanted, s.tenant.settle(ctx, func() (bool, error) {
			state, err := s.readDirect(ctx, id)
			return err == nil && state.SignInEnabled == wanted.SignInEnabled && slices.Equal(state.Attachments, wanted.Attachments) && reflect.DeepEqual(state.Metadata, wanted.Metadata), err
		})
	}
	return wanted, nil
}

// existing reads the service principal. One that was just made may still have to reach the replicas.
func (s *ServicePrincipals) existing(ctx context.Context, id governance.ID, fresh bool) (state ServicePrincipalState, err error) {
	if !fresh {
		return s.readDirect(ctx, id)
	}
	err = s.tenant.untilReplicated(ctx, "GET /servicePrincipals/{id}", func() (err error) { state, err = s.readDirect(ctx, id); return err })
	return state, err
}

// principalConvergence changes one service principal step by step, and keeps in have what it then is.
type principalConvergence struct {
	graphWriter
	want         platform.Desired[ServicePrincipalSpec]
	wanted, have ServicePrincipalState
}

func (c *principalConvergence) run(ctx context.Context) error {
	return inOrder(ctx, c.note, c.closeSignIn, c.takeRoles, c.giveRoles, c.openSignIn)
}

func (c *principalConvergence) takeRoles(ctx context.Context) error {
	return c.takeRolesOf(ctx, c.have.ID.Resource, c.have.assignments, c.wanted.AppRoles)
}

func (c *principalConvergence) giveRoles(ctx context.Context) error {
	return c.giveRolesTo(ctx, c.have.ID.Resource, c.have.assignments, c.want.Spec.AppRoleAssignments)
}

// note writes the properties and the metadata, and before an expiry closes anything, that it does. What says that the sign-in is
// closed stays until it is open.
func (c *principalConvergence) note(ctx context.Context) error {
	changed, notes := map[string]any{}, c.want.Spec.Notes
	required := c.have.AppRoleAssignmentRequired
	if wanted := c.want.Spec.AppRoleAssignmentRequired; wanted != nil && *wanted != required {
		changed["appRoleAssignmentRequired"], required = *wanted, *wanted
	}
	records := graphRecords{Purge: c.want.Spec.PurgeOnDestroy}
	if c.want.Disabled || c.opens() {
		records.Deactivated = c.have.records.Deactivated
	}
	if c.opens() && c.have.HalfMade {
		notes = creationNotes
	}
	if c.want.Disabled && records.Deactivated == "" {
		records.Deactivated = deactivatedNothing
		if c.have.SignInEnabled || c.have.wasOpen {
			records.Deactivated = deactivatedSignIn
			c.have.closed = c.have.wasOpen // What a quarantine keeps closed is the expiry's from now on.
		}
	}
	if err := c.write(ctx, changed, records, notes); err != nil {
		return err
	}
	c.have.AppRoleAssignmentRequired = required
	return nil
}

// write changes, in one request with other properties, what differs of the tags and the notes. Tags of others, among which are
// those of the third party's application, stay.
func (c *principalConvergence) write(ctx context.Context, changed map[string]any, records graphRecords, notes string) error {
	tagging := c.tenant.graphTagging()
	tags := tagging.merged(c.have.tags, tagging.tags(c.want.Metadata, records))
	if !sameTexts(c.have.tags, tags) {
		changed["tags"] = tags
	}
	if c.have.Notes != notes {
		changed["notes"] = orNull(notes)
	}
	if len(changed) > 0 {
		if err := c.send(ctx, changed); err != nil {
			return err
		}
	}
	c.have.tags, c.have.records, c.have.Notes = tags, records, notes
	return nil
}

// send changes the service principal. A replica may not know yet one that was just made.
func (c *principalConvergence) send(ctx context.Context, body map[string]any) error {
	const name = "/servicePrincipals/{id}"
	return c.patiently(ctx, "PATCH "+name, func() error {
		return c.tenant.send(ctx, http.MethodPatch, principalByID(c.have.ID.Resource), name, permissionChange, body)
	})
}

func (c *principalConvergence) closeSignIn(ctx context.Context) error {
	if !c.want.Disabled || !c.have.SignInEnabled {
		return nil
	}
	c.have.closed = true
	err := c.send(ctx, map[string]any{"accountEnabled": false})
	c.have.SignInEnabled = err != nil
	return err
}

// opens tells whether this change opens the sign-in: only one that an expiry or the creation has closed, as both the record and the
// caller know it, because somebody else may have blocked it for a reason.
func (c *principalConvergence) opens() bool {
	return !c.want.Disabled && !c.have.SignInEnabled && c.have.Quarantine == nil && c.want.Spec.MayOpen && c.have.records.Deactivated == deactivatedSignIn
}

// openSignIn takes away, in the same request, what says that the sign-in is closed: none of the two can be true alone.
func (c *principalConvergence) openSignIn(ctx context.Context) error {
	if !c.opens() {
		return nil
	}
	err := c.write(ctx, map[string]any{"accountEnabled": true}, graphRecords{Purge: c.want.Spec.PurgeOnDestroy}, c.want.Spec.Notes)
	c.have.SignInEnabled = err == nil
	return err
}
