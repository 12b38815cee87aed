package azure

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// partyFields are what is read of service principals.
const partyFields = principalFields + ",displayName,servicePrincipalType,appRoleAssignmentRequired,appOwnerOrganizationId,verifiedPublisher,notes,tags,createdDateTime"

// Read takes the service principal from a bulk read where that is cheaper than to ask for it.
func (s *ServicePrincipals) Read(ctx context.Context, id governance.ID) (ServicePrincipalState, error) {
	if err := s.tenant.mine(ctx, id); err != nil {
		return ServicePrincipalState{}, err
	}
	cheaper, err := s.tenant.bulkIsCheaper(ctx, id.Resource)
	if err == nil && cheaper {
		var bulk BulkServicePrincipals
		if bulk, err = s.Bulk(ctx); err == nil {
			if _, there := bulk.named(id); there {
				return bulk.ServicePrincipal(ctx, id)
			}
		}
	}
	if unlessForbidden(err) != nil {
		return ServicePrincipalState{}, err
	}
	state, err := s.readDirect(ctx, id)
	if errors.Is(err, platform.ErrNotFound) {
		return s.halfRetired(ctx, id, err)
	}
	return state, err
}

// readDirect asks for one service principal: two calls, and one more where $expand has cut its app roles.
func (s *ServicePrincipals) readDirect(ctx context.Context, id governance.ID) (ServicePrincipalState, error) {
	principal, err := s.principalAt(ctx, principalByID(id.Resource), "/servicePrincipals/{id}")
	if err != nil {
		return ServicePrincipalState{}, err
	}
	grants, err := s.tenant.delegatedOf(ctx, id.Resource)
	return s.tenant.servicePrincipalState(ctx, principal, grants, err)
}

// principalAt reads a service principal with its app roles.
func (s *ServicePrincipals) principalAt(ctx context.Context, path, name string) (graph.ServicePrincipal, error) {
	var principal graph.ServicePrincipal
	err := s.tenant.get(ctx, path, name, permissionRead, url.Values{"$select": {partyFields}, "$expand": {expandRoles}}, &principal)
	if err == nil && len(principal.AppRoleAssignments) >= mostExpanded {
		principal.AppRoleAssignments, err = s.tenant.assignmentsOf(ctx, principal.ID)
	}
	return principal, err
}

// Named finds the service principal of an application; ErrNotFound when the tenant has none.
func (s *ServicePrincipals) Named(ctx context.Context, appID string) (ServicePrincipalState, error) {
	principal, err := s.named(ctx, appID)
	if err != nil {
		return ServicePrincipalState{}, err
	}
	return s.tenant.servicePrincipalState(ctx, principal, nil, nil)
}

func (s *ServicePrincipals) named(ctx context.Context, appID string) (graph.ServicePrincipal, error) {
	return s.principalAt(ctx, principalPath(strings.ToLower(appID)), "/servicePrincipals(appId)")
}

// OwnApplication tells whether an application is registered in this tenant itself.
func (s *ServicePrincipals) OwnApplication(ctx context.Context, appID string) (bool, error) {
	var found graph.Application
	err := s.tenant.get(ctx, "/applications(appId="+graph.Quoted(url.PathEscape(strings.ToLower(appID)))+")", "/applications(appId)", permissionRead, url.Values{"$select": {"id"}}, &found)
	return err == nil, ignoreNotFound(err)
}

