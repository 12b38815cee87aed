package sim

import (
	"slices"
	"strings"
)

// assumer is who asks for a session, as a trust policy sees it. Exactly one of
// caller's account, service and provider is set.
type assumer struct {
	caller   principal
	service  string // for instance "lambda.amazonaws.com"
	provider string // ARN of a federated provider
}

// grantKind is how a trust policy allows an assumer.
type grantKind int

const (
	grantNone    grantKind = iota
	grantAccount           // through the account: its own policies decide as well
	grantRole              // names the caller's role
	grantSession           // names the very session or user, or the service or provider
)

// matches says how a principal set names the assumer (IAM user guide, "AWS
// JSON policy elements: Principal").
func (p *principalSet) matches(who assumer) grantKind {
	if who.service != "" {
		if p.everyone || slices.Contains(p.services, who.service) {
			return grantSession
		}
		return grantNone
	}
	if who.provider != "" {
		if p.everyone {
			return grantSession
		}
		for _, f := range p.federated {
			if f == who.provider {
				return grantSession
			}
		}
		return grantNone
	}
	best := grantNone
	if p.everyone {
		best = grantRole
	}
	for _, a := range p.aws {
		switch {
		case a.id != "" && a.id == who.caller.id && who.caller.session == nil:
			// A user that is named is not limited by its boundary (IAM user guide,
			// "Evaluating identity-based policies with resource-based policies").
			best = grantSession
		case a.id != "" && a.id == who.caller.id:
			best = max(best, grantRole)
		case a.text == who.caller.arn && who.caller.session != nil:
			best = grantSession
		case a.text == "arn:aws:iam::"+who.caller.account.id+":root":
			best = max(best, grantAccount)
		}
	}
	return best
}

// trusts evaluates the trust policy for one action. denied is an explicit
// Deny.
func (t *trustPolicy) trusts(who assumer, action string, ctx evalContext) (kind grantKind, denied bool) {
	return t.doc.grants(who, action, "", ctx)
}

// grants evaluates a trust policy, or another policy of a resource, for one
// action. denied is an explicit Deny.
func (d *document) grants(who assumer, action, resource string, ctx evalContext) (kind grantKind, denied bool) {
	for _, s := range d.statements {
		if !s.coversAction(action) || !s.holds(d, ctx) || (d.kind == resourceDocument && !s.coversResource(d, resource, ctx)) {
			continue
		}
		var match grantKind
		switch {
		case s.principals != nil:
			match = s.principals.matches(who)
		case s.notPrincipals.matches(who) == grantNone:
			match = grantSession
		}
		if match == grantNone {
			continue
		}
		if !s.allow {
			return grantNone, true
		}
		kind = max(kind, match)
	}
	return kind, false
}

// mayAssume decides whether the caller may perform an action of STS on a role:
// the trust policy has to allow it, and, where it only names the caller's
// account or the caller is of another account, the caller's own policies too
// (IAM user guide, "Cross-account policy evaluation logic"). It returns nil
// when it is allowed.
func (r *request) mayAssume(target *role, action string, ctx evalContext) (err error) {
	var identity, boundary, session verdict
	defer func() { r.decided(action, target.arn(), err == nil, identity) }()
	refuse := func(why refusal) error {
		return errAccessDenied("%s", deniedMessage(r.caller.arn, action, target.arn(), why))
	}
	kind, denied := target.trust.trusts(assumer{caller: r.caller}, action, ctx)
	if denied {
		return errAccessDenied("%s with an explicit deny in a resource-based policy",
			deniedMessage(r.caller.arn, action, target.arn(), denyTrust))
	}
	if kind == grantNone {
		return refuse(denyTrust)
	}
	identity, boundary, session = r.caller.verdicts(action, target.arn(), ctx)
	switch {
	case identity.denied:
		return refuse(denyExplicit)
	case boundary.denied:
		return refuse(denyExplicitBoundary)
	case session.denied:
		return refuse(denyExplicitSession)
	}
	sameAccount := r.caller.account == target.account
	if !identity.allowed && (kind == grantAccount || !sameAccount) {
		return refuse(denyImplicit)
	}
	// Only a grant to the session itself is not limited by what the boundary and
	// the session policy leave out.
	if kind == grantSession && sameAccount {
		return nil
	}
	if !boundary.allowed {
		return refuse(denyBoundary)
	}
	if !session.allowed {
		return refuse(denySession)
	}
	return nil
}

