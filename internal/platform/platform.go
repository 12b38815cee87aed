// Package platform is what the provider needs of a cloud: to make, read, change and retire the identities of one kind,
// and to list what is there. A cloud is one package below this one; all of them pass the suite in platformtest.
package platform

import (
	"context"
	"slices"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Desired is an identity as it is to be.
type Desired[Spec any] struct {
	Name     string
	Metadata governance.Metadata
	// Disabled closes every way in, and keeps the identity restorable.
	Disabled bool
	// Spec is what only this kind of identity has.
	Spec Spec
}

// Observed is what every kind of identity has on the cloud.
type Observed struct {
	ID       governance.ID
	Name     string
	Metadata governance.Metadata
	// Disabled tells that the identity has been closed by this provider.
	Disabled bool
	// Unfinished tells that this provider has begun to open the identity, and that the next Converge ends that.
	Unfinished bool
	CreatedAt  time.Time
	// Attachments name what hangs on the identity and goes with it, such as "inline policy export", sorted.
	Attachments []string
}

// Common is the part of an observed identity that every kind has.
func (o Observed) Common() Observed { return o }

// State is an observed identity of some kind.
type State interface{ Common() Observed }

// Driver manages the identities of one kind on one cloud. Every method can return the errors of this package; a
// method that has sent a request returns only when the outcome is known or the context is done.
type Driver[Spec any, S State] interface {
	// Check finds what the cloud would refuse, or could not keep, before anything is sent that changes it: characters,
	// sizes, quotas. Attributes are relative to the resource. What is not known yet is left out of want, and not blamed.
	Check(ctx context.Context, want Desired[Spec]) ([]governance.Violation, error)

	// Predict is what Converge will return, as far as it can be known before: ids that the cloud makes up are missing.
	Predict(ctx context.Context, want Desired[Spec]) (S, error)

	// Create makes the bare identity with its metadata in one atomic step and returns its id, so that it can be saved.
	// It grants nothing yet. Where the cloud manages the identity, it takes no metadata here and grants what it will: then
	// Converge is what records the metadata. An identity of that name is an *ErrAlreadyExists, unless an attempt of this
	// very call made it.
	Create(ctx context.Context, want Desired[Spec]) (governance.ID, error)

	// Converge makes the identity what it is to be and returns what it then is. It is idempotent, writes only what
	// differs, and can finish what an earlier call left half done. Access is never wider on the way than before or after.
	Converge(ctx context.Context, id governance.ID, want Desired[Spec]) (S, error)

	// Read returns the identity as it is; ErrNotFound when there is none.
	Read(ctx context.Context, id governance.ID) (S, error)

	// Retirement tells what Delete would remove and what uses the identity, without asking for each identity where many are
	// read at once; ErrNotFound when there is none.
	Retirement(ctx context.Context, id governance.ID) (Retirement, error)

	// Delete retires the identity with everything that hangs on it: access ends first, entitlements and dependents go
	// next, the identity itself last, so that an interrupted retirement is found again and finished. It returns the
	// attachments that it removed, also when it fails half way. An absent identity is no error.
	Delete(ctx context.Context, id governance.ID) (removed []string, err error)
}

// Retirement is what goes with an identity, and whether something still uses it.
type Retirement struct {
	// Attachments are what Delete will remove, as it names them.
	Attachments []string
	// Detached are what stays and only loses the identity, such as its owners. Delete does not name them.
	Detached []string
	// Governed are those of the attachments that a resource of their own governs, such as a credential.
	Governed []string
	// Gaps say what could not be listed and why, one clause each.
	Gaps []string
	Uses []governance.Use
	// Kept says, as a sentence, what the platform keeps for a restoration; empty where a removal is final.
	Kept string
	// Purge says, as a sentence, how to have that removed for good; empty where nothing is kept.
	Purge string
}

// Inventory lists the identities of one cloud account or tenant in bulk.
type Inventory interface {
	Identities(ctx context.Context) (Listing, error)
}

// Listing is what an inventory could read.
type Listing struct {
	Identities []governance.Identity
	// Gaps says what could not be read and why, one sentence each. A listing without gaps is complete.
	Gaps []string
	// Accounts are those that were to be read, in the order of their ids.
	Accounts []ListedAccount
	// Siblings are accounts of the same organization that were not to be read, and no strangers for that.
	Siblings []string
}

// Own are all accounts that are the enterprise's own, also those of which nothing could be read.
func (l Listing) Own() []string {
	own := slices.Clone(l.Siblings)
	for _, account := range l.Accounts {
		own = append(own, account.ID)
	}
	return own
}

// ListedAccount is what an inventory could read of one account or tenant.
type ListedAccount struct {
	// ID is empty where an account that has no identities could not be asked for it.
	ID         string
	Identities int
	// Gaps are those of the listing that concern this account. An account without gaps is complete.
	Gaps []string
	// Err is why nothing of the account could be read; nil where something could.
	Err error
}
