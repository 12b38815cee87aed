package azuresim

import (
	"net/http"
	"regexp"
	"strings"
)

// kindIdentity is the resource type of managed identities that stand alone.
const kindIdentity = "Microsoft.ManagedIdentity/userAssignedIdentities"

const (
	providerIdentity   = "Microsoft.ManagedIdentity"
	putIdentityPattern = "PUT /subscriptions/{subscription}" + identitiesOf + "/{name}"
	identitiesOf       = "/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
)

// identityRoutes are the operations on managed identities (Microsoft.ManagedIdentity
// REST reference).
var identityRoutes = []route{
	{pattern: "GET /subscriptions/{subscription}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", handle: (*request).listIdentities},
	{pattern: "GET /subscriptions/{subscription}" + identitiesOf, handle: (*request).listGroupIdentities},
	{pattern: putIdentityPattern, handle: (*request).putIdentity},
	{pattern: "PATCH /subscriptions/{subscription}" + identitiesOf + "/{name}", handle: (*request).patchIdentity},
	{pattern: "GET /subscriptions/{subscription}" + identitiesOf + "/{name}", handle: (*request).getIdentity},
	{pattern: "DELETE /subscriptions/{subscription}" + identitiesOf + "/{name}", handle: (*request).deleteIdentity},
}

// identityName is what a managed identity can be called (Resource Manager,
// "Naming rules and restrictions for Azure resources").
var identityName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$`)

// identityAnswer is a managed identity as the API shows it.
func (res *resource) identityAnswer() object {
	tags := res.tags
	if tags == nil {
		tags = map[string]string{}
	}
	return object{
		"id": res.id(), "name": res.name, "type": kindIdentity, "location": res.location, "tags": tags,
		"properties": object{
			"tenantId": res.group.subscription.tenant.id, "principalId": res.principal.id, "clientId": res.principal.str("appId"),
			"isolationScope": res.isolation,
		},
	}
}

func (r *request) identityPage(group *resourceGroup, s *Subscription) (*reply, error) {
	var items []object
	for _, res := range r.tenant.arm.of(s, group, kindIdentity) {
		items = append(items, res.identityAnswer())
	}
	return r.armPage(items, 200)
}

func (r *request) listIdentities() (*reply, error) {
	s, err := r.ofSubscription(providerIdentity, kindIdentity+"/read")
	if err != nil {
		return nil, err
	}
	return r.identityPage(nil, s)
}

func (r *request) listGroupIdentities() (*reply, error) {
	g, err := r.ofGroup(providerIdentity, kindIdentity+"/read", "")
	if err != nil {
		return nil, err
	}
	return r.identityPage(g, g.subscription)
}

// ofIdentity finds the managed identity of the path, for a caller that may do
// the action to it. It is nil where there is none.
func (r *request) ofIdentity(action string) (*resource, *resourceGroup, error) {
	below := "/providers/" + kindIdentity + "/" + r.http.PathValue("name")
	g, err := r.ofGroup(providerIdentity, action, below)
	if err != nil {
		return nil, nil, err
	}
	return r.tenant.arm.resources[strings.ToLower(g.id()+below)], g, nil
}

// theIdentity is ofIdentity for one that has to be there.
func (r *request) theIdentity(action string) (*resource, error) {
	res, g, err := r.ofIdentity(action)
	if err == nil && res == nil {
		err = errResourceNotFound(kindIdentity, r.http.PathValue("name"), g.name)
	}
	return res, err
}

func (r *request) getIdentity() (*reply, error) {
	res, err := r.theIdentity(kindIdentity + "/read")
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, res.identityAnswer())
}

func (r *request) putIdentity() (*reply, error) {
	res, g, err := r.ofIdentity(kindIdentity + "/write")
	if err != nil {
		return nil, err
	}
	name := r.http.PathValue("name")
	if !identityName.MatchString(name) {
		return nil, newError("BadRequest", http.StatusBadRequest, "The name '%s' of the user assigned identity is invalid. It has to have 3 to 128 characters, "+
			"be alphanumeric with hyphens and underscores, and start with a letter or a number.", name)
	}
	location, err := r.location()
	if err != nil {
		return nil, err
	}
	if res != nil && location != res.location {
		return nil, newError("InvalidResourceLocation", http.StatusConflict, "The resource '%s' already exists in location '%s' in resource group '%s'. "+
			"A resource with the same name cannot be created in location '%s'. Please select a new resource name.", res.name, res.location, g.name, location)
	}
	tags, err := r.tags()
	if err != nil {
		return nil, err
	}
	isolation, err := r.isolation()
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if res == nil {
		status = http.StatusCreated
		res = r.tenant.newIdentity(g, name, location, r.server.lag)
	}
	res.tags, res.isolation = tags, isolation
	return answer(status, res.identityAnswer())
}

// newIdentity makes a managed identity and its service principal.
func (t *Tenant) newIdentity(g *resourceGroup, name, location string, lag int) *resource {
	res := &resource{group: g, kind: kindIdentity, name: name, location: location, isolation: isolationNone}
	res.principal = t.newManagedIdentity(res.id(), name, t.server.clock.Now(), lag)
	t.arm.put(res)
	return res
}

// patchIdentity changes the tags as a whole, and the isolation scope.
func (r *request) patchIdentity() (*reply, error) {
	res, err := r.theIdentity(kindIdentity + "/write")
	if err != nil {
		return nil, err
	}
	if to := normalLocation(r.body.str("location")); to != "" && to != res.location {
		return nil, newError("InvalidResourceLocation", http.StatusConflict, "The location of the resource '%s' cannot be changed from '%s' to '%s'.", res.name, res.location, to)
	}
	tags, isolation := res.tags, res.isolation
	if _, sent := r.body["tags"]; sent {
		if tags, err = r.tags(); err != nil {
			return nil, err
		}
	}
	if r.body.object("properties")["isolationScope"] != nil {
		if isolation, err = r.isolation(); err != nil {
			return nil, err
		}
	}
	res.tags, res.isolation = tags, isolation
	return answer(http.StatusOK, res.identityAnswer())
}

// deleteIdentity takes the service principal with it, which cannot be restored.
// Role assignments stay.
func (r *request) deleteIdentity() (*reply, error) {
	res, _, err := r.ofIdentity(kindIdentity + "/delete")
	if err != nil {
		return nil, err
	}
	if res == nil {
		return &reply{status: http.StatusNoContent}, nil
	}
	r.tenant.removeIdentity(res)
	return &reply{status: http.StatusOK}, nil
}

func (t *Tenant) removeIdentity(res *resource) {
	delete(t.arm.resources, strings.ToLower(res.id()))
	t.withdraw(res.principal, t.server.clock.Now())
	t.purge(res.principal)
}

// Isolation scopes of a managed identity.
const (
	isolationNone     = "None"
	isolationRegional = "Regional"
)

func (r *request) isolation() (string, error) {
	p := r.body.object("properties")
	switch value := p["isolationScope"]; value {
	case nil:
		return isolationNone, nil
	case isolationNone, isolationRegional:
		return p.str("isolationScope"), nil
	default:
		return "", newError("BadRequest", http.StatusBadRequest, "The isolation scope '%v' is invalid. The supported values are 'None' and 'Regional'.", value)
	}
}
