package sim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Role is a role to seed with [Account.PutRole]. Empty fields take the
// defaults that the API would give.
type Role struct {
	// Name and Path; the path is "/" by default. Reserved paths are allowed
	// here, to seed service-linked roles.
	Name, Path  string
	Description string
	// TrustPolicy is the JSON text. The default trusts ec2.amazonaws.com.
	TrustPolicy string
	// MaxSessionSeconds is 3600 by default.
	MaxSessionSeconds int
	// BoundaryARN is the permissions boundary, or "".
	BoundaryARN string
	Tags        map[string]string
	// InlinePolicies are JSON texts by name.
	InlinePolicies map[string]string
	// AttachedPolicyARNs are managed policies that exist.
	AttachedPolicyARNs []string
	// CreatedAt is the clock's time by default.
	CreatedAt time.Time
	// LastUsedAt is when the role was last used; zero is never.
	LastUsedAt time.Time
	// LastUsedRegion is the region of the last use; the server's by default.
	LastUsedRegion string
}

// ManagedPolicy is a customer managed policy to seed.
type ManagedPolicy struct {
	Name, Path  string
	Description string
	// Document is the JSON text.
	Document  string
	Tags      map[string]string
	CreatedAt time.Time
}

// InstanceProfile is an instance profile to seed.
type InstanceProfile struct {
	Name, Path string
	// RoleName is the role in it, or "".
	RoleName  string
	Tags      map[string]string
	CreatedAt time.Time
}

// must ends the program on a seed that the data model cannot hold: that is a
// mistake in a test, and tests want it loud.
func must(what string, err error) {
	if err != nil {
		panic("sim: seeding " + what + ": " + err.Error())
	}
}

func sortedTags(m map[string]string) []tag {
	var out []tag
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, tag{k, m[k]})
	}
	return out
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

func (s *Server) orNow(t time.Time) time.Time {
	if t.IsZero() {
		return s.clock.Now()
	}
	return t.UTC()
}

// withoutLag runs a seeding step: what is seeded has long been replicated.
func (a *Account) withoutLag(step func()) {
	s := a.server
	s.mu.Lock()
	defer s.mu.Unlock()
	lag := s.lag
	s.lag = 0
	defer func() { s.lag = lag }()
	step()
}

// PutRole makes a role, or replaces the one of that name, past the API's
// checks of names and quotas but within its data model: policies have to parse,
// and what the role refers to has to exist. It panics otherwise. A replaced
// role leaves its instance profiles and gets a new unique id.
func (a *Account) PutRole(seed Role) {
	a.withoutLag(func() { a.putRole(seed) })
}

func (a *Account) putRole(seed Role) {
	what := "the role " + seed.Name
	s := a.server
	if seed.TrustPolicy == "" {
		seed.TrustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	}
	if seed.MaxSessionSeconds == 0 {
		seed.MaxSessionSeconds = minMaxSession
	}
	doc, err := parsePolicy(trustDocument, seed.TrustPolicy)
	must(what, err)
	trust, err := s.resolvePrincipals(seed.TrustPolicy, doc)
	must(what, err)
	must(what, a.checkBoundary(seed.BoundaryARN))
	r := &role{
		account: a, name: seed.Name, path: orSlash(seed.Path), id: s.uniqueID(prefixRole),
		description: seed.Description, maxSession: seed.MaxSessionSeconds, trust: trust,
		tags: sortedTags(seed.Tags), created: s.orNow(seed.CreatedAt),
		grants: a.seedGrants(what, seed.InlinePolicies, seed.AttachedPolicyARNs),
	}
	if !seed.LastUsedAt.IsZero() {
		r.used = &lastUse{at: seed.LastUsedAt.UTC(), region: s.region}
		if seed.LastUsedRegion != "" {
			r.used.region = seed.LastUsedRegion
		}
	}
	if old := a.roles.get(strings.ToLower(seed.Name)); old != nil {
		a.dismantle(old)
	}
	a.addRole(r)
	a.setBoundary(&r.grants, seed.BoundaryARN)
	for _, arn := range seed.AttachedPolicyARNs {
		a.attach(&r.grants, arn)
	}
}

// seedGrants parses inline policies and looks for the managed ones, which the
// caller attaches once the entity is in its place.
func (a *Account) seedGrants(what string, inline map[string]string, attached []string) grants {
	g := grants{inline: map[string]*policyText{}}
	for name, text := range inline {
		doc, err := parsePolicy(identityPolicy, text)
		must(what+", inline policy "+name, err)
		g.inline[name] = &policyText{text, doc}
	}
	for _, arn := range attached {
		if a.policy(arn) == nil {
			must(what, errNoSuchPolicy(arn))
		}
	}
	return g
}

// dismantle takes a role away with everything that refers to it.
func (a *Account) dismantle(r *role) {
	for _, key := range a.profileKeysOf(r) {
		a.removeFromProfile(a.profiles.get(key), r)
	}
	a.dropGrants(&r.grants)
	a.removeRole(r)
}

// PutManagedPolicy makes a customer managed policy, or replaces the one of that
// name, and returns its ARN. It panics when the document does not parse.
func (a *Account) PutManagedPolicy(seed ManagedPolicy) (arn string) {
	a.withoutLag(func() {
		doc, err := parsePolicy(identityPolicy, seed.Document)
		must("the policy "+seed.Name, err)
		p := &managedPolicy{
			account: a, name: seed.Name, path: orSlash(seed.Path), id: a.server.uniqueID(prefixPolicy),
			description: seed.Description, tags: sortedTags(seed.Tags), created: a.server.orNow(seed.CreatedAt),
			policyText: policyText{seed.Document, doc},
		}
		a.policies.put(strings.ToLower(seed.Name), p, 0)
		arn = p.arn()
	})
	return arn
}

// PutInstanceProfile makes an instance profile, or replaces the one of that
// name. It panics when the role does not exist.
func (a *Account) PutInstanceProfile(seed InstanceProfile) {
	a.withoutLag(func() {
		key := strings.ToLower(seed.Name)
		if old := a.profiles.get(key); old != nil {
			for _, r := range old.roles {
				delete(a.profilesOf[r.id], key)
			}
		}
		p := &instanceProfile{
			account: a, name: seed.Name, path: orSlash(seed.Path), id: a.server.uniqueID(prefixInstanceProfile),
			tags: sortedTags(seed.Tags), created: a.server.orNow(seed.CreatedAt),
		}
		if seed.RoleName != "" {
			r := a.role(seed.RoleName)
			if r == nil {
				must("the instance profile "+seed.Name, errNoSuchRole(seed.RoleName))
			}
			a.addToProfile(p, r)
		}
		a.profiles.put(key, p, 0)
	})
}

// PutOIDCProvider makes an OpenID Connect provider, or replaces the one with
// that URL, and returns its ARN.
func (a *Account) PutOIDCProvider(url string, clientIDs, thumbprints []string) (arn string) {
	a.withoutLag(func() {
		p := &oidcProvider{
			account: a, host: providerHost(url), clientIDs: slices.Clone(clientIDs),
			thumbprints: slices.Clone(thumbprints), created: a.server.clock.Now(),
		}
		arn = p.arn()
		a.providers.put(arn, p, 0)
	})
	return arn
}
