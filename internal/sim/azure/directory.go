package azuresim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// kind is what a directory object is, by its name in OData.
type kind string

const (
	kindApplication      kind = "application"
	kindServicePrincipal kind = "servicePrincipal"
	kindUser             kind = "user"
	kindGroup            kind = "group"
)

// odataType is how Graph names the kind of an object in a mixed list.
func (k kind) odataType() string { return "#microsoft.graph." + string(k) }

// entity is a directory object.
type entity struct {
	tenant *Tenant
	kind   kind
	id     string
	state
	members []string // object ids, of a group
	// secrets are client secrets by key id.
	secrets map[string]string
	created time.Time
	deleted time.Time // zero while it lives
	// deletedWith is the application that took it along.
	deletedWith string
	signIns     signIns

	lag    int    // requests that still meet before
	before *state // what a lagging replica has; nil is nothing
}

// state is what changes of an object, and reaches every replica after a while.
type state struct {
	// props are the properties as Graph shows them, but for those of relations.
	// Values are never changed in place, only replaced.
	props     object
	owners    []string // object ids, in the order they were added
	federated []*federatedCredential
}

func (s *state) clone() *state {
	c := &state{props: maps.Clone(s.props), owners: slices.Clone(s.owners)}
	for _, f := range s.federated {
		one := *f
		c.federated = append(c.federated, &one)
	}
	return c
}

// signIns are the last uses of a service principal.
type signIns struct {
	at   time.Time
	keys map[string]time.Time // by key id
}

func (e *entity) str(name string) string { return e.props.str(name) }

// enabled reports whether sign-in is not blocked.
func (e *entity) enabled() bool { return e.props["accountEnabled"] != false }

// managed reports whether it is the service principal of a managed identity.
func (e *entity) managed() bool { return e.str("servicePrincipalType") == "ManagedIdentity" }

// directory holds the objects of a tenant and what relates them.
type directory struct {
	objects map[string]*entity // by id, deleted ones included
	gone    map[string]*entity // the deleted ones
	byApp   map[string]*entity // live ones by kind and application id
	lists   map[kind][]*entity // live ones by id; nil when it has to be made again
	grants  map[string]*grant  // app role assignments by id
	held    map[string][]*grant
	given   map[string][]*grant

	roleAssignments []*roleAssignment
	consents        []*consent           // in the order of their ids
	machines        map[string][]*entity // managed identities by the secret of the machine that has them
}

// grant is an app role assignment: principal has an app role of resource.
type grant struct {
	id        string
	principal *entity
	resource  *entity
	roleID    string
	created   time.Time
}

func newDirectory() directory {
	return directory{
		objects: map[string]*entity{}, gone: map[string]*entity{}, byApp: map[string]*entity{}, lists: map[kind][]*entity{},
		grants: map[string]*grant{}, held: map[string][]*grant{}, given: map[string][]*grant{},
		machines: map[string][]*entity{},
	}
}

func appKey(k kind, appID string) string { return string(k) + "/" + strings.ToLower(appID) }

// get returns the live object with an id, or nil, whatever the lag.
func (d *directory) get(id string) *entity {
	if e := d.objects[strings.ToLower(id)]; e != nil && e.deleted.IsZero() {
		return e
	}
	return nil
}

// getKind is get for one kind.
func (d *directory) getKind(k kind, id string) *entity {
	if e := d.get(id); e != nil && e.kind == k {
		return e
	}
	return nil
}

// app returns the live application or service principal of an application id,
// or nil, whatever the lag.
func (d *directory) app(k kind, appID string) *entity { return d.byApp[appKey(k, appID)] }

// all returns the live objects of a kind, ordered by id.
func (d *directory) all(k kind) []*entity {
	list, ok := d.lists[k]
	if !ok {
		for _, e := range d.objects {
			if e.kind == k && e.deleted.IsZero() {
				list = append(list, e)
			}
		}
		slices.SortFunc(list, func(a, b *entity) int { return strings.Compare(a.id, b.id) })
		d.lists[k] = list
	}
	return list
}

// insert puts an object into the directory, or back into it.
func (d *directory) insert(e *entity, lag int) {
	e.deleted = time.Time{}
	e.lag, e.before = lag, nil
	d.objects[e.id] = e
	delete(d.gone, e.id)
	if app := e.str("appId"); app != "" {
		d.byApp[appKey(e.kind, app)] = e
	}
	delete(d.lists, e.kind)
}

// withdraw takes an object out of the live ones; it stays among the deleted.
func (d *directory) withdraw(e *entity, at time.Time) {
	e.deleted = at
	e.lag, e.before = e.tenant.server.lag, e.clone()
	d.gone[e.id] = e
	if app := e.str("appId"); app != "" && d.byApp[appKey(e.kind, app)] == e {
		delete(d.byApp, appKey(e.kind, app))
	}
	delete(d.lists, e.kind)
}

// touch is called before an object is changed: with a lag, the next requests
// meet it as it is now.
func (e *entity) touch() {
	lag := e.tenant.server.lag
	if lag == 0 {
		return
	}
	if e.lag == 0 {
		e.before = e.clone()
	}
	e.lag = lag
}

// meet returns what a request meets of the object, or nil where it finds no such
// object. It counts as one request under the lag.
func (e *entity) meet() *state {
	if e.lag > 0 {
		e.lag--
		return e.before
	}
	return &e.state
}

// addGrant assigns an app role.
func (d *directory) addGrant(g *grant) {
	d.grants[g.id] = g
	d.held[g.principal.id] = append(d.held[g.principal.id], g)
	d.given[g.resource.id] = append(d.given[g.resource.id], g)
}

// dropGrant takes an app role away.
func (d *directory) dropGrant(g *grant) {
	delete(d.grants, g.id)
	same := func(o *grant) bool { return o == g }
	d.held[g.principal.id] = slices.DeleteFunc(d.held[g.principal.id], same)
	d.given[g.resource.id] = slices.DeleteFunc(d.given[g.resource.id], same)
}

// roleValues returns the values of the app roles of a resource that a principal
// has, which are the roles claim of its tokens.
func (d *directory) roleValues(principal, resource *entity) []string {
	out := []string{}
	for _, g := range d.held[principal.id] {
		if g.resource != resource {
			continue
		}
		for _, role := range resource.props.objects("appRoles") {
			if role.str("id") == g.roleID && role.str("value") != "" {
				out = append(out, role.str("value"))
			}
		}
	}
	return out
}
