package sim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// profile returns an instance profile by its name, spelt as it was made, or
// nil.
func (a *Account) profile(name string) *instanceProfile {
	if p := a.profiles.get(strings.ToLower(name)); p != nil && p.name == name {
		return p
	}
	return nil
}

func errNoSuchProfile(name string) error {
	return errNoSuchEntity("Instance Profile %s cannot be found.", name)
}

func createInstanceProfile(r *request) ([]node, error) {
	name := r.required("InstanceProfileName", longNameRule)
	path := r.optional("Path", pathRule, "/")
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	a := r.account
	if a.profiles.get(strings.ToLower(name)) != nil {
		return nil, errAlreadyExists("Instance Profile %s already exists.", name)
	}
	if quota := a.quotas["InstanceProfilesQuota"]; a.profiles.len() >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for InstanceProfilesPerAccount: %d", quota)
	}
	p := &instanceProfile{
		account: a, name: name, path: path, id: r.server.uniqueID(prefixInstanceProfile),
		tags: tags, created: r.now, useLag: r.server.lag,
	}
	a.profiles.put(strings.ToLower(name), p, r.server.lag)
	return []node{p.node(true)}, nil
}

// node writes an instance profile; lists leave the tags out.
func (p *instanceProfile) node(tagged bool) node {
	n := el("InstanceProfile",
		text("Path", p.path),
		text("InstanceProfileName", p.name),
		text("InstanceProfileId", p.id),
		text("Arn", p.arn()),
		date("CreateDate", p.created),
		list("Roles", p.roles, func(r *role) node { return r.node(false) }),
	)
	if tagged {
		n.kids = append(n.kids, tagsIfAny(p.tags))
	}
	return n
}

// readProfile returns what a read of the profile that InstanceProfileName
// names sees.
func (r *request) readProfile() (*instanceProfile, error) {
	name := r.required("InstanceProfileName", longNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	p := r.account.profiles.read(strings.ToLower(name))
	if p == nil || p.name != name {
		return nil, errNoSuchProfile(name)
	}
	return p, nil
}

// writableProfile returns the profile for a change.
func (r *request) writableProfile() (*instanceProfile, error) {
	name := r.required("InstanceProfileName", longNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	p := r.account.profile(name)
	if p == nil {
		return nil, errNoSuchProfile(name)
	}
	return p, nil
}

func (p *instanceProfile) changing() {
	p.account.profiles.touch(strings.ToLower(p.name), p.account.server.lag, cloneProfile)
}

func getInstanceProfile(r *request) ([]node, error) {
	p, err := r.readProfile()
	if err != nil {
		return nil, err
	}
	return []node{p.node(true)}, nil
}

func deleteInstanceProfile(r *request) ([]node, error) {
	p, err := r.writableProfile()
	if err != nil {
		return nil, err
	}
	if len(p.roles) > 0 {
		return nil, errDeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
	}
	r.account.profiles.remove(strings.ToLower(p.name), r.server.lag)
	return nil, nil
}

func listInstanceProfiles(r *request) ([]node, error) {
	prefix := r.optional("PathPrefix", pathPrefixRule, "/")
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	return r.profilePage(p, r.account.profiles.from(p.after), prefix)
}

func (r *request) profilePage(p *page, keys []string, prefix string) ([]node, error) {
	var nodes []node
	pagedKeys(p, keys, func(key string) bool {
		profile := r.account.profiles.read(key)
		if profile == nil || !strings.HasPrefix(profile.path, prefix) {
			return false
		}
		nodes = append(nodes, profile.node(false))
		return true
	})
	return append([]node{list("InstanceProfiles", nodes, func(n node) node { return n })}, p.nodes()...), nil
}

func listInstanceProfilesForRole(r *request) ([]node, error) {
	role, err := r.readable()
	if err != nil {
		return nil, err
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	return r.profilePage(p, after(r.account.profileKeysOf(role), p.after), "/")
}

// profileKeysOf returns the keys of the instance profiles that hold a role.
func (a *Account) profileKeysOf(r *role) []string {
	return slices.Sorted(maps.Keys(a.profilesOf[r.id]))
}

func addRoleToInstanceProfile(r *request) ([]node, error) {
	roleName := r.required("RoleName", roleNameRule)
	p, err := r.writableProfile()
	if err != nil {
		return nil, err
	}
	role := r.account.role(roleName)
	if role == nil {
		return nil, errNoSuchRole(roleName)
	}
	if p.useLag > 0 {
		p.useLag--
		return nil, newError("InvalidParameterValue", http.StatusBadRequest,
			"Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", p.name)
	}
	if role.profileLag > 0 {
		role.profileLag--
		return nil, errNoSuchRole(roleName)
	}
	if role.protected() {
		return nil, errUnmodifiable(role.name)
	}
	if len(p.roles) > 0 {
		return nil, errLimitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.changing()
	r.account.addToProfile(p, role)
	return nil, nil
}

func (a *Account) addToProfile(p *instanceProfile, r *role) {
	p.roles = append(p.roles, r)
	if a.profilesOf[r.id] == nil {
		a.profilesOf[r.id] = map[string]struct{}{}
	}
	a.profilesOf[r.id][strings.ToLower(p.name)] = struct{}{}
}

func removeRoleFromInstanceProfile(r *request) ([]node, error) {
	roleName := r.required("RoleName", roleNameRule)
	p, err := r.writableProfile()
	if err != nil {
		return nil, err
	}
	if r.account.role(roleName) == nil {
		return nil, errNoSuchRole(roleName)
	}
	i := slices.IndexFunc(p.roles, func(x *role) bool { return x.name == roleName })
	if i < 0 {
		return nil, errNoSuchRole(roleName)
	}
	p.changing()
	r.account.removeFromProfile(p, p.roles[i])
	return nil, nil
}

func (a *Account) removeFromProfile(p *instanceProfile, r *role) {
	p.roles = slices.DeleteFunc(slices.Clone(p.roles), func(x *role) bool { return x == r })
	delete(a.profilesOf[r.id], strings.ToLower(p.name))
}

func tagInstanceProfile(r *request) ([]node, error) {
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	p, err := r.writableProfile()
	if err != nil {
		return nil, err
	}
	merged, err := mergeTags(p.tags, tags, "InstanceProfile")
	if err != nil {
		return nil, err
	}
	p.changing()
	p.tags = merged
	return nil, nil
}

func untagInstanceProfile(r *request) ([]node, error) {
	keys := r.tagKeys()
	p, err := r.writableProfile()
	if err != nil {
		return nil, err
	}
	p.changing()
	p.tags = removeTags(p.tags, keys)
	return nil, nil
}

func listInstanceProfileTags(r *request) ([]node, error) {
	p, err := r.readProfile()
	if err != nil {
		return nil, err
	}
	return r.tagPage(p.tags)
}
