package aws

import (
	"context"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// closedSessionPrefix begins the names of the inline policies that each deny one closed session. A policy of its own for each
// session needs no reading before it is written, so that sessions that close at once do not undo each other.
const closedSessionPrefix = "governed-closed-session-"

// ClosedSession is a session that is to end before its time.
type ClosedSession struct {
	Role governance.ID
	// UniqueID is the role's, and Name that of the session, which no other session may have.
	UniqueID, Name string
	// Ending tells the policy from those of other sessions.
	Ending string
	// Ends is when it would end by itself.
	Ends time.Time
}

// CloseSession denies everything to one session of a role, and removes what denied sessions that have ended since.
func (a *Account) CloseSession(ctx context.Context, session ClosedSession) error {
	if err := a.Roles().mine(ctx, session.Role); err != nil {
		return err
	}
	connection, err := a.connect(ctx)
	if err != nil {
		return err
	}
	a.wrote(session.Role.Kind, session.Role.Name())
	api := roleCalls{connection.iam, session.Role.Name()}
	if err := a.sweepSessions(ctx, roleKind, api); err != nil {
		return err
	}
	document := iampolicy.SessionDeny(session.UniqueID+":"+session.Name, session.Ends).JSON()
	return a.untilPropagated(ctx, roleKind.operation("Put*Policy"), false, func() error {
		return api.putInlinePolicy(ctx, closedSessionPrefix+session.Ending, document)
	})
}

// sweepSessions removes the policies of closed sessions that have ended by themselves.
func (a *Account) sweepSessions(ctx context.Context, kind entityKind, api entityAPI) error {
	names, err := api.inlinePolicyNames(ctx)
	if err != nil {
		return mapError(kind.operation("List*Policies"), err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, closedSessionPrefix) {
			continue
		}
		encoded, err := api.inlinePolicy(ctx, name)
		if apiCode(err) == codeNoSuchEntity {
			continue
		}
		if err != nil {
			return mapError(kind.operation("Get*Policy"), err)
		}
		document, err := decodeDocument(encoded)
		if err != nil {
			return err
		}
		if ends, ours := iampolicy.ParseSessionDeny(document); !ours || a.config.Clock.Now().Before(ends) {
			continue
		}
		if err := ignoreNotFound(mapError(kind.operation("Delete*Policy"), api.deleteInlinePolicy(ctx, name))); err != nil {
			return err
		}
	}
	return nil
}
