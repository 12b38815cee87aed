package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// principal is who makes a request: a session of a role, a user, or the
// administrator of an account when neither is set.
type principal struct {
	account *Account // nil for an unsigned request
	arn     string   // as GetCallerIdentity gives it
	id      string   // the unique id part: of the user, or of the session's role
	session *session
	user    *user
	issued  time.Time // of a user's session; otherwise zero
}

func (c *credential) principal() principal {
	p := c.holder()
	if c.userSession != nil {
		p.issued = c.userSession.issued
	}
	return p
}

// holder is the principal without its session.
func (c *credential) holder() principal {
	switch {
	case c.session != nil:
		return principal{account: c.account, arn: c.session.arn(), id: c.session.role.id, session: c.session}
	case c.user != nil:
		return principal{account: c.account, arn: c.user.arn(), id: c.user.id, user: c.user}
	}
	return principal{account: c.account, arn: c.account.adminARN(), id: c.account.adminID()}
}

// userID is the UserId of GetCallerIdentity and the value of aws:userid.
func (p principal) userID() string {
	if p.session == nil {
		return p.id
	}
	return p.id + ":" + p.session.name
}

// access is one permission that a request needs.
type access struct {
	action   string // for instance "iam:GetRole"
	resource string // the ARN that is evaluated, or "*"
	shown    string // how the refusal names the resource; resource when empty
	tags     []tag  // of the resource
	keys     map[string]string
	policy   *document // the resource's own policy, or nil
}

// refusal is why an access is denied.
type refusal int

const (
	denyNone refusal = iota
	denyImplicit
	denyExplicit
	denyExplicitBoundary
	denyExplicitSession
	denyExplicitResource
	denyBoundary
	denySession
	denyTrust // nothing allows it; neither side is named
)

// deniedMessage words a refusal as AWS does (IAM user guide, "Troubleshoot
// access denied error messages").
func deniedMessage(who, action, resource string, why refusal) string {
	m := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", who, action, resource)
	switch why {
	case denyImplicit:
		return m + " because no identity-based policy allows the " + action + " action"
	case denyExplicit:
		return m + " with an explicit deny in an identity-based policy"
	case denyExplicitBoundary:
		return m + " with an explicit deny in a permissions boundary"
	case denyExplicitSession:
		return m + " with an explicit deny in a session policy"
	case denyExplicitResource:
		return m + " with an explicit deny in a resource-based policy"
	case denyBoundary:
		return m + " because no permissions boundary allows the " + action + " action"
	case denySession:
		return m + " because no session policy allows the " + action + " action"
	}
	return m
}

// authorise checks every permission that the operation needs.
func (r *request) authorise(op operation) error {
	if op.needs == nil {
		return nil
	}
	for _, a := range op.needs(r) {
		if why := r.decide(a); why != denyNone {
			shown := a.shown
			if shown == "" {
				shown = a.resource
			}
			return errAccessDenied("%s", deniedMessage(r.caller.arn, a.action, shown, why))
		}
	}
	return nil
}

// decide evaluates one permission for the caller: its identity policies, its
// permissions boundary, the session policies, and the resource's own policy
// where there is one. An explicit Deny in any of them wins; within an account
// an Allow of the resource's policy is as good as one of the caller's own (IAM
// user guide, "Policy evaluation logic").
func (r *request) decide(a access) (why refusal) {
	ctx := r.context()
	ctx.addResource(r.caller.account, a)
	identity, boundary, session := r.caller.verdicts(a.action, a.resource, ctx)
	defer func() { r.decided(a.action, a.resource, why == denyNone, identity) }()
	byResource, resourceDenies := grantNone, false
	if a.policy != nil {
		byResource, resourceDenies = a.policy.grants(assumer{caller: r.caller}, a.action, a.resource, ctx)
	}
	switch {
	case identity.denied:
		return denyExplicit
	case boundary.denied:
		return denyExplicitBoundary
	case session.denied:
		return denyExplicitSession
	case resourceDenies:
		return denyExplicitResource
	case byResource == grantSession:
		return denyNone
	case !identity.allowed && byResource != grantRole:
		return denyImplicit
	case !boundary.allowed:
		return denyBoundary
	case !session.allowed:
		return denySession
	}
	return denyNone
}

// decided records a decision.
func (r *request) decided(action, resource string, allowed bool, identity verdict) {
	r.permissions = append(r.permissions, Permission{Action: action, Resource: resource, Allowed: allowed, Sids: identity.sids})
}

