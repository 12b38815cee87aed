package sim

import (
	"slices"
	"time"
)

// UserView is a snapshot of a user with everything on it.
type UserView struct {
	Name, Path, ARN, ID string
	// BoundaryARN is the permissions boundary, or "".
	BoundaryARN string
	Tags        map[string]string
	// InlinePolicies are JSON texts by name.
	InlinePolicies map[string]string
	// AttachedPolicyARNs are in the order of attachment.
	AttachedPolicyARNs []string
	// Groups are the names of its groups, in the order of joining.
	Groups []string
	// AccessKeys are in the order of their making.
	AccessKeys []AccessKeyView
	// HasPassword says whether it has a login profile.
	HasPassword bool
	// MFADevices are serial numbers.
	MFADevices []string
	// SSHKeys, SigningCertificates and ServiceCredentials are ids.
	SSHKeys, SigningCertificates, ServiceCredentials []string
	CreatedAt                                        time.Time
}

// AccessKeyView is a snapshot of an access key.
type AccessKeyView struct {
	ID string
	// Active is false for a key that was set to Inactive.
	Active    bool
	CreatedAt time.Time
	// LastUsedAt is zero for a key that was never used.
	LastUsedAt                      time.Time
	LastUsedRegion, LastUsedService string
}

// GroupView is a snapshot of a group.
type GroupView struct {
	Name, Path, ARN, ID string
	InlinePolicies      map[string]string
	AttachedPolicyARNs  []string
	// Users are the names of its users, in the order of joining.
	Users     []string
	CreatedAt time.Time
}

// policyTexts returns the inline policies by name.
func (g *grants) policyTexts() map[string]string {
	out := make(map[string]string, len(g.inline))
	for name, p := range g.inline {
		out[name] = p.text
	}
	return out
}

// User returns the true state of a user, whatever the replication lag; ok is
// false when there is none of that name.
func (a *Account) User(name string) (view UserView, ok bool) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	u := a.user(name)
	if u == nil {
		return UserView{}, false
	}
	view = UserView{
		Name: u.name, Path: u.path, ARN: u.arn(), ID: u.id, BoundaryARN: u.boundary, Tags: tagMap(u.tags),
		InlinePolicies: u.policyTexts(), AttachedPolicyARNs: slices.Clone(u.attached),
		HasPassword: u.login != nil, CreatedAt: u.created,
	}
	for _, g := range u.groups {
		view.Groups = append(view.Groups, g.name)
	}
	for _, k := range u.keys {
		key := AccessKeyView{ID: k.id, Active: k.status == statusActive, CreatedAt: k.created}
		if k.used != nil {
			key.LastUsedAt, key.LastUsedRegion, key.LastUsedService = k.used.at, k.used.region, k.used.service
		}
		view.AccessKeys = append(view.AccessKeys, key)
	}
	for _, m := range u.mfa {
		view.MFADevices = append(view.MFADevices, m.serial)
	}
	for _, k := range u.sshKeys {
		view.SSHKeys = append(view.SSHKeys, k.id)
	}
	for _, c := range u.certificates {
		view.SigningCertificates = append(view.SigningCertificates, c.id)
	}
	for _, c := range u.credentials {
		view.ServiceCredentials = append(view.ServiceCredentials, c.id)
	}
	return view, true
}

// Users returns the names of the account's users in order, ignoring case.
func (a *Account) Users() []string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	var names []string
	for _, u := range a.users.all() {
		names = append(names, u.name)
	}
	return names
}

// Group returns the true state of a group; ok is false when there is none of
// that name.
func (a *Account) Group(name string) (view GroupView, ok bool) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	g := a.group(name)
	if g == nil {
		return GroupView{}, false
	}
	view = GroupView{
		Name: g.name, Path: g.path, ARN: g.arn(), ID: g.id, InlinePolicies: g.policyTexts(),
		AttachedPolicyARNs: slices.Clone(g.attached), CreatedAt: g.created,
	}
	for _, u := range g.members {
		view.Users = append(view.Users, u.name)
	}
	return view, true
}

// Groups returns the names of the account's groups in order, ignoring case.
func (a *Account) Groups() []string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	var names []string
	for _, g := range a.groups.all() {
		names = append(names, g.name)
	}
	return names
}
