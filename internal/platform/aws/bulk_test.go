package aws

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// TestBulkIsCheaper reads roles of accounts of many sizes: one by one, until that has cost as much as all of them.
func TestBulkIsCheaper(t *testing.T) {
	t.Parallel()
	for roles, direct := range map[int32]int{0: 0, 999: 0, 1999: 0, 2000: 1, 3500: 1, 5000: 2, 50000: 17} {
		t.Run(fmt.Sprint(roles), func(t *testing.T) {
			t.Parallel()
			account := NewAccount(Config{MetadataKeys: governance.NewMetadataKeys(nil)})
			if _, err := account.summary.get(t.Context(), func() (map[string]int32, error) { return map[string]int32{summaryRoles: roles}, nil }); err != nil {
				t.Fatal(err)
			}
			for i := range direct + 2 {
				bulk, err := account.bulkIsCheaper(t.Context(), governance.KindAWSRole, fmt.Sprint("role-", i), directReadCalls)
				if err != nil || bulk != (i >= direct) {
					t.Errorf("for role %d it is %v, %v", i, bulk, err)
				}
			}
			// A user costs the same, and its bulk read has no list of roles.
			if bulk, err := account.bulkIsCheaper(t.Context(), governance.KindAWSUser, "user-0", directReadCallsUser); err != nil || !bulk {
				t.Errorf("for a user after %d roles it is %v, %v", direct, bulk, err)
			}
			account.wrote(governance.KindAWSRole, "Written")
			if bulk, err := account.bulkIsCheaper(t.Context(), governance.KindAWSRole, "written", directReadCalls); err != nil || bulk {
				t.Errorf("for what was just written it is %v, %v", bulk, err)
			}
			if bulk, err := account.bulkIsCheaper(t.Context(), governance.KindAWSUser, "written", directReadCallsUser); err != nil || !bulk {
				t.Errorf("for a user of the name of what was written it is %v, %v", bulk, err)
			}
			if !account.refuses(t.Context(), governance.KindAWSRole, &platform.ErrForbidden{}) {
				t.Error("what is forbidden does not refuse")
			}
			if bulk, err := account.bulkIsCheaper(t.Context(), governance.KindAWSRole, "role-0", directReadCalls); err != nil || bulk {
				t.Errorf("without the permission it is %v, %v", bulk, err)
			}
			if bulk, err := account.bulkIsCheaper(t.Context(), governance.KindAWSUser, "user-0", directReadCallsUser); err != nil || !bulk {
				t.Errorf("without the permission for roles it is %v, %v for a user", bulk, err)
			}
		})
	}
}

// TestSnapshotIsSharedWithAListing looks for an identity while the listing completes those of the same snapshot. The race
// detector is what fails it.
func TestSnapshotIsSharedWithAListing(t *testing.T) {
	t.Parallel()
	all := &snapshot{}
	for _, name := range []string{"a", "b", "c"} {
		id := governance.ID{Kind: governance.KindAWSRole, Account: "123456789012", Resource: name}
		all.identities = append(all.identities, governance.Identity{ID: id, Name: name, ImportID: id.String()})
	}
	listing := newAccountListing(all)
	var group errgroup.Group
	group.Go(func() error {
		for i := range listing.identities {
			mergeUnused(&listing.identities[i], []governance.UnusedAccess{{Kind: governance.UnusedIdentity, AnalyzedAt: analyzedAt}})
		}
		return nil
	})
	if !all.has(governance.ID{Kind: governance.KindAWSRole, Account: "123456789012", Resource: "b"}) || all.has(governance.ID{Kind: governance.KindAWSRole, Account: "123456789012", Resource: "bb"}) {
		t.Error("it does not know what it has")
	}
	if _, ok := all.named(governance.KindAWSRole, "C"); !ok {
		t.Error("it does not know a name in another letter case")
	}
	_ = group.Wait() // Nothing fails.
}
