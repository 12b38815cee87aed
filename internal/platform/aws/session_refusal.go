package aws

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	iamgrants "github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// explanation collects why a role cannot be assumed. STS says only that it cannot, so it is found out from what can be read.
type explanation struct {
	role    SessionRole
	request SessionRequest
	// paragraphs of the explanation, in order.
	paragraphs []string
}

func (r *explanation) say(format string, args ...any) {
	r.paragraphs = append(r.paragraphs, fmt.Sprintf(format, args...))
}

// statement is one of a policy, in the order in which people write it.
type statement struct {
	Effect    string            `json:"Effect"`
	Principal map[string]string `json:"Principal,omitempty"`
	Action    []string          `json:"Action"`
	Resource  string            `json:"Resource,omitempty"`
}

// add shows a statement that is missing.
func (r *explanation) add(where string, s statement) {
	s.Effect = "Allow"
	text, err := json.MarshalIndent(s, "  ", "  ")
	if err == nil {
		r.say("Add to %s:\n\n  %s", where, text)
	}
}

// ExplainRefusal finds out which statement is missing where STS has denied a session: in the trust policy, or in the
// policies of the caller. It says what could not be read.
func (a *Account) ExplainRefusal(ctx context.Context, role SessionRole, request SessionRequest) (paragraphs []string) {
	r := &explanation{role: role, request: request}
	trust, err := iampolicy.Parse(role.TrustPolicy)
	me, callerErr := a.whoami(ctx)
	switch {
	case err != nil:
		r.say("The trust policy of the role cannot be judged: %s.", err)
	case request.WebIdentityToken != "":
		r.explainToken(trust)
	case callerErr == nil:
		a.explainCaller(ctx, r, trust, me)
	}
	return r.paragraphs
}

// actions are what the request takes.
func (r SessionRequest) actions() []string {
	actions := []string{operationAssumeRole}
	if r.SourceIdentity != "" {
		actions = append(actions, operationSetIdentity)
	}
	if len(r.Tags) > 0 {
		actions = append(actions, operationTagSession)
	}
	return actions
}

func (a *Account) explainCaller(ctx context.Context, r *explanation, trust iampolicy.Document, me caller) {
	principal, holding, unread := a.callerHolding(ctx, me)
	who := iampolicy.Asker{Names: []string{me.arn, principal}, Account: me.account, Facts: map[string]string{
		"sts:externalid": r.request.ExternalID, "sts:rolesessionname": r.request.Name, "sts:sourceidentity": r.request.SourceIdentity,
		"aws:principalarn": principal, "aws:principalaccount": me.account,
	}}
	var untrusted, left []string
	for _, action := range r.request.actions() {
		admission := iampolicy.Admit(trust, who, action)
		switch {
		case admission.Denied != "":
			r.say("The trust policy of the role denies %s to %s in %s.", action, principal, admission.Denied)
			return
		case admission.Named:
		case admission.Account:
			left = append(left, action)
		case len(admission.Unmet) > 0:
			r.say("The trust policy of the role would allow %s to %s, but %s.", action, principal, strings.Join(admission.Unmet, "; "))
		default:
			untrusted = append(untrusted, action)
		}
		if len(admission.Unjudged) > 0 {
			r.say("The trust policy has conditions on %s, of which nothing is known here: hold them against the caller.", strings.Join(admission.Unjudged, ", "))
		}
	}
	if len(untrusted) > 0 {
		r.say("No statement in the trust policy of the role allows %s to %s.", strings.Join(untrusted, " and "), principal)
		r.add("the trust policy of the role, in the resource that governs it", statement{Principal: map[string]string{"AWS": principal}, Action: untrusted})
	}
	if len(left) > 0 {
		a.explainPolicies(ctx, r, me, principal, holding, unread, left)
	}
	if len(r.paragraphs) == 0 {
		r.say("The trust policy allows it to %s itself. What can still deny it is nothing that can be read here: a permissions boundary or a session policy of the caller, or a service control policy of the organization.", principal)
	}
}

