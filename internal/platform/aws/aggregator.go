package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// aggregatorPage is the most that SelectAggregateResourceConfig returns at a time.
const aggregatorPage = 100

// recordedQuery asks for resources of one type. A resource that is deleted is not among those that can be queried, but one
// whose recording has ended is, as it once was.
const recordedQuery = "SELECT accountId, arn, configurationItemCaptureTime, configuration, tags " +
	"WHERE resourceType = '%s' AND configurationItemStatus IN ('OK', 'ResourceDiscovered')"

// recording is what AWS Config has recorded of further accounts; nil where it is not asked.
type recording struct {
	listings map[string]accountListing
	// failure is why an account is not in it.
	failure *recordingError
}

// listing is what is recorded of an account.
func (r *recording) listing(account string) (accountListing, bool) {
	if r == nil {
		return accountListing{}, false
	}
	listing, ok := r.listings[account]
	return listing, ok
}

// recordingError is why accounts are not listed that were to come from an aggregator.
type recordingError struct {
	gap string
	err error
}

func (e *recordingError) Error() string { return e.gap }
func (e *recordingError) Unwrap() error { return e.err }

// readAggregator reads the accounts in scope from the aggregator, in the first region that has it. Where the organization
// could not be asked, they are all that the aggregator has, as far as they may be touched. An aggregator that cannot be read
// is the failure in what is returned.
func (a *Account) readAggregator(ctx context.Context, me caller, scope *scope) (*recording, error) {
	connection, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	name := a.config.InventoryAggregator
	regions := a.config.InventoryRegions
	if len(regions) == 0 {
		regions = []string{connection.sdk.Region}
	}
	inScope := map[string]bool{}
	for _, account := range scope.accounts {
		inScope[account] = true
	}
	wanted := func(account string) bool {
		return account != me.account && (inScope[account] || scope.open && a.allows(account))
	}
	var read *aggregatorReader
	for _, region := range regions {
		client := configservice.NewFromConfig(connection.sdk, func(o *configservice.Options) {
			o.Region, o.BaseEndpoint = region, a.endpoint("config", o.BaseEndpoint)
		})
		read = &aggregatorReader{account: a, wanted: wanted, captured: map[string]time.Time{}, readers: map[string]*bulkReader{}}
		if err = read.all(ctx, client.SelectAggregateResourceConfig, name); !errors.Is(err, platform.ErrNotFound) {
			break
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	found := &recording{listings: map[string]accountListing{}}
	if err != nil {
		why := reason(err)
		if errors.Is(err, platform.ErrNotFound) {
			why = "there is no aggregator of this name in " + strings.Join(regions, ", ")
		}
		found.failure = &recordingError{gap: fmt.Sprintf("What AWS Config has recorded cannot be read from the aggregator %s, so accounts that are read in no other way are not listed: %s.", name, why), err: err}
		scope.gaps = append(scope.gaps, found.failure.gap)
		return found, nil
	}
	found.listings = read.listings(name)
	for account := range found.listings {
		if !inScope[account] {
			scope.accounts = append(scope.accounts, account)
		}
	}
	if read.unread > 0 {
		scope.gaps = append(scope.gaps, fmt.Sprintf("%s of the aggregator %s cannot be read, so identities can be missing.", count(read.unread, "configuration item"), name))
	}
	var missing []string
	for _, account := range scope.accounts {
		if _, ok := found.listings[account]; !ok && account != me.account {
			missing = append(missing, account)
		}
	}
	found.failure = &recordingError{gap: fmt.Sprintf("AWS Config has recorded no identities of %s in the aggregator %s, so they are not listed: %s.", count(len(missing), "account"), name, named(missing))}
	return found, nil
}

// aggregatorReader makes a snapshot of each account of what AWS Config has recorded.
type aggregatorReader struct {
	account *Account
	wanted  func(account string) bool

	mutex sync.Mutex
	// captured are when resources were recorded, by ARN: each region that records IAM has an item of its own for one.
	captured map[string]time.Time
	readers  map[string]*bulkReader
	// unread counts items that could not be read.
	unread, calls int
}

// all reads every type of resource, side by side.
func (r *aggregatorReader) all(ctx context.Context, selectPage selectRecorded, aggregator string) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, kind := range recordedTypes {
		group.Go(func() error { return r.pages(ctx, selectPage, aggregator, kind) })
	}
	return group.Wait()
}

func (r *aggregatorReader) pages(ctx context.Context, selectPage selectRecorded, aggregator, kind string) error {
	pages := configservice.NewSelectAggregateResourceConfigPaginator(selectPage, &configservice.SelectAggregateResourceConfigInput{
		ConfigurationAggregatorName: &aggregator, Expression: awssdk.String(fmt.Sprintf(recordedQuery, kind)), Limit: aggregatorPage,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return mapError("config:SelectAggregateResourceConfig", err)
		}
		r.add(ctx, kind, page.Results)
	}
	return nil
}

func (r *aggregatorReader) add(ctx context.Context, kind string, items []string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.calls++
	for _, text := range items {
		if err := r.item(kind, text); err != nil {
			r.unread++
			tflog.Warn(ctx, "A configuration item of AWS Config cannot be read", map[string]any{"type": kind, "reason": err.Error()})
		}
	}
	if r.calls%10 == 0 {
		tflog.Info(ctx, "Reading what AWS Config has recorded", map[string]any{"resources": len(r.captured), "calls_made": r.calls})
	}
}

// item adds one item, unless a younger one of the same resource is there.
func (r *aggregatorReader) item(kind, text string) error {
	item, err := parseConfigItem(kind, text)
	if item.account != "" && !r.wanted(item.account) {
		return nil
	}
	if err != nil {
		return err
	}
	if seen, ok := r.captured[item.arn]; ok && item.captured.Before(seen) {
		return nil
	}
	reader, ok := r.readers[item.account]
	if !ok {
		reader = newBulkReader(r.account, false)
		reader.recorded = true
		r.readers[item.account] = reader
	}
	if err := reader.page(&item.content); err != nil {
		return err
	}
	r.captured[item.arn] = item.captured
	return nil
}

// listings are those of all accounts of which something is recorded. What nothing is recorded of is the same gap for each.
func (r *aggregatorReader) listings(aggregator string) map[string]accountListing {
	found := map[string]accountListing{}
	for account, reader := range r.readers {
		if listing := newAccountListing(reader.finish()); len(listing.identities) > 0 {
			listing.calls = 0 // Pages have several accounts.
			found[account] = listing
		}
	}
	gap := fmt.Sprintf("The identities of %s are listed as AWS Config has recorded them for the aggregator %s: what it does not record is missing, and when roles were last used, and what passwords, access keys, MFA devices and certificates users have, is not known.",
		count(len(found), "account"), aggregator)
	for account, listing := range found {
		listing.gaps = slices.Concat(listing.gaps, []string{gap})
		found[account] = listing
	}
	return found
}
