package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// Permissions that read users, groups and objects of any kind (Graph reference).
var (
	readDirectory = []string{"Directory.Read.All", "Directory.ReadWrite.All"}

	readUsers  = []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readGroups = []string{"GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
)

var userRoutes = []route{
	{pattern: "GET /users", needs: readUsers, handle: func(r *request) (*reply, error) { return r.listPeople(kindUser, "users") }},
	{pattern: "GET /users/{id}", needs: readUsers, handle: (*request).getUser},
	{pattern: "GET /groups", needs: readGroups, handle: func(r *request) (*reply, error) { return r.listPeople(kindGroup, "groups") }},
	{pattern: "GET /groups/{id}", needs: readGroups, handle: (*request).getGroup},
	{pattern: "GET /groups/{id}/members", needs: readGroups, handle: func(r *request) (*reply, error) { return r.listMembers(false) }},
	{pattern: "GET /groups/{id}/transitiveMembers", needs: readGroups, handle: func(r *request) (*reply, error) { return r.listMembers(true) }},
	{pattern: "GET /groups/{id}/transitiveMembers/{cast}", needs: readGroups, handle: func(r *request) (*reply, error) { return r.listMembers(true) }},
	{pattern: "GET /groups/{id}/members/{cast}", needs: readGroups, handle: func(r *request) (*reply, error) { return r.listMembers(false) }},
	{pattern: "GET /directoryObjects/{id}", needs: readDirectory, handle: (*request).getDirectoryObject},
	{pattern: "POST /directoryObjects/getByIds", needs: readDirectory, handle: (*request).getByIDs},
}

// fewFields are the properties of a user that are shown without a $select.
var fewFields = []string{"id", "displayName", "givenName", "jobTitle", "mail", "surname", "userPrincipalName"}

func (r *request) listPeople(k kind, what string) (*reply, error) {
	o, err := r.options(allowed{has: k.has, list: true})
	if err != nil {
		return nil, err
	}
	if o.fields == nil && k == kindUser {
		o.fields = fewFields
	}
	return r.page(what, o, r.matching(k, o))
}

// getUser finds a user by id or by user principal name.
func (r *request) getUser() (*reply, error) {
	id := r.http.PathValue("id")
	e := r.tenant.getKind(kindUser, id)
	if e == nil {
		for _, u := range r.tenant.all(kindUser) {
			if strings.EqualFold(u.str("userPrincipalName"), id) {
				e = u
			}
		}
	}
	return r.getOne(e, id, fewFields)
}

func (r *request) getGroup() (*reply, error) {
	id := r.http.PathValue("id")
	return r.getOne(r.tenant.getKind(kindGroup, id), id, nil)
}

func (r *request) getOne(e *entity, id string, fields []string) (*reply, error) {
	if e == nil {
		return nil, errNotFound(id)
	}
	o, err := r.options(allowed{has: e.kind.has})
	if err != nil {
		return nil, err
	}
	if o.fields != nil {
		fields = o.fields
	}
	return answer(http.StatusOK, pick(e.show(e.props, false), fields))
}

// listMembers lists the members of a group, those of the groups in it as well
// where that is asked for, and only those of one kind after a cast such as
// microsoft.graph.user. Service principals are shown only under a cast to them, in
// an advanced query that counts (Graph guide, "Known issues"; that
// transitiveMembers does as members is what others have measured).
func (r *request) listMembers(transitive bool) (*reply, error) {
	g := r.tenant.getKind(kindGroup, r.http.PathValue("id"))
	if g == nil {
		return nil, errNotFound(r.http.PathValue("id"))
	}
	members := g.liveMembers(transitive)
	if cast := r.http.PathValue("cast"); cast != "" {
		members = slices.DeleteFunc(members, func(e *entity) bool { return e.kind.odataType() != "#"+cast })
	}
	if r.http.PathValue("cast") == "" || !r.advanced() || r.query.Get("$count") != "true" {
		members = slices.DeleteFunc(members, func(e *entity) bool { return e.kind == kindServicePrincipal })
	}
	return r.pageOf(members)
}

func (e *entity) liveMembers(transitive bool) []*entity {
	var out []*entity
	seen := map[string]bool{e.id: true}
	for queue := e.tenant.live(e.members); len(queue) > 0; queue = queue[1:] {
		m := queue[0]
		if seen[m.id] {
			continue
		}
		seen[m.id] = true
		out = append(out, m)
		if transitive {
			queue = append(queue, e.tenant.live(m.members)...)
		}
	}
	return out
}

func (r *request) getDirectoryObject() (*reply, error) {
	e := r.tenant.get(r.http.PathValue("id"))
	if e == nil {
		return nil, errNotFound(r.http.PathValue("id"))
	}
	return answer(http.StatusOK, e.asMember())
}

// maxByIDs is how many ids one request takes (Graph reference, "directoryObject:
// getByIds").
const maxByIDs = 1000

// getByIDs gives the objects of ids, of certain kinds where the request names
// them. Those that are not there are left out.
func (r *request) getByIDs() (*reply, error) {
	ids := r.body.texts("ids")
	if len(ids) == 0 || len(ids) > maxByIDs {
		return nil, errInvalid("The number of ids has to be between 1 and %d.", maxByIDs)
	}
	var kinds []kind
	for _, t := range r.body.texts("types") {
		kinds = append(kinds, kind(t))
	}
	out := []object{}
	for _, id := range ids {
		if !guidPattern.MatchString(id) {
			return nil, errInvalid("Invalid GUID: %s", id)
		}
		e := r.tenant.get(id)
		if e == nil || len(kinds) > 0 && !slices.Contains(kinds, e.kind) && !slices.Contains(kinds, "directoryObject") {
			continue
		}
		out = append(out, e.asMember())
	}
	return answer(http.StatusOK, object{"@odata.context": r.contextURL("directoryObjects"), "value": out})
}
