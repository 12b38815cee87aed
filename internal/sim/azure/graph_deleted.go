package azuresim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// retention is how long a deleted object can be restored (Graph reference,
// "directory: deletedItems").
const retention = 30 * 24 * time.Hour

var deletedRoutes = []route{
	{pattern: "GET /directory/deletedItems/{id}", handle: (*request).deletedItems},
	{pattern: "POST /directory/deletedItems/{id}/restore", handle: (*request).restoreDeleted},
	{pattern: "DELETE /directory/deletedItems/{id}", handle: (*request).purgeDeleted},
}

// deletedRights are the permissions that read what is deleted of a kind.
var deletedRights = map[kind][]string{
	kindApplication: readApplications, kindServicePrincipal: readApplications, kindUser: readUsers, kindGroup: readGroups,
}

// mayDecide checks that the caller may restore or purge an object. No application
// may purge people and groups (Graph reference, "Permanently delete an item").
func (r *request) mayDecide(e *entity, purge bool) error {
	if e.kind == kindUser || e.kind == kindGroup {
		permission := e.kind.resourceName() + ".ReadWrite.All"
		if purge {
			return r.refuse(permission)
		}
		return r.need([]string{permission, "Directory.ReadWrite.All"})
	}
	if err := r.need(append(slices.Clone(writeApplications), permissionOwned)); err != nil {
		return err
	}
	return r.mayChange(e)
}

// remove puts an object among the deleted, and with an application its service
// principal.
func (t *Tenant) remove(e *entity, at time.Time) {
	t.withdraw(e, at)
	e.props = maps.Clone(e.props)
	e.props["deletedDateTime"] = stamp(at)
	if e.kind != kindApplication {
		return
	}
	if sp := t.app(kindServicePrincipal, e.str("appId")); sp != nil {
		t.remove(sp, at)
		sp.deletedWith = e.id
	}
}

// purge ends an object for good, with its app roles.
func (t *Tenant) purge(e *entity) {
	delete(t.objects, e.id)
	delete(t.gone, e.id)
	for _, g := range slices.Concat(t.held[e.id], t.given[e.id]) {
		t.dropGrant(g)
	}
	t.consents = slices.DeleteFunc(t.consents, func(d *consent) bool { return d.client == e || d.resource == e })
	for _, a := range slices.Clone(t.roleAssignments) {
		if a.principal == e {
			t.dropRoleAssignment(a)
		}
	}
}

// expire ends what has been deleted for longer than it can be restored.
func (t *Tenant) expire(now time.Time) {
	for _, e := range t.gone {
		if !now.Before(e.deleted.Add(retention)) {
			t.purge(e)
		}
	}
}

// deletedItems lists those of one kind, or shows one of them: the segment is a
// cast such as microsoft.graph.application, or an id.
func (r *request) deletedItems() (*reply, error) {
	k, cast := strings.CutPrefix(r.http.PathValue("id"), "microsoft.graph.")
	if !cast {
		e, err := r.deletedItem()
		if err != nil {
			return nil, err
		}
		if err := r.need(deletedRights[e.kind]); err != nil {
			return nil, err
		}
		out := e.show(e.props, false)
		out["@odata.type"] = e.kind.odataType()
		return answer(http.StatusOK, out)
	}
	if deletedRights[kind(k)] == nil {
		return nil, errBadRequest("Resource not found for the segment 'microsoft.graph.%s'.", k)
	}
	if err := r.need(deletedRights[kind(k)]); err != nil {
		return nil, err
	}
	o, err := r.options(allowed{has: kind(k).has, list: true})
	if err != nil {
		return nil, err
	}
	var items []listed
	for _, id := range slices.Sorted(maps.Keys(r.tenant.gone)) {
		e := r.tenant.gone[id]
		if e.kind != kind(k) || o.filter != nil && !o.filter(e.props, e) {
			continue
		}
		items = append(items, listed{id, func() object { return pick(e.show(e.props, false), o.fields) }})
	}
	return r.page("directory/deletedItems", o, items)
}

func (r *request) deletedItem() (*entity, error) {
	id := r.http.PathValue("id")
	e := r.tenant.gone[strings.ToLower(id)]
	if e == nil {
		return nil, errNotFound(id)
	}
	return e, nil
}

// restoreDeleted brings an object back, and with an application the service
// principal that went with it.
func (r *request) restoreDeleted() (*reply, error) {
	e, err := r.deletedItem()
	if err != nil {
		return nil, err
	}
	if err := r.mayDecide(e, false); err != nil {
		return nil, err
	}
	if app := e.str("appId"); app != "" && r.tenant.app(e.kind, app) != nil {
		return nil, errNameInUse(app)
	}
	r.restore(e)
	for _, sp := range r.tenant.gone {
		if sp.deletedWith == e.id {
			r.restore(sp)
		}
	}
	out := e.show(e.props, false)
	out["@odata.type"] = e.kind.odataType()
	return answer(http.StatusOK, out)
}

func (r *request) restore(e *entity) {
	e.props = maps.Clone(e.props)
	e.props["deletedDateTime"] = nil
	e.deletedWith = ""
	r.tenant.insert(e, r.server.lag)
}

func (r *request) purgeDeleted() (*reply, error) {
	e, err := r.deletedItem()
	if err != nil {
		return nil, err
	}
	if err := r.mayDecide(e, true); err != nil {
		return nil, err
	}
	r.tenant.purge(e)
	return answer(http.StatusNoContent, nil)
}
