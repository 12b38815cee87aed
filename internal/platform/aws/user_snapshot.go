package aws

import (
	"context"
	"errors"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// readSnapshot is the user from the bulk read, where that is the cheaper way to have it; found is false when it is not,
// and when the user is not there any more. Its password and MFA devices, and the keys of one that this provider has
// disabled, are asked for all the same: the credential report has them for all users at once, but as they were up to four
// hours ago, and a password that somebody has set since would go unseen.
func (u *Users) readSnapshot(ctx context.Context, id governance.ID) (state UserState, found bool, err error) {
	bulk, err := u.account.bulkIsCheaper(ctx, id.Kind, id.Name(), directReadCallsUser)
	if err != nil || !bulk {
		return UserState{}, false, err
	}
	detail, err := inBulk(ctx, u.account, id, func(s *snapshot) map[string]packed[types.UserDetail] { return s.userDetails })
	if u.account.refuses(ctx, id.Kind, err) {
		return UserState{}, false, nil
	}
	if err != nil || detail == nil {
		return UserState{}, false, err
	}
	state, err = userDetailState(detail)
	if err != nil || state.ID != id {
		return UserState{}, false, err
	}
	tags := tagMap(detail.Tags)
	state.records(u.account.tagging, tags)
	err = u.readRest(ctx, &state)
	if errors.Is(err, platform.ErrNotFound) {
		return UserState{}, false, nil
	}
	if err != nil {
		return UserState{}, false, err
	}
	state.interpret(u.account.tagging, tags)
	return state, true, nil
}

// readRest asks for what the bulk read does not have. Only of a password does it matter when it was last used.
func (u *Users) readRest(ctx context.Context, state *UserState) error {
	connection, err := u.account.connect(ctx)
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	state.readCredentials(groupCtx, group, userCalls{connection.iam, state.Name})
	if err := group.Wait(); err != nil || !state.ConsoleAccess {
		return err
	}
	output, err := connection.iam.GetUser(ctx, &iam.GetUserInput{UserName: &state.Name})
	if err != nil {
		return mapError("iam:GetUser", err)
	}
	state.LastUsedAt = awssdk.ToTime(output.User.PasswordLastUsed)
	return nil
}

// userDetailState is what the bulk read tells of a user, without what follows from it.
func userDetailState(detail *types.UserDetail) (UserState, error) {
	entity, err := newEntityState(userKind, detail.Arn, detail.UserId, detail.UserName, detail.Path, detail.CreateDate, detail.PermissionsBoundary)
	if err != nil {
		return UserState{}, err
	}
	state := UserState{EntityState: entity, Groups: slices.Clone(detail.GroupList)}
	slices.Sort(state.Groups)
	if err := state.addPolicies(detail.UserPolicyList, detail.AttachedManagedPolicies); err != nil {
		return UserState{}, err
	}
	return state, nil
}
