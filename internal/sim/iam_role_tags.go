package sim

func tagRole(r *request) ([]node, error) {
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	role, err := r.writable()
	if err != nil {
		return nil, err
	}
	if role.reserved() {
		return nil, errUnmodifiable(role.name)
	}
	merged, err := mergeTags(role.tags, tags, "Role")
	if err != nil {
		return nil, err
	}
	role.changing()
	role.tags = merged
	return nil, nil
}

func untagRole(r *request) ([]node, error) {
	keys := r.tagKeys()
	role, err := r.writable()
	if err != nil {
		return nil, err
	}
	if role.reserved() {
		return nil, errUnmodifiable(role.name)
	}
	role.changing()
	role.tags = removeTags(role.tags, keys)
	return nil, nil
}

func listRoleTags(r *request) ([]node, error) {
	role, err := r.readable()
	if err != nil {
		return nil, err
	}
	return r.tagPage(role.tags)
}

// tagPage answers a list of tags by page.
func (r *request) tagPage(tags []tag) ([]node, error) {
	return pagedMembers(r, "Tags", tags, func(t tag) node {
		return el("member", text("Key", t.key), text("Value", t.value))
	})
}
