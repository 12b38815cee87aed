package aws

import (
	"cmp"
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

// Holder reads the user's tags, keys and password: three calls.
func (k *AccessKeys) Holder(ctx context.Context) (platform.Holder, error) {
	calls, err := k.calls(ctx)
	if err != nil {
		return platform.Holder{}, err
	}
	var user *types.User
	var keys []types.AccessKeyMetadata
	var password bool
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		// A user that this provider has just made may not be seen everywhere yet.
		return k.account.untilPropagated(groupCtx, "iam:GetUser", k.account.isFresh(k.id), func() error {
			output, err := calls.iam.GetUser(groupCtx, &iam.GetUserInput{UserName: &calls.name})
			if err == nil {
				user = output.User
			}
			return err
		})
	})
	group.Go(func() error {
		return k.account.untilPropagated(groupCtx, "iam:ListAccessKeys", k.account.isFresh(k.id), func() (err error) {
			keys, err = calls.keys(groupCtx)
			return err
		})
	})
	group.Go(func() (err error) { password, err = calls.hasPassword(groupCtx); return err })
	if err := group.Wait(); err != nil {
		return platform.Holder{}, err
	}
	if found := awssdk.ToString(user.Path)[1:] + awssdk.ToString(user.UserName); found != k.id.Resource {
		return platform.Holder{}, &platform.ErrElsewhere{Wanted: k.id, Found: governance.ID{Kind: k.id.Kind, Account: k.id.Account, Resource: found}}
	}
	return k.holder(tagMap(user.Tags), keys, password), nil
}

// Recall is Holder with what reads of the user have told already, as a plan of the user has it: its tags in a bulk read, and
// whether it has a password. Its keys are asked for. Where their notes in the tags do not fit them, some of it is older than the
// rest, and everything is read anew, as it is where this provider has changed the user.
func (k *AccessKeys) Recall(ctx context.Context) (platform.Holder, error) {
	calls, err := k.calls(ctx)
	if err != nil {
		return platform.Holder{}, err
	}
	tags, err := k.tagsSeen(ctx)
	if err != nil {
		return platform.Holder{}, err
	}
	if tags == nil {
		return k.Holder(ctx)
	}
	password, known := k.passwordSeen()
	var keys []types.AccessKeyMetadata
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { keys, err = calls.keys(groupCtx); return err })
	if !known {
		group.Go(func() (err error) { password, err = calls.hasPassword(groupCtx); return err })
	}
	if err := group.Wait(); err != nil && !errors.Is(err, platform.ErrNotFound) {
		return platform.Holder{}, err
	} else if err != nil || !k.fits(tags, keys) {
		return k.Holder(ctx)
	}
	return k.holder(tags, keys, password), nil
}

// errUnread says that the account has not been read in bulk.
var errUnread = errors.New("the account has not been read in bulk")

// tagsSeen are the user's tags in a bulk read that somebody else has asked for; nil where there is none that has this user, and
// where this provider has changed it since.
func (k *AccessKeys) tagsSeen(ctx context.Context) (map[string]string, error) {
	all, err := k.account.bulk.Get(ctx, func() (*snapshot, error) { return nil, errUnread })
	if errors.Is(err, errUnread) || err == nil && k.account.hasWritten(k.id) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	detail, err := all.userDetails[strings.ToLower(k.id.Name())].open()
	if err != nil || detail == nil || awssdk.ToString(detail.Path)[1:]+awssdk.ToString(detail.UserName) != k.id.Resource {
		return nil, err
	}
	return tagMap(detail.Tags), nil
}

// passwordSeen is what a read has told of a user's password, and how many writes were over when it was begun.
type passwordSeen struct {
	has    bool
	writes int64
}

// passwordSeen tells whether the user has a password; known is false where no read has told since this provider has last changed
// anything.
func (k *AccessKeys) passwordSeen() (has, known bool) {
	seen, _ := k.account.passwords.Load(strings.ToLower(k.id.Name()))
	password, known := seen.(passwordSeen)
	return password.has, known && password.writes == k.account.writes.Load()
}

// fits tells whether tags note all keys and nothing else, nor that one is being made.
func (k *AccessKeys) fits(tags map[string]string, keys []types.AccessKeyMetadata) bool {
	var noted []string
	for key, note := range tags {
		if isKeyNote(key) && storeOfNote(note) != "" {
			noted = append(noted, key)
		}
	}
	_, issuing := tags[k.account.tagging.keys.Key(governance.RecordIssuing)]
	ids := keyIDs(keys)
	slices.Sort(noted)
	slices.Sort(ids)
	return !issuing && slices.Equal(noted, ids)
}

// holder is what tags, keys and a password say of the user, with what this provider has lately changed of them.
func (k *AccessKeys) holder(tags map[string]string, keys []types.AccessKeyMetadata, password bool) platform.Holder {
	holder := platform.Holder{Slots: accessKeySlots, ConsoleAccess: password}
	keys = k.account.keyChanges.over(k.now(), k.id.String(), tags, keys)
	holder.Metadata, holder.ManagedBy = k.account.tagging.metadata(tags)
	_, holder.Quarantined = tags[k.account.tagging.keys.Key(governance.RecordQuarantine)]
	for _, key := range keys {
		id := awssdk.ToString(key.AccessKeyId)
		holder.Credentials = append(holder.Credentials, platform.Credential{
			ID: id, Type: platform.AccessKey, CreatedAt: awssdk.ToTime(key.CreateDate), Active: isActive(key), Store: storeOfNote(tags[id]), Until: endOfNote(tags[id]),
		})
	}
	for id, note := range tags {
		if store := storeOfNote(note); isKeyNote(id) && store != "" && !slices.Contains(keyIDs(keys), id) {
			holder.Gone = append(holder.Gone, platform.Credential{ID: id, Type: platform.AccessKey, Store: store})
		}
	}
	// IAM tells the time in seconds, and lists in no order that it documents.
	slices.SortFunc(holder.Credentials, func(a, b platform.Credential) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	if note, ok := parseIssuance(tags[k.account.tagging.keys.Key(governance.RecordIssuing)]); ok {
		holder.Issuing = &note
	}
	return holder
}
