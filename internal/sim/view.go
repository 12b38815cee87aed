package sim

import (
	"slices"
	"time"
)

// RoleView is a snapshot of a role with everything on it.
type RoleView struct {
	Name, Path, ARN, ID, Description string
	// TrustPolicy is the JSON text as GetRole gives it, decoded.
	TrustPolicy       string
	MaxSessionSeconds int
	// BoundaryARN is the permissions boundary, or "".
	BoundaryARN string
	Tags        map[string]string
	// InlinePolicies are JSON texts by name.
	InlinePolicies map[string]string
	// AttachedPolicyARNs are in the order of attachment.
	AttachedPolicyARNs []string
	// InstanceProfiles are the names of the instance profiles that hold it, in
	// order.
	InstanceProfiles []string
	CreatedAt        time.Time
	// LastUsedAt is zero for a role that was never used.
	LastUsedAt     time.Time
	LastUsedRegion string
}

// InstanceProfileView is a snapshot of an instance profile.
type InstanceProfileView struct {
	Name, Path, ARN, ID string
	// Roles are the names of the roles in it.
	Roles     []string
	Tags      map[string]string
	CreatedAt time.Time
}

// PolicyView is a snapshot of a customer managed policy.
type PolicyView struct {
	Name, Path, ARN, ID, Description string
	// Document is the JSON text.
	Document string
	Tags     map[string]string
	// Attachments and Boundaries are how many roles use it in either way.
	Attachments, Boundaries int
	CreatedAt               time.Time
}

func tagMap(tags []tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.key] = t.value
	}
	return m
}

// Role returns the true state of a role, whatever the replication lag; ok is
// false when there is none of that name.
func (a *Account) Role(name string) (view RoleView, ok bool) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	r := a.role(name)
	if r == nil {
		return RoleView{}, false
	}
	view = RoleView{
		Name: r.name, Path: r.path, ARN: r.arn(), ID: r.id, Description: r.description,
		TrustPolicy: r.trust.render(a.server), MaxSessionSeconds: r.maxSession, BoundaryARN: r.boundary,
		Tags: tagMap(r.tags), InlinePolicies: map[string]string{}, AttachedPolicyARNs: slices.Clone(r.attached),
		CreatedAt: r.created,
	}
	for name, p := range r.inline {
		view.InlinePolicies[name] = p.text
	}
	for _, key := range a.profileKeysOf(r) {
		view.InstanceProfiles = append(view.InstanceProfiles, a.profiles.get(key).name)
	}
	if r.used != nil {
		view.LastUsedAt, view.LastUsedRegion = r.used.at, r.used.region
	}
	return view, true
}

// Roles returns the names of the account's roles in order, ignoring case.
func (a *Account) Roles() []string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	var names []string
	for _, r := range a.roles.all() {
		names = append(names, r.name)
	}
	return names
}

// InstanceProfile returns the true state of an instance profile; ok is false
// when there is none of that name.
func (a *Account) InstanceProfile(name string) (view InstanceProfileView, ok bool) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	p := a.profile(name)
	if p == nil {
		return InstanceProfileView{}, false
	}
	view = InstanceProfileView{Name: p.name, Path: p.path, ARN: p.arn(), ID: p.id, Tags: tagMap(p.tags), CreatedAt: p.created}
	for _, r := range p.roles {
		view.Roles = append(view.Roles, r.name)
	}
	return view, true
}

// InstanceProfiles returns the names of the account's instance profiles in
// order, ignoring case.
func (a *Account) InstanceProfiles() []string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	var names []string
	for _, p := range a.profiles.all() {
		names = append(names, p.name)
	}
	return names
}

// Policies returns the account's customer managed policies, ordered by name.
func (a *Account) Policies() []PolicyView {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	var out []PolicyView
	for _, p := range a.policies.all() {
		arn := p.arn()
		out = append(out, PolicyView{
			Name: p.name, Path: p.path, ARN: arn, ID: p.id, Description: p.description, Document: p.text,
			Tags: tagMap(p.tags), Attachments: a.attachments[arn], Boundaries: a.boundaries[arn], CreatedAt: p.created,
		})
	}
	return out
}
