package aws_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func roleID(resource string) governance.ID {
	return governance.ID{Kind: governance.KindAWSRole, Account: sim.DefaultAccount, Resource: resource}
}

// seeded is an estate with so many governed roles, called role-0000 and so on.
func seeded(t *testing.T, roles int, options ...sim.Option) *estate {
	t.Helper()
	e := openEstate(t, options...)
	for i := range roles {
		e.account.PutRole(sim.Role{
			Name: fmt.Sprintf("role-%04d", i), Tags: map[string]string{"nhi:owner": fmt.Sprint("owner-", i), "nhi:managed_by": governance.ManagedBy}, MaxSessionSeconds: 3600 + i,
			InlinePolicies: map[string]string{"a": allow("s3:*")},
		})
	}
	return e
}

func TestSimBulkRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roles, pageSize, calls int
		options                []sim.Option
		denied                 string
		unmarked               bool
	}{
		// Caller, summary, two pages of details, two of the list.
		"thousand roles": {roles: 1050, calls: 6},
		// The estate has two policies besides.
		"short pages": {roles: 200, pageSize: 50, calls: 11},
		// What nobody governs is read in bulk as well, but a second time.
		"unmarked":    {roles: 200, calls: 5, unmarked: true},
		"empty pages": {roles: 200, pageSize: 50, calls: 20, options: []sim.Option{sim.WithEmptyPages(2)}},
		// Caller, summary, the refused bulk read and perhaps the list beside it, five calls a role.
		"details denied": {roles: 20, calls: 4 + 5*20, denied: "iam:GetAccountAuthorizationDetails"},
		"list denied":    {roles: 20, calls: 4 + 5*20, denied: "iam:ListRoles"},
		"summary denied": {roles: 20, calls: 4, denied: "iam:GetAccountSummary"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := seeded(t, test.roles, test.options...)
			if test.unmarked {
				for i := range test.roles {
					e.account.PutRole(sim.Role{Name: fmt.Sprintf("role-%04d", i), Tags: map[string]string{"nhi:owner": fmt.Sprint("owner-", i)}, MaxSessionSeconds: 3600 + i, InlinePolicies: map[string]string{"a": allow("s3:*")}})
				}
			}
			e.sim.SetMaxPageSize(test.pageSize)
			e.sim.DenyActions(e.account.ID(), test.denied)
			driver := e.Driver()
			var group sync.WaitGroup
			for i := range min(50, test.roles) {
				group.Go(func() {
					state, err := driver.Read(t.Context(), roleID(fmt.Sprintf("role-%04d", i)))
					if err != nil || state.Metadata.Owner != fmt.Sprint("owner-", i) || state.MaxSessionDuration != int32(3600+i) || len(state.InlinePolicies) != 1 {
						t.Errorf("Read returned %+v, %v", state, err)
					}
				})
			}
			group.Wait()
			// Those who met the refusal together have each tried for themselves.
			limit := test.calls
			if test.denied != "" {
				limit += 2 * test.roles
			}
			if got := e.sim.CountCalls(""); got > limit {
				t.Errorf("it took %d calls, more than %d", got, limit)
			}
		})
	}
}

func TestSimSnapshotMisses(t *testing.T) {
	t.Parallel()
	e := seeded(t, 10)
	e.account.PutRole(sim.Role{Name: "Cased", Path: "/x/"})
	driver := e.Driver()
	if _, err := driver.Read(t.Context(), roleID("role-0000")); err != nil {
		t.Fatal(err)
	}
	e.account.PutRole(sim.Role{Name: "later"})
	if state, err := driver.Read(t.Context(), roleID("later")); err != nil || state.Name != "later" {
		t.Errorf("a role that is younger than the snapshot: %+v, %v", state, err)
	}
	for _, resource := range []string{"none", "x/cased", "Cased", "y/Cased"} {
		if _, err := driver.Read(t.Context(), roleID(resource)); !errors.Is(err, platform.ErrNotFound) {
			t.Errorf("%s: %v", resource, err)
		}
	}
	if _, err := driver.Read(t.Context(), roleID("x/Cased")); err != nil {
		t.Error(err)
	}
	if removed, err := driver.Delete(t.Context(), roleID("Cased")); err != nil || len(removed) > 0 {
		t.Errorf("Delete of another path returned %v, %v", removed, err)
	}
	if _, ok := e.account.Role("Cased"); !ok {
		t.Error("a role on another path was deleted")
	}
}

