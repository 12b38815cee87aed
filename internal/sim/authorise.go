package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// principal is who makes a request.
type principal struct {
	account *Account // nil for an unsigned request
	arn     string   // as GetCallerIdentity gives it
	id      string   // the unique id part: of the user, or of the session's role
	session *session // nil for the administrator
}

func (c *credential) principal() principal {
	if c.session == nil {
		return principal{account: c.account, arn: c.account.adminARN(), id: c.account.adminID()}
	}
	return principal{account: c.account, arn: c.session.arn(), id: c.session.role.id, session: c.session}
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
}

// refusal is why an access is denied.
type refusal int

const (
	denyNone refusal = iota
	denyImplicit
	denyExplicit
	denyExplicitBoundary
	denyExplicitSession
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

// decide evaluates one permission for the caller.
func (r *request) decide(a access) refusal {
	s := r.caller.session
	if s == nil {
		denied := slices.ContainsFunc(r.caller.account.denied, func(p string) bool { return matchAction(p, a.action) })
		if denied {
			return denyExplicit
		}
		return denyNone
	}
	ctx := r.context()
	ctx.addResource(r.caller.account, a)
	return s.decide(a.action, a.resource, ctx)
}

// decide runs the policies of a session: its role's identity policies, its
// role's permissions boundary and its session policies; an explicit Deny in
// any of them wins (IAM user guide, "Policy evaluation logic").
func (s *session) decide(action, resource string, ctx evalContext) refusal {
	identity, boundary, session := s.verdicts(action, resource, ctx)
	switch {
	case identity.denied:
		return denyExplicit
	case boundary.denied:
		return denyExplicitBoundary
	case session.denied:
		return denyExplicitSession
	case !identity.allowed:
		return denyImplicit
	case !boundary.allowed:
		return denyBoundary
	case !session.allowed:
		return denySession
	}
	return denyNone
}

// verdicts evaluates the three layers. A layer that is not there allows.
func (s *session) verdicts(action, resource string, ctx evalContext) (identity, boundary, session verdict) {
	identity = evaluate(s.role.policies(), action, resource, ctx)
	boundary, session = verdict{allowed: true}, verdict{allowed: true}
	if s.role.boundary != "" {
		boundary = verdict{}
		if p := s.role.account.policy(s.role.boundary); p != nil {
			boundary = evaluate([]*document{p.doc}, action, resource, ctx)
		}
	}
	if len(s.policies) > 0 {
		session = evaluate(s.policies, action, resource, ctx)
	}
	return identity, boundary, session
}

// policies returns the documents of the role's identity-based policies.
func (r *role) policies() []*document {
	var docs []*document
	for _, p := range r.inline {
		docs = append(docs, p.doc)
	}
	for _, arn := range r.attached {
		if p := r.account.policy(arn); p != nil {
			docs = append(docs, p.doc)
		}
	}
	return docs
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
	ctx.addTags("aws:RequestTag/", r.tags("Tags"))
	keys := r.list("TagKeys")
	for _, t := range r.tags("Tags") {
		keys = append(keys, t.key)
	}
	if len(keys) > 0 {
		ctx.set("aws:TagKeys", keys...)
	}
	if r.service == "iam" {
		for param, key := range map[string]string{"PermissionsBoundary": "iam:PermissionsBoundary", "PolicyArn": "iam:PolicyARN"} {
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
	c.set("aws:PrincipalIsAWSService", "false")
	c.set("aws:userid", p.userID())
	s := p.session
	if s == nil {
		c.set("aws:PrincipalArn", p.arn)
		c.set("aws:PrincipalType", "User")
		c.set("aws:username", administratorName)
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
	c.addTags("iam:ResourceTag/", a.tags)
	for k, v := range a.keys {
		c.set(k, v)
	}
}
