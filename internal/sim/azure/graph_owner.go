package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// maxOwners is how many owners an application or service principal has (Entra
// service limits).
const maxOwners = 100

// ownerRoutes are the owners of applications and service principals.
func ownerRoutes(k kind) []route {
	at := "/" + collections[k] + "/{id}/owners"
	return []route{
		{pattern: "GET " + at, needs: readApplications, handle: func(r *request) (*reply, error) { return r.listOwners(k) }},
		{pattern: "POST " + at + "/$ref", needs: writeApplications, own: true, also: readDirectory, handle: func(r *request) (*reply, error) { return r.addOwner(k) }},
		{pattern: "DELETE " + at + "/{owner}/$ref", needs: writeApplications, own: true, handle: func(r *request) (*reply, error) { return r.removeOwner(k) }},
	}
}

// liveOwners are the owners that have not been deleted; one who has is an owner
// again when restored.
func (e *entity) liveOwners() []*entity { return e.tenant.live(e.owners) }

// live are the objects of these ids that have not been deleted.
func (d *directory) live(ids []string) []*entity {
	var out []*entity
	for _, id := range ids {
		if o := d.get(id); o != nil {
			out = append(out, o)
		}
	}
	return out
}

// asMember is an object in a list of several kinds.
func (e *entity) asMember() object {
	out := e.show(e.props, false)
	out["@odata.type"] = e.kind.odataType()
	return out
}

// members are the objects of these ids as items of a mixed list.
func (d *directory) members(ids []string) []object {
	var out []object
	for _, o := range d.live(ids) {
		out = append(out, o.asMember())
	}
	return out
}

// pageOf answers with a page of objects of several kinds, ordered by id.
func (r *request) pageOf(members []*entity) (*reply, error) {
	o, err := r.options(allowed{has: anyKindHas, list: true})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(members, func(a, b *entity) int { return strings.Compare(a.id, b.id) })
	var items []listed
	for _, e := range members {
		items = append(items, listed{e.id, func() object {
			out := pick(e.asMember(), o.fields)
			out["@odata.type"] = e.kind.odataType()
			return out
		}})
	}
	return r.page("directoryObjects", o, items)
}

func anyKindHas(name string) bool {
	return slices.ContainsFunc([]kind{kindApplication, kindServicePrincipal, kindUser, kindGroup}, func(k kind) bool { return k.has(name) })
}

func (r *request) listOwners(k kind) (*reply, error) {
	_, met, err := r.named(k)
	if err != nil {
		return nil, err
	}
	return r.pageOf(r.tenant.live(met.owners))
}

// ownersBound is how owners are named when an object is made.
const ownersBound = "owners@odata.bind"

// boundOwners takes the owners out of what an object is made of. One who has only
// Application.ReadWrite.OwnedBy becomes an owner.
func (r *request) boundOwners(in object) (owners []string, err error) {
	if r.onlyOwned() {
		owners = []string{r.caller.objectID}
	}
	for _, at := range in.texts(ownersBound) {
		o, err := r.reference(at)
		if err != nil {
			return nil, err
		}
		if err := mayOwn(o); err != nil {
			return nil, err
		}
		if !slices.Contains(owners, o.id) {
			owners = append(owners, o.id)
		}
	}
	delete(in, ownersBound)
	return owners, nil
}

func mayOwn(o *entity) error {
	if o.kind == kindUser || o.kind == kindServicePrincipal {
		return nil
	}
	return errInvalid("The reference target '%s_%s' of type '%s' is invalid for the 'owners' reference.", o.kind.resourceName(), o.id, o.kind.resourceName())
}

// reference reads an address such as
// "https://graph.microsoft.com/v1.0/directoryObjects/{id}" and finds the object.
func (r *request) reference(at string) (*entity, error) {
	i := strings.LastIndex(at, "/")
	id := at[i+1:]
	if i < 0 || !strings.HasPrefix(at, "https://") || !guidPattern.MatchString(id) {
		return nil, errBadRequest("Invalid value specified for '@odata.id' of a reference: '%s'.", at)
	}
	o := r.tenant.get(id)
	if o == nil || o.meet() == nil {
		return nil, errNotFound(id)
	}
	return o, nil
}

func (r *request) addOwner(k kind) (*reply, error) {
	e, _, err := r.named(k)
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	owner, err := r.reference(r.body.str("@odata.id"))
	if err != nil {
		return nil, err
	}
	if err := mayOwn(owner); err != nil {
		return nil, err
	}
	switch {
	case slices.Contains(e.owners, owner.id):
		return nil, errInvalid("One or more added object references already exist for the following modified properties: 'owners'.")
	case len(e.owners) == maxOwners:
		return nil, newError("Directory_QuotaExceeded", http.StatusForbidden, "The number of owners exceeds the maximum of %d.", maxOwners)
	}
	e.touch()
	e.owners = append(e.owners, owner.id)
	return answer(http.StatusNoContent, nil)
}

func (r *request) removeOwner(k kind) (*reply, error) {
	e, _, err := r.named(k)
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	id := strings.ToLower(r.http.PathValue("owner"))
	if !slices.Contains(e.owners, id) {
		return nil, errNotFound(id)
	}
	e.touch()
	e.owners = slices.DeleteFunc(slices.Clone(e.owners), func(o string) bool { return o == id })
	return answer(http.StatusNoContent, nil)
}
