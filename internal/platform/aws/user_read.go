package aws

import (
	"context"
	"errors"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Read takes the user from the account's snapshot, or asks for it alone where that costs less, where this provider has
// just changed it, and where the snapshot does not have it.
func (u *Users) Read(ctx context.Context, id governance.ID) (UserState, error) {
	if err := u.mine(ctx, id); err != nil {
		return UserState{}, err
	}
	writes := u.account.writes.Load()
	state, found, err := u.readSnapshot(ctx, id)
	if err == nil && !found {
		state, err = u.readDirect(ctx, id)
	}
	if err == nil {
		u.account.passwords.Store(strings.ToLower(state.Name), passwordSeen{has: state.ConsoleAccess, writes: writes})
	}
	return state, err
}

// readOne asks for the user of a name: six calls, one for each inline policy, and one for the keys of a user that this
// provider has disabled.
func (u *Users) readOne(ctx context.Context, name string) (UserState, error) {
	connection, err := u.account.connect(ctx)
	if err != nil {
		return UserState{}, err
	}
	client := connection.iam
	output, err := client.GetUser(ctx, &iam.GetUserInput{UserName: &name})
	if err != nil {
		return UserState{}, mapError("iam:GetUser", err)
	}
	state, err := userState(output.User)
	if err != nil {
		return UserState{}, err
	}
	tags := tagMap(output.User.Tags)
	state.records(u.account.tagging, tags)
	group, groupCtx := errgroup.WithContext(ctx)
	calls := userCalls{client, name}
	state.readPolicies(groupCtx, group, userKind, calls)
	group.Go(func() (err error) { state.Groups, err = calls.groups(groupCtx); return err })
	state.readCredentials(groupCtx, group, calls)
	if err := group.Wait(); err != nil {
		return UserState{}, halfSeen(err)
	}
	state.interpret(u.account.tagging, tags)
	return state, nil
}

// readCredentials has what no bulk read tells read into the state, by the group: two calls, and one for the keys of a
// user that this provider has disabled.
func (s *UserState) readCredentials(ctx context.Context, group *errgroup.Group, calls userCalls) {
	group.Go(func() (err error) { s.ConsoleAccess, err = calls.hasPassword(ctx); return err })
	group.Go(func() (err error) { s.MFADevices, err = calls.devices(ctx); return err })
	if s.DeactivatedKeys != nil {
		group.Go(func() error {
			keys, err := calls.keys(ctx)
			s.Disabled = !slices.ContainsFunc(keys, isActive)
			return err
		})
	}
}

// interpret fills in what follows from what was read.
func (s *UserState) interpret(tagging tagging, tags map[string]string) {
	s.interpretEntity(tagging, tags)
	if s.removing != "" && !slices.Contains(s.MFADevices, s.removing) {
		s.MFADevices = append(s.MFADevices, s.removing)
	}
	slices.Sort(s.Groups)
	slices.Sort(s.MFADevices)
	s.Attachments = s.attachments()
}

func userState(user *types.User) (UserState, error) {
	entity, err := newEntityState(userKind, user.Arn, user.UserId, user.UserName, user.Path, user.CreateDate, user.PermissionsBoundary)
	entity.LastUsedAt = awssdk.ToTime(user.PasswordLastUsed)
	return UserState{EntityState: entity}, err
}

// noKeys is the record of a user that had none when it was disabled; a tag says more than an empty value.
const noKeys = "none"

// records reads what the provider has noted on the user.
func (s *UserState) records(tagging tagging, tags map[string]string) {
	for key, value := range tags {
		switch field, _ := tagging.keys.Field(key); field { //nolint:exhaustive // the others are metadata
		case governance.RecordDeactivated:
			s.DeactivatedKeys = slices.DeleteFunc(strings.Fields(value), func(id string) bool { return id == noKeys })
		case governance.RecordRemoving:
			s.removalNoted = true
			if device := decodeTag(value); isVirtual(device, s.ID.Account) {
				s.removing = device
			}
		}
	}
}

// findNamed also looks among all users, where the caller may list them.
func (u *Users) findNamed(ctx context.Context, name string) (UserState, error) {
	existing, err := u.readOne(ctx, name)
	if !errors.Is(err, platform.ErrNotFound) {
		return existing, err
	}
	connection, connectErr := u.account.connect(ctx)
	if connectErr != nil {
		return UserState{}, err
	}
	users, listErr := collect(ctx, iam.NewListUsersPaginator(connection.iam, &iam.ListUsersInput{}), func(page *iam.ListUsersOutput) []types.User { return page.Users })
	for _, user := range users {
		if strings.EqualFold(awssdk.ToString(user.UserName), name) && listErr == nil {
			return userState(&user)
		}
	}
	return UserState{}, err
}
