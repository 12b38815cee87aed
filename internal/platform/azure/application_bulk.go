package azure

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// entraSnapshot is what a directory has, in bulk. It is read once for all resources of a run.
type entraSnapshot struct {
	// applications and federated are by object id, principals by application id, all in lower case.
	applications map[string]graph.Application
	owners       map[string][]string
	federated    map[string][]graph.FederatedIdentityCredential
	principals   map[string]graph.ServicePrincipal
	// appIDs are the application ids of service principals by their object ids.
	appIDs map[string]string
}

// What a direct read costs in calls, and up to how many calls nobody asks how large the directory is, which takes two.
const (
	directReadCalls = 3
	directAlways    = 9
	objectsPerPage  = 999
)

// bulkIsCheaper compares what direct reads have cost so far, this one included, with what the pages of one bulk read cost.
func (t *Tenant) bulkIsCheaper(ctx context.Context, id string) (bool, error) {
	if t.entra.has(&t.entra.written, id) || t.entra.has(&t.entra.made, id) {
		return false, nil
	}
	t.entra.mutex.Lock()
	t.entra.spent += directReadCalls
	spent := t.entra.spent
	t.entra.mutex.Unlock()
	if spent <= directAlways {
		return false, nil
	}
	pages, err := t.entra.sizes.Get(ctx, func() (int, error) {
		applications, err := t.count(ctx, "/applications")
		if err != nil {
			return 0, err
		}
		principals, err := t.count(ctx, "/servicePrincipals")
		return 2*(applications/objectsPerPage+1) + principals/objectsPerPage + 1, err
	})
	return err == nil && spent > pages, err
}

// count asks how many objects there are, which only an advanced query tells.
func (t *Tenant) count(ctx context.Context, collection string) (n int, err error) {
	err = t.ask(ctx, graph.Request{Method: http.MethodGet, Path: collection + "/$count", Header: http.Header{"ConsistencyLevel": {"eventual"}, "Accept": {"text/plain"}}}, collection+"/$count", permissionRead, &n)
	return n, err
}

// fromSnapshot is the application from the bulk read, where that is the cheaper way to have it. found is false when it is
// not, and when the snapshot does not have it, which a direct read has to confirm.
func (t *Tenant) fromSnapshot(ctx context.Context, id governance.ID) (state ApplicationState, found bool, err error) {
	cheaper, err := t.bulkIsCheaper(ctx, id.Resource)
	if err != nil || !cheaper {
		return ApplicationState{}, false, unlessForbidden(err)
	}
	all, err := t.readDirectory(ctx)
	if err != nil {
		return ApplicationState{}, false, unlessForbidden(err)
	}
	app, found := all.applications[strings.ToLower(id.Resource)]
	if !found {
		return ApplicationState{}, false, nil
	}
	state, err = t.snapshotState(ctx, all, app)
	return state, err == nil, err
}

// unlessForbidden leaves it to a direct read to say which permission is missing.
func unlessForbidden(err error) error {
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		return nil
	}
	return err
}

func (t *Tenant) snapshotState(ctx context.Context, all *entraSnapshot, app graph.Application) (ApplicationState, error) {
	id := strings.ToLower(app.ID)
	return t.applicationState(ctx, app, all.owners[id], all.federated[id], all.principals[strings.ToLower(app.AppID)])
}

// readDirectory reads all applications with their owners, once more with their federated credentials, because a request
// expands one relation, and all service principals with their app roles. What $expand has cut is read in batches.
func (t *Tenant) readDirectory(ctx context.Context) (*entraSnapshot, error) {
	return t.entra.snapshot.Get(ctx, func() (*entraSnapshot, error) {
		all := &entraSnapshot{
			applications: map[string]graph.Application{}, owners: map[string][]string{},
			federated: map[string][]graph.FederatedIdentityCredential{}, principals: map[string]graph.ServicePrincipal{}, appIDs: map[string]string{},
		}
		group, groupCtx := errgroup.WithContext(ctx)
		group.Go(func() error { return t.readApplications(groupCtx, all) })
		group.Go(func() error { return t.readFederated(groupCtx, all) })
		group.Go(func() error { return t.readPrincipals(groupCtx, all) })
		return all, group.Wait()
	})
}