func assumeRole(r *request) ([]node, error) {
	arn, name, seconds := r.sessionRequest()
	r.optional("ExternalId", externalIDRule, "")
	sourceIdentity := r.optional("SourceIdentity", sessionNameRule, "")
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	if !roleARNPattern.MatchString(arn) {
		return nil, errValidation("%s is invalid", arn)
	}
	target := r.server.roleByARN(arn)
	if target == nil {
		// A role that does not exist cannot be told from one that does not trust.
		return nil, errAccessDenied("%s", deniedMessage(r.caller.arn, "sts:AssumeRole", arn, denyTrust))
	}
	ctx := r.context()
	ctx.addResource(target.account, access{resource: arn, tags: target.tags})
	ctx.set("sts:RoleSessionName", name)
	if r.has("ExternalId") {
		ctx.set("sts:ExternalId", r.str("ExternalId"))
	}
	actions := []string{"sts:AssumeRole"}
	if len(tags) > 0 {
		actions = append(actions, "sts:TagSession")
		if keys := r.list("TransitiveTagKeys"); len(keys) > 0 {
			ctx.set("sts:TransitiveTagKeys", keys...)
		}
	}
	if sourceIdentity != "" {
		ctx.set("sts:SourceIdentity", sourceIdentity)
		actions = append(actions, "sts:SetSourceIdentity")
	}
	for _, action := range actions {
		if err := r.mayAssume(target, action, ctx); err != nil {
			return nil, err
		}
	}
	if r.caller.session != nil && seconds > maxChainedSession {
		return nil, errValidation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	if err := checkDuration(target, seconds); err != nil {
		return nil, err
	}
	policies, err := r.sessionPolicies(target.account)
	if err != nil {
		return nil, err
	}
	s := newSession(target, name, r.now, seconds)
	s.policies, s.tags, s.sourceIdentity = policies, tags, sourceIdentity
	out := s.nodes(r.server.grant(s))
	return append(out, opt("SourceIdentity", sourceIdentity)), nil
}

// AssumeRoleAsService asks for a session of one of the account's roles as an
// AWS service would, for instance "lambda.amazonaws.com". The context adds
// condition keys to the request: services set aws:SourceAccount and
// aws:SourceArn for the resource they work for. The role's trust policy is
// evaluated as for any other caller; a refusal is an [*Error] with the code
// AccessDenied. The session has the role's own maximum duration, at most six
// hours, as EC2's have.
func (a *Account) AssumeRoleAsService(service, roleARN string, context map[string]string) (Credentials, error) {
	s := a.server
	s.mu.Lock()
	defer s.mu.Unlock()
	refused := &Error{
		Code: "AccessDenied", Status: 403,
		Message: deniedMessage(service, "sts:AssumeRole", roleARN, denyTrust),
	}
	target := s.roleByARN(roleARN)
	if target == nil || target.account != a {
		return Credentials{}, refused
	}
	now := s.clock.Now()
	ctx := newContext(now)
	ctx.set("aws:PrincipalIsAWSService", "true")
	ctx.set("aws:PrincipalServiceName", service)
	ctx.set("aws:PrincipalType", "AWSService")
	for k, v := range context {
		ctx.set(k, v)
	}
	ctx.addResource(a, access{resource: roleARN, tags: target.tags})
	if kind, denied := target.trust.trusts(assumer{service: service}, "sts:AssumeRole", ctx); denied || kind == grantNone {
		return Credentials{}, refused
	}
	name := "i-" + strings.ToLower(derive(indexed(service, s.serial), 17))
	sess := newSession(target, name, now, min(target.maxSession, 6*3600))
	return s.grant(sess), nil
}
