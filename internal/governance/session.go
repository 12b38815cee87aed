package governance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What STS takes of a session (API reference of AWS STS, AssumeRole; "Methods to assume a role" in the IAM User Guide).
const (
	MinSession        = 15 * time.Minute
	MaxChainedSession = time.Hour
	// DefaultSession is STS's own.
	DefaultSession = time.Hour
	maxSessionText = 64
)

// SessionBounds are what limits a session of an identity.
type SessionBounds struct {
	// Asked is 0 where the configuration names no duration.
	Asked time.Duration
	// RoleMaximum is the role's MaxSessionDuration.
	RoleMaximum time.Duration
	// Chained tells that the caller itself is a session of a role.
	Chained bool
	Expiry  Expiry
	Now     time.Time
}

// SessionRefusal is why there can be no such session, and what helps.
type SessionRefusal struct{ Reason, Remedy string }

// Wanted is how long the session is to be before its bounds: what was asked for, or what STS does by default.
func (b SessionBounds) Wanted() time.Duration {
	return cmp.Or(b.Asked, min(DefaultSession, b.RoleMaximum))
}

// Duration is how long the session may be, in whole seconds, and whether the identity's expiry has cut it down. There is no
// session where the refusal is not nil.
func (b SessionBounds) Duration() (duration time.Duration, cut bool, refusal *SessionRefusal) {
	remaining := b.Expiry.End().Sub(b.Now).Truncate(time.Second)
	duration = b.Wanted()
	switch {
	case b.Expiry.PassedAt(b.Now):
		return 0, false, &SessionRefusal{
			fmt.Sprintf("the identity expired at %s", timeText(b.Expiry.End())),
			"Renew it by a later expiry in the resource that governs it, if it is still needed.",
		}
	case remaining < MinSession:
		return 0, false, &SessionRefusal{
			fmt.Sprintf("the identity expires at %s, in %s, and the shortest session that AWS gives lasts %d minutes: it would outlive the identity", timeText(b.Expiry.End()), remaining, int(MinSession.Minutes())),
			"Renew it by a later expiry in the resource that governs it, if it is still needed.",
		}
	case duration > b.RoleMaximum:
		return 0, false, &SessionRefusal{
			fmt.Sprintf("duration_seconds is %d, and the role's own maximum is %d", seconds(duration), seconds(b.RoleMaximum)),
			fmt.Sprintf("Write %d or less, or raise max_session_duration of the role (43200 at most) where that is governed.", seconds(b.RoleMaximum)),
		}
	case duration > MaxChainedSession && b.Chained:
		return 0, false, &SessionRefusal{
			fmt.Sprintf("duration_seconds is %d, and the provider's own credentials are a session of a role, through which AWS gives %d at most (role chaining)", seconds(duration), seconds(MaxChainedSession)),
			fmt.Sprintf("Write %d or less, or use credentials that are no session, or a web identity.", seconds(MaxChainedSession)),
		}
	}
	return min(duration, remaining), remaining < duration, nil
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// SessionName is what a session is called in the audit trail: owner and purpose, as far as they fit, with what AWS does not
// take in a name as hyphens. An ending that is not empty is kept whole.
func SessionName(owner, purpose, ending string) string {
	parts := slices.DeleteFunc([]string{sessionText(owner), sessionText(purpose)}, func(part string) bool { return part == "" })
	name := strings.Join(parts, ",")
	if len(name) < minSessionText {
		name = "governed-session" // There is nothing of them that AWS takes, as in Japanese.
	}
	return endWith(name, ending)
}

// EndSessionName adds an ending to a name, at the cost of the name where both do not fit.
func EndSessionName(name, ending string) string { return endWith(name, ending) }

func endWith(name, ending string) string {
	if ending != "" {
		ending = "," + ending
	}
	name = name[:min(len(name), maxSessionText-len(ending))]
	return strings.TrimRight(name, "-,") + ending
}

// SourceIdentity is the owner as AWS takes it for a source identity, which stays with a session through every further role.
// It is empty where the owner has nothing that AWS takes.
func SourceIdentity(owner string) string {
	text := sessionText(owner)
	text = strings.Trim(text[:min(len(text), maxSessionText)], "-")
	if len(text) < minSessionText {
		return ""
	}
	return text
}

const minSessionText = 2

// sessionText replaces every run of characters that no session name can have by a hyphen.
func sessionText(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.ContainsRune("_+=.@-", c):
			b.WriteRune(c)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
