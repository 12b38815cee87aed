package sim

// holder is what has policies of its own while a request works on it: a role,
// a user or a group.
type holder struct {
	name string
	*grants
	changing func() // to be called before the first change
}

// holderKind is one of the three kinds of holder, with what differs between
// them in requests, messages and quotas.
type holderKind struct {
	param       string // the parameter and member that names it
	word        string // in messages
	sizeQuota   string // all inline policies together
	attachQuota string
	attachName  string                          // the attachment quota's name in messages
	write       func(*request) (*holder, error) // for a change
	read        func(*request) (*holder, error)
}

var roleHolder = holderKind{
	param: "RoleName", word: "role",
	sizeQuota: "RolePolicySizeQuota", attachQuota: "AttachedPoliciesPerRoleQuota", attachName: "PoliciesPerRole",
	write: func(r *request) (*holder, error) { return holdRole(r.modifiable()) },
	read:  func(r *request) (*holder, error) { return holdRole(r.readable()) },
}

var userHolder = holderKind{
	param: "UserName", word: "user",
	sizeQuota: "UserPolicySizeQuota", attachQuota: "AttachedPoliciesPerUserQuota", attachName: "PoliciesPerUser",
	write: func(r *request) (*holder, error) { return holdUser(r.writableUser()) },
	read:  func(r *request) (*holder, error) { return holdUser(r.readableUser()) },
}

var groupHolder = holderKind{
	param: "GroupName", word: "group",
	sizeQuota: "GroupPolicySizeQuota", attachQuota: "AttachedPoliciesPerGroupQuota", attachName: "PoliciesPerGroup",
	write: func(r *request) (*holder, error) { return holdGroup(r.writableGroup()) },
	read:  func(r *request) (*holder, error) { return holdGroup(r.readableGroup()) },
}

func holdRole(role *role, err error) (*holder, error) {
	if err != nil {
		return nil, err
	}
	return &holder{role.name, &role.grants, role.changing}, nil
}

func holdUser(u *user, err error) (*holder, error) {
	if err != nil {
		return nil, err
	}
	return &holder{u.name, &u.grants, u.changing}, nil
}

func holdGroup(g *group, err error) (*holder, error) {
	if err != nil {
		return nil, err
	}
	return &holder{g.name, &g.grants, g.changing}, nil
}