// servicePrincipalState makes a state of what was read; unread is why the grants could not be.
func (t *Tenant) servicePrincipalState(ctx context.Context, principal graph.ServicePrincipal, grants []graph.PermissionGrant, unread error) (ServicePrincipalState, error) {
	said := t.graphTagging().metadata(principal.Tags)
	state := ServicePrincipalState{
		Observed:  platform.Observed{ID: t.servicePrincipalID(principal.ID), Name: cmp.Or(principal.DisplayName, principal.AppID), Metadata: said.Metadata, CreatedAt: deref(principal.CreatedDateTime)},
		ManagedBy: said.ManagedBy, AppID: strings.ToLower(principal.AppID), DisplayName: principal.DisplayName, Notes: valueOf(principal.Notes),
		Publisher:                 Publisher{TenantID: strings.ToLower(principal.AppOwnerOrganizationID)},
		AppRoleAssignmentRequired: principal.AppRoleAssignmentRequired != nil && *principal.AppRoleAssignmentRequired,
		SignInEnabled:             principal.AccountEnabled == nil || *principal.AccountEnabled, PurgeOnDestroy: said.Purge,
		tags: principal.Tags, records: said.graphRecords, kind: principal.ServicePrincipalType,
	}
	if verified := principal.VerifiedPublisher; verified != nil {
		state.Publisher.Name, state.Publisher.VerifiedPublisherID = verified.DisplayName, verified.VerifiedPublisherID
	}
	if r := t.graphTagging().readable(principal.Tags); r != nil {
		state.Quarantine, state.wasOpen = r.order(), r.door == doorOpen
	}
	state.HalfMade = state.Notes == creationNotes && !state.SignInEnabled && said.Deactivated == deactivatedSignIn
	state.Disabled = said.Deactivated != "" && !state.SignInEnabled && !state.HalfMade
	state.Unfinished = said.Deactivated != "" && (state.SignInEnabled || state.HalfMade)
	for _, assignment := range principal.AppRoleAssignments {
		role, err := t.held(ctx, assignment)
		if err != nil {
			return ServicePrincipalState{}, err
		}
		state.AppRoles, state.assignments = append(state.AppRoles, role), append(state.assignments, heldRole{role, assignment.ID})
	}
	sortRoles(state.AppRoles)
	var err error
	state.Delegated, state.DelegatedUnknown, err = t.delegatedAs(ctx, grants, unread)
	state.attach()
	return state, err
}

// BulkServicePrincipals takes single service principals out of one bulk read.
type BulkServicePrincipals struct {
	tenant *Tenant
	all    *entraSnapshot
	grants map[string][]graph.PermissionGrant
	unread error
}

// Bulk reads the directory, or takes what was read of it before.
func (s *ServicePrincipals) Bulk(ctx context.Context) (BulkServicePrincipals, error) {
	all, err := s.tenant.readDirectory(ctx)
	if err != nil {
		return BulkServicePrincipals{}, err
	}
	grants, unread := s.tenant.allDelegated(ctx)
	return BulkServicePrincipals{s.tenant, all, grants, unread}, ctx.Err()
}

func (b BulkServicePrincipals) named(id governance.ID) (graph.ServicePrincipal, bool) {
	appID, there := b.all.appIDs[strings.ToLower(id.Resource)]
	return b.all.principals[appID], there
}

// ServicePrincipal is one of them; ErrNotFound when there is none. It makes calls only for the names of app roles and of
// what has delegated permissions.
func (b BulkServicePrincipals) ServicePrincipal(ctx context.Context, id governance.ID) (ServicePrincipalState, error) {
	principal, there := b.named(id)
	if !there {
		return ServicePrincipalState{}, &notFoundError{operation: "GET /servicePrincipals", detail: "there is no service principal " + id.Resource}
	}
	return b.tenant.servicePrincipalState(ctx, principal, b.grants[strings.ToLower(id.Resource)], b.unread)
}

// keptServicePrincipal is what Entra ID keeps of a deleted service principal ("Deletion and recovery of applications FAQ").
const keptServicePrincipal = "It can be restored for 30 days, without any credential, app role or delegated permission."

// Retirement reads the service principal as Read does, its certificates, and once for all when each was last used.
func (s *ServicePrincipals) Retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	state, err := s.Read(ctx, id)
	if err != nil {
		return platform.Retirement{}, err
	}
	holder, err := s.credentials(ctx, id)
	if err != nil {
		return platform.Retirement{}, err
	}
	found := platform.Retirement{Attachments: append(slices.Clone(state.Attachments), holder.names()...)}
	slices.Sort(found.Attachments)
	if !state.PurgeOnDestroy {
		found.Kept, found.Purge = keptServicePrincipal, purgeFirst
	}
	if state.DelegatedUnknown != "" {
		found.Gaps = []string{"delegated permissions are not known, because the provider's credentials lack the permission " + state.DelegatedUnknown}
	}
	use, err := s.tenant.lastSignIn(ctx, state.AppID)
	found.Uses = []governance.Use{use}
	return found, err
}

// credentials are those that somebody has given the service principal itself: the third party's own are on its application.
func (s *ServicePrincipals) credentials(ctx context.Context, id governance.ID) (holderOf, error) {
	holder := holderOf{path: principalByID(id.Resource), name: "/servicePrincipals/{id}"}
	return holder, s.tenant.readCredentials(ctx, &holder)
}
