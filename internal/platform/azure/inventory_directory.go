package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// inventoryDirectory is what an inventory needs of a directory. What has an error is empty or short.
type inventoryDirectory struct {
	applications    []graph.Application
	applicationsErr error
	// owners are those of applications that have more than $expand shows, by object id.
	owners    map[string][]string
	ownersErr error
	// federated are by the object id of an application, or of a managed identity's service principal.
	federated    map[string][]graph.FederatedIdentityCredential
	federatedErr error
	principals   []graph.ServicePrincipal
	// principalsErr is about all service principals, managedErr about the federated credentials of managed identities.
	principalsErr, managedErr error
	// disabled are the names of users who cannot sign in any more, by object id.
	disabled    map[string]string
	disabledErr error
}

// What an inventory reads. Reads with keyCredentials are limited to 150 a minute, which pages of 999 do not reach.
const (
	listedApplicationFields = applicationFields + ",passwordCredentials,keyCredentials"
	listedPrincipalFields   = "id,appId,displayName,servicePrincipalType,accountEnabled,appOwnerOrganizationId,alternativeNames,tags,verifiedPublisher,createdDateTime,passwordCredentials,keyCredentials"
)

// readInventoryDirectory reads every list once, in the largest pages.
func (t *Tenant) readInventoryDirectory(ctx context.Context) inventoryDirectory {
	d := inventoryDirectory{owners: map[string][]string{}, federated: map[string][]graph.FederatedIdentityCredential{}, disabled: map[string]string{}}
	managed := map[string][]graph.FederatedIdentityCredential{}
	var group errgroup.Group
	group.Go(func() error {
		d.applications, d.applicationsErr = listAll[graph.Application](ctx, t, page("/applications", listedApplicationFields, expandOwners), "/applications", permissionRead)
		if d.applicationsErr == nil {
			d.ownersErr = t.readCutOwners(ctx, &d)
		}
		return nil
	})
	group.Go(func() error {
		all, err := listAll[graph.Application](ctx, t, page("/applications", "id", expandFederated), "/applications", permissionRead)
		for _, app := range all {
			if len(app.FederatedCredentials) > 0 {
				d.federated[strings.ToLower(app.ID)] = app.FederatedCredentials
			}
		}
		d.federatedErr = err
		return nil
	})
	group.Go(func() error {
		call := graph.Request{Path: "/servicePrincipals", Query: url.Values{"$select": {listedPrincipalFields}, "$top": {pageSize}}}
		d.principals, d.principalsErr = listAll[graph.ServicePrincipal](ctx, t, call, "/servicePrincipals", permissionRead)
		return nil
	})
	group.Go(func() error {
		call := page("/servicePrincipals", "id", expandFederated)
		call.Query.Set("$filter", "servicePrincipalType eq '"+graph.TypeManagedIdentity+"'")
		all, err := listAll[federatedPrincipal](ctx, t, call, "/servicePrincipals", permissionRead)
		for _, one := range all {
			managed[strings.ToLower(one.ID)] = one.FederatedCredentials
		}
		d.managedErr = err
		return nil
	})
	group.Go(func() error {
		call := graph.Request{Path: "/users", Query: url.Values{"$select": {"id,userPrincipalName"}, "$filter": {"accountEnabled eq false"}, "$top": {pageSize}}}
		all, err := listAll[graph.DirectoryObject](ctx, t, call, "/users", permissionUsers)
		for _, user := range all {
			d.disabled[strings.ToLower(user.ID)] = user.UserPrincipalName
		}
		d.disabledErr = err
		return nil
	})
	_ = group.Wait() // each part keeps its own error
	for id, credentials := range managed {
		d.federated[id] = credentials
	}
	return d
}

// federatedPrincipal is a service principal with its federated credentials, which only managed identities have.
type federatedPrincipal struct {
	ID                   string                              `json:"id"`
	FederatedCredentials []graph.FederatedIdentityCredential `json:"federatedIdentityCredentials"`
}

// readCutOwners reads the owners of applications of which $expand shows only the first, twenty applications a call.
func (t *Tenant) readCutOwners(ctx context.Context, d *inventoryDirectory) error {
	var cut, paths []string
	for _, app := range d.applications {
		if len(app.Owners) >= mostExpanded {
			cut = append(cut, strings.ToLower(app.ID))
			paths = append(paths, applicationPath(app.ID)+"/owners?$select=id&$top="+pageSize)
		}
	}
	if len(cut) == 0 {
		return nil
	}
	connection, err := t.connect(ctx)
	if err != nil {
		return err
	}
	of := operation{http.MethodGet + " /applications/{id}/owners", permissionRead}
	answers, err := connection.graph.Batch(ctx, paths, t.wait)
	if err != nil {
		return mapError(of, err)
	}
	var failed []error
	for i, answer := range answers {
		var found struct {
			Value []graph.DirectoryObject `json:"value"`
		}
		if answer.Status != http.StatusOK {
			failed = append(failed, fmt.Errorf("%s was refused with %s", of.name, answer.Code))
			continue
		}
		if err := json.Unmarshal(answer.Body, &found); err != nil {
			return fmt.Errorf("%s: %w", of.name, err)
		}
		d.owners[cut[i]] = objectIDs(found.Value)
	}
	return errors.Join(failed...)
}

// byApplication are the service principals by the application's id in lower case.
func (d inventoryDirectory) byApplication() map[string]*graph.ServicePrincipal {
	all := make(map[string]*graph.ServicePrincipal, len(d.principals))
	for i := range d.principals {
		all[strings.ToLower(d.principals[i].AppID)] = &d.principals[i]
	}
	return all
}

// ownersOf are the object ids of an application's owners.
func (d inventoryDirectory) ownersOf(app *graph.Application) []string {
	if all, cut := d.owners[strings.ToLower(app.ID)]; cut {
		return all
	}
	return objectIDs(app.Owners)
}
