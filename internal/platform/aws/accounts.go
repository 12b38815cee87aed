package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// accountsAtOnce bounds how many accounts are read at a time: each has a page of up to 1,000 identities in memory.
const accountsAtOnce = 4

// listAccounts lists this account and the further ones of the inventory, in the order of their ids.
func (a *Account) listAccounts(ctx context.Context) ([]accountListing, error) {
	if len(a.config.InventoryAccounts) == 0 {
		listing, err := a.listAccount(ctx)
		return []accountListing{listing}, err
	}
	me, err := a.whoami(ctx)
	if err != nil {
		return nil, err
	}
	ids := append([]string{me.account}, a.config.InventoryAccounts...)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	listings, failures := make([]accountListing, len(ids)), make([]error, len(ids))
	progress := make(chan int, len(ids))
	var group errgroup.Group
	group.SetLimit(accountsAtOnce)
	for i, id := range ids {
		group.Go(func() error {
			listings[i], failures[i] = a.listMember(ctx, me, id)
			progress <- i
			return nil
		})
	}
	identities, calls := 0, 0
	for done := range len(ids) {
		i := <-progress
		identities, calls = identities+len(listings[i].identities), calls+listings[i].calls
		tflog.Info(ctx, "Reading accounts for the inventory", map[string]any{
			"accounts_done": done + 1, "accounts": len(ids), "identities_read": identities, "calls_made": calls,
		})
	}
	_ = group.Wait() // Failures are kept one by one.
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if !slices.Contains(failures, nil) {
		return nil, errors.Join(failures...)
	}
	for i, id := range ids {
		listings[i].account = id
		if listings[i].failure = failures[i]; failures[i] != nil {
			listings[i].gaps = []string{fmt.Sprintf("The identities of account %s are not listed: %s.", id, reason(failures[i]))}
		}
	}
	return listings, nil
}

// listMember lists one account, through its role where it is not this one.
func (a *Account) listMember(ctx context.Context, me caller, id string) (accountListing, error) {
	if ctx.Err() != nil {
		return accountListing{}, ctx.Err()
	}
	if id == me.account {
		return a.listAccount(ctx)
	}
	role := arn.ARN{Partition: me.partition, Service: "iam", AccountID: id, Resource: "role/" + a.config.InventoryRole}.String()
	sdk, err := a.storeConfig(ctx, role)
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		return accountListing{}, fmt.Errorf("the role %s cannot be assumed: %s", role, forbidden.Detail)
	}
	if err != nil {
		return accountListing{}, err
	}
	member := &Account{config: a.config, tagging: a.tagging, wait: a.wait, manager: a}
	_, err = member.connection.get(ctx, func() (connection, error) {
		return connection{
			iam: iam.NewFromConfig(sdk, func(o *iam.Options) { o.BaseEndpoint = a.endpoint("iam", o.BaseEndpoint) }),
			sts: sts.NewFromConfig(sdk, func(o *sts.Options) { o.BaseEndpoint = a.endpoint("sts", o.BaseEndpoint) }),
			sdk: sdk,
		}, nil
	})
	if err != nil {
		return accountListing{}, err
	}
	listing, err := member.listAccount(ctx)
	listing.calls++ // That of taking the role.
	return listing, err
}
