package azure

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// Delete ends all access first: sign-in is blocked, and every secret and certificate goes. App roles and federated
// credentials follow, so that a restored application has nothing; the application goes last, and its service principal with
// it. With PurgeOnDestroy it goes for good.
func (a *Applications) Delete(ctx context.Context, id governance.ID) (removed []string, err error) {
	if err := a.tenant.mine(ctx, id); err != nil {
		return nil, err
	}
	unlock, err := a.tenant.lock(ctx, id)
	if err != nil {
		return nil, err
	}
	defer unlock()
	fresh := a.tenant.entra.has(&a.tenant.entra.made, id.Resource)
	a.tenant.entra.note(&a.tenant.entra.written, id.Resource)
	state, err := a.existing(ctx, id, fresh)
	var late *platform.ErrNotPropagated
	switch {
	case errors.Is(err, platform.ErrNotFound), errors.As(err, &late):
		return nil, a.purge(ctx, id)
	case err != nil:
		return nil, err
	}
	credentials, err := a.tenant.credentialsOf(ctx, state)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	r := retirement{tenant: a.tenant, state: state, credentials: credentials}
	if err := r.run(ctx); err != nil {
		return r.removed, err
	}
	if err := ignoreNotFound(a.tenant.send(ctx, http.MethodDelete, applicationPath(id.Resource), "/applications/{id}", permissionChange, nil)); err != nil {
		return r.removed, err
	}
	if state.PurgeOnDestroy {
		err = a.purge(ctx, id)
	}
	return r.removed, err
}

// purge deletes an application for good that has been deleted with that wish, its service principal first: the application
// is what tells an interrupted purge from none.
func (a *Applications) purge(ctx context.Context, id governance.ID) error {
	var found graph.Application
	err := a.tenant.get(ctx, deletedPath(id.Resource), "/directory/deletedItems/{id}", permissionRead, nil, &found)
	if err != nil || !a.tenant.graphTagging().metadata(found.Tags).Purge {
		return ignoreNotFound(err)
	}
	principals, err := listAll[graph.ServicePrincipal](ctx, a.tenant, graph.Request{
		Path: "/directory/deletedItems/microsoft.graph.servicePrincipal", Query: url.Values{"$select": {"id,appId"}, "$top": {pageSize}},
	}, "/directory/deletedItems", permissionRead)
	if err != nil {
		return err
	}
	going := []string{id.Resource}
	for _, one := range principals {
		if strings.EqualFold(one.AppID, found.AppID) {
			going = append([]string{one.ID}, going...)
		}
	}
	for _, object := range going {
		if err := ignoreNotFound(a.tenant.send(ctx, http.MethodDelete, deletedPath(object), "/directory/deletedItems/{id}", permissionChange, nil)); err != nil {
			return err
		}
	}
	return nil
}

// halfRetired is an application that was to be deleted for good, and can still be restored because something came in between:
// were it taken for gone, nothing would finish what Delete has begun. Any other that is not found stays so.
func (a *Applications) halfRetired(ctx context.Context, id governance.ID, cause error) (ApplicationState, error) {
	var found graph.Application
	if err := a.tenant.get(ctx, deletedPath(id.Resource), "/directory/deletedItems/{id}", permissionRead, nil, &found); err != nil {
		return ApplicationState{}, cmp.Or(ctx.Err(), cause)
	}
	if said := a.tenant.graphTagging().metadata(found.Tags); !said.Purge || said.Deactivated == "" {
		return ApplicationState{}, cause
	}
	state, err := a.tenant.applicationState(ctx, found, nil, nil, graph.ServicePrincipal{})
	state.HalfRetired = true
	return state, err
}

func deletedPath(id string) string { return "/directory/deletedItems/" + graph.Segment(id) }

// holderOf is an application or a service principal with its credentials: both can have some.
type holderOf struct {
	path, name string
	// suffix tells in messages whose they are; empty for the application's.
	suffix       string
	Secrets      []graph.PasswordCredential `json:"passwordCredentials"`
	Certificates []graph.KeyCredential      `json:"keyCredentials"`
}

