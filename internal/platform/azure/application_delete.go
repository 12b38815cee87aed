package azure

import (
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
	certificates, err := a.tenant.certificatesOf(ctx, id.Resource)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	r := retirement{tenant: a.tenant, state: state, certificates: certificates}
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

func deletedPath(id string) string { return "/directory/deletedItems/" + graph.Segment(id) }

// certificatesOf are the certificates of an application.
func (t *Tenant) certificatesOf(ctx context.Context, id string) ([]graph.KeyCredential, error) {
	var found graph.Application
	err := t.get(ctx, applicationPath(id), "/applications/{id}", permissionRead, url.Values{"$select": {"id,keyCredentials"}}, &found)
	return found.KeyCredentials, err
}

// retirement takes everything off one application, and notes what it has removed.
type retirement struct {
	tenant       *Tenant
	state        ApplicationState
	certificates []graph.KeyCredential
	removed      []string
}

func (r *retirement) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.closeSignIn, r.secrets, r.keys, r.roles, r.federated} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
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

func (r *retirement) secrets(ctx context.Context) error {
	for _, secret := range r.state.secrets {
		err := ensure(func() error {
			return ignoreNotFound(r.tenant.send(ctx, http.MethodPost, applicationPath(r.state.ID.Resource)+"/removePassword", "/applications/{id}/removePassword", permissionChange, map[string]any{"keyId": secret.KeyID}))
		}, func() (gone bool, err error) {
			var app graph.Application
			err = r.tenant.get(ctx, applicationPath(r.state.ID.Resource), "/applications/{id}", permissionRead, url.Values{"$select": {"id,passwordCredentials"}}, &app)
			return !slices.ContainsFunc(app.PasswordCredentials, func(one graph.PasswordCredential) bool { return one.KeyID == secret.KeyID }), err
		})
		if err != nil {
			return err
		}
		r.removed = append(r.removed, secretPrefix+secret.KeyID)
	}
	return nil
}

// keys removes all certificates in one step.
func (r *retirement) keys(ctx context.Context) error {
	if len(r.certificates) == 0 {
		return nil
	}
	err := ignoreNotFound(r.tenant.send(ctx, http.MethodPatch, applicationPath(r.state.ID.Resource), "/applications/{id}", permissionChange, map[string]any{"keyCredentials": []any{}}))
	if err != nil {
		return err
	}
	for _, certificate := range r.certificates {
		r.removed = append(r.removed, certificatePrefix+certificate.KeyID)
	}
	return nil
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
