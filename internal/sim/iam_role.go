package sim

import "strings"

// role returns a role by its name, spelt as it was made, or nil.
func (a *Account) role(name string) *role {
	if r := a.roles.get(strings.ToLower(name)); r != nil && r.name == name {
		return r
	}
	return nil
}

// writable returns the role that RoleName names, for a change.
func (r *request) writable() (*role, error) {
	name := r.required("RoleName", roleNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	role := r.account.role(name)
	if role == nil {
		return nil, errNoSuchRole(name)
	}
	return role, nil
}

// modifiable is writable for changes that only AWS makes to its own roles.
func (r *request) modifiable() (*role, error) {
	role, err := r.writable()
	if err == nil && role.protected() {
		return nil, errUnmodifiable(role.name)
	}
	return role, err
}

// readable returns what a read of the role that RoleName names sees.
func (r *request) readable() (*role, error) {
	name := r.required("RoleName", roleNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	role := r.account.roles.read(strings.ToLower(name))
	if role == nil || role.name != name {
		return nil, errNoSuchRole(name)
	}
	return role, nil
}

// changing is called before a role is changed.
func (r *role) changing() {
	r.account.roles.touch(strings.ToLower(r.name), r.account.server.lag, cloneRole)
}

// parseTrust checks a trust policy completely: grammar, principals, size.
func (a *Account) parseTrust(text string) (*trustPolicy, error) {
	doc, err := parsePolicy(trustDocument, text)
	if err != nil {
		return nil, err
	}
	if quota := a.quotas["AssumeRolePolicySizeQuota"]; size(text) > quota {
		return nil, errLimitExceeded("Cannot exceed quota for ACLSizePerRole: %d", quota)
	}
	return a.server.resolvePrincipals(text, doc)
}

func createRole(r *request) ([]node, error) {
	name := r.required("RoleName", roleNameRule)
	path := r.optional("Path", pathRule, "/")
	text := r.required("AssumeRolePolicyDocument", documentRule)
	description := r.optional("Description", roleDescRule, "")
	boundary := r.optional("PermissionsBoundary", arnRule, "")
	session := r.integer("MaxSessionDuration", minMaxSession, maxMaxSession, minMaxSession)
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(path, serviceLinkedPath) || strings.HasPrefix(path, reservedPath) {
		return nil, errInvalidInput("The path %s is reserved for roles that AWS services manage.", path)
	}
	a := r.account
	key := strings.ToLower(name)
	if a.roles.get(key) != nil {
		return nil, errAlreadyExists("Role with name %s already exists.", name)
	}
	if quota := a.quotas["RolesQuota"]; a.roles.len() >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for RolesPerAccount: %d", quota)
	}
	if err := a.checkBoundary(boundary); err != nil {
		return nil, err
	}
	trust, err := a.parseTrust(text)
	if err != nil {
		return nil, err
	}
	role := &role{
		account: a, name: name, path: path, id: r.server.uniqueID(prefixRole),
		description: description, maxSession: session, trust: trust, tags: tags,
		grants: grants{inline: map[string]*policyText{}}, created: r.now,
		principalLag: r.server.lag, profileLag: r.server.lag,
	}
	a.addRole(role)
	a.setBoundary(&role.grants, boundary)
	return []node{role.node(true)}, nil
}

// addRole puts a role into the account and its indexes.
func (a *Account) addRole(r *role) {
	a.roles.put(strings.ToLower(r.name), r, a.server.lag)
	a.arnsByID[r.id] = r.arn()
}

func getRole(r *request) ([]node, error) {
	role, err := r.readable()
	if err != nil {
		return nil, err
	}
	n := role.node(true)
	n.kids = append(n.kids, role.lastUsedNode(r))
	return []node{n}, nil
}

// node writes a role; full adds what lists leave out.
func (r *role) node(full bool) node {
	kids := []node{
		text("Path", r.path),
		text("RoleName", r.name),
		text("RoleId", r.id),
		text("Arn", r.arn()),
		date("CreateDate", r.created),
		documentNode("AssumeRolePolicyDocument", r.trust.render(r.account.server)),
		opt("Description", r.description),
		number("MaxSessionDuration", r.maxSession),
	}
	if full {
		kids = append(kids, boundaryNode(r.boundary), tagsIfAny(r.tags))
	}
	return el("Role", kids...)
}

func boundaryNode(arn string) node {
	if arn == "" {
		return node{}
	}
	return el("PermissionsBoundary", text("PermissionsBoundaryType", "Policy"), text("PermissionsBoundaryArn", arn))
}

// trackingDays is how far back IAM reports the last use of a role (IAM user
// guide, "View IAM access": the trailing 400 days).
const trackingDays = 400

// lastUsedNode writes RoleLastUsed: empty for a role without a use within the
// tracking period.
func (r *role) lastUsedNode(req *request) node {
	if r.used == nil || r.used.at.Before(req.now.AddDate(0, 0, -trackingDays)) {
		return el("RoleLastUsed")
	}
	return el("RoleLastUsed", date("LastUsedDate", r.used.at), text("Region", r.used.region))
}

func updateRole(r *request) ([]node, error) {
	description := r.optional("Description", roleDescRule, "")
	session := r.integer("MaxSessionDuration", minMaxSession, maxMaxSession, 0)
	role, err := r.writable()
	if err != nil {
		return nil, err
	}
	if role.reserved() || (role.serviceLinked() && r.has("MaxSessionDuration")) {
		return nil, errUnmodifiable(role.name)
	}
	role.changing()
	if r.has("Description") {
		role.description = description
	}
	if r.has("MaxSessionDuration") {
		role.maxSession = session
	}
	return nil, nil
}

func updateRoleDescription(r *request) ([]node, error) {
	description := r.required("Description", roleDescRule)
	role, err := r.writable()
	if err != nil {
		return nil, err
	}
	if role.reserved() {
		return nil, errUnmodifiable(role.name)
	}
	role.changing()
	role.description = description
	return []node{role.node(true)}, nil
}

func updateAssumeRolePolicy(r *request) ([]node, error) {
	text := r.required("PolicyDocument", documentRule)
	role, err := r.modifiable()
	if err != nil {
		return nil, err
	}
	trust, err := r.account.parseTrust(text)
	if err != nil {
		return nil, err
	}
	role.changing()
	role.trust = trust
	return nil, nil
}

// deleteRole refuses in the order in which IAM does: instance profiles,
// managed policies, inline policies.
func deleteRole(r *request) ([]node, error) {
	role, err := r.modifiable()
	if err != nil {
		return nil, err
	}
	switch a := r.account; {
	case len(a.profilesOf[role.id]) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
	case len(role.attached) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must detach all policies first.")
	case len(role.inline) > 0:
		return nil, errDeleteConflict("Cannot delete entity, must delete policies first.")
	}
	r.account.setBoundary(&role.grants, "")
	r.account.removeRole(role)
	return nil, nil
}

func (a *Account) removeRole(r *role) {
	r.deleted = true
	delete(a.arnsByID, r.id)
	delete(a.profilesOf, r.id)
	a.roles.remove(strings.ToLower(r.name), a.server.lag)
}

func listRoles(r *request) ([]node, error) {
	prefix := r.optional("PathPrefix", pathPrefixRule, "/")
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	var nodes []node
	pagedKeys(p, r.account.roles.from(p.after), func(key string) bool {
		role := r.account.roles.read(key)
		if role == nil || !strings.HasPrefix(role.path, prefix) {
			return false
		}
		nodes = append(nodes, role.node(false))
		return true
	})
	return append([]node{list("Roles", nodes, func(n node) node { return n })}, p.nodes()...), nil
}
