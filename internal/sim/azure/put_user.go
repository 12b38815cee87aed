package azuresim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// User is a person to seed.
type User struct {
	DisplayName string
	// Name is the part of the user principal name before the tenant's domain.
	Name      string
	Disabled  bool
	CreatedAt time.Time
}

// PutUser makes a user and returns the object id.
func (t *Tenant) PutUser(seed User) (id string) {
	t.withoutLag(func() {
		e := &entity{tenant: t, kind: kindUser, id: t.server.newID("user"), created: t.server.orNow(seed.CreatedAt)}
		e.props = userDefaults(e)
		e.props["displayName"] = seed.DisplayName
		e.props["userPrincipalName"] = seed.Name + "@" + t.domain
		e.props["mail"] = seed.Name + "@" + t.domain
		e.props["mailNickname"] = seed.Name
		e.props["accountEnabled"] = !seed.Disabled
		t.insert(e, 0)
		id = e.id
	})
	return id
}

// PutGroup makes a security group of these members, which can be groups, and
// returns its object id. It panics on a member that there is not.
func (t *Tenant) PutGroup(name string, members ...string) (id string) {
	t.withoutLag(func() {
		e := &entity{tenant: t, kind: kindGroup, id: t.server.newID("group"), created: t.server.clock.Now()}
		e.props = groupDefaults(e)
		e.props["displayName"] = name
		e.members = slices.Clone(members)
		for _, m := range members {
			if t.get(m) == nil {
				must("the group "+name, errNotFound(m))
			}
		}
		t.insert(e, 0)
		id = e.id
	})
	return id
}

// PutRoleGroup is PutGroup for a group that directory roles can be assigned to.
func (t *Tenant) PutRoleGroup(name string, members ...string) (id string) {
	id = t.PutGroup(name, members...)
	t.withoutLag(func() { t.mustGet(id).props["isAssignableToRole"] = true })
	return id
}

// SetEnabled blocks or allows the sign-in of a user or service principal. It
// panics on an id that there is not.
func (t *Tenant) SetEnabled(id string, enabled bool) {
	t.withoutLag(func() {
		e := t.mustGet(id)
		e.props = maps.Clone(e.props)
		e.props["accountEnabled"] = enabled
	})
}

// SetTags gives an application or a service principal these tags of its own. It
// panics on an id that there is not.
func (t *Tenant) SetTags(id string, tags ...string) {
	t.withoutLag(func() {
		e := t.mustGet(id)
		e.props = maps.Clone(e.props)
		e.props["tags"] = slices.Clone(tags)
	})
}

// Delete puts an object among the deleted, as somebody in the portal would. It
// panics on an id that there is not.
func (t *Tenant) Delete(id string) {
	t.withoutLag(func() { t.remove(t.mustGet(id), t.server.clock.Now()) })
}

func (t *Tenant) mustGet(id string) *entity {
	e := t.get(id)
	if e == nil {
		must("the object", errNotFound(id))
	}
	return e
}

// AssignDirectoryRole gives a principal a built-in role by its name. It panics
// when either is not there.
func (t *Tenant) AssignDirectoryRole(principalID, role string) {
	t.withoutLag(func() { must("the role "+role, t.putDirectoryRole(t.mustGet(principalID), role)) })
}

// SetSecretPolicy lets the tenant's default policy forbid client secrets, or
// limit how long secrets and certificates last, in ISO 8601 such as "P90D"; empty
// is no limit. It replaces what was set before.
func (t *Tenant) SetSecretPolicy(forbidden bool, longest string) {
	t.withoutLag(func() {
		p := newAppPolicy()
		p.enabled = true
		passwords, keys := []object{}, []object{}
		if forbidden {
			passwords = append(passwords, object{"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": nil, "restrictForAppsCreatedAfterDateTime": "0001-01-01T00:00:00Z"})
		}
		if longest != "" {
			limit := func(kind string) object {
				return object{"restrictionType": kind, "state": "enabled", "maxLifetime": longest, "restrictForAppsCreatedAfterDateTime": "0001-01-01T00:00:00Z"}
			}
			passwords, keys = append(passwords, limit("passwordLifetime")), append(keys, limit("asymmetricKeyLifetime"))
		}
		p.application = object{"passwordCredentials": passwords, "keyCredentials": keys}
		p.principal = p.application
		must("the policy", checkRestrictions(p.application))
		t.policy = p
	})
}

// Restriction is a rule of a policy for credentials.
type Restriction struct {
	// Type is Graph's, such as "passwordLifetime".
	Type string
	// Longest is in ISO 8601, and empty for a rule that forbids.
	Longest string
	// Disabled takes the rule away from what has the policy.
	Disabled bool
	// After is from when on an application has to have been made.
	After time.Time
	// Exempt are callers to whom the rule does not apply; it still does in the
	// simulator, which knows no custom security attributes.
	Exempt bool
}

func restrictions(all []Restriction) object {
	out := object{"passwordCredentials": []object{}, "keyCredentials": []object{}}
	for _, one := range all {
		list, state := "keyCredentials", "enabled"
		if strings.HasPrefix(one.Type, "password") {
			list = "passwordCredentials"
		}
		if one.Disabled {
			state = "disabled"
		}
		o := object{"restrictionType": one.Type, "state": state, "maxLifetime": nil, "restrictForAppsCreatedAfterDateTime": stamp(one.After)}
		if one.Longest != "" {
			o["maxLifetime"] = one.Longest
		}
		if one.Exempt {
			o["excludeActors"] = object{"customSecurityAttributes": []object{{"id": "AppManagement_Exempt"}}}
		}
		out[list] = append(out.objects(list), o)
	}
	return out
}

// SetDefaultPolicy enables the tenant's default policy for credentials of
// applications with these rules. It replaces what was set before.
func (t *Tenant) SetDefaultPolicy(all ...Restriction) {
	t.withoutLag(func() {
		p := newAppPolicy()
		p.enabled, p.application = true, restrictions(all)
		must("the policy", checkRestrictions(p.application))
		t.policy = p
	})
}

// AssignPolicy assigns an enabled policy of its own to an application, with these
// rules. It replaces what was assigned before.
func (t *Tenant) AssignPolicy(applicationID string, all ...Restriction) {
	t.withoutLag(func() {
		p := newAppPolicy()
		p.id, p.enabled, p.application = t.server.newID("appManagementPolicy"), true, restrictions(all)
		must("the policy", checkRestrictions(p.application))
		t.ownPolicies[t.mustGet(applicationID).id] = p
	})
}
