package sim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// tag is one key and value on an entity.
type tag struct{ key, value string }

// lastUse is when and where a role or an access key was last used.
type lastUse struct {
	at      time.Time
	region  string
	service string // of an access key only
}

// role is an IAM role with everything on it.
type role struct {
	account     *Account
	name        string
	path        string
	id          string // unique id, AROA…
	description string
	maxSession  int // seconds
	trust       *trustPolicy
	tags        []tag
	used        *lastUse
	created     time.Time
	deleted     bool
	grants

	// Tries that still fail as if the role had not reached every replica.
	principalLag int
	profileLag   int
}

// grants are the policies of a role, a user or a group. A group has no
// boundary.
type grants struct {
	inline   map[string]*policyText
	attached []string // ARNs of managed policies, in order of attachment
	boundary string   // ARN of the permissions boundary, or ""
}

func (g *grants) inlineNames() []string { return slices.Sorted(maps.Keys(g.inline)) }

func (g *grants) copyGrants() grants {
	return grants{inline: maps.Clone(g.inline), attached: slices.Clone(g.attached), boundary: g.boundary}
}

// documents returns the identity-based policies, managed ones as they are now.
func (g *grants) documents(a *Account) []*document {
	var docs []*document
	for _, p := range g.inline {
		docs = append(docs, p.doc)
	}
	for _, arn := range g.attached {
		if p := a.policy(arn); p != nil {
			docs = append(docs, p.doc)
		}
	}
	return docs
}

// policyText is a policy as it was written, with its parsed form.
type policyText struct {
	text string
	doc  *document
}

func (r *role) arn() string { return "arn:aws:iam::" + r.account.id + ":role" + r.path + r.name }

// serviceLinked reports whether the role belongs to an AWS service.
func (r *role) serviceLinked() bool { return strings.HasPrefix(r.path, serviceLinkedPath) }

// reserved reports whether the role is managed by IAM Identity Center.
func (r *role) reserved() bool { return strings.HasPrefix(r.path, reservedPath) }

func (r *role) protected() bool { return r.serviceLinked() || r.reserved() }

func cloneRole(r *role) *role {
	c := *r
	c.tags = slices.Clone(r.tags)
	c.grants = r.copyGrants()
	return &c
}

// managedPolicy is a customer managed policy, or an AWS managed one (account
// nil).
type managedPolicy struct {
	account     *Account
	name        string
	path        string
	id          string // unique id, ANPA…
	description string
	tags        []tag
	created     time.Time
	policyText
}

func (p *managedPolicy) arn() string {
	owner := "aws"
	if p.account != nil {
		owner = p.account.id
	}
	return "arn:aws:iam::" + owner + ":policy" + p.path + p.name
}

// instanceProfile is an EC2 instance profile; it holds at most one role.
type instanceProfile struct {
	account *Account
	name    string
	path    string
	id      string // unique id, AIPA…
	roles   []*role
	tags    []tag
	created time.Time

	// Tries of AddRoleToInstanceProfile that still fail as if the profile had
	// not reached every replica.
	useLag int
}

func (p *instanceProfile) arn() string {
	return "arn:aws:iam::" + p.account.id + ":instance-profile" + p.path + p.name
}

func cloneProfile(p *instanceProfile) *instanceProfile {
	c := *p
	c.roles = slices.Clone(p.roles)
	c.tags = slices.Clone(p.tags)
	return &c
}

// oidcProvider is an OpenID Connect identity provider. Its host is the URL
// without the scheme, which is also the last part of its ARN.
type oidcProvider struct {
	account     *Account
	host        string
	clientIDs   []string
	thumbprints []string
	tags        []tag
	created     time.Time
}

func (p *oidcProvider) arn() string {
	return "arn:aws:iam::" + p.account.id + ":oidc-provider/" + p.host
}
