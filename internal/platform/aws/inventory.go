package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

var _ platform.Inventory = (*Account)(nil)

// Identities lists the IAM roles and users of this account and the further ones of the inventory, in the order of their
// ids. Everything is read once, however often it is asked for, and again only after this provider has written something. An
// account that cannot be read is a gap, and an error only where none can.
func (a *Account) Identities(ctx context.Context) (platform.Listing, error) {
	read, err := a.listings.GetIf(ctx, func(l listings) bool { return l.writes == a.writes.Load() }, func() (listings, error) {
		writes := a.writes.Load()
		read, err := a.listAccounts(ctx)
		read.writes = writes
		return read, err
	})
	if err != nil {
		return platform.Listing{}, err
	}
	ours := map[string]bool{}
	for _, sibling := range read.siblings {
		ours[sibling] = true
	}
	all := platform.Listing{Gaps: slices.Clone(read.gaps), Siblings: slices.Clone(read.siblings)}
	total := 0
	for _, listing := range read.accounts {
		ours[listing.account] = true
		total += len(listing.identities)
	}
	all.Identities = make([]governance.Identity, 0, total)
	said := map[string]bool{}
	for _, gap := range read.gaps {
		said[gap] = true
	}
	for _, listing := range read.accounts {
		for _, identity := range listing.identities {
			identity.Category = category(identity, ours)
			all.Identities = append(all.Identities, identity)
		}
		for _, gap := range listing.gaps { // Several accounts can have the same.
			if !said[gap] {
				said[gap] = true
				all.Gaps = append(all.Gaps, gap)
			}
		}
		all.Accounts = append(all.Accounts, platform.ListedAccount{ID: listing.account, Identities: len(listing.identities), Gaps: slices.Clone(listing.gaps), Err: listing.failure})
	}
	return all, nil
}

// category is who manages an identity. AWS's own roles are the provider's. A role that a principal of somebody else's
// account can use is external, unless what governs it says otherwise.
func category(identity governance.Identity, ours map[string]bool) governance.Category {
	reserved := func(path string) bool { return strings.HasPrefix(identity.ID.Path(), path) }
	stranger := func(trustee governance.Trustee) bool {
		return trustee.External && trustee.Account != "" && !ours[trustee.Account]
	}
	switch {
	case identity.ID.Kind == governance.KindAWSRole && slices.ContainsFunc(reservedPaths, reserved):
		return governance.CategoryProviderManaged
	case identity.ID.Kind == governance.KindAWSRole && identity.ManagedBy != governance.ManagedBy && slices.ContainsFunc(identity.Trust, stranger):
		return governance.CategoryExternal
	}
	return identity.Metadata.Category(identity.ID.Kind)
}

// listAccount lists what is in this account, with what the optional sources tell that are switched on.
func (a *Account) listAccount(ctx context.Context) (accountListing, error) {
	listing, err := a.readAccount(ctx)
	if err != nil || len(listing.identities) == 0 {
		return listing, err
	}
	if a.config.UnusedAccessFindings {
		if err := a.addUnusedAccess(ctx, &listing); err != nil {
			return accountListing{}, err
		}
	}
	if a.config.ServiceLastAccessed {
		if err := a.addServiceUse(ctx, &listing); err != nil {
			return accountListing{}, err
		}
	}
	return listing, nil
}

// readAccount lists what is in this account. What only some permission would show is a gap; without the bulk read there
// is no list.
func (a *Account) readAccount(ctx context.Context) (accountListing, error) {
	all, err := a.readBulkNow(ctx)
	if err != nil {
		return accountListing{}, err
	}
	listing := newAccountListing(all)
	if len(all.users) == 0 {
		return listing, nil
	}
	found, err := a.credentialReport(ctx)
	if ctx.Err() != nil {
		return accountListing{}, ctx.Err()
	}
	listing.calls += found.calls
	if err != nil {
		listing.gaps = append(listing.gaps, fmt.Sprintf("The passwords, access keys, MFA devices and certificates of %s in account %s are not known, and so not their last uses: %s.",
			count(len(all.users), "user"), listing.account, reason(err)))
		return listing, nil
	}
	listing.gaps = append(listing.gaps, listing.addCredentials(all.users, found)...)
	return listing, nil
}

