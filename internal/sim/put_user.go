package sim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// User is an IAM user to seed with [Account.PutUser]. Empty fields take the
// defaults that the API would give.
type User struct {
	Name, Path string
	// BoundaryARN is the permissions boundary, or "".
	BoundaryARN string
	Tags        map[string]string
	// InlinePolicies are JSON texts by name.
	InlinePolicies map[string]string
	// AttachedPolicyARNs are managed policies that exist.
	AttachedPolicyARNs []string
	// Groups are names of groups that exist.
	Groups []string
	// AccessKeys are up to two keys, in order.
	AccessKeys []AccessKey
	// Login is the user's password for the console, or nil.
	Login *Login
	// ServiceCredentials are the services of service-specific credentials, such
	// as "bedrock.amazonaws.com".
	ServiceCredentials []string
	// MFA gives the user an enabled virtual MFA device of its name.
	MFA       bool
	CreatedAt time.Time
}

// AccessKey is an access key of a user to seed.
type AccessKey struct {
	// Inactive keys do not authenticate.
	Inactive bool
	// CreatedAt is the user's creation by default.
	CreatedAt time.Time
	// LastUsedAt is when the key was last used; zero is never.
	LastUsedAt time.Time
	// LastUsedRegion and LastUsedService are those of the last use; the server's
	// region and "s3" by default.
	LastUsedRegion, LastUsedService string
}

// Login is a password for the console to seed.
type Login struct {
	// ChangedAt is when the password was last set; the user's creation by
	// default.
	ChangedAt time.Time
	// LastUsedAt is the last sign-in; zero is never.
	LastUsedAt time.Time
}

// Group is an IAM group to seed.
type Group struct {
	Name, Path         string
	InlinePolicies     map[string]string
	AttachedPolicyARNs []string
	CreatedAt          time.Time
}

// PutUser makes an IAM user with everything on it, or replaces the one of that
// name, past the API's checks of names and quotas but within its data model,
// and returns its access keys in order. It panics on a policy that does not
// parse and on a policy or group that does not exist.
func (a *Account) PutUser(seed User) (keys []Credentials) {
	a.withoutLag(func() { keys = a.putUser(seed) })
	return keys
}

func (a *Account) putUser(seed User) []Credentials {
	what, s := "the user "+seed.Name, a.server
	must(what, a.checkBoundary(seed.BoundaryARN))
	u := &user{
		account: a, name: seed.Name, path: orSlash(seed.Path), id: s.uniqueID(prefixUser),
		tags: sortedTags(seed.Tags), created: s.orNow(seed.CreatedAt),
		grants: a.seedGrants(what, seed.InlinePolicies, seed.AttachedPolicyARNs),
	}
	for _, name := range seed.Groups {
		if a.group(name) == nil {
			must(what, errNoSuchGroup(name))
		}
	}
	if old := a.users.get(strings.ToLower(seed.Name)); old != nil {
		a.dismantleUser(old)
	}
	a.addUser(u)
	a.setBoundary(&u.grants, seed.BoundaryARN)
	for _, arn := range seed.AttachedPolicyARNs {
		a.attach(&u.grants, arn)
	}
	for _, name := range seed.Groups {
		u.join(a.group(name))
	}
	if l := seed.Login; l != nil {
		u.login = &loginProfile{created: u.created, changed: orTime(l.ChangedAt, u.created)}
		u.passwordUsed = l.LastUsedAt
	}
	if seed.MFA {
		d := &virtualMFA{serial: "arn:aws:iam::" + a.id + ":mfa/" + u.name, owner: u, since: u.created}
		a.devices.put(d.serial, d, 0)
		u.mfa = append(u.mfa, mfaUse{d.serial, u.created})
	}
	for _, service := range seed.ServiceCredentials {
		u.credentials = append(u.credentials, serviceCredential{
			id: s.uniqueID(prefixServiceKey), service: service, apiKey: credentialServices[service], status: statusActive,
			created: u.created, userName: u.name + "-at-" + a.id,
		})
	}
	var out []Credentials
	for i, k := range seed.AccessKeys {
		out = append(out, u.newKey(orTime(k.CreatedAt, u.created)))
		if k.Inactive {
			u.keys[i].status = statusInactive
		}
		if !k.LastUsedAt.IsZero() {
			u.keys[i].used = &lastUse{
				at: k.LastUsedAt.UTC(), region: cmp.Or(k.LastUsedRegion, s.region), service: cmp.Or(k.LastUsedService, "s3"),
			}
		}
	}
	return out
}

func orTime(t, fallback time.Time) time.Time {
	if t.IsZero() {
		return fallback
	}
	return t.UTC()
}

// dismantleUser takes a user away with everything that is its own.
func (a *Account) dismantleUser(u *user) {
	for _, g := range slices.Clone(u.groups) {
		u.leave(g)
	}
	for _, k := range slices.Clone(u.keys) {
		u.dropKey(k.id)
	}
	for _, m := range u.mfa {
		a.devices.remove(m.serial, 0)
	}
	a.removeUser(u)
}

// PutGroup makes a group, or replaces the one of that name, which keeps its
// users. It panics on policies like [Account.PutUser].
func (a *Account) PutGroup(seed Group) {
	a.withoutLag(func() {
		key := strings.ToLower(seed.Name)
		g := &group{
			account: a, name: seed.Name, path: orSlash(seed.Path), id: a.server.uniqueID(prefixGroup),
			created: a.server.orNow(seed.CreatedAt),
			grants:  a.seedGrants("the group "+seed.Name, seed.InlinePolicies, seed.AttachedPolicyARNs),
		}
		if old := a.groups.get(key); old != nil {
			a.dropGrants(&old.grants)
			for _, u := range slices.Clone(old.members) {
				u.leave(old)
				u.join(g)
			}
		}
		for _, arn := range seed.AttachedPolicyARNs {
			a.attach(&g.grants, arn)
		}
		a.groups.put(key, g, 0)
	})
}
