package azure

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// Delegated are permissions of one resource that an application has on behalf of everybody who signs in to it.
type Delegated struct {
	// ResourceName is what has them, and Permissions are such as User.Read, sorted.
	ResourceName string
	Permissions  []string

	id string
}

// String is how messages and attachments name them.
func (d Delegated) String() string {
	return strings.Join(d.Permissions, ", ") + " of " + d.ResourceName
}

const delegatedPrefix = "delegated permissions "

func (d Delegated) attachment() string { return delegatedPrefix + d.String() }

// Permissions of Microsoft Graph for delegated permission grants.
const (
	permissionDelegated = "Directory.Read.All"
	permissionRevoke    = "DelegatedPermissionGrant.ReadWrite.All"
	grantsName          = "/oauth2PermissionGrants"
)

// consentOfAll is the consent type of what holds for everybody; what single users have consented to is theirs, and goes with
// the service principal.
const consentOfAll = "AllPrincipals"

func delegatedFilter(more string) url.Values {
	return url.Values{"$filter": {"consentType eq '" + consentOfAll + "'" + more}, "$top": {pageSize}}
}

// delegatedOf asks for the grants of one service principal.
func (t *Tenant) delegatedOf(ctx context.Context, principal string) ([]graph.PermissionGrant, error) {
	return listAll[graph.PermissionGrant](ctx, t, graph.Request{Path: grantsName, Query: delegatedFilter(" and clientId eq " + graph.Quoted(principal))}, grantsName, permissionDelegated)
}

// allGrants are the grants of all service principals, by their object ids, or why nobody may read them.
type allGrants struct {
	of        map[string][]graph.PermissionGrant
	forbidden error
}

// allDelegated reads them once, and is refused once.
func (t *Tenant) allDelegated(ctx context.Context) (map[string][]graph.PermissionGrant, error) {
	all, err := t.entra.delegated.Get(ctx, func() (allGrants, error) {
		grants, err := listAll[graph.PermissionGrant](ctx, t, graph.Request{Path: grantsName, Query: delegatedFilter("")}, grantsName, permissionDelegated)
		if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
			return allGrants{forbidden: err}, nil
		}
		found := allGrants{of: map[string][]graph.PermissionGrant{}}
		for _, one := range grants {
			client := strings.ToLower(one.ClientID)
			found.of[client] = append(found.of[client], one)
		}
		return found, err
	})
	return all.of, cmp.Or(err, all.forbidden)
}

// delegatedAs names grants that were read, or says which permission was missing to read them.
func (t *Tenant) delegatedAs(ctx context.Context, grants []graph.PermissionGrant, err error) (found []Delegated, unknown string, _ error) {
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		return nil, forbidden.Permission, nil
	}
	if err != nil {
		return nil, "", err
	}
	for _, one := range grants {
		named := Delegated{ResourceName: one.ResourceID, Permissions: strings.Fields(one.Scope), id: one.ID}
		slices.Sort(named.Permissions)
		from, err := t.resourceAt(ctx, principalByID(strings.ToLower(one.ResourceID)))
		switch {
		case err == nil:
			named.ResourceName = from.name
		case !errors.Is(err, platform.ErrNotFound):
			return nil, "", err
		}
		found = append(found, named)
	}
	slices.SortFunc(found, func(a, b Delegated) int {
		return cmp.Or(cmp.Compare(a.ResourceName, b.ResourceName), cmp.Compare(a.String(), b.String()))
	})
	return found, "", nil
}

// takeDelegated revokes a grant.
func (t *Tenant) takeDelegated(ctx context.Context, id string) error {
	return ignoreNotFound(t.send(ctx, http.MethodDelete, grantsName+"/"+graph.Segment(id), grantsName+"/{id}", permissionRevoke, nil))
}