// verdicts evaluates the three layers of the caller's side. A layer that is not
// there allows.
func (p principal) verdicts(action, resource string, ctx evalContext) (identity, boundary, session verdict) {
	boundary, session = verdict{allowed: true}, verdict{allowed: true}
	var limit string
	switch {
	case p.session != nil:
		role := p.session.role
		identity = evaluate(role.documents(role.account), action, resource, ctx)
		limit = role.boundary
		if len(p.session.policies) > 0 {
			session = evaluate(p.session.policies, action, resource, ctx)
		}
	case p.user != nil:
		identity = evaluate(p.user.policies(), action, resource, ctx)
		limit = p.user.boundary
	default:
		denied := slices.ContainsFunc(p.account.denied, func(d string) bool { return matchAction(d, action) })
		return verdict{allowed: true, denied: denied}, boundary, session
	}
	if limit != "" {
		boundary = verdict{}
		if managed := p.account.policy(limit); managed != nil {
			boundary = evaluate([]*document{managed.doc}, action, resource, ctx)
		}
	}
	return identity, boundary, session
}

// context makes the request context with the global condition keys (IAM user
// guide, "AWS global condition context keys").
func (r *request) context() evalContext {
	ctx := newContext(r.now)
	ctx.set("aws:SourceIp", r.sourceIP)
	// The simulator stands for an endpoint that is reached over TLS only.
	ctx.set("aws:SecureTransport", "true")
	ctx.set("aws:ViaAWSService", "false")
	ctx.set("aws:RequestedRegion", "us-east-1")
	tags, keys := r.tags("Tags"), r.list("TagKeys")
	if r.json() {
		ctx.set("aws:RequestedRegion", r.region)
		tags, keys = r.input.tags("Tags"), r.input.list("TagKeys")
	}
	ctx.addTags("aws:RequestTag/", tags)
	for _, t := range tags {
		keys = append(keys, t.key)
	}
	if len(keys) > 0 {
		ctx.set("aws:TagKeys", keys...)
	}
	if r.service == "iam" {
		for param, key := range map[string]string{
			"PermissionsBoundary": "iam:PermissionsBoundary", "PolicyArn": "iam:PolicyARN", "AWSServiceName": "iam:AWSServiceName",
			"ServiceName": "iam:ServiceSpecificCredentialServiceName", "CredentialAgeDays": "iam:ServiceSpecificCredentialAgeDays",
		} {
			if r.has(param) {
				ctx.set(key, r.str(param))
			}
		}
	}
	ctx.addPrincipal(r.caller)
	return ctx
}

func newContext(now time.Time) evalContext {
	ctx := evalContext{}
	ctx.set("aws:CurrentTime", now.UTC().Format(time.RFC3339Nano))
	ctx.set("aws:EpochTime", strconv.FormatInt(now.Unix(), 10))
	return ctx
}

func (c evalContext) addTags(prefix string, tags []tag) {
	for _, t := range tags {
		c.set(prefix+t.key, t.value)
	}
}

func (c evalContext) addPrincipal(p principal) {
	if p.account == nil {
		return
	}
	c.set("aws:PrincipalAccount", p.account.id)
	if organization := p.account.origin.organization; organization != "" {
		c.set("aws:PrincipalOrgID", organization)
	}
	if address := p.account.origin.address; address != "" {
		c.set("aws:SourceIp", address)
	}
	c.set("aws:PrincipalIsAWSService", "false")
	c.set("aws:userid", p.userID())
	s := p.session
	if s == nil {
		c.set("aws:PrincipalArn", p.arn)
		c.set("aws:PrincipalType", "User")
		c.set("aws:username", administratorName)
		if p.user != nil {
			c.set("aws:username", p.user.name)
			c.addTags("aws:PrincipalTag/", p.user.tags)
		}
		if !p.issued.IsZero() {
			c.set("aws:TokenIssueTime", p.issued.UTC().Format(time.RFC3339Nano))
			c.set("aws:MultiFactorAuthPresent", "false")
		}
		return
	}
	c.set("aws:PrincipalArn", s.role.arn())
	c.set("aws:PrincipalType", "AssumedRole")
	c.set("aws:TokenIssueTime", s.issued.UTC().Format(time.RFC3339Nano))
	c.set("aws:MultiFactorAuthPresent", "false")
	c.addTags("aws:PrincipalTag/", s.role.tags)
	c.addTags("aws:PrincipalTag/", s.tags)
	if s.sourceIdentity != "" {
		c.set("aws:SourceIdentity", s.sourceIdentity)
	}
	if s.provider != "" {
		c.set("aws:FederatedProvider", s.provider)
	}
}

func (c evalContext) addResource(account *Account, a access) {
	if strings.HasPrefix(a.resource, "arn:aws:iam::aws:") || a.resource == "*" {
		account = nil
	}
	if account != nil {
		c.set("aws:ResourceAccount", account.id)
	}
	c.addTags("aws:ResourceTag/", a.tags)
	// Who assumes a role meets its tags under iam as well.
	vendor, _, _ := strings.Cut(a.action, ":")
	if vendor == "" || vendor == "sts" {
		vendor = "iam"
	}
	c.addTags(vendor+":ResourceTag/", a.tags)
	for k, v := range a.keys {
		c.set(k, v)
	}
}
