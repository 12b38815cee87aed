package sim

import "strings"

// user returns a user by its name, spelt as it was made, or nil.
func (a *Account) user(name string) *user {
	if u := a.users.get(strings.ToLower(name)); u != nil && u.name == name {
		return u
	}
	return nil
}

func errNoSuchUser(name string) error {
	return errNoSuchEntity("The user with name %s cannot be found.", name)
}

// userName reads UserName. Operations that work on the caller's own user when
// it is left out give optional.
func (r *request) userName(optional bool) (string, error) {
	if optional && !r.has("UserName") {
		if err := r.checked(); err != nil {
			return "", err
		}
		if r.caller.session != nil {
			return "", errValidation("Must specify userName when calling with non-User credentials")
		}
		return r.ownName(), nil
	}
	name := r.required("UserName", longNameRule)
	return name, r.checked()
}

// ownName is the name of the caller's user.
func (r *request) ownName() string {
	if u := r.caller.user; u != nil {
		return u.name
	}
	return administratorName
}

func (r *request) changedUser(optional bool) (*user, error) {
	name, err := r.userName(optional)
	if err != nil {
		return nil, err
	}
	u := r.account.user(name)
	if u == nil {
		return nil, errNoSuchUser(name)
	}
	return u, nil
}

// writableUser returns the user that UserName names, for a change.
func (r *request) writableUser() (*user, error) { return r.changedUser(false) }

// writableSelf is writableUser, or the caller's user without UserName.
func (r *request) writableSelf() (*user, error) { return r.changedUser(true) }

func (r *request) seenUser(optional bool) (*user, error) {
	name, err := r.userName(optional)
	if err != nil {
		return nil, err
	}
	u := r.account.users.read(strings.ToLower(name))
	if u == nil || u.name != name {
		return nil, errNoSuchUser(name)
	}
	return u, nil
}

// readableUser returns what a read of the user that UserName names sees.
func (r *request) readableUser() (*user, error) { return r.seenUser(false) }

// readableSelf is readableUser, or the caller's user without UserName.
func (r *request) readableSelf() (*user, error) { return r.seenUser(true) }

// createUser makes a user with its path, tags and boundary in one step.
func createUser(r *request) ([]node, error) {
	name := r.required("UserName", roleNameRule)
	path := r.optional("Path", pathRule, "/")
	boundary := r.optional("PermissionsBoundary", arnRule, "")
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	a := r.account
	if a.users.get(strings.ToLower(name)) != nil || strings.EqualFold(name, administratorName) {
		return nil, errUserExists(name)
	}
	if quota := a.quotas["UsersQuota"]; a.users.len() >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for UsersPerAccount: %d", quota)
	}
	if err := a.checkBoundary(boundary); err != nil {
		return nil, err
	}
	u := &user{
		account: a, name: name, path: path, id: r.server.uniqueID(prefixUser), tags: tags, created: r.now,
		grants: grants{inline: map[string]*policyText{}}, principalLag: r.server.lag,
	}
	a.addUser(u)
	a.setBoundary(&u.grants, boundary)
	return []node{u.node(true)}, nil
}

func errUserExists(name string) error {
	return errAlreadyExists("User with name %s already exists.", name)
}

// addUser puts a user into the account and its indexes.
func (a *Account) addUser(u *user) {
	a.users.put(strings.ToLower(u.name), u, a.server.lag)
	a.arnsByID[u.id] = u.arn()
}

func (a *Account) removeUser(u *user) {
	a.dropGrants(&u.grants)
	delete(a.arnsByID, u.id)
	a.users.remove(strings.ToLower(u.name), a.server.lag)
}

// node writes a user; full adds what lists leave out.
func (u *user) node(full bool) node {
	kids := []node{
		text("Path", u.path),
		text("UserName", u.name),
		text("UserId", u.id),
		text("Arn", u.arn()),
		date("CreateDate", u.created),
	}
	if !u.passwordUsed.IsZero() {
		kids = append(kids, date("PasswordLastUsed", u.passwordUsed))
	}
	if full {
		kids = append(kids, boundaryNode(u.boundary), tagsIfAny(u.tags))
	}
	return el("User", kids...)
}

func getUser(r *request) ([]node, error) {
	name, err := r.userName(true)
	if err != nil {
		return nil, err
	}
	if name == administratorName {
		admin := &user{account: r.account, name: name, path: "/", id: r.account.adminID(), created: simulatorEpoch}
		return []node{admin.node(true)}, nil
	}
	u, err := r.readableSelf()
	if err != nil {
		return nil, err
	}
	return []node{u.node(true)}, nil
}

// updateUser renames or moves a user. Its unique id, groups, keys and policies
// stay (IAM API reference, UpdateUser).
func updateUser(r *request) ([]node, error) {
	name := r.optional("NewUserName", roleNameRule, "")
	path := r.optional("NewPath", pathRule, "")
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	a := r.account
	if name == "" {
		name = u.name
	}
	if other := a.users.get(strings.ToLower(name)); (other != nil && other != u) || strings.EqualFold(name, administratorName) {
		return nil, errUserExists(name)
	}
	u.changing()
	old := strings.ToLower(u.name)
	u.name = name
	if path != "" {
		u.path = path
	}
	if key := strings.ToLower(name); key != old {
		a.users.remove(old, r.server.lag)
		a.users.put(key, u, r.server.lag)
	}
	a.arnsByID[u.id] = u.arn()
	return nil, nil
}

// deleteUser refuses while anything is left on the user. Which of several
// obstacles IAM names first is not documented; the order here puts what was
// seen to come first there (login profile, access keys, MFA devices).
func deleteUser(r *request) ([]node, error) {
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	switch {
	case u.login != nil:
		return nil, errDeleteConflict("Cannot delete entity, must delete login profile first.")
	case len(u.keys) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must delete access keys first.")
	case len(u.mfa) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must delete MFA device first.")
	case len(u.certificates) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must delete certificates first.")
	case len(u.attached) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must detach all policies first.")
	case len(u.inline) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must delete policies first.")
	case len(u.groups) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must remove users from group first.")
	case len(u.sshKeys) > 0, len(u.credentials) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must remove referenced objects first.")
	}
	r.account.removeUser(u)
	return nil, nil
}

func listUsers(r *request) ([]node, error) {
	prefix := r.optional("PathPrefix", pathPrefixRule, "/")
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	var nodes []node
	pagedKeys(p, r.account.users.from(p.after), func(key string) bool {
		u := r.account.users.read(key)
		if u == nil || !strings.HasPrefix(u.path, prefix) {
			return false
		}
		nodes = append(nodes, u.node(false))
		return true
	})
	return append([]node{list("Users", nodes, func(n node) node { return n })}, p.nodes()...), nil
}

func tagUser(r *request) ([]node, error) {
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	merged, err := mergeTags(u.tags, tags, "User")
	if err != nil {
		return nil, err
	}
	u.changing()
	u.tags = merged
	return nil, nil
}

func untagUser(r *request) ([]node, error) {
	keys := r.tagKeys()
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	u.changing()
	u.tags = removeTags(u.tags, keys)
	return nil, nil
}

func listUserTags(r *request) ([]node, error) {
	u, err := r.readableUser()
	if err != nil {
		return nil, err
	}
	return r.tagPage(u.tags)
}
