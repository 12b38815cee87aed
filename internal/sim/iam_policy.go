package sim

import (
	"fmt"
	"slices"
	"strings"
)

// policyVersion is the only version of a managed policy.
const policyVersion = "v1"

func createPolicy(r *request) ([]node, error) {
	name := r.required("PolicyName", longNameRule)
	path := r.optional("Path", policyPathRule, "/")
	text := r.required("PolicyDocument", documentRule)
	description := r.optional("Description", policyDescRule, "")
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	a := r.account
	key := strings.ToLower(name)
	if a.policies.get(key) != nil {
		return nil, errAlreadyExists("A policy called %s already exists. Duplicate names are not allowed.", name)
	}
	doc, err := parsePolicy(identityPolicy, text)
	if err != nil {
		return nil, err
	}
	if quota := a.quotas["PolicySizeQuota"]; size(text) > quota {
		return nil, errLimitExceeded("Cannot exceed quota for PolicySize: %d", quota)
	}
	if quota := a.quotas["PoliciesQuota"]; a.policies.len() >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for PoliciesPerAccount: %d", quota)
	}
	p := &managedPolicy{
		account: a, name: name, path: path, id: r.server.uniqueID(prefixPolicy), description: description,
		tags: tags, created: r.now, policyText: policyText{text, doc},
	}
	a.policies.put(key, p, r.server.lag)
	n := p.node(a, false)
	n.kids = append(n.kids, tagsIfAny(tags))
	return []node{n}, nil
}

// readPolicy returns what a read of the policy that PolicyArn names sees.
func (r *request) readPolicy() (*managedPolicy, error) {
	arn, err := r.policyARN()
	if err != nil {
		return nil, err
	}
	p := r.server.aws.get(arn)
	if p == nil {
		p = r.account.policies.read(strings.ToLower(lastPart(arn)))
	}
	if p == nil || p.arn() != arn {
		return nil, errNoSuchPolicy(arn)
	}
	return p, nil
}

func errNoSuchPolicy(arn string) error { return errNoSuchEntity("Policy %s was not found.", arn) }

// node writes a policy; lists leave the description out.
func (p *managedPolicy) node(a *Account, described bool) node {
	arn := p.arn()
	n := el("Policy",
		text("PolicyName", p.name),
		text("PolicyId", p.id),
		text("Arn", arn),
		text("Path", p.path),
		text("DefaultVersionId", policyVersion),
		number("AttachmentCount", a.attachments[arn]),
		number("PermissionsBoundaryUsageCount", a.boundaries[arn]),
		boolean("IsAttachable", true),
		date("CreateDate", p.created),
		date("UpdateDate", p.created),
	)
	if described {
		n.kids = append(n.kids, opt("Description", p.description))
	}
	return n
}

func getPolicy(r *request) ([]node, error) {
	p, err := r.readPolicy()
	if err != nil {
		return nil, err
	}
	n := p.node(r.account, true)
	n.kids = append(n.kids, tagsNode(p.tags))
	return []node{n}, nil
}

func (p *managedPolicy) versionKids() []node {
	return []node{
		documentNode("Document", p.text),
		text("VersionId", policyVersion),
		boolean("IsDefaultVersion", true),
		date("CreateDate", p.created),
	}
}

func getPolicyVersion(r *request) ([]node, error) {
	version := r.required("VersionId", versionIDRule)
	p, err := r.readPolicy()
	if err != nil {
		return nil, err
	}
	if version != policyVersion {
		return nil, errNoSuchEntity("Policy %s version %s does not exist or is not attachable.", p.arn(), version)
	}
	return []node{el("PolicyVersion", p.versionKids()...)}, nil
}

func deletePolicy(r *request) ([]node, error) {
	arn, err := r.policyARN()
	if err != nil {
		return nil, err
	}
	if r.server.aws.get(arn) != nil {
		return nil, errAccessDenied("%s", deniedMessage(r.caller.arn, r.permission(), "policy "+arn, denyTrust))
	}
	p := r.account.policy(arn)
	if p == nil {
		return nil, errNoSuchPolicy(arn)
	}
	if r.account.attachments[arn]+r.account.boundaries[arn] > 0 {
		return nil, errDeleteConflict("Cannot delete a policy attached to entities.")
	}
	r.account.policies.remove(strings.ToLower(p.name), r.server.lag)
	return nil, nil
}