// callerHolding reads what the caller is allowed by its own policies; unread says why it could not. A session is its role,
// whose path a session does not tell.
func (a *Account) callerHolding(ctx context.Context, me caller) (principal string, holding Holding, unread error) {
	_, resource, _ := strings.Cut(me.arn[strings.LastIndex(me.arn, ":")+1:], "/")
	var state EntityState
	var groups []string
	if name, _, session := strings.Cut(resource, "/"); session && me.isSession() {
		role, err := a.Roles().readNamed(ctx, name)
		if err != nil {
			return me.iamARN("role/" + name), Holding{}, err
		}
		state = role.EntityState
	} else {
		user, err := a.Users().readNamed(ctx, resource[strings.LastIndex(resource, "/")+1:])
		if err != nil {
			return me.arn, Holding{}, err
		}
		state, groups = user.EntityState, user.Groups
	}
	return state.ARN, Holding{
		Name: state.Name, Path: state.ID.Path(), InlinePolicies: state.InlinePolicies, ManagedPolicyARNs: state.ManagedPolicyARNs,
		Groups: groups, PermissionsBoundaryARN: state.PermissionsBoundaryARN,
	}, nil
}

// explainPolicies judges the caller's own policies, to which the trust policy leaves the actions.
func (a *Account) explainPolicies(ctx context.Context, r *explanation, me caller, principal string, of Holding, unread error, actions []string) {
	own := statement{Action: actions, Resource: r.role.ARN}
	kind := userKind
	if me.isSession() {
		kind = roleKind
	}
	h := holder{account: a, kind: kind, final: true}
	h.origins = map[iamgrants.Source]origin{}
	h.identity.ARN = principal
	if unread == nil {
		unread = h.read(ctx, of)
	}
	if unread != nil {
		r.say("The trust policy leaves it to the account, so that the caller's own policies decide. They could not be read (%s), but have to allow %s.", cause(unread), strings.Join(actions, " and "))
		r.add("a policy of "+principal+", unless it is there", own)
		return
	}
	set := iamgrants.New(h.identity, a.config.Clock.Now())
	var missing []string
	for _, action := range actions {
		service, name, _ := strings.Cut(action, ":")
		allowed := slices.ContainsFunc(set.Of(service, name), func(access iamgrants.Access) bool {
			return slices.ContainsFunc(access.Resources, func(pattern string) bool { return iampolicy.Matches(pattern, r.role.ARN) })
		})
		if !allowed {
			missing = append(missing, action)
		}
	}
	for _, unjudged := range h.unjudged {
		r.say("Not read: %s, because %s.", strings.Join(unjudged.What, ", "), unjudged.Reason)
	}
	if len(missing) == 0 {
		r.say("The trust policy leaves it to the account, and the policies of %s allow it. What is left is a condition or a Deny in them, a session policy, or a service control policy of the organization.", principal)
		return
	}
	r.say("The trust policy leaves it to the account, and no policy of %s allows %s on the role.", principal, strings.Join(missing, " and "))
	own.Action = missing
	r.add("a policy of "+principal, own)
}

// cause is an error without the answer of AWS, where a permission is all that is missing.
func cause(err error) string {
	var forbidden *platform.ErrForbidden
	if errors.As(err, &forbidden) {
		return "the permission " + forbidden.Permission + " is missing"
	}
	return err.Error()
}

// explainToken holds the claims of a token against the trust policy.
func (r *explanation) explainToken(trust iampolicy.Document) {
	var claims struct {
		Issuer  string `json:"iss"`
		Subject string `json:"sub"`
		// Audience is a text or a list of them.
		Audience any `json:"aud"`
	}
	parts := strings.Split(r.request.WebIdentityToken, ".")
	if len(parts) < 2 {
		return
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return
	}
	host := strings.ToLower(strings.TrimPrefix(claims.Issuer, "https://"))
	account, _, _ := strings.Cut(r.role.ARN, ":role/")
	provider := account + ":oidc-provider/" + strings.TrimPrefix(claims.Issuer, "https://")
	audience, _ := claims.Audience.(string)
	facts := map[string]string{host + ":sub": claims.Subject, "sts:rolesessionname": r.request.Name}
	if audience != "" {
		facts[host+":aud"] = audience
	}
	admission := iampolicy.Admit(trust, iampolicy.Asker{Names: []string{provider}, Facts: facts}, operationWebIdentity)
	switch {
	case admission.Denied != "":
		r.say("The trust policy of the role denies it in %s.", admission.Denied)
	case admission.Named:
		r.say("The trust policy of the role allows it to the subject %q, as far as its conditions can be judged here. It may have conditions on further claims: %s.", claims.Subject, strings.Join(admission.Unjudged, ", "))
	case len(admission.Unmet) > 0:
		r.say("The trust policy of the role trusts the issuer, but %s.", strings.Join(admission.Unmet, "; "))
	default:
		r.say("No statement in the trust policy of the role allows %s to %s. Declare it with a trust preset in the resource that governs the role, which narrows it to a subject.", operationWebIdentity, provider)
	}
}