// credentialsOf are the credentials of an application and of its service principal, where there is one.
func (t *Tenant) credentialsOf(ctx context.Context, state ApplicationState) ([]holderOf, error) {
	holders := []holderOf{{path: applicationPath(state.ID.Resource), name: "/applications/{id}"}}
	if state.ServicePrincipalID != "" {
		holders = append(holders, holderOf{path: principalByID(state.ServicePrincipalID), name: "/servicePrincipals/{id}", suffix: " of the service principal"})
	}
	for i := range holders {
		if err := ignoreNotFound(t.readCredentials(ctx, &holders[i])); err != nil {
			return nil, err
		}
	}
	return holders, nil
}

func (t *Tenant) readCredentials(ctx context.Context, of *holderOf) error {
	of.Secrets, of.Certificates = nil, nil
	return t.get(ctx, of.path, of.name, permissionRead, url.Values{"$select": {"id,passwordCredentials,keyCredentials"}}, of)
}

// names of the credentials.
func (h holderOf) names() (names []string) {
	for _, secret := range h.Secrets {
		names = append(names, secretPrefix+secret.KeyID+h.suffix)
	}
	for _, certificate := range h.Certificates {
		names = append(names, certificatePrefix+certificate.KeyID+h.suffix)
	}
	return names
}

// retirement takes everything off one application, and notes what it has removed.
type retirement struct {
	tenant      *Tenant
	state       ApplicationState
	credentials []holderOf
	removed     []string
}

func (r *retirement) run(ctx context.Context) error {
	return inOrder(ctx, r.closeSignIn, r.keys, r.roles, r.federated)
}

// closeSignIn notes that it does, so that a retirement that is interrupted shows as closed.
func (r *retirement) closeSignIn(ctx context.Context) error {
	tagging, state := r.tenant.graphTagging(), r.state
	if state.records.Deactivated == "" {
		state.records.Deactivated = deactivatedSignIn
		if state.ServicePrincipalID != "" && !state.SignInEnabled {
			state.records.Deactivated = deactivatedNothing
		}
		tags := append(tagging.without(state.tags, governance.RecordDeactivated), tagParts(tagging.keys.Key(governance.RecordDeactivated), state.records.Deactivated)...)
		if err := ignoreNotFound(r.tenant.send(ctx, http.MethodPatch, applicationPath(state.ID.Resource), "/applications/{id}", permissionChange, map[string]any{"tags": tags})); err != nil {
			return err
		}
	}
	if !state.SignInEnabled {
		return nil
	}
	return ignoreNotFound(r.tenant.send(ctx, http.MethodPatch, principalByID(state.ServicePrincipalID), "/servicePrincipals/{id}", permissionChange, map[string]any{"accountEnabled": false}))
}

// keys removes secrets one by one, and all certificates of a holder in one step.
func (r *retirement) keys(ctx context.Context) error {
	for _, holder := range r.credentials {
		for _, secret := range holder.Secrets {
			if err := r.tenant.removeSecret(ctx, holder, secret.KeyID); err != nil {
				return err
			}
			r.removed = append(r.removed, secretPrefix+secret.KeyID+holder.suffix)
		}
		holder.Secrets = nil
		if len(holder.Certificates) == 0 {
			continue
		}
		if err := ignoreNotFound(r.tenant.send(ctx, http.MethodPatch, holder.path, holder.name, permissionChange, map[string]any{"keyCredentials": []any{}})); err != nil {
			return err
		}
		r.removed = append(r.removed, holder.names()...)
	}
	return nil
}

// removeSecret takes one that is gone for one that it has removed.
func (t *Tenant) removeSecret(ctx context.Context, holder holderOf, key string) error {
	return ensure(func() error {
		return ignoreNotFound(t.send(ctx, http.MethodPost, holder.path+"/removePassword", holder.name+"/removePassword", permissionChange, map[string]any{"keyId": key}))
	}, func() (gone bool, err error) {
		err = t.readCredentials(ctx, &holder)
		return !slices.ContainsFunc(holder.Secrets, func(one graph.PasswordCredential) bool { return one.KeyID == key }), err
	})
}

func (r *retirement) roles(ctx context.Context) error {
	for _, held := range r.state.assignments {
		if err := r.tenant.takeRole(ctx, r.state.ServicePrincipalID, held.id); err != nil {
			return err
		}
		r.removed = append(r.removed, appRolePrefix+held.String())
	}
	return nil
}

func (r *retirement) federated(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(r.state.federatedIDs)) {
		if err := r.tenant.takeFederated(ctx, r.state.ID.Resource, r.state.federatedIDs[name]); err != nil {
			return err
		}
		r.removed = append(r.removed, federatedPrefix+name)
	}
	return nil
}