func listPolicies(r *request) ([]node, error) {
	scope := r.enum("Scope", "All", "All", "AWS", "Local")
	usage := r.enum("PolicyUsageFilter", "", "PermissionsPolicy", "PermissionsBoundary")
	onlyAttached := r.enum("OnlyAttached", "false", "true", "false") == "true"
	prefix := r.optional("PathPrefix", policyPathRule, "/")
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	a := r.account
	var nodes []node
	pagedKeys(p, after(a.policyKeys(scope), p.after), func(key string) bool {
		policy := a.readPolicyKey(key)
		if policy == nil || !strings.HasPrefix(policy.path, prefix) {
			return false
		}
		attached, bounding := a.attachments[policy.arn()], a.boundaries[policy.arn()]
		used := attached
		switch usage {
		case "":
			used = attached + bounding
		case "PermissionsBoundary":
			used = bounding
		}
		if (onlyAttached || usage != "") && used == 0 {
			return false
		}
		nodes = append(nodes, policy.node(a, false))
		return true
	})
	return append([]node{list("Policies", nodes, func(n node) node { return n })}, p.nodes()...), nil
}

// policyKeys returns the keys of the policies in a scope, in order: customer
// managed ones under "l/", AWS managed ones under "a/".
func (a *Account) policyKeys(scope string) []string {
	var keys []string
	if scope != "Local" {
		for _, arn := range a.server.aws.keys() {
			keys = append(keys, "a/"+arn)
		}
	}
	if scope != "AWS" {
		for _, k := range a.policies.keys() {
			keys = append(keys, "l/"+k)
		}
	}
	return keys
}

func (a *Account) readPolicyKey(key string) *managedPolicy {
	if arn, ok := strings.CutPrefix(key, "a/"); ok {
		return a.server.aws.get(arn)
	}
	return a.policies.read(strings.TrimPrefix(key, "l/"))
}

// after returns the part of sorted keys behind a key.
func after(sorted []string, key string) []string {
	i, found := slices.BinarySearch(sorted, key)
	if found {
		i++
	}
	return sorted[i:]
}

// enum reads a parameter that has to be one of some values.
func (r *request) enum(name, fallback string, values ...string) string {
	v := r.str(name)
	if v == "" {
		return fallback
	}
	if !slices.Contains(values, v) {
		r.problem(v, name, fmt.Sprintf("Member must satisfy enum value set: [%s]", strings.Join(values, ", ")))
	}
	return v
}

func listEntitiesForPolicy(r *request) ([]node, error) {
	filter := r.enum("EntityFilter", "", "User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")
	usage := r.enum("PolicyUsageFilter", "", "PermissionsPolicy", "PermissionsBoundary")
	prefix := r.optional("PathPrefix", pathPrefixRule, "/")
	policy, err := r.readPolicy()
	if err != nil {
		return nil, err
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	arn := policy.arn()
	a := r.account
	kinds := []struct {
		prefix, word string
		keys         []string
	}{{"g/", "Group", a.groups.keys()}, {"r/", "Role", a.roles.keys()}, {"u/", "User", a.users.keys()}}
	var keys []string
	for _, k := range kinds {
		for _, key := range k.keys {
			if filter == "" || filter == k.word {
				keys = append(keys, k.prefix+key)
			}
		}
	}
	found := map[string][]node{}
	pagedKeys(p, after(keys, p.after), func(key string) bool {
		kind, path, n, g := a.entity(key)
		if g == nil || !strings.HasPrefix(path, prefix) {
			return false
		}
		uses := usage != "PermissionsBoundary" && slices.Contains(g.attached, arn) ||
			usage != "PermissionsPolicy" && g.boundary == arn
		if uses {
			found[kind] = append(found[kind], n)
		}
		return uses
	})
	same := func(n node) node { return n }
	out := []node{
		list("PolicyGroups", found["Group"], same),
		list("PolicyUsers", found["User"], same),
		list("PolicyRoles", found["Role"], same),
	}
	return append(out, p.nodes()...), nil
}

// entity returns the kind, path, short form and policies of what a key of
// listEntitiesForPolicy stands for.
func (a *Account) entity(key string) (kind, path string, n node, g *grants) {
	switch rest := key[2:]; key[:2] {
	case "g/":
		if e := a.groups.get(rest); e != nil {
			return "Group", e.path, el("member", text("GroupName", e.name), text("GroupId", e.id)), &e.grants
		}
	case "u/":
		if e := a.users.get(rest); e != nil {
			return "User", e.path, el("member", text("UserName", e.name), text("UserId", e.id)), &e.grants
		}
	case "r/":
		if e := a.roles.get(rest); e != nil {
			return "Role", e.path, el("member", text("RoleName", e.name), text("RoleId", e.id)), &e.grants
		}
	}
	return "", "", node{}, nil
}
