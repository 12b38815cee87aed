package sim

import (
	"slices"
	"strings"
)

// group returns a group by its name, spelt as it was made, or nil.
func (a *Account) group(name string) *group {
	if g := a.groups.get(strings.ToLower(name)); g != nil && g.name == name {
		return g
	}
	return nil
}

func errNoSuchGroup(name string) error {
	return errNoSuchEntity("The group with name %s cannot be found.", name)
}

// writableGroup returns the group that GroupName names, for a change.
func (r *request) writableGroup() (*group, error) {
	name := r.required("GroupName", longNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	g := r.account.group(name)
	if g == nil {
		return nil, errNoSuchGroup(name)
	}
	return g, nil
}

// readableGroup returns what a read of the group that GroupName names sees.
func (r *request) readableGroup() (*group, error) {
	name := r.required("GroupName", longNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	g := r.account.groups.read(strings.ToLower(name))
	if g == nil || g.name != name {
		return nil, errNoSuchGroup(name)
	}
	return g, nil
}

func createGroup(r *request) ([]node, error) {
	name := r.required("GroupName", longNameRule)
	path := r.optional("Path", pathRule, "/")
	if err := r.checked(); err != nil {
		return nil, err
	}
	a := r.account
	key := strings.ToLower(name)
	if a.groups.get(key) != nil {
		return nil, errAlreadyExists("Group with name %s already exists.", name)
	}
	if quota := a.quotas["GroupsQuota"]; a.groups.len() >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for GroupsPerAccount: %d", quota)
	}
	g := &group{
		account: a, name: name, path: path, id: r.server.uniqueID(prefixGroup), created: r.now,
		grants: grants{inline: map[string]*policyText{}},
	}
	a.groups.put(key, g, r.server.lag)
	return []node{g.node()}, nil
}

func (g *group) node() node {
	return el("Group",
		text("Path", g.path),
		text("GroupName", g.name),
		text("GroupId", g.id),
		text("Arn", g.arn()),
		date("CreateDate", g.created),
	)
}

// getGroup gives the group and, by page, its users.
func getGroup(r *request) ([]node, error) {
	g, err := r.readableGroup()
	if err != nil {
		return nil, err
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	byKey := map[string]*user{}
	var keys []string
	for _, u := range g.members {
		key := strings.ToLower(u.name)
		byKey[key] = u
		keys = append(keys, key)
	}
	slices.Sort(keys)
	users := pagedStrings(p, keys)
	out := []node{g.node(), list("Users", users, func(key string) node { return byKey[key].node(false) })}
	return append(out, p.nodes()...), nil
}

func deleteGroup(r *request) ([]node, error) {
	g, err := r.writableGroup()
	if err != nil {
		return nil, err
	}
	switch {
	case len(g.members) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must remove users from group first.")
	case len(g.attached) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must detach all policies first.")
	case len(g.inline) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must delete policies first.")
	}
	r.account.groups.remove(strings.ToLower(g.name), r.server.lag)
	return nil, nil
}

func listGroups(r *request) ([]node, error) {
	prefix := r.optional("PathPrefix", pathPrefixRule, "/")
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	var nodes []node
	pagedKeys(p, r.account.groups.from(p.after), func(key string) bool {
		g := r.account.groups.read(key)
		if g == nil || !strings.HasPrefix(g.path, prefix) {
			return false
		}
		nodes = append(nodes, g.node())
		return true
	})
	return append([]node{list("Groups", nodes, func(n node) node { return n })}, p.nodes()...), nil
}

// membership reads the group and the user of a change of membership.
func (r *request) membership() (*group, *user, error) {
	r.required("UserName", longNameRule)
	g, err := r.writableGroup()
	if err != nil {
		return nil, nil, err
	}
	u, err := r.writableUser()
	return g, u, err
}

// addUserToGroup of a user that is in the group already changes nothing.
func addUserToGroup(r *request) ([]node, error) {
	g, u, err := r.membership()
	if err != nil {
		return nil, err
	}
	if slices.Contains(u.groups, g) {
		return nil, nil
	}
	if quota := r.account.quotas["GroupsPerUserQuota"]; len(u.groups) >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for GroupsPerUser: %d", quota)
	}
	u.join(g)
	return nil, nil
}

func (u *user) join(g *group) {
	g.changing()
	u.changing()
	g.members = append(slices.Clone(g.members), u)
	u.groups = append(slices.Clone(u.groups), g)
}

func (u *user) leave(g *group) {
	g.changing()
	u.changing()
	g.members = slices.DeleteFunc(slices.Clone(g.members), func(m *user) bool { return m == u })
	u.groups = slices.DeleteFunc(slices.Clone(u.groups), func(m *group) bool { return m == g })
}

func removeUserFromGroup(r *request) ([]node, error) {
	g, u, err := r.membership()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(u.groups, g) {
		return nil, errNoSuchEntity("The user with name %s is not in the group %s.", u.name, g.name)
	}
	u.leave(g)
	return nil, nil
}

func listGroupsForUser(r *request) ([]node, error) {
	u, err := r.readableUser()
	if err != nil {
		return nil, err
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	byKey := map[string]*group{}
	var keys []string
	for _, g := range u.groups {
		key := strings.ToLower(g.name)
		byKey[key] = g
		keys = append(keys, key)
	}
	slices.Sort(keys)
	groups := pagedStrings(p, keys)
	return append([]node{list("Groups", groups, func(key string) node { return byKey[key].node() })}, p.nodes()...), nil
}
