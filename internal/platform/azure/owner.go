package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// principal is a user or a service principal of the tenant; its id is empty where there is none.
type principal struct {
	id      string
	enabled bool
}

// principalOf finds an owner by object id or user principal name, once.
func (t *Tenant) principalOf(ctx context.Context, owner string) (principal, error) {
	return keyed(&t.entra.mutex, &t.entra.principals, strings.ToLower(owner)).GetIf(ctx, func(found principal) bool { return found.id != "" }, func() (principal, error) {
		query := url.Values{"$select": {"id,accountEnabled"}}
		var found graph.DirectoryObject
		err := t.get(ctx, "/users/"+graph.Segment(owner), "/users", permissionUsers, query, &found)
		if errors.Is(err, platform.ErrNotFound) && guidPattern.MatchString(owner) {
			err = t.get(ctx, "/servicePrincipals/"+graph.Segment(owner), "/servicePrincipals", permissionRead, query, &found)
		}
		if errors.Is(err, platform.ErrNotFound) {
			return principal{}, nil
		}
		return principal{id: strings.ToLower(found.ID), enabled: found.AccountEnabled == nil || *found.AccountEnabled}, err
	})
}

// OwnerIDs are the object ids of owners that are written as such or as user principal names, sorted. The error is an
// *unknownOwnerError for a name that nobody has.
func (t *Tenant) OwnerIDs(ctx context.Context, owners []string) ([]string, error) {
	ids := make([]string, 0, len(owners))
	for _, owner := range owners {
		id, err := t.ownerID(ctx, owner)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

type unknownOwnerError struct{ tenant, owner string }

func (e *unknownOwnerError) Error() string {
	return fmt.Sprintf("the tenant %s has no user %q", e.tenant, e.owner)
}

func (t *Tenant) ownerID(ctx context.Context, owner string) (string, error) {
	if guidPattern.MatchString(owner) {
		return strings.ToLower(owner), nil
	}
	found, err := t.principalOf(ctx, owner)
	if err == nil && found.id == "" {
		err = &unknownOwnerError{t.ID(), owner}
	}
	return found.id, err
}

// checkOwners finds owners that could not be, and those who would answer for nothing.
func (t *Tenant) checkOwners(ctx context.Context, found *findings, owners []string) error {
	path, seen := []string{applicationAttribute, "owners"}, map[string]string{}
	for _, owner := range owners {
		one, err := t.principalOf(ctx, owner)
		var forbidden *platform.ErrForbidden
		if errors.As(err, &forbidden) && guidPattern.MatchString(owner) {
			continue // Entra ID itself will say whether there is one.
		}
		switch {
		case err != nil:
			return err
		case one.id == "":
			found.add(path, "Write the object id of a user or a service principal, or the user principal name of a user (az ad user list prints both).",
				"the tenant %s has no user or service principal %q", t.ID(), owner)
		case !one.enabled:
			found.add(path, "Name somebody who can act.", "the owner %q is disabled, so nobody could be asked", owner)
		case seen[one.id] != "":
			found.add(path, "Keep one of the two.", "%q and %q are the same owner", seen[one.id], owner)
		}
		seen[one.id] = owner
	}
	return nil
}

// addOwner is idempotent.
func (t *Tenant) addOwner(ctx context.Context, application, owner string) error {
	connection, err := t.connect(ctx)
	if err != nil {
		return err
	}
	return ensure(func() error {
		return t.send(ctx, http.MethodPost, applicationPath(application)+"/owners/$ref", "/applications/{id}/owners", permissionOwn, connection.graph.Reference(owner))
	}, func() (bool, error) {
		owners, err := t.ownersOf(ctx, application)
		return slices.Contains(owners, owner), err
	})
}

func (t *Tenant) removeOwner(ctx context.Context, application, owner string) error {
	return ignoreNotFound(t.send(ctx, http.MethodDelete, applicationPath(application)+"/owners/"+graph.Segment(owner)+"/$ref", "/applications/{id}/owners", permissionChange, nil))
}

// ownersOf are the object ids of all owners.
func (t *Tenant) ownersOf(ctx context.Context, application string) ([]string, error) {
	owners, err := listAll[graph.DirectoryObject](ctx, t, graph.Request{Path: applicationPath(application) + "/owners", Query: url.Values{"$select": {"id"}, "$top": {pageSize}}}, "/applications/{id}/owners", permissionRead)
	return objectIDs(owners), err
}

func objectIDs(objects []graph.DirectoryObject) []string {
	ids := make([]string, len(objects))
	for i, object := range objects {
		ids[i] = strings.ToLower(object.ID)
	}
	return ids
}

// OwnersAs are the owners of an application, in the words of those that were written before.
func (a *Applications) OwnersAs(ctx context.Context, written []string, state ApplicationState) ([]string, error) {
	owners, named := []string{}, map[string]bool{}
	for _, text := range written {
		id, err := a.tenant.ownerID(ctx, text)
		if unknown := (*unknownOwnerError)(nil); errors.As(err, &unknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if slices.Contains(state.allOwners, id) {
			owners, named[id] = append(owners, text), true
		}
	}
	for _, id := range state.Owners {
		if !named[id] {
			owners = append(owners, id)
		}
	}
	return owners, nil
}
