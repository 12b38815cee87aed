package sim

import (
	"fmt"
	"slices"
	"strings"
)

// Kinds of entity in the order in which GetAccountAuthorizationDetails gives
// them, and the first letter of their keys.
const (
	gaadUser  = "1u/"
	gaadGroup = "2g/"
	gaadRole  = "3r/"
	gaadLocal = "4l/"
	gaadAWS   = "5a/"
)

// gaadFilters are the values of Filter (service model, EntityType) and the
// keys that they let through.
var gaadFilters = map[string]string{
	"User": gaadUser, "Group": gaadGroup, "Role": gaadRole, "LocalManagedPolicy": gaadLocal, "AWSManagedPolicy": gaadAWS,
}

// getAccountAuthorizationDetails is the bulk read. One page holds entities of
// all kinds together; AWS managed policies are there when they are in use.
func getAccountAuthorizationDetails(r *request) ([]node, error) {
	wanted := map[string]bool{}
	for i, f := range r.list("Filter") {
		prefix, ok := gaadFilters[f]
		if !ok {
			r.problem(f, fmt.Sprintf("Filter.%d.member", i+1), "Member must satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]")
		}
		wanted[prefix] = true
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	var users, groups, roles, policies []node
	a := r.account
	keys, cut := a.gaadKeys(wanted, p.after)
	pagedKeys(p, keys, func(key string) bool {
		prefix, rest := key[:3], key[3:]
		switch prefix {
		case gaadUser:
			u := a.users.read(rest)
			if u == nil {
				return false
			}
			users = append(users, u.detail())
		case gaadGroup:
			g := a.groups.read(rest)
			if g == nil {
				return false
			}
			groups = append(groups, g.detail())
		case gaadRole:
			role := a.roles.read(rest)
			if role == nil {
				return false
			}
			roles = append(roles, role.detail(r))
		default:
			policy := a.server.aws.get(rest)
			if prefix == gaadLocal {
				policy = a.policies.read(rest)
			}
			if policy == nil {
				return false
			}
			policies = append(policies, policy.detail(a))
		}
		return true
	})
	p.more = p.more || cut
	same := func(n node) node { return n }
	return append([]node{
		list("UserDetailList", users, same),
		list("GroupDetailList", groups, same),
		list("RoleDetailList", roles, same),
		list("Policies", policies, same),
	}, p.nodes()...), nil
}

// gaadKeys returns the keys of the wanted entities after a key, in order, and
// whether it stopped before the end: one page never needs them all.
func (a *Account) gaadKeys(wanted map[string]bool, after string) (out []string, cut bool) {
	var inUse []string
	for _, arn := range a.server.aws.keys() {
		if a.attachments[arn]+a.boundaries[arn] > 0 {
			inUse = append(inUse, arn)
		}
	}
	for _, part := range []struct {
		prefix string
		keys   []string
	}{{gaadUser, a.users.keys()}, {gaadGroup, a.groups.keys()}, {gaadRole, a.roles.keys()}, {gaadLocal, a.policies.keys()}, {gaadAWS, inUse}} {
		if (len(wanted) > 0 && !wanted[part.prefix]) || part.prefix < after[:min(len(after), len(part.prefix))] {
			continue
		}
		keys := part.keys
		if rest, ok := strings.CutPrefix(after, part.prefix); ok {
			i, found := slices.BinarySearch(keys, rest)
			if found {
				i++
			}
			keys = keys[i:]
		}
		for _, k := range keys {
			if len(out) > 2*maxItemsLimit {
				return out, true
			}
			out = append(out, part.prefix+k)
		}
	}
	return out, false
}

// detail writes a RoleDetail. It has neither Description nor
// MaxSessionDuration (service model, RoleDetail).
func (r *role) detail(req *request) node {
	a := r.account
	profiles := make([]node, 0, 1)
	for _, key := range a.profileKeysOf(r) {
		profiles = append(profiles, a.profiles.get(key).node(false))
	}
	return el("member",
		text("Path", r.path),
		text("RoleName", r.name),
		text("RoleId", r.id),
		text("Arn", r.arn()),
		date("CreateDate", r.created),
		documentNode("AssumeRolePolicyDocument", r.trust.render(a.server)),
		list("InstanceProfileList", profiles, func(n node) node { return n }),
		r.inlineNode("RolePolicyList"),
		attachedNode("AttachedManagedPolicies", r.attached),
		boundaryNode(r.boundary),
		tagsNode(r.tags),
		r.lastUsedNode(req),
	)
}

// detail writes a ManagedPolicyDetail. It has no tags (service model).
func (p *managedPolicy) detail(a *Account) node {
	n := p.node(a, true)
	n.kids = append(n.kids, list("PolicyVersionList", []*managedPolicy{p}, func(p *managedPolicy) node {
		return el("member", p.versionKids()...)
	}))
	return n
}

// detail writes a UserDetail. It has neither access keys nor the last use of
// the password (service model, UserDetail).
func (u *user) detail() node {
	return el("member",
		text("Path", u.path),
		text("UserName", u.name),
		text("UserId", u.id),
		text("Arn", u.arn()),
		date("CreateDate", u.created),
		u.inlineNode("UserPolicyList"),
		list("GroupList", u.groups, func(g *group) node { return text("member", g.name) }),
		attachedNode("AttachedManagedPolicies", u.attached),
		boundaryNode(u.boundary),
		tagsNode(u.tags),
	)
}

// detail writes a GroupDetail.
func (g *group) detail() node {
	return el("member",
		text("Path", g.path),
		text("GroupName", g.name),
		text("GroupId", g.id),
		text("Arn", g.arn()),
		date("CreateDate", g.created),
		g.inlineNode("GroupPolicyList"),
		attachedNode("AttachedManagedPolicies", g.attached),
	)
}
