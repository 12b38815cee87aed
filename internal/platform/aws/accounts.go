package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// accountsAtOnce bounds how many accounts are read at a time: each has a page of up to 1,000 identities in memory.
const accountsAtOnce = 4

// accountListing is what could be read of one account.
type accountListing struct {
	account    string
	identities []governance.Identity
	gaps       []string
	calls      int
	// failure is why nothing could be read.
	failure error
}

// listings are what could be read of all accounts.
type listings struct {
	// accounts are in the order of their ids.
	accounts []accountListing
	// siblings are accounts of the same organization that are not listed, and no strangers for that.
	siblings []string
	// gaps are those that concern no single account.
	gaps []string
	// writes are those that were over when it was begun.
	writes int64
}

// scope are the further accounts that an inventory is to list.
type scope struct {
	accounts, siblings, gaps []string
	// open tells that there may be more, because the organization could not be asked for all.
	open bool
}

// scope finds out which further accounts there are. An organization that cannot be asked is a gap.
func (a *Account) scope(ctx context.Context) (scope, error) {
	if !a.config.InventoryOrganization {
		return scope{accounts: slices.Clone(a.config.InventoryAccounts)}, nil
	}
	members, err := a.organizationMembers(ctx)
	if ctx.Err() != nil {
		return scope{}, ctx.Err()
	}
	var found scope
	if err != nil {
		found.open = true
		found.gaps = append(found.gaps, fmt.Sprintf("Not all accounts of the organization are known: %s.", organizationReason(err)))
	}
	var refused []string
	for _, member := range members {
		switch {
		case !member.active:
			found.siblings = append(found.siblings, member.id)
		case !a.allows(member.id):
			found.siblings = append(found.siblings, member.id)
			refused = append(refused, member.id)
		default:
			found.accounts = append(found.accounts, member.id)
		}
	}
	if len(refused) > 0 {
		found.gaps = append(found.gaps, fmt.Sprintf("%s of the organization %s not listed, because aws.allowed_account_ids does not name %s: %s.",
			count(len(refused), "account"), oneOf(len(refused), "is", "are"), oneOf(len(refused), "it", "them"), named(refused)))
	}
	return found, nil
}

// mostNamed is how many accounts a gap names.
const mostNamed = 20

// named names accounts, in the order of their ids.
func named(ids []string) string {
	ids = slices.Sorted(slices.Values(ids))
	if more := len(ids) - mostNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:mostNamed], ", "), more)
	}
	return strings.Join(ids, ", ")
}

// allows tells whether an account may be touched.
func (a *Account) allows(id string) bool {
	return len(a.config.AllowedAccountIDs) == 0 || slices.Contains(a.config.AllowedAccountIDs, id)
}

// listAccounts lists this account and the further ones of the inventory.
func (a *Account) listAccounts(ctx context.Context) (listings, error) {
	if len(a.config.InventoryAccounts) == 0 && !a.config.InventoryOrganization {
		listing, err := a.listAccount(ctx)
		return listings{accounts: []accountListing{listing}}, err
	}
	me, err := a.whoami(ctx)
	if err != nil {
		return listings{}, err
	}
	scope, err := a.scope(ctx)
	if err != nil {
		return listings{}, err
	}
	var recorded *recording
	if a.config.InventoryAggregator != "" {
		if recorded, err = a.readAggregator(ctx, me, &scope); err != nil {
			return listings{}, err
		}
	}
	ids := append([]string{me.account}, scope.accounts...)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	found := listings{accounts: make([]accountListing, len(ids)), siblings: scope.siblings, gaps: scope.gaps}
	failures := make([]error, len(ids))
	progress := progress{accounts: len(ids)}
	var group errgroup.Group
	group.SetLimit(accountsAtOnce)
	for i, id := range ids {
		group.Go(func() error {
			found.accounts[i], failures[i] = a.listMember(ctx, me, id, recorded)
			progress.add(ctx, found.accounts[i])
			return nil
		})
	}
	_ = group.Wait() // Failures are kept one by one.
	if ctx.Err() != nil {
		return listings{}, ctx.Err()
	}
	if !slices.Contains(failures, nil) {
		return listings{}, errors.Join(failures...)
	}
	for i, id := range ids {
		found.accounts[i].account = id
		if found.accounts[i].failure = failures[i]; failures[i] != nil {
			found.accounts[i].gaps = []string{notListed(id, failures[i])}
		}
	}
	return found, nil
}

