package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// pageSize is the most that a list of directory objects gives at a time, and mostExpanded the most that $expand does,
// without a link to the rest.
const (
	pageSize     = "999"
	mostExpanded = 20
)

// What is read. Certificates are left out, because reads with keyCredentials are limited to 150 a minute.
const (
	applicationFields = "id,appId,displayName,uniqueName,signInAudience,notes,serviceManagementReference,tags,createdDateTime"
	principalFields   = "id,appId,accountEnabled"
	expandOwners      = "owners($select=id)"
	expandFederated   = "federatedIdentityCredentials"
	expandRoles       = "appRoleAssignments"
)

func applicationPath(id string) string { return "/applications/" + graph.Segment(id) }

// mine refuses an id of another tenant, which these credentials cannot reach.
func (t *Tenant) mine(ctx context.Context, id governance.ID) error {
	if _, err := t.connect(ctx); err != nil {
		return err
	}
	if !strings.EqualFold(id.Account, t.ID()) {
		return &platform.ErrNotConfigured{
			Attribute: []string{"azure", "tenant_id"}, Reason: fmt.Sprintf("%s is in the tenant %s, but the provider is configured for %s", id, id.Account, t.ID()),
			Remedy: "Use a provider configuration for that tenant.",
		}
	}
	return nil
}

// Read takes the application from a bulk read where that is cheaper than to ask for it.
func (a *Applications) Read(ctx context.Context, id governance.ID) (ApplicationState, error) {
	if err := a.tenant.mine(ctx, id); err != nil {
		return ApplicationState{}, err
	}
	state, found, err := a.tenant.fromSnapshot(ctx, id)
	if err != nil || found {
		return state, err
	}
	if state, err = a.readDirect(ctx, id); errors.Is(err, platform.ErrNotFound) {
		return a.halfRetired(ctx, id, err)
	}
	return state, err
}

// readDirect asks for one application: three calls, and one more for each list that is too long for $expand.
func (a *Applications) readDirect(ctx context.Context, id governance.ID) (ApplicationState, error) {
	var app graph.Application
	query := url.Values{"$select": {applicationFields}, "$expand": {expandOwners}}
	if err := a.tenant.get(ctx, applicationPath(id.Resource), "/applications/{id}", permissionRead, query, &app); err != nil {
		return ApplicationState{}, err
	}
	owners := objectIDs(app.Owners)
	var federated []graph.FederatedIdentityCredential
	var principal graph.ServicePrincipal
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if len(owners) >= mostExpanded {
			owners, err = a.tenant.ownersOf(groupCtx, id.Resource)
		}
		return err
	})
	group.Go(func() (err error) { federated, err = a.tenant.federatedOf(groupCtx, id.Resource); return err })
	group.Go(func() (err error) { principal, err = a.tenant.principalFor(groupCtx, app.AppID); return err })
	if err := group.Wait(); err != nil {
		return ApplicationState{}, err
	}
	return a.tenant.applicationState(ctx, app, owners, federated, principal)
}

func (t *Tenant) federatedOf(ctx context.Context, application string) ([]graph.FederatedIdentityCredential, error) {
	return listAll[graph.FederatedIdentityCredential](ctx, t, graph.Request{Path: applicationPath(application) + "/federatedIdentityCredentials"}, "/applications/{id}/federatedIdentityCredentials", permissionRead)
}

// principalFor is the service principal of an application with its app roles; one without an id where there is none.
func (t *Tenant) principalFor(ctx context.Context, appID string) (graph.ServicePrincipal, error) {
	var principal graph.ServicePrincipal
	query := url.Values{"$select": {principalFields}, "$expand": {expandRoles}}
	err := ignoreNotFound(t.get(ctx, principalPath(appID), "/servicePrincipals", permissionRead, query, &principal))
	if err == nil && len(principal.AppRoleAssignments) >= mostExpanded {
		principal.AppRoleAssignments, err = t.assignmentsOf(ctx, principal.ID)
	}
	return principal, err
}

func (t *Tenant) assignmentsOf(ctx context.Context, principal string) ([]graph.AppRoleAssignment, error) {
	return listAll[graph.AppRoleAssignment](ctx, t, graph.Request{Path: assignmentsPath(principal), Query: url.Values{"$top": {pageSize}}}, "/servicePrincipals/{id}/appRoleAssignments", permissionRead)
}

func assignmentsPath(principal string) string {
	return "/servicePrincipals/" + graph.Segment(principal) + "/appRoleAssignments"
}

// applicationState makes a state of what was read.
func (t *Tenant) applicationState(ctx context.Context, app graph.Application, owners []string, federated []graph.FederatedIdentityCredential, principal graph.ServicePrincipal) (ApplicationState, error) {
	said := t.graphTagging().metadata(app.Tags)
	state := ApplicationState{
		Observed:  platform.Observed{ID: t.applicationID(app.ID), Name: cmp.Or(app.UniqueName, app.DisplayName), Metadata: said.Metadata},
		ManagedBy: said.ManagedBy, ApplicationID: strings.ToLower(app.AppID), ServicePrincipalID: strings.ToLower(principal.ID),
		UniqueName: app.UniqueName, DisplayName: app.DisplayName, SignInAudience: app.SignInAudience,
		ServiceManagementReference: valueOf(app.ServiceManagementReference), Notes: valueOf(app.Notes),
		SignInEnabled: principal.ID != "" && (principal.AccountEnabled == nil || *principal.AccountEnabled), PurgeOnDestroy: said.Purge,
		FederatedCredentials: map[string]federation.Credential{}, federatedIDs: map[string]string{},
		tags: app.Tags, allOwners: owners, records: said.graphRecords,
	}
	if app.CreatedDateTime != nil {
		state.CreatedAt = *app.CreatedDateTime
	}
	if r := t.graphTagging().readable(app.Tags); r != nil {
		state.Quarantine, state.wasOpen = r.order(), r.door == doorOpen
	}
	state.Disabled = said.Deactivated != "" && !state.SignInEnabled
	state.Unfinished = said.Deactivated != "" && state.SignInEnabled
	for _, one := range federated {
		state.FederatedCredentials[one.Name] = federation.Credential{Issuer: one.Issuer, Subject: one.Subject, Audience: strings.Join(one.Audiences, " ")}
		state.federatedIDs[one.Name] = one.ID
	}
	for _, assignment := range principal.AppRoleAssignments {
		role, err := t.held(ctx, assignment)
		if err != nil {
			return ApplicationState{}, err
		}
		state.AppRoles, state.assignments = append(state.AppRoles, role), append(state.assignments, heldRole{role, assignment.ID})
	}
	caller, err := t.callerID(ctx)
	if err != nil {
		return ApplicationState{}, err
	}
	state.Owners = slices.DeleteFunc(slices.Clone(owners), func(owner string) bool { return owner == caller })
	state.sort()
	return state, nil
}

func valueOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
