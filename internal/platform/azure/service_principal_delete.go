package azure

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// Delete ends all access first: sign-in is blocked. Credentials, app roles and delegated permissions follow, so that a
// restored service principal has nothing; it goes last. With PurgeOnDestroy it goes for good.
func (s *ServicePrincipals) Delete(ctx context.Context, id governance.ID) (removed []string, err error) {
	if err := s.tenant.mine(ctx, id); err != nil {
		return nil, err
	}
	unlock, err := s.tenant.lock(ctx, id)
	if err != nil {
		return nil, err
	}
	defer unlock()
	fresh := s.tenant.entra.has(&s.tenant.entra.made, id.Resource)
	s.tenant.entra.note(&s.tenant.entra.written, id.Resource)
	state, err := s.existing(ctx, id, fresh)
	var late *platform.ErrNotPropagated
	switch {
	case errors.Is(err, platform.ErrNotFound), errors.As(err, &late):
		return nil, s.purge(ctx, id)
	case err != nil:
		return nil, err
	}
	holder, err := s.credentials(ctx, id)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	if err := s.closeSignIn(ctx, state); err != nil {
		return nil, err
	}
	keys := retirement{tenant: s.tenant, credentials: []holderOf{holder}}
	if err := keys.keys(ctx); err != nil {
		return keys.removed, err
	}
	removed = keys.removed
	for _, held := range state.assignments {
		if err := s.tenant.takeRole(ctx, id.Resource, held.id); err != nil {
			return removed, err
		}
		removed = append(removed, appRolePrefix+held.String())
	}
	delegated, err := s.delegated(ctx, state)
	if err != nil {
		return removed, err
	}
	for _, one := range delegated {
		if err := s.tenant.takeDelegated(ctx, one.id); err != nil {
			return removed, err
		}
		removed = append(removed, one.attachment())
	}
	if err := ignoreNotFound(s.tenant.send(ctx, http.MethodDelete, principalByID(id.Resource), "/servicePrincipals/{id}", permissionChange, nil)); err != nil {
		return removed, err
	}
	if state.PurgeOnDestroy {
		err = s.purge(ctx, id)
	}
	return removed, err
}

// delegated are the delegated permissions to take. Where they may not be read, nothing is taken: no plan has promised it, and
// what is deleted cannot use them.
func (s *ServicePrincipals) delegated(ctx context.Context, state ServicePrincipalState) ([]Delegated, error) {
	if state.DelegatedUnknown == "" {
		return state.Delegated, nil
	}
	grants, err := s.tenant.delegatedOf(ctx, state.ID.Resource)
	found, _, err := s.tenant.delegatedAs(ctx, grants, err)
	return found, err
}

// closeSignIn notes in the same request that it does, so that a retirement that is interrupted shows as closed.
func (s *ServicePrincipals) closeSignIn(ctx context.Context, state ServicePrincipalState) error {
	changed := map[string]any{}
	if state.SignInEnabled {
		changed["accountEnabled"] = false
	}
	if state.records.Deactivated == "" {
		record := deactivatedSignIn
		if !state.SignInEnabled {
			record = deactivatedNothing
		}
		tagging := s.tenant.graphTagging()
		changed["tags"] = append(tagging.without(state.tags, governance.RecordDeactivated), tagParts(tagging.keys.Key(governance.RecordDeactivated), record)...)
	}
	if len(changed) == 0 {
		return nil
	}
	return ignoreNotFound(s.tenant.send(ctx, http.MethodPatch, principalByID(state.ID.Resource), "/servicePrincipals/{id}", permissionChange, changed))
}

// purge deletes a service principal for good that has been deleted with that wish.
func (s *ServicePrincipals) purge(ctx context.Context, id governance.ID) error {
	var found graph.ServicePrincipal
	err := s.tenant.get(ctx, deletedPath(id.Resource), "/directory/deletedItems/{id}", permissionRead, nil, &found)
	if err != nil || !s.tenant.graphTagging().metadata(found.Tags).Purge {
		return ignoreNotFound(err)
	}
	return ignoreNotFound(s.tenant.send(ctx, http.MethodDelete, deletedPath(id.Resource), "/directory/deletedItems/{id}", permissionChange, nil))
}

// halfRetired is a service principal that was to be deleted for good, and can still be restored because something came in
// between, as with an application.
func (s *ServicePrincipals) halfRetired(ctx context.Context, id governance.ID, cause error) (ServicePrincipalState, error) {
	var found graph.ServicePrincipal
	if err := s.tenant.get(ctx, deletedPath(id.Resource), "/directory/deletedItems/{id}", permissionRead, nil, &found); err != nil {
		return ServicePrincipalState{}, cmp.Or(ctx.Err(), cause)
	}
	if said := s.tenant.graphTagging().metadata(found.Tags); !said.Purge || said.Deactivated == "" {
		return ServicePrincipalState{}, cause
	}
	state, err := s.tenant.servicePrincipalState(ctx, found, nil, nil)
	state.HalfRetired = true
	return state, err
}
