package azuresim

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Permissions that read or change applications and service principals (Graph
// reference). Application.ReadWrite.OwnedBy reads all of them.
var (
	readApplications  = []string{"Application.Read.All", "Application.ReadWrite.All", permissionOwned, "Directory.Read.All", "Directory.ReadWrite.All"}
	writeApplications = []string{"Application.ReadWrite.All"}
)

// collections are the segments of the kinds that have routes in common.
var collections = map[kind]string{kindApplication: "applications", kindServicePrincipal: "servicePrincipals"}

// objectRoutes are what applications and service principals have in common.
func objectRoutes(k kind) []route {
	at := "/" + collections[k]
	return []route{
		{pattern: "GET " + at, needs: readApplications, handle: func(r *request) (*reply, error) { return r.listObjects(k) }},
		{pattern: "GET " + at + "/$count", needs: readApplications, handle: func(r *request) (*reply, error) { return r.countObjects(k) }},
		{pattern: "GET " + at + "/{id}", needs: readApplications, handle: func(r *request) (*reply, error) { return r.getObject(k) }},
		{pattern: "DELETE " + at + "/{id}", needs: writeApplications, own: true, handle: func(r *request) (*reply, error) { return r.deleteObject(k) }},
	}
}

// segmentKey is a key such as "(appId='…')".
var segmentKey = regexp.MustCompile(`^\((\w+)='(.*)'\)$`)

// named finds the object that the path names, as a request meets it: under a
// lag it may be as it was before, or not be there.
func (r *request) named(k kind) (*entity, *state, error) {
	id := r.http.PathValue("id")
	e := r.tenant.getKind(k, id)
	if m := segmentKey.FindStringSubmatch(id); m != nil {
		id = strings.ReplaceAll(m[2], "''", "'")
		if e = r.tenant.byKey(k, m[1], id); e == nil && !k.keyed(m[1]) {
			return nil, nil, errBadRequest("The key property '%s' is not a key of the type 'microsoft.graph.%s'.", m[1], k)
		}
	}
	if e == nil {
		// A replica that lags still has what is deleted, for those who read.
		e = r.tenant.gone[strings.ToLower(id)]
		if e == nil || e.kind != k || e.lag == 0 || r.http.Method != http.MethodGet {
			return nil, nil, errNotFound(id)
		}
	}
	met := e.meet()
	if met == nil {
		return nil, nil, errNotFound(id)
	}
	return e, met, nil
}

// keyed reports whether a property is an alternate key.
func (k kind) keyed(name string) bool {
	return name == "appId" || k == kindApplication && name == "uniqueName"
}

// byKey finds a live object by an alternate key.
func (d *directory) byKey(k kind, name, value string) *entity {
	switch {
	case name == "appId":
		return d.app(k, value)
	case k == kindApplication && name == "uniqueName":
		return d.byUniqueName(value)
	}
	return nil
}

// byUniqueName finds a live application by its unique name.
func (d *directory) byUniqueName(name string) *entity {
	for _, e := range d.all(kindApplication) {
		if e.props["uniqueName"] != nil && strings.EqualFold(e.str("uniqueName"), name) {
			return e
		}
	}
	return nil
}

// show is what an object looks like with these properties. Keys of certificates
// are only in an answer that was asked for one object's keys.
func (e *entity) show(props object, keys bool) object {
	out := maps.Clone(props)
	if e.kind == kindServicePrincipal {
		out["tags"] = e.unionTags(props)
	}
	if list := props.objects("keyCredentials"); !keys && len(list) > 0 {
		shown := make([]object, len(list))
		for i, c := range list {
			shown[i] = maps.Clone(c)
			shown[i]["key"] = nil
		}
		out["keyCredentials"] = shown
	}
	return out
}

// unionTags are a service principal's own tags and those of its application.
func (e *entity) unionTags(props object) []string {
	tags := slices.Clone(props.texts("tags"))
	if app := e.application(); app != nil {
		for _, t := range app.props.texts("tags") {
			if !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
	}
	if tags == nil {
		return []string{}
	}
	return tags
}

func (k kind) allowed(list bool) allowed {
	a := allowed{has: k.has, list: list, expansions: []string{"owners"}}
	switch k {
	case kindApplication:
		a.expansions = append(a.expansions, "federatedIdentityCredentials")
	case kindServicePrincipal:
		a.expansions = append(a.expansions, "federatedIdentityCredentials", "appRoleAssignments", "appRoleAssignedTo")
	}
	return a
}

// expanded is an object with one relation of it, of which no more than twenty
// are shown and no link leads to the rest.
func (r *request) expanded(e *entity, met *state, o *options, shown object) object {
	out := pick(shown, o.fields)
	if o.expand == nil {
		return out
	}
	if o.fields == nil {
		out = maps.Clone(out)
	}
	var items []object
	switch o.expand.name {
	case "owners":
		items = r.tenant.members(met.owners)
	case "federatedIdentityCredentials":
		items = met.federatedObjects()
	case "appRoleAssignments":
		items = grantObjects(r.tenant.liveGrants(r.tenant.held[e.id]))
	case "appRoleAssignedTo":
		items = grantObjects(r.tenant.liveGrants(r.tenant.given[e.id]))
	}
	list := []object{}
	for _, i := range items[:min(len(items), maxExpanded)] {
		one := pick(i, o.expand.fields)
		if t, ok := i["@odata.type"]; ok {
			one = maps.Clone(one)
			one["@odata.type"] = t
		}
		list = append(list, one)
	}
	out[o.expand.name] = list
	return out
}

// maxExpanded is how many related objects $expand gives (Graph guide, "Known
// issues", and Graph reference, "expand").
const maxExpanded = 20

// matching are the objects of a kind that the filter lets pass, as the request
// meets them.
func (r *request) matching(k kind, o *options) []listed {
	var out []listed
	for _, e := range r.tenant.all(k) {
		met := e.meet()
		if met == nil || o.filter != nil && !o.filter(e.filterView(met.props), e) {
			continue
		}
		out = append(out, listed{e.id, func() object { return r.expanded(e, met, o, e.show(met.props, false)) }})
	}
	return out
}

// filterView is what filters see.
func (e *entity) filterView(props object) object {
	if e.kind != kindServicePrincipal {
		return props
	}
	if app := e.application(); app == nil || len(app.props.texts("tags")) == 0 {
		return props
	}
	return e.show(props, false)
}

func (r *request) listObjects(k kind) (*reply, error) {
	o, err := r.options(k.allowed(true))
	if err != nil {
		return nil, err
	}
	return r.page(collections[k], o, r.matching(k, o))
}

func (r *request) countObjects(k kind) (*reply, error) {
	if !r.advanced() {
		return nil, errBadRequest("$count is not currently supported.")
	}
	o, err := r.options(k.allowed(true))
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, len(r.matching(k, o)))
}

func (r *request) getObject(k kind) (*reply, error) {
	e, met, err := r.named(k)
	if err != nil {
		return nil, err
	}
	o, err := r.options(k.allowed(false))
	if err != nil {
		return nil, err
	}
	out := maps.Clone(r.expanded(e, met, o, e.show(met.props, slices.Contains(o.fields, "keyCredentials"))))
	out["@odata.context"] = r.contextURL(collections[k] + "/$entity")
	return answer(http.StatusOK, out)
}

// deleteObject puts an object among the deleted. That of an application takes
// its service principal along.
func (r *request) deleteObject(k kind) (*reply, error) {
	e, _, err := r.named(k)
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	if e.managed() {
		return nil, newError("Authorization_RequestDenied", http.StatusForbidden, "Managed identity service principals can only be deleted by the resource that they belong to.")
	}
	r.tenant.remove(e, r.now)
	return answer(http.StatusNoContent, nil)
}
