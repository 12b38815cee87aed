package azuresim

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// estate is what a tenant has in Resource Manager.
type estate struct {
	groups           map[string]*resourceGroup // by id in lower case
	resources        map[string]*resource      // by id in lower case, managed identities among them
	managementGroups map[string]*managementGroup
	definitions      map[string]*roleDefinition // custom ones by GUID
	assignments      map[string]*assignment     // by id in lower case
	assignmentLimit  int                        // of a subscription
	requests         map[string]*scheduleRequest
	vaults           map[string]*vault // by name in lower case
	// unlicensed tenants have no time-bound role assignments.
	unlicensed                    bool
	longestActive, shortestActive time.Duration
	// replicating counts, by principal, the role assignments that were refused
	// because it was not there yet.
	replicating map[string]int

	// buckets are what is left of the limits of subscriptions.
	buckets map[string]*armBucket

	// fresh has what the next queries of Resource Graph do not find, as many as
	// it says, by id in lower case.
	fresh    map[string]int
	graphLag int

	// writing has the identities whose federated credentials are being written.
	writing   map[string]bool
	writingMu sync.Mutex
	hold      *hold
}

func newEstate() *estate {
	return &estate{
		groups: map[string]*resourceGroup{}, resources: map[string]*resource{}, managementGroups: map[string]*managementGroup{},
		definitions: map[string]*roleDefinition{}, assignments: map[string]*assignment{}, assignmentLimit: defaultAssignmentLimit,
		replicating: map[string]int{}, requests: map[string]*scheduleRequest{}, vaults: map[string]*vault{}, writing: map[string]bool{}, fresh: map[string]int{}, buckets: map[string]*armBucket{},
	}
}

// resourceGroup is a resource group of a subscription.
type resourceGroup struct {
	subscription   *Subscription
	name, location string
	tags           map[string]string
}

func (g *resourceGroup) id() string {
	return "/subscriptions/" + g.subscription.id + "/resourceGroups/" + g.name
}

// managementGroup is a node above subscriptions.
type managementGroup struct{ name, parent string }

// resource is anything in a resource group.
type resource struct {
	group          *resourceGroup
	kind, name     string // kind is for instance "Microsoft.Storage/storageAccounts"
	location       string
	tags           map[string]string
	isolation      string   // of a managed identity
	principal      *entity  // of a managed identity
	userIdentities []string // ids of the managed identities that it runs as
	properties     object
}

// id is the resource's id. Microsoft.ManagedIdentity writes "resourcegroups"
// (armmsi's examples), where others write "resourceGroups".
func (res *resource) id() string {
	group := "/resourceGroups/"
	if res.kind == kindIdentity {
		group = "/resourcegroups/"
	}
	return "/subscriptions/" + res.group.subscription.id + group + res.group.name + "/providers/" + res.kind + "/" + res.name
}

// ordered returns the subscriptions of a tenant by id.
func (t *Tenant) ordered() []*Subscription {
	var out []*Subscription
	for _, id := range slices.Sorted(maps.Keys(t.subscriptions)) {
		out = append(out, t.subscriptions[id])
	}
	return out
}

// ResourceManagerURL returns the endpoint of Azure Resource Manager.
func (s *Server) ResourceManagerURL() string { return s.URL() + armPath }

// ID returns the subscription's id, a GUID.
func (s *Subscription) ID() string { return s.id }

// Subscription returns the subscription of a tenant with an id, making it when
// it is new.
func (t *Tenant) Subscription(id string) *Subscription { return t.AddSubscription(id, "Subscription") }

// AddManagementGroup puts a management group below another one, or below the
// tenant's root group where parent is empty. It panics on a parent that is not
// there.
func (t *Tenant) AddManagementGroup(name, parent string) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	if parent != "" && t.arm.managementGroups[strings.ToLower(parent)] == nil {
		panic("azuresim: there is no management group " + parent)
	}
	t.arm.managementGroups[strings.ToLower(name)] = &managementGroup{name, strings.ToLower(parent)}
}

// MoveTo puts the subscription below a management group. It panics on one that
// is not there.
func (s *Subscription) MoveTo(group string) {
	s.tenant.server.mu.Lock()
	defer s.tenant.server.mu.Unlock()
	if s.tenant.arm.managementGroups[strings.ToLower(group)] == nil {
		panic("azuresim: there is no management group " + group)
	}
	s.parent = strings.ToLower(group)
}

// AddResourceGroup makes a resource group, or returns the id of the one that is
// there.
func (s *Subscription) AddResourceGroup(name, location string) string {
	s.tenant.server.mu.Lock()
	defer s.tenant.server.mu.Unlock()
	g := &resourceGroup{subscription: s, name: name, location: location}
	key := strings.ToLower(g.id())
	if there := s.tenant.arm.groups[key]; there != nil {
		return there.id()
	}
	s.tenant.arm.groups[key] = g
	return g.id()
}

// AddResource puts a resource of any kind, such as
// "Microsoft.Storage/storageAccounts", into a resource group that is there, and
// returns its id. It panics where there is no such group: that is a mistake in a
// test.
func (s *Subscription) AddResource(group, kind, name string, userIdentities ...string) string {
	s.tenant.server.mu.Lock()
	defer s.tenant.server.mu.Unlock()
	g := s.group(group)
	if g == nil {
		panic("azuresim: there is no resource group " + group)
	}
	res := &resource{group: g, kind: kind, name: name, location: g.location, userIdentities: slices.Clone(userIdentities), properties: object{}}
	s.tenant.arm.put(res)
	return res.id()
}

// RemoveResource takes a resource away.
func (t *Tenant) RemoveResource(id string) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	delete(t.arm.resources, strings.ToLower(id))
}

func (s *Subscription) group(name string) *resourceGroup {
	return s.tenant.arm.groups["/subscriptions/"+s.id+"/resourcegroups/"+strings.ToLower(name)]
}

func (a *estate) put(res *resource) {
	key := strings.ToLower(res.id())
	a.resources[key], a.fresh[key] = res, a.graphLag
}

func (a *estate) assign(one *assignment) {
	key := strings.ToLower(one.id())
	a.assignments[key], a.fresh[key] = one, a.graphLag
}

// unseen reports whether Resource Graph does not know something yet.
func (a *estate) unseen(key string) bool { return a.fresh[key] > 0 }

// age counts a query of Resource Graph.
func (a *estate) age() {
	maps.DeleteFunc(a.fresh, func(_ string, left int) bool { return left <= 1 })
	for key := range a.fresh {
		a.fresh[key]--
	}
}

// SetResourceGraphLag lets the next queries of Resource Graph, as many as given,
// miss each resource and role assignment that is made from now on. 0, the
// default, is no lag.
func (t *Tenant) SetResourceGraphLag(queries int) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	t.arm.graphLag = queries
}

// of lists the resources of a kind, ordered by id. An empty group is every one
// of the subscription.
func (a *estate) of(s *Subscription, group *resourceGroup, kind string) []*resource {
	var out []*resource
	for _, key := range slices.Sorted(maps.Keys(a.resources)) {
		res := a.resources[key]
		if res.group.subscription == s && (group == nil || res.group == group) && strings.EqualFold(res.kind, kind) {
			out = append(out, res)
		}
	}
	return out
}
