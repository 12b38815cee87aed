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

// What the absence of a use means, from the API reference (RoleLastUsed, AccessKeyLastUsed, User).
const (
	neverRole     = "none in the 400 days that IAM tracks"
	neverKey      = "none so far"
	neverSignedIn = "none that IAM knows of"
)

// Retirement reads the role as Read does, so that the plan of many destructions costs no call for each.
func (r *Roles) Retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	role, err := r.Read(ctx, id)
	if err != nil {
		return platform.Retirement{}, err
	}
	return platform.Retirement{
		Attachments: role.Attachments,
		Uses:        []governance.Use{{At: role.LastUsedAt, Region: role.LastUsedRegion, Never: neverRole}},
	}, nil
}

// Retirement reads the role as Read does. Nothing that is not the service's goes with it.
func (s *ServiceLinkedRoles) Retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	role, err := s.Read(ctx, id)
	if err != nil {
		return platform.Retirement{}, err
	}
	return platform.Retirement{Uses: []governance.Use{{At: role.LastUsedAt, Region: role.LastUsedRegion, Never: neverRole}}}, nil
}

// Retirement reads the user as Read does, and asks for its credentials and when each access key was last used: four calls
// more, and one for each access key. What cannot be listed is a gap, and what cannot be told is unknown.
func (u *Users) Retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	user, err := u.Read(ctx, id)
	if err != nil {
		return platform.Retirement{}, err
	}
	connection, err := u.account.connect(ctx)
	if err != nil {
		return platform.Retirement{}, err
	}
	calls := userCalls{connection.iam, id.Name()}
	var keys []types.AccessKeyMetadata
	var others []credential
	var unkeyed, unlisted error
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if keys, err = calls.keys(groupCtx); isUnlistable(err) {
			unkeyed, err = err, nil
		}
		return err
	})
	group.Go(func() (err error) { others, unlisted, err = calls.credentials(groupCtx); return err })
	if err := group.Wait(); err != nil {
		return platform.Retirement{}, err
	}
	uses, err := calls.keyUses(ctx, keys)
	if err != nil {
		return platform.Retirement{}, err
	}
	found := platform.Retirement{Attachments: user.Attachments, Gaps: append(gaps(unkeyed), gaps(unlisted)...), Uses: uses}
	for _, gap := range gaps(unkeyed) {
		found.Uses = append(found.Uses, governance.Use{Credential: "access keys", Unknown: gap})
	}
	if user.ConsoleAccess {
		found.Uses = append(found.Uses, governance.Use{Credential: consolePassword, At: user.LastUsedAt, Never: neverSignedIn})
	}
	for _, key := range keyIDs(keys) {
		found.Attachments = append(found.Attachments, keyPrefix+key)
		if storeOfNote(user.tags[key]) != "" {
			found.Governed = append(found.Governed, keyPrefix+key)
		}
	}
	for _, other := range others {
		found.Attachments = append(found.Attachments, other.name)
		found.Uses = append(found.Uses, governance.Use{Credential: other.name, Unknown: "IAM does not track it"})
	}
	slices.Sort(found.Attachments)
	return found, nil
}

// keyUses are the last uses of access keys.
func (c userCalls) keyUses(ctx context.Context, keys []types.AccessKeyMetadata) ([]governance.Use, error) {
	uses := make([]governance.Use, len(keys))
	group, ctx := errgroup.WithContext(ctx)
	for i, id := range keyIDs(keys) {
		group.Go(func() error {
			use, err := c.keyUse(ctx, id)
			if isUnlistable(err) {
				use.Unknown, err = gaps(err)[0], nil
			}
			use.Credential = keyPrefix + id
			uses[i] = use
			return ignoreNotFound(err)
		})
	}
	return uses, group.Wait()
}

// keyUse is the last use of an access key.
func (c userCalls) keyUse(ctx context.Context, id string) (governance.Use, error) {
	use := governance.Use{Never: neverKey}
	output, err := c.iam.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
	if err != nil {
		return use, mapError("iam:GetAccessKeyLastUsed", err)
	}
	if last := output.AccessKeyLastUsed; last != nil && last.LastUsedDate != nil {
		use.At, use.Service, use.Region = *last.LastUsedDate, awssdk.ToString(last.ServiceName), awssdk.ToString(last.Region)
	}
	return use, nil
}

// gaps say why something could not be read, one clause for each error that is joined.
func gaps(err error) []string {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var texts []string
		for _, one := range joined.Unwrap() {
			texts = append(texts, gaps(one)...)
		}
		return texts
	}
	var forbidden *platform.ErrForbidden
	if errors.As(err, &forbidden) {
		return []string{"the provider's credentials lack the permission " + forbidden.Permission}
	}
	return []string{err.Error()}
}
