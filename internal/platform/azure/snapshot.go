package azure

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// identities is what a tenant remembers of managed identities.
type identities struct {
	mutex sync.Mutex
	// made are identities that this provider has just made, by id in lower case, so that Converge need not ask.
	made map[string]ManagedIdentityState
	// written are the identities that this provider has changed since; the snapshot may be older.
	written map[string]bool
	// spent counts the calls that direct reads have cost so far, by subscription.
	spent map[string]int
	// refused says that the caller may not list the subscription's identities or role assignments.
	refused map[string]bool
	// locks let one write of federated credentials on an identity follow the other.
	locks      map[string]*sync.Mutex
	clients    map[string]*platform.Memo[management]
	snapshots  map[string]*platform.Memo[*snapshot]
	users      platform.Memo[map[string][]string]
	licensed   platform.Memo[bool]
	unlicensed atomic.Bool
}

// snapshot is what a subscription has, in bulk. Federated credentials are not in it: no list has them but an identity's own.
type snapshot struct {
	// identities are by id in lower case.
	identities map[string]armmsi.Identity
	assigned   assigned
}

// What a direct read costs beyond the list of federated credentials, and what a bulk read costs in a subscription of some
// size: nobody tells beforehand how many pages there are.
const (
	identityReadCalls     = 3
	subscriptionReadCalls = 6
)

// subscriptionIsCheaper compares what direct reads have cost so far, this one included, with what one bulk read costs.
func (t *Tenant) subscriptionIsCheaper(id governance.ID) bool {
	subscription := strings.ToLower(partsOf(id).subscription)
	t.identities.mutex.Lock()
	defer t.identities.mutex.Unlock()
	if t.identities.written[lower(id)] || t.identities.refused[subscription] {
		return false
	}
	if t.identities.spent == nil {
		t.identities.spent = map[string]int{}
	}
	if t.identities.spent[subscription]+identityReadCalls > subscriptionReadCalls {
		return true
	}
	t.identities.spent[subscription] += identityReadCalls
	return false
}

func lower(id governance.ID) string { return strings.ToLower(id.Resource) }

// wrote keeps the snapshot from being used for the identity from now on.
func (t *Tenant) wrote(id governance.ID) {
	t.identities.mutex.Lock()
	defer t.identities.mutex.Unlock()
	if t.identities.written == nil {
		t.identities.written = map[string]bool{}
	}
	t.identities.written[lower(id)] = true
}

func (t *Tenant) remember(id governance.ID, made ManagedIdentityState) {
	t.identities.mutex.Lock()
	defer t.identities.mutex.Unlock()
	if t.identities.made == nil {
		t.identities.made = map[string]ManagedIdentityState{}
	}
	t.identities.made[lower(id)] = made
}

// recall is what remember kept; it is used once.
func (t *Tenant) recall(id governance.ID) (ManagedIdentityState, bool) {
	t.identities.mutex.Lock()
	defer t.identities.mutex.Unlock()
	made, ok := t.identities.made[lower(id)]
	delete(t.identities.made, lower(id))
	return made, ok
}

// readSnapshot reads a subscription once.
func (t *Tenant) readSnapshot(ctx context.Context, subscription string) (*snapshot, error) {
	subscription = strings.ToLower(subscription)
	return keyed(&t.identities.mutex, &t.identities.snapshots, subscription).Get(ctx, func() (*snapshot, error) {
		arm, err := t.manage(ctx, subscription)
		if err != nil {
			return nil, err
		}
		all := &snapshot{identities: map[string]armmsi.Identity{}}
		group, groupCtx := errgroup.WithContext(ctx)
		group.Go(func() error {
			listed, err := collect(groupCtx, opReadIdentity, arm.identities.NewListBySubscriptionPager(nil),
				func(page armmsi.UserAssignedIdentitiesClientListBySubscriptionResponse) []*armmsi.Identity {
					return page.Value
				})
			for _, identity := range listed {
				if id, ok := ParseManagedIdentityID(deref(identity.ID)); ok {
					all.identities[lower(id)] = identity
				}
			}
			return err
		})
		group.Go(func() (err error) {
			all.assigned, err = t.readAssigned(groupCtx, arm, subscriptionBase(subscription), "")
			return err
		})
		return all, group.Wait()
	})
}

// fromSubscription is an identity of the bulk read, where that is the cheaper way to have it. found is false when it is not, and
// when the snapshot does not have the identity, which a direct read has to confirm.
func (t *Tenant) fromSubscription(ctx context.Context, id governance.ID) (identity armmsi.Identity, has assigned, found bool, err error) {
	if !t.subscriptionIsCheaper(id) {
		return identity, has, false, nil
	}
	subscription := strings.ToLower(partsOf(id).subscription)
	all, err := t.readSnapshot(ctx, subscription)
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		tflog.Warn(ctx, "The managed identities of the subscription are read one by one, because the caller may not list them", map[string]any{"subscription": subscription, "missing_permission": forbidden.Permission})
		t.identities.mutex.Lock()
		defer t.identities.mutex.Unlock()
		if t.identities.refused == nil {
			t.identities.refused = map[string]bool{}
		}
		t.identities.refused[subscription] = true
		return identity, has, false, nil
	}
	if err != nil {
		return identity, has, false, err
	}
	identity, found = all.identities[lower(id)]
	return identity, all.assigned, found, nil
}
