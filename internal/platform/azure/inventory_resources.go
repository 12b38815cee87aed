package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resourcegraph/armresourcegraph"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/rbac"
)

// inventoryResources is what an inventory needs of Resource Manager, of all subscriptions that the caller may read.
type inventoryResources struct {
	identities    []listedIdentity
	identitiesErr error
	// users are the resources that have an identity assigned, by its id in lower case.
	users    map[string][]string
	usersErr error
	// privileges are by the object id of a service principal or group in lower case, and groups are the latter.
	privileges     map[string][]governance.Privilege
	groups         []string
	assignmentsErr error
}

// listedIdentity is a row of a user-assigned managed identity.
type listedIdentity struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Tags       map[string]string `json:"tags"`
	Properties struct {
		ClientID    string `json:"clientId"`
		PrincipalID string `json:"principalId"`
	} `json:"properties"`
}

// Queries of Resource Graph. Without the column id there is no second page.
const (
	identitiesQuery    = "resources | where type =~ 'microsoft.managedidentity/userassignedidentities' | project id, name, tags, properties"
	subscriptionsQuery = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id"
	assignmentsQuery   = "authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | project id, properties"
	definitionsQuery   = "authorizationresources | where type =~ 'microsoft.authorization/roledefinitions' | project id, name, properties"
)

// Resource Graph shows what the caller may read, and refuses nothing: an empty answer has to be told from none.
const (
	permissionReader      = "Reader of at least one subscription"
	permissionAssignments = "Microsoft.Authorization/roleAssignments/read"
	permissionDefinitions = "Microsoft.Authorization/roleDefinitions/read"
	permissionIdentities  = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
)

func (t *Tenant) readInventoryResources(ctx context.Context) (r inventoryResources) {
	subscriptions, err := query[struct{}](ctx, t, subscriptionsQuery)
	if err == nil && len(subscriptions) == 0 {
		err = &platform.ErrForbidden{Permission: permissionReader}
	}
	if err != nil {
		r.identitiesErr, r.usersErr, r.assignmentsErr = err, err, err
		return r
	}
	r.identities, r.identitiesErr = query[listedIdentity](ctx, t, identitiesQuery)
	r.users, r.usersErr = t.ManagedIdentities().users(ctx)
	r.privileges, r.groups, r.assignmentsErr = t.readAzureRoles(ctx)
	return r
}

// judgedPrincipals can be identities, or have them as members.
var judgedPrincipals = []armauthorization.PrincipalType{armauthorization.PrincipalTypeServicePrincipal, armauthorization.PrincipalTypeGroup}

// readAzureRoles judges every role assignment of a service principal or a group, those above subscriptions included.
func (t *Tenant) readAzureRoles(ctx context.Context) (found map[string][]governance.Privilege, groups []string, err error) {
	assignments, err := query[armauthorization.RoleAssignment](ctx, t, assignmentsQuery)
	if err != nil {
		return nil, nil, err
	}
	if len(assignments) == 0 { // Every subscription has an owner.
		return nil, nil, &platform.ErrForbidden{Permission: permissionAssignments}
	}
	definitions, err := query[armauthorization.RoleDefinition](ctx, t, definitionsQuery)
	if err != nil {
		return nil, nil, err
	}
	if len(definitions) == 0 { // There are always the built-in ones.
		return nil, nil, &platform.ErrForbidden{Permission: permissionDefinitions}
	}
	roles := map[string]rbac.Role{}
	for _, one := range definitions {
		if one.Properties != nil {
			made := definition{name: deref(one.Properties.RoleName)}
			for _, permission := range one.Properties.Permissions {
				made.permissions = append(made.permissions, deref(permission))
			}
			roles[roleGUID(deref(one.ID))] = made.rbac()
		}
	}
	found = map[string][]governance.Privilege{}
	unread := 0
	for _, one := range assignments {
		if one.Properties == nil || !slices.Contains(judgedPrincipals, deref(one.Properties.PrincipalType)) {
			continue
		}
		role, known := roles[roleGUID(deref(one.Properties.RoleDefinitionID))]
		if !known {
			unread++
			continue
		}
		scope, principal := deref(one.Properties.Scope), strings.ToLower(deref(one.Properties.PrincipalID))
		assignment := rbac.Assignment{Role: role, Scope: scope, Reach: rbac.AssignmentReach(scope), Condition: deref(one.Properties.Condition)}
		dangers := assignment.Dangers()
		if len(dangers) > 0 && *one.Properties.PrincipalType == armauthorization.PrincipalTypeGroup && !slices.Contains(groups, principal) {
			groups = append(groups, principal)
		}
		for _, danger := range dangers {
			found[principal] = append(found[principal], governance.Privilege{Class: danger.Rule, Reason: danger.Grant})
		}
	}
	if unread > 0 {
		return found, groups, fmt.Errorf("the definitions of the roles of %d role assignments are not shown", unread)
	}
	return found, groups, nil
}

// query reads all rows of a query over all subscriptions.
func query[T any](ctx context.Context, t *Tenant, text string) ([]T, error) {
	arm, err := t.manage(ctx, t.SubscriptionID())
	if err != nil {
		return nil, err
	}
	var all []T
	// Without the filter, roles at management groups and at the root are left out ("AuthorizationScopeFilter").
	format, above := armresourcegraph.ResultFormatObjectArray, armresourcegraph.AuthorizationScopeFilterAtScopeAboveAndBelow
	options := &armresourcegraph.QueryRequestOptions{ResultFormat: &format, AuthorizationScopeFilter: &above}
	for {
		answer, err := arm.graph.Resources(ctx, armresourcegraph.QueryRequest{Query: &text, Options: options}, nil)
		if err != nil {
			return nil, mapError(opResources, err)
		}
		rows, err := json.Marshal(answer.Data) // which the SDK leaves untyped
		if err != nil {
			return nil, fmt.Errorf("the answer of Resource Graph: %w", err)
		}
		var page []T
		if err := json.Unmarshal(rows, &page); err != nil {
			return nil, fmt.Errorf("the answer of Resource Graph: %w", err)
		}
		all = append(all, page...)
		if deref(answer.ResultTruncated) == armresourcegraph.ResultTruncatedTrue && deref(answer.SkipToken) == "" {
			return nil, fmt.Errorf("%s: the answer has been cut off", opResources.name)
		}
		if deref(answer.SkipToken) == "" {
			return slices.Clip(all), nil
		}
		options.SkipToken = answer.SkipToken
	}
}
