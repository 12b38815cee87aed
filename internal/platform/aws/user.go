package aws

import (
	"context"
	"slices"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// UserSpec is what an IAM user has besides its name and metadata.
type UserSpec struct {
	// Path starts and ends with a slash.
	Path string
	// InlinePolicies are JSON documents by name.
	InlinePolicies    map[string]string
	ManagedPolicyARNs []string
	// Groups are the names of all groups that the user is in.
	Groups                 []string
	PermissionsBoundaryARN string
	// SessionsValidAfter ends all sessions that were issued before; zero ends none. Access keys go on.
	SessionsValidAfter time.Time
	// Reactivate are the access keys that a renewal activates, of those that the record on the user names: whoever may tag
	// the user can write that.
	Reactivate []string
}

func (s UserSpec) entity() entitySpec {
	return entitySpec{Path: s.Path, InlinePolicies: s.InlinePolicies, ManagedPolicyARNs: s.ManagedPolicyARNs, PermissionsBoundaryARN: s.PermissionsBoundaryARN, SessionsValidAfter: s.SessionsValidAfter}
}

// UserState is an IAM user as it is. Its access keys are not part of it.
type UserState struct {
	EntityState
	Groups []string
	// ConsoleAccess tells that the user has a password, which only a human can use. LastUsedAt is when it was last used.
	ConsoleAccess bool
	// MFADevices are the serial numbers of the devices that authenticate a human as the user.
	MFADevices []string
	// DeactivatedKeys are the access keys that this provider has deactivated and that a renewal activates; nil when it
	// has not looked for any, and empty when there were none.
	DeactivatedKeys []string
	// JustDeactivated are the access keys that a Converge has found active when it disabled the user, also when it failed.
	JustDeactivated []string

	// removing is a virtual MFA device that has been taken off the user and may still have to be deleted. removalNoted
	// tells that there is a record of one, which need not make sense.
	removing     string
	removalNoted bool
}

// Users manages the IAM users of an account.
type Users struct{ driver[UserState] }

var _ platform.Driver[UserSpec, UserState] = (*Users)(nil)

// Users of the account.
func (a *Account) Users() *Users {
	u := &Users{driver[UserState]{account: a, kind: userKind, recent: &a.newUsers}}
	u.readNamed, u.named = u.readOne, u.findNamed
	u.alike = func(existing, _ UserState) bool { return existing.DeactivatedKeys == nil }
	return u
}

// ParseUserARN reads the ARN of a user as its canonical id; ok is false when it is not one.
func ParseUserARN(text string) (id governance.ID, ok bool) { return userKind.parseARN(text) }

// Predict is what Converge will return but for the unique id and the keys that a disabled user has. While the expiry is
// not known, it leaves out what depends on it.
func (u *Users) Predict(ctx context.Context, want platform.Desired[UserSpec]) (UserState, error) {
	me, err := u.account.whoami(ctx)
	if err != nil {
		return UserState{}, err
	}
	state := UserState{EntityState: u.account.predictEntity(me, userKind, asEntity(want)), Groups: slices.Sorted(slices.Values(want.Spec.Groups))}
	state.Attachments = state.attachments()
	return state, nil
}

// attachments name what goes with the user when it is deleted, but for what only a deletion asks for.
func (s UserState) attachments() []string {
	names := s.policyAttachments()
	for _, group := range s.Groups {
		names = append(names, groupPrefix+group)
	}
	if s.ConsoleAccess {
		names = append(names, consolePassword)
	}
	for _, device := range s.MFADevices {
		names = append(names, devicePrefix+device)
	}
	slices.Sort(names)
	return names
}

// How attachments are named.
const (
	groupPrefix     = "group "
	consolePassword = "console password"
	devicePrefix    = "MFA device "
	keyPrefix       = "access key "
)

// ValidateUser finds what can be found without asking AWS and without knowing how the account is configured.
func ValidateUser(want platform.Desired[UserSpec]) []governance.Violation {
	return offline().ValidateUser(want)
}

// recordTags are kept free, because a user has to take them whatever labels it has: the three records, and a note for
// each access key.
const recordTags = 3 + accessKeySlots

// ValidateUser finds what can be found without asking AWS.
func (a *Account) ValidateUser(want platform.Desired[UserSpec]) []governance.Violation {
	found := violations{}
	found.entity(userKind, a.tagging, asEntity(want), recordTags)
	for _, group := range want.Spec.Groups {
		found.name(userKind.in("groups"), group, maxGroupNameLength)
	}
	return found
}

// maxGroupNameLength is from the API reference (CreateGroup).
const maxGroupNameLength = 128

// Check finds what IAM would refuse. Sizes are held against the account's own quotas.
func (u *Users) Check(ctx context.Context, want platform.Desired[UserSpec]) ([]governance.Violation, error) {
	checked, groups := violations(u.account.ValidateUser(want)), len(want.Spec.Groups)
	checked.sessionsInPast(userKind, want.Spec.SessionsValidAfter, u.account.config.Clock.Now())
	sizes := checked.sizes(userKind, asEntity(want))
	_, err := u.account.beyondQuota(ctx, append(sizes, measure{quotaGroupsPerUser, groups, func(over, quota int) {
		checked.add(userKind.in("groups"), "Use fewer groups, or attach policies to the user.",
			"the user is in %d groups, %d more than this account's quota of %d", groups, over, quota)
	}}))
	return checked, err
}
