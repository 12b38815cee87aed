package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// Create makes the application with its metadata, and nothing that could sign in. Microsoft Graph creates by unique name
// only what is missing, and changes what is there; so it is looked for first, and what an earlier try of this very call has
// not made is somebody else's.
func (a *Applications) Create(ctx context.Context, want platform.Desired[ApplicationSpec]) (governance.ID, error) {
	if err := endless("application "+want.Name, want.Metadata); err != nil {
		return governance.ID{}, err
	}
	taken, err := a.named(ctx, want.Spec.UniqueName)
	if err == nil {
		return governance.ID{}, a.exists(taken, nil)
	}
	if !errors.Is(err, platform.ErrNotFound) {
		return governance.ID{}, err
	}
	// Once the request is out, its outcome must be known, or the application would be nobody's.
	sending, tries := graph.Watched(context.WithoutCancel(ctx))
	tags := a.tenant.graphTagging().tags(want.Metadata, graphRecords{Purge: want.Spec.PurgeOnDestroy})
	var made graph.Application
	err = a.tenant.ask(sending, graph.Request{
		Method: http.MethodPatch, Path: uniquePath(want.Spec.UniqueName), Header: http.Header{"Prefer": {"create-if-missing"}},
		In: properties(want.Spec, tags),
	}, "/applications(uniqueName)", permissionCreate, &made)
	switch {
	case err == nil && made.ID != "":
		return a.created(made.ID), nil
	case err != nil && !tries.Uncertain():
		return governance.ID{}, a.deleted(sending, want.Spec.UniqueName, err)
	}
	return a.adopt(sending, want.Spec.UniqueName, tags, tries.Uncertain(), err)
}

func (a *Applications) created(id string) governance.ID {
	a.tenant.entra.note(&a.tenant.entra.made, id)
	return a.tenant.applicationID(id)
}

// endless refuses an identity without an end.
func endless(object string, metadata governance.Metadata) error {
	if _, err := governance.ParseExpiry(metadata.Expiry); err != nil {
		return fmt.Errorf("the %s: %w", object, err)
	}
	return nil
}

// properties are what a request writes of an application; a null takes a text away.
func properties(spec ApplicationSpec, tags []string) map[string]any {
	return map[string]any{
		"displayName": spec.DisplayName, "signInAudience": spec.SignInAudience, "tags": tags,
		"serviceManagementReference": orNull(spec.ServiceManagementReference), "notes": orNull(spec.Notes),
	}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func uniquePath(name string) string {
	return "/applications(uniqueName=" + graph.Quoted(url.PathEscape(name)) + ")"
}

// named finds an application by its unique name.
func (a *Applications) named(ctx context.Context, name string) (graph.Application, error) {
	var found graph.Application
	err := a.tenant.get(ctx, uniquePath(name), "/applications(uniqueName)", permissionRead, url.Values{"$select": {applicationFields + ",passwordCredentials"}, "$expand": {expandOwners}}, &found)
	return found, err
}

func (a *Applications) exists(found graph.Application, cause error) *platform.ErrAlreadyExists {
	return &platform.ErrAlreadyExists{
		ID: a.tenant.applicationID(found.ID).String(), Err: cause,
		Object: "the " + describe(found),
	}
}

// adopt decides whether an application was made by an earlier try of the same call, whose answer got lost: it has nothing
// but what that try has written.
func (a *Applications) adopt(ctx context.Context, name string, tags []string, uncertain bool, cause error) (governance.ID, error) {
	var found graph.Application
	err := a.tenant.untilReplicated(ctx, "GET /applications(uniqueName)", func() (err error) {
		if found, err = a.named(ctx, name); cause != nil && errors.Is(err, platform.ErrNotFound) {
			err = cause // Whether it was made at all is what nobody knows.
		}
		return err
	})
	if err != nil {
		return governance.ID{}, err
	}
	id, err := a.tenant.callerID(ctx)
	if err != nil {
		return governance.ID{}, err
	}
	strangers := slices.DeleteFunc(objectIDs(found.Owners), func(owner string) bool { return owner == id })
	if !uncertain || len(strangers)+len(found.PasswordCredentials) > 0 || !slices.Equal(slices.Sorted(slices.Values(found.Tags)), slices.Sorted(slices.Values(tags))) {
		taken := a.exists(found, cause)
		if cause == nil {
			taken.Object += ", which somebody else has made in this moment, and whose display name, audience, notes and tags this apply has replaced,"
		}
		return governance.ID{}, taken
	}
	return a.created(found.ID), nil
}

// deleted says how to go on where a creation was refused because an application that can still be restored has the unique
// name. Microsoft Graph has no code for that.
func (a *Applications) deleted(ctx context.Context, name string, cause error) error {
	if invalid := (*platform.ErrInvalid)(nil); !errors.As(cause, &invalid) {
		return cause
	}
	all, err := a.tenant.deletedApplications(ctx)
	if err != nil {
		return cause
	}
	i := slices.IndexFunc(all, func(one graph.Application) bool { return strings.EqualFold(one.UniqueName, name) })
	if i < 0 {
		return cause
	}
	return &platform.ErrConflict{
		Err: cause, Blockers: []string{"deleted application " + all[i].ID},
		Detail: fmt.Sprintf("the %s. %s", lingering(all[i]), a.tenant.howToRestore(ctx, all[i])),
	}
}

// deletedApplications are those that can still be restored.
func (t *Tenant) deletedApplications(ctx context.Context) ([]graph.Application, error) {
	return listAll[graph.Application](ctx, t, graph.Request{
		Path: "/directory/deletedItems/microsoft.graph.application", Query: url.Values{"$select": {"id,displayName,uniqueName,deletedDateTime"}, "$top": {pageSize}},
	}, "/directory/deletedItems", permissionRead)
}

// lingering says of a deleted application why it is in the way.
func lingering(app graph.Application) string {
	when := ""
	if app.DeletedDateTime != nil {
		when = " on " + app.DeletedDateTime.UTC().Format("2006-01-02")
	}
	return fmt.Sprintf("%s was deleted%s, and keeps the name for the 30 days in which it can be restored", describe(app), when)
}

// howToRestore says what to do about a deleted application that has the name of one to be made.
func (t *Tenant) howToRestore(ctx context.Context, app graph.Application) string {
	address := t.deletedAddress(ctx, app.ID)
	return fmt.Sprintf("Restore it with az rest --method post --url %s/restore and bring it under governance with an import block (id = %q), or delete it for good with az rest --method delete --url %s. Or choose another unique_name",
		address, t.applicationID(app.ID), address)
}

// deletedAddress is where a deleted object is, as az rest takes it.
func (t *Tenant) deletedAddress(ctx context.Context, id string) string {
	connection, err := t.connect(ctx)
	if err != nil {
		return ""
	}
	return connection.graph.Address(deletedPath(id))
}