// newAccountListing lists what a snapshot has.
func newAccountListing(all *snapshot) accountListing {
	// The snapshot's own, to have them once: what resources look up in it is not what is added here.
	listing := accountListing{identities: all.identities, calls: all.calls}
	if len(listing.identities) > 0 {
		listing.account = listing.identities[0].ID.Account
	}
	if all.unread > 0 {
		listing.gaps = append(listing.gaps, fmt.Sprintf("%s of account %s cannot be read as policies, so privileges that they give are not known.", count(all.unread, "document"), listing.account))
	}
	if all.unrecorded > 0 {
		listing.gaps = append(listing.gaps, fmt.Sprintf("AWS Config has not recorded %s of identities of account %s, so privileges that those give or take are not known.", countOf(all.unrecorded, "policy or group", "policies and groups"), listing.account))
	}
	if all.untold > 0 {
		listing.gaps = append(listing.gaps, fmt.Sprintf("The documents of %s of AWS's own that identities of account %s have were not read, so privileges that they give or take are not known.", countOf(all.untold, "managed policy", "managed policies"), listing.account))
	}
	return listing
}

// reason is why something could not be read, without what helps, since a gap is no fault of the configuration.
func reason(err error) string {
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		return "the caller lacks the permission " + forbidden.Permission
	}
	if configured := (*platform.ErrNotConfigured)(nil); errors.As(err, &configured) {
		return strings.TrimSuffix(configured.Reason, ".")
	}
	return strings.TrimSuffix(err.Error(), ".")
}

func count(n int, noun string) string { return countOf(n, noun, noun+"s") }

func countOf(n int, singular, plural string) string {
	return fmt.Sprintf("%d %s", n, oneOf(n, singular, plural))
}

func oneOf(n int, singular, plural string) string {
	if n == 1 {
		return singular
	}
	return plural
}

// addCredentials adds what the report tells of the users.
func (l *accountListing) addCredentials(users []snapshotUser, found report) (gaps []string) {
	missing, unread, next := 0, 0, 0
	for _, user := range users {
		for l.identities[next].ImportID != user.id { // Both are in the order of the ids.
			next++
		}
		row, ok := found.rows[user.arn]
		switch {
		case !ok:
			missing++
			continue
		case row.unread:
			unread++
		}
		identity := &l.identities[next]
		identity.Credentials, identity.LastUsedKnown = withStores(row.credentials, user.stores), row.tracked && !row.unread
		if identity.Credentials == nil {
			identity.Credentials = []governance.CredentialSummary{}
		}
		identity.LastUsedAt, identity.LastUsedService, identity.LastUsedRegion = row.lastUsedAt, row.lastUsedService, row.lastUsedRegion
		user.quarantine.tell(identity)
	}
	if found.old {
		gaps = append(gaps, fmt.Sprintf("The credential report of account %s was made at %s, and no younger one could be had: which passwords, access keys, MFA devices and certificates users have got, lost or used since then is not known.",
			l.account, found.made.Format(time.RFC3339)))
	}
	if missing > 0 {
		gaps = append(gaps, fmt.Sprintf("The credential report of account %s, which was made at %s, lacks %s: what credentials they have and when those were last used is not known. AWS makes another report after 4 hours.",
			l.account, found.made.Format(time.RFC3339), count(missing, "user")))
	}
	if unread > 0 {
		gaps = append(gaps, fmt.Sprintf("The credential report of account %s has dates of %s that cannot be read, so last uses may be missing.", l.account, count(unread, "user")))
	}
	return gaps
}

// withStores says where the secrets of access keys are. A report does not tell which key is which, so only a user whose keys
// all have a note is told from one with a key that nobody governs.
func withStores(credentials []governance.CredentialSummary, stores map[string]string) []governance.CredentialSummary {
	keys := 0
	for _, credential := range credentials {
		if credential.Kind == governance.CredentialAccessKey {
			keys++
		}
	}
	if keys == 0 || keys != len(stores) {
		return credentials
	}
	governed := slices.Clone(credentials)
	for i := range governed {
		if governed[i].Kind != governance.CredentialAccessKey {
			continue
		}
		governed[i].Store = strings.Join(slices.Compact(slices.Sorted(maps.Values(stores))), " or ")
		if keys == 1 {
			governed[i].ID = slices.Collect(maps.Keys(stores))[0]
		}
	}
	return governed
}