// TestSimSnapshotIsNotForWritten reads what this provider has changed anew.
func TestSimSnapshotIsNotForWritten(t *testing.T) {
	t.Parallel()
	e := seeded(t, 5)
	want := e.Wanted("written")
	id, _ := create(t, e.Driver(), want)
	driver := e.Driver()
	before, err := driver.Read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	before.Metadata.Labels["team"], before.InlinePolicies["list"], before.ManagedPolicyARNs[0], before.Attachments[0], before.Metadata.Systems[0] = "x", "x", "x", "x", "x"
	again, err := driver.Read(t.Context(), id)
	if err != nil || describe(again) == describe(before) || again.Metadata.Labels["team"] != "payments" || again.Attachments[0] == "x" || again.Metadata.Systems[0] == "x" {
		t.Errorf("a caller changed what others share: %+v, %v", again, err)
	}
	want.Metadata.Owner = "data"
	if _, err := driver.Converge(t.Context(), id, want); err != nil {
		t.Fatal(err)
	}
	if state, err := driver.Read(t.Context(), id); err != nil || state.Metadata.Owner != "data" {
		t.Errorf("Read returned %+v, %v", state.Metadata, err)
	}
	if _, err := driver.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := driver.Read(t.Context(), id); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Read of what was deleted returned %v", err)
	}
}

// TestSimListingHasWhatWasWritten also where it was listed before, as by two data sources that depend on two resources, and
// is not made again without need.
func TestSimListingHasWhatWasWritten(t *testing.T) {
	t.Parallel()
	e := seeded(t, 3)
	config := e.config()
	config.Clock = e.sim.Clock()
	account := aws.NewAccount(config)
	names := func() (names []string) {
		t.Helper()
		listing, err := account.Identities(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, identity := range listing.Identities {
			names = append(names, identity.Name+" of "+identity.Metadata.Owner)
		}
		slices.Sort(names)
		return names
	}
	before := names()
	want := e.Wanted("written")
	id, _ := create(t, account.Roles(), want)
	with := append(slices.Clone(before), "written of "+want.Metadata.Owner)
	if diff := cmp.Diff(with, names()); diff != "" {
		t.Error(diff)
	}
	e.sim.ResetCalls()
	if names(); e.sim.CountCalls("") > 0 {
		t.Errorf("listing again took %d calls", e.sim.CountCalls(""))
	}
	if _, err := account.Roles().Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, names()); diff != "" {
		t.Error(diff)
	}
}

func create(t *testing.T, driver platform.Driver[aws.RoleSpec, aws.RoleState], want desired) (governance.ID, aws.RoleState) {
	t.Helper()
	id, err := driver.Create(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	state, err := driver.Converge(t.Context(), id, want)
	if err != nil {
		t.Fatal(err)
	}
	return id, state
}

func TestSimInventory(t *testing.T) {
	t.Parallel()
	e := seeded(t, 3)
	used := e.Now().Add(-time.Hour)
	e.account.PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/"})
	e.account.PutRole(sim.Role{Name: "used", LastUsedAt: used})
	e.account.PutRole(sim.Role{Name: "party", Tags: map[string]string{"nhi:third_party": "Acme"}})
	want := e.Wanted("governed")
	create(t, e.Driver(), want)
	before := e.sim.CountCalls("")
	listing, err := aws.NewAccount(e.config()).Identities(t.Context())
	if err != nil || len(listing.Gaps) > 0 || len(listing.Identities) != 7 {
		t.Fatalf("got %+v, %v", listing, err)
	}
	if got := e.sim.CountCalls("") - before; got != 1 {
		t.Errorf("it took %d calls", got)
	}
	for _, identity := range listing.Identities {
		category, managedBy, lastUsed := governance.CategoryShared, "", time.Time{}
		switch identity.Name {
		case "AWSServiceRoleForBackup":
			category = governance.CategoryProviderManaged
		case "party":
			category = governance.CategoryExternal
		case "governed":
			managedBy = governance.ManagedBy
		case "used":
			lastUsed = used
		case "role-0000", "role-0001", "role-0002":
			managedBy = governance.ManagedBy
		}
		if identity.Category != category || identity.ManagedBy != managedBy || !identity.LastUsedAt.Equal(lastUsed) || !identity.LastUsedKnown || identity.ImportID != identity.ID.String() {
			t.Errorf("got %+v", identity)
		}
	}
}