func (t *Tenant) readApplications(ctx context.Context, all *entraSnapshot) error {
	applications, err := listAll[graph.Application](ctx, t, page("/applications", applicationFields, expandOwners), "/applications", permissionRead)
	if err != nil {
		return err
	}
	var cut []string
	for _, app := range applications {
		id := strings.ToLower(app.ID)
		all.owners[id] = objectIDs(app.Owners)
		if len(app.Owners) >= mostExpanded {
			cut = append(cut, id)
		}
		app.Owners = nil
		all.applications[id] = app
	}
	owners, err := readCut[graph.DirectoryObject](ctx, t, cut, func(id string) string { return applicationPath(id) + "/owners" }, "/applications/{id}/owners")
	for id, objects := range owners {
		all.owners[id] = objectIDs(objects)
	}
	return err
}

// readCut reads a relation of objects of which $expand shows only the first, twenty objects a call. One that is gone by now
// is left out.
func readCut[T any](ctx context.Context, t *Tenant, ids []string, path func(id string) string, name string) (map[string][]T, error) {
	found := make(map[string][]T, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	connection, err := t.connect(ctx)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(ids))
	for i, id := range ids {
		paths[i] = path(id) + "?$top=" + pageSize
	}
	answers, err := connection.graph.Batch(ctx, paths, t.wait)
	if err != nil {
		return nil, mapError(operation{http.MethodPost + " /$batch", permissionRead}, err)
	}
	for i, answer := range answers {
		var page struct {
			Value []T    `json:"value"`
			Next  string `json:"@odata.nextLink"`
		}
		if answer.Status == http.StatusOK && json.Unmarshal(answer.Body, &page) == nil && page.Next == "" {
			found[ids[i]] = page.Value
			continue
		}
		// Alone, a request is tried again, tells why it fails, and is followed to its last page.
		alone, err := listAll[T](ctx, t, graph.Request{Path: path(ids[i]), Query: url.Values{"$top": {pageSize}}}, name, permissionRead)
		if errors.Is(err, platform.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[ids[i]] = alone
	}
	return found, nil
}

func (t *Tenant) readFederated(ctx context.Context, all *entraSnapshot) error {
	applications, err := listAll[graph.Application](ctx, t, page("/applications", "id", expandFederated), "/applications", permissionRead)
	for _, app := range applications {
		// An application has no more of them than $expand shows.
		all.federated[strings.ToLower(app.ID)] = app.FederatedCredentials
	}
	return err
}

func (t *Tenant) readPrincipals(ctx context.Context, all *entraSnapshot) error {
	principals, err := listAll[graph.ServicePrincipal](ctx, t, page("/servicePrincipals", partyFields, expandRoles), "/servicePrincipals", permissionRead)
	if err != nil {
		return err
	}
	var cut []string
	for _, one := range principals {
		if len(one.AppRoleAssignments) >= mostExpanded {
			cut = append(cut, one.ID)
		}
	}
	assignments, err := readCut[graph.AppRoleAssignment](ctx, t, cut, assignmentsPath, "/servicePrincipals/{id}/appRoleAssignments")
	for _, one := range principals {
		if whole, ok := assignments[one.ID]; ok {
			one.AppRoleAssignments = whole
		}
		all.principals[strings.ToLower(one.AppID)], all.appIDs[strings.ToLower(one.ID)] = one, strings.ToLower(one.AppID)
	}
	return err
}

// page asks for a list in the largest pages, with one relation.
func page(collection, fields, expand string) graph.Request {
	return graph.Request{Path: collection, Query: url.Values{"$select": {fields}, "$expand": {expand}, "$top": {pageSize}}}
}

// BulkApplications takes single applications out of one bulk read.
type BulkApplications struct {
	tenant *Tenant
	all    *entraSnapshot
}

// Bulk reads the directory, or takes what was read of it before.
func (a *Applications) Bulk(ctx context.Context) (BulkApplications, error) {
	all, err := a.tenant.readDirectory(ctx)
	return BulkApplications{a.tenant, all}, err
}

// Application is one of them; ErrNotFound when there is none. It makes calls only for the names of app roles.
func (b BulkApplications) Application(ctx context.Context, id governance.ID) (ApplicationState, error) {
	app, found := b.all.applications[strings.ToLower(id.Resource)]
	if !found {
		return ApplicationState{}, &notFoundError{operation: "GET /applications", detail: "there is no application " + id.Resource}
	}
	return b.tenant.snapshotState(ctx, b.all, app)
}