// progress is what the log tells while accounts are read.
type progress struct {
	mutex                             sync.Mutex
	accounts, done, identities, calls int
}

func (p *progress) add(ctx context.Context, listing accountListing) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.done, p.identities, p.calls = p.done+1, p.identities+len(listing.identities), p.calls+listing.calls
	tflog.Info(ctx, "Reading accounts for the inventory", map[string]any{
		"accounts_done": p.done, "accounts": p.accounts, "identities_read": p.identities, "calls_made": p.calls,
	})
}

// memberError is why an account is not listed that is read through a role.
type memberError struct {
	role string
	// assumed tells that the role could be taken, and that a call failed afterwards.
	assumed bool
	err     error
}

func (e *memberError) Error() string {
	if e.assumed {
		return fmt.Sprintf("through the role %s: %s", e.role, e.err)
	}
	detail := reason(e.err)
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(e.err, &forbidden) {
		detail = forbidden.Detail
	}
	return fmt.Sprintf("the role %s cannot be assumed: %s", e.role, detail)
}
func (e *memberError) Unwrap() error { return e.err }

// notListed says why an account is not listed. What concerns many accounts alike has a sentence of its own.
func notListed(id string, err error) string {
	var shared *recordingError
	if errors.As(err, &shared) {
		return shared.gap
	}
	var member *memberError
	through, why := "", reason(err)
	switch {
	case errors.As(err, &member) && member.assumed:
		through = " through the role " + member.role
	case member != nil:
		why = strings.TrimSuffix(member.Error(), ".")
	}
	return fmt.Sprintf("The identities of account %s are not listed%s: %s.", id, through, why)
}

// inventoryRole is the role through which a further account is read.
func (a *Account) inventoryRole(me caller, account string) string {
	return caller{account: account, partition: me.partition}.iamARN("role/" + a.config.InventoryRole)
}

// listMember lists one account: this one directly, another from what AWS Config has recorded of it or through its role.
func (a *Account) listMember(ctx context.Context, me caller, id string, recorded *recording) (accountListing, error) {
	if ctx.Err() != nil {
		return accountListing{}, ctx.Err()
	}
	if id == me.account {
		return a.listAccount(ctx)
	}
	if listing, ok := recorded.listing(id); ok {
		err := a.addRecordedUnusedAccess(ctx, &listing)
		return listing, err
	}
	if a.config.InventoryRole == "" && recorded != nil {
		return accountListing{}, recorded.failure
	}
	role := a.inventoryRole(me, id)
	sdk, err := a.storeConfig(ctx, role)
	if err != nil {
		return accountListing{}, &memberError{role: role, err: err}
	}
	member := &Account{config: a.config, tagging: a.tagging, wait: a.wait, manager: a}
	_, err = member.connection.Get(ctx, func() (connection, error) {
		return connection{
			iam: newIAMClient(iam.NewFromConfig(sdk, func(o *iam.Options) { o.BaseEndpoint = a.endpoint("iam", o.BaseEndpoint) })),
			sts: newSTSClient(sts.NewFromConfig(sdk, func(o *sts.Options) { o.BaseEndpoint = a.endpoint("sts", o.BaseEndpoint) })),
			sdk: sdk,
		}, nil
	})
	if err != nil {
		return accountListing{}, err
	}
	listing, err := member.listAccount(ctx)
	if err != nil {
		return accountListing{}, &memberError{role: role, assumed: true, err: err}
	}
	listing.calls++ // That of taking the role.
	return listing, nil
}
