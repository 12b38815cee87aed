package aws

import (
	"context"
	"fmt"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// SessionsPolicyName is the inline policy that denies everything to sessions from before SessionsValidAfter. That of
// RevokeSessions is another one, so that neither undoes the other: the later instant counts.
const (
	SessionsPolicyName        = "governed-sessions"
	revokedSessionsPolicyName = "governed-revoked-sessions"
)

// isSessionsPolicy tells whether a name is taken by a policy that ends sessions.
func isSessionsPolicy(name string) bool {
	return name == SessionsPolicyName || name == revokedSessionsPolicyName || strings.HasPrefix(name, closedSessionPrefix)
}

// sessionsPolicy is the document for an instant; empty for none.
func sessionsPolicy(validAfter time.Time) string {
	if validAfter.IsZero() {
		return ""
	}
	return iampolicy.SessionsDeny(validAfter).JSON()
}

// SessionsValidAfter is the instant from the policy called SessionsPolicyName; zero when there is none.
func (s EntityState) SessionsValidAfter() time.Time {
	validAfter, _ := iampolicy.ParseSessionsDeny(s.SessionsPolicy)
	return validAfter
}

// takeSessionDenials puts the provider's own denials of sessions aside, which are no part of the configured policies. They
// only take away, so that nothing is hidden by it that somebody could use: what has their name and says anything else stays.
func (s *EntityState) takeSessionDenials() {
	for name, document := range s.InlinePolicies {
		_, closed := iampolicy.ParseSessionDeny(document)
		_, revoked := iampolicy.ParseSessionsDeny(document)
		switch {
		case revoked && name == SessionsPolicyName:
			s.SessionsPolicy = document
		case revoked && name == revokedSessionsPolicyName, closed && strings.HasPrefix(name, closedSessionPrefix):
			s.sessionDenials = append(s.sessionDenials, name)
		default:
			continue
		}
		delete(s.InlinePolicies, name)
	}
}

// reservedSize is what the provider's own policies take of the quota.
func (s EntityState) reservedSize() int {
	return iampolicy.Size(s.ExpiryPolicy) + iampolicy.Size(s.SessionsPolicy)
}

// clockTolerance is how far the clock that an instant comes from may be ahead.
const clockTolerance = 5 * time.Minute

// sessionsInPast refuses an instant to come, until which nobody could use the identity.
func (v *violations) sessionsInPast(kind entityKind, validAfter, now time.Time) {
	if validAfter.After(now.Add(clockTolerance)) {
		v.add(kind.in("sessions_valid_after"), "Write the time at which the sessions became suspect, now at the latest.",
			"sessions_valid_after is %s, which is still to come: until then every session would be denied everything, new ones too", validAfter.UTC().Format(time.RFC3339))
	}
}

// sessionSteps are the writing of the policy for SessionsValidAfter, and nothing. What ends sessions goes first, what lets
// some in again last.
func (w *entityWriter) sessionSteps() (revoke, admit func() error) {
	nothing := func() error { return nil }
	if w.to.SessionsValidAfter().Before(w.is.SessionsValidAfter()) {
		return nothing, w.writeSessionsPolicy
	}
	return w.writeSessionsPolicy, nothing
}

func (w *entityWriter) writeSessionsPolicy() error {
	switch {
	case w.is.SessionsPolicy == w.to.SessionsPolicy, iampolicy.Equivalent(w.is.SessionsPolicy, w.to.SessionsPolicy):
		return nil
	case w.to.SessionsPolicy == "":
		return ignoreNotFound(w.try("Delete*Policy", func() error { return w.api.deleteInlinePolicy(w.ctx, SessionsPolicyName) }))
	}
	err := w.putPolicy(SessionsPolicyName, w.to.SessionsPolicy)
	if err == nil {
		delete(w.is.InlinePolicies, SessionsPolicyName) // What somebody else has put there is overwritten.
	}
	return err
}

// IsCaller tells whether an identity is the one that the provider runs as.
func (a *Account) IsCaller(ctx context.Context, id governance.ID) (bool, error) {
	me, err := a.whoami(ctx)
	if err != nil {
		return false, err
	}
	if id.Kind == governance.KindAWSRole {
		return id.Account == me.account && strings.Contains(me.arn, ":assumed-role/"+id.Name()+"/"), nil
	}
	return me.iamARN("user/"+id.Resource) == me.arn, nil
}

// RevokeSessions denies everything to the sessions of a role or user that were issued before an instant. It returns the
// instant that counts then, which is a later one where that is there already; starting is called where it is not, before
// anything is changed. An absent identity is a platform.ErrNotFound.
func (a *Account) RevokeSessions(ctx context.Context, id governance.ID, before time.Time, starting func()) (time.Time, error) {
	kind, api, err := a.entity(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	encoded, err := api.inlinePolicy(ctx, revokedSessionsPolicyName)
	switch {
	case apiCode(err) == codeNoSuchEntity:
	case err != nil:
		return time.Time{}, mapError(kind.operation("Get*Policy"), err)
	default:
		document, err := decodeDocument(encoded)
		if err != nil {
			return time.Time{}, err
		}
		if there, ours := iampolicy.ParseSessionsDeny(document); ours && !there.Before(before) {
			return there, nil
		}
	}
	starting()
	a.wrote(id.Kind, id.Name())
	put := func() error {
		return api.putInlinePolicy(ctx, revokedSessionsPolicyName, sessionsPolicy(before))
	}
	err = put()
	if apiCode(err) == codeLimitExceeded {
		if err := a.sweepSessions(ctx, kind, api); err != nil {
			return time.Time{}, err
		}
		err = put()
	}
	if apiCode(err) == codeLimitExceeded {
		return time.Time{}, &platform.ErrInvalid{
			Operation: kind.operation("Put*Policy"), Code: codeLimitExceeded, Attribute: []string{"identity"}, Err: err,
			Detail: fmt.Sprintf("the inline policies of the %s leave no room for the %d characters of %s, which denies the sessions. Nothing was changed, and the sessions go on", kind.word(), iampolicy.Size(sessionsPolicy(before)), revokedSessionsPolicyName),
			Remedy: "Take an inline policy off it, or move it into a managed policy, and try again.",
		}
	}
	return before, mapError(kind.operation("Put*Policy"), err)
}

// entity are the calls on a role or user that exists under exactly this id.
func (a *Account) entity(ctx context.Context, id governance.ID) (entityKind, entityAPI, error) {
	if id.Kind == governance.KindAWSRole {
		if _, err := a.SessionRole(ctx, id); err != nil {
			return roleKind, nil, err
		}
		connection, err := a.connect(ctx)
		return roleKind, roleCalls{connection.iam, id.Name()}, err
	}
	if err := a.Users().mine(ctx, id); err != nil {
		return userKind, nil, err
	}
	connection, err := a.connect(ctx)
	if err != nil {
		return userKind, nil, err
	}
	name := id.Name()
	output, err := connection.iam.GetUser(ctx, &iam.GetUserInput{UserName: &name})
	if err != nil {
		return userKind, nil, mapError("iam:GetUser", err)
	}
	if found, ok := userKind.parseARN(awssdk.ToString(output.User.Arn)); !ok || found != id {
		return userKind, nil, &platform.ErrElsewhere{Wanted: id, Found: found}
	}
	return userKind, userCalls{connection.iam, name}, nil
}
