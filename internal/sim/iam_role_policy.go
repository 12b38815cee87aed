package sim

import "maps"

func putRolePolicy(r *request) ([]node, error) {
	name := r.required("PolicyName", longNameRule)
	text := r.required("PolicyDocument", documentRule)
	role, err := r.modifiable()
	if err != nil {
		return nil, err
	}
	doc, err := parsePolicy(identityPolicy, text)
	if err != nil {
		return nil, err
	}
	total := size(text)
	for n, p := range role.inline {
		if n != name {
			total += size(p.text)
		}
	}
	if quota := r.account.quotas["RolePolicySizeQuota"]; total > quota {
		return nil, errLimitExceeded("Maximum policy size of %d bytes exceeded for role %s", quota, role.name)
	}
	role.changing()
	role.inline[name] = &policyText{text, doc}
	return nil, nil
}

func getRolePolicy(r *request) ([]node, error) {
	name := r.required("PolicyName", longNameRule)
	role, err := r.readable()
	if err != nil {
		return nil, err
	}
	p := role.inline[name]
	if p == nil {
		return nil, errNoSuchEntity("The role policy with name %s cannot be found.", name)
	}
	return []node{text("RoleName", role.name), text("PolicyName", name), documentNode("PolicyDocument", p.text)}, nil
}

func deleteRolePolicy(r *request) ([]node, error) {
	name := r.required("PolicyName", longNameRule)
	role, err := r.modifiable()
	if err != nil {
		return nil, err
	}
	if role.inline[name] == nil {
		return nil, errNoSuchEntity("The role policy with name %s cannot be found.", name)
	}
	role.changing()
	role.inline = maps.Clone(role.inline)
	delete(role.inline, name)
	return nil, nil
}

func listRolePolicies(r *request) ([]node, error) {
	role, err := r.readable()
	if err != nil {
		return nil, err
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	names := pagedStrings(p, role.inlineNames())
	return append([]node{stringList("PolicyNames", names)}, p.nodes()...), nil
}
