package sim

import "maps"

func (k holderKind) putPolicy(r *request) ([]node, error) {
	name := r.required("PolicyName", longNameRule)
	text := r.required("PolicyDocument", documentRule)
	h, err := k.write(r)
	if err != nil {
		return nil, err
	}
	doc, err := parsePolicy(identityPolicy, text)
	if err != nil {
		return nil, err
	}
	total := size(text)
	for n, p := range h.inline {
		if n != name {
			total += size(p.text)
		}
	}
	if quota := r.account.quotas[k.sizeQuota]; total > quota {
		return nil, errLimitExceeded("Maximum policy size of %d bytes exceeded for %s %s", quota, k.word, h.name)
	}
	h.changing()
	h.inline = maps.Clone(h.inline)
	h.inline[name] = &policyText{text, doc}
	return nil, nil
}

func (k holderKind) errNoInline(name string) error {
	return errNoSuchEntity("The %s policy with name %s cannot be found.", k.word, name)
}

func (k holderKind) getPolicy(r *request) ([]node, error) {
	name := r.required("PolicyName", longNameRule)
	h, err := k.read(r)
	if err != nil {
		return nil, err
	}
	p := h.inline[name]
	if p == nil {
		return nil, k.errNoInline(name)
	}
	return []node{text(k.param, h.name), text("PolicyName", name), documentNode("PolicyDocument", p.text)}, nil
}

func (k holderKind) deletePolicy(r *request) ([]node, error) {
	name := r.required("PolicyName", longNameRule)
	h, err := k.write(r)
	if err != nil {
		return nil, err
	}
	if h.inline[name] == nil {
		return nil, k.errNoInline(name)
	}
	h.changing()
	h.inline = maps.Clone(h.inline)
	delete(h.inline, name)
	return nil, nil
}

func (k holderKind) listPolicies(r *request) ([]node, error) {
	h, err := k.read(r)
	if err != nil {
		return nil, err
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	names := pagedStrings(p, h.inlineNames())
	return append([]node{stringList("PolicyNames", names)}, p.nodes()...), nil
}

// inlineNode writes the inline policies for GetAccountAuthorizationDetails.
func (g *grants) inlineNode(name string) node {
	return list(name, g.inlineNames(), func(policy string) node {
		return el("member", text("PolicyName", policy), documentNode("PolicyDocument", g.inline[policy].text))
	})
}
