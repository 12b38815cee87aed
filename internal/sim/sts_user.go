package sim

import (
	"net/http"
	"time"
)

// userSession is what GetSessionToken gives a user, without MFA: its own permissions, for a while, but for IAM and most of STS.
type userSession struct{ issued, expires time.Time }

// The bounds of a user's session in seconds (STS API reference, GetSessionToken).
const (
	maxUserSession     = 129600
	defaultUserSession = 43200
)

// getSessionToken needs no permission, and no policy can deny it (STS API reference, GetSessionToken).
func getSessionToken(r *request) ([]node, error) {
	seconds := r.integer("DurationSeconds", minSession, maxUserSession, defaultUserSession)
	if err := r.checked(); err != nil {
		return nil, err
	}
	if r.caller.session != nil {
		return nil, errSessionCaller("GetSessionToken")
	}
	session := &userSession{issued: r.now, expires: r.now.Add(time.Duration(seconds) * time.Second)}
	c := r.server.temporary(session.expires)
	r.server.keys[c.AccessKeyID] = &credential{Credentials: c, account: r.caller.account, user: r.caller.user, userSession: session}
	return []node{credentialsNode(c)}, nil
}

func errSessionCaller(action string) error {
	return errAccessDenied("Cannot call %s with session credentials", action)
}

// checkUserSession refuses what a user's session may not do without MFA (STS API reference, GetSessionToken).
func (r *request) checkUserSession(c *credential) error {
	switch {
	case c.user != nil && r.account.user(c.user.name) != c.user:
		return errInvalidToken()
	case !r.now.Before(c.userSession.expires):
		return newError("ExpiredToken", http.StatusForbidden, "The security token included in the request is expired")
	case r.service == "iam":
		return errInvalidToken()
	case r.service == "sts" && r.action != "AssumeRole" && r.action != "GetCallerIdentity":
		return errSessionCaller(r.action)
	}
	return nil
}
