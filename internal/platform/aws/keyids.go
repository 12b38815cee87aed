package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// keyListsAtOnce bounds how many users are asked for their keys at a time.
const keyListsAtOnce = 8

// keyLists are the access keys of users, asked for once, by canonical id.
type keyLists struct {
	users sync.Map
	// clients are of IAM, by account: one for all of its users, because it slows down with what it meets.
	clients sync.Map
}

func (k *keyLists) get(ctx context.Context, id governance.ID, load func() ([]types.AccessKeyMetadata, error)) ([]types.AccessKeyMetadata, error) {
	value, _ := k.users.LoadOrStore(id, &platform.Memo[[]types.AccessKeyMetadata]{})
	return value.(*platform.Memo[[]types.AccessKeyMetadata]).Get(ctx, load) //nolint:forcetypeassert // only memos are stored
}

// IdentifyKeys fills in the ids of the access keys of the listed users, which a credential report lacks: a call for each
// user, made once however often it is asked for. What cannot be read is a gap; a user that has gone has no ids.
func (a *Account) IdentifyKeys(ctx context.Context, identities []governance.Identity) (gaps []string, err error) {
	hasKeys := func(identity *governance.Identity) bool {
		return slices.ContainsFunc(identity.Credentials, isAccessKey)
	}
	return a.eachKeys(ctx, identities, hasKeys, func(identity *governance.Identity, keys []types.AccessKeyMetadata) {
		identity.Credentials = withIDs(identity.Credentials, keys)
	})
}

// KeyHolder finds the user that has an access key, also one that is inactive or younger than the credential report: a call for
// each of the listed users. The id is zero where none has it. What cannot be read is a gap.
func (a *Account) KeyHolder(ctx context.Context, identities []governance.Identity, keyID string) (holder governance.ID, gaps []string, err error) {
	var mutex sync.Mutex
	isUser := func(identity *governance.Identity) bool { return identity.ID.Kind == governance.KindAWSUser }
	gaps, err = a.eachKeys(ctx, identities, isUser, func(identity *governance.Identity, keys []types.AccessKeyMetadata) {
		if slices.ContainsFunc(keys, func(key types.AccessKeyMetadata) bool { return awssdk.ToString(key.AccessKeyId) == keyID }) {
			mutex.Lock()
			defer mutex.Unlock()
			holder = identity.ID
		}
	})
	return holder, gaps, err
}

// eachKeys gives the access keys of the wanted users, of several at a time.
func (a *Account) eachKeys(ctx context.Context, identities []governance.Identity, wanted func(*governance.Identity) bool, found func(*governance.Identity, []types.AccessKeyMetadata)) (gaps []string, err error) {
	unread := keyGaps{}
	var group errgroup.Group
	group.SetLimit(keyListsAtOnce)
	for i := range identities {
		identity := &identities[i]
		if !wanted(identity) {
			continue
		}
		group.Go(func() error {
			if unread.refused(identity.ID.Account) {
				unread.add(identity.ID.Account, nil)
				return nil
			}
			keys, err := a.keys.get(ctx, identity.ID, func() ([]types.AccessKeyMetadata, error) { return a.keysOf(ctx, identity.ID) })
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err == nil:
				found(identity, keys)
			case !errors.Is(err, platform.ErrNotFound):
				unread.add(identity.ID.Account, err)
			}
			return nil
		})
	}
	err = group.Wait()
	return unread.gaps(), err
}

func isAccessKey(credential governance.CredentialSummary) bool {
	return credential.Kind == governance.CredentialAccessKey
}

// keysOf asks a user's account for its access keys, through the inventory's role where it is not this one.
func (a *Account) keysOf(ctx context.Context, id governance.ID) ([]types.AccessKeyMetadata, error) {
	me, err := a.whoami(ctx)
	if err != nil {
		return nil, err
	}
	role := ""
	if id.Account != me.account {
		role = a.inventoryRole(me, id.Account)
	}
	sdk, err := a.storeConfig(ctx, role)
	if err != nil {
		return nil, err
	}
	client, ok := a.keys.clients.Load(id.Account)
	if !ok {
		client, _ = a.keys.clients.LoadOrStore(id.Account, newIAMClient(iam.NewFromConfig(sdk, func(o *iam.Options) { o.BaseEndpoint = a.endpoint("iam", o.BaseEndpoint) })))
	}
	return userCalls{client.(*iamClient), id.Name()}.keys(ctx) //nolint:forcetypeassert // only clients are stored
}

// withIDs names the access keys of a credential report. A report can be hours older than the list of keys, and says of a
// key neither its id nor, when it is inactive, when it was made: so only that key is taken for the same which is the only
// one of its second in both.
func withIDs(credentials []governance.CredentialSummary, keys []types.AccessKeyMetadata) []governance.CredentialSummary {
	made := map[time.Time][]string{}
	for _, key := range keys {
		at := second(awssdk.ToTime(key.CreateDate))
		made[at] = append(made[at], awssdk.ToString(key.AccessKeyId))
	}
	rows := map[time.Time]int{}
	for _, credential := range credentials {
		if isAccessKey(credential) {
			rows[second(credential.CreatedAt)]++
		}
	}
	named := slices.Clone(credentials)
	for i := range named {
		credential := &named[i]
		at := second(credential.CreatedAt)
		if !isAccessKey(*credential) || at.IsZero() || rows[at] != 1 || len(made[at]) != 1 || made[at][0] == credential.ID {
			continue
		}
		if credential.ID != "" {
			// The user's tags had made it another key's, which the report does not show.
			credential.Store = ""
		}
		credential.ID = made[at][0]
	}
	return named
}

// second is how exact IAM's times are.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// keyGaps are why the keys of users could not be listed, by account.
type keyGaps struct {
	mutex    sync.Mutex
	accounts map[string]*keyGap
}

type keyGap struct {
	// err is the first of them.
	err   error
	users int
}

// refused tells whether the account may not be asked, so that nobody asks again.
func (g *keyGaps) refused(account string) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	var forbidden *platform.ErrForbidden
	known := g.accounts[account]
	return known != nil && errors.As(known.err, &forbidden)
}

func (g *keyGaps) add(account string, err error) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.accounts == nil {
		g.accounts = map[string]*keyGap{}
	}
	if g.accounts[account] == nil {
		g.accounts[account] = &keyGap{err: err}
	}
	g.accounts[account].users++
}

func (g *keyGaps) gaps() (gaps []string) {
	for _, account := range slices.Sorted(maps.Keys(g.accounts)) {
		known := g.accounts[account]
		gaps = append(gaps, fmt.Sprintf("The ids of the access keys of %s in account %s are not known: %s.", count(known.users, "user"), account, reason(known.err)))
	}
	return gaps
}
