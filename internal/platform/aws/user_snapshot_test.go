package aws_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const bulkAction = "iam:GetAccountAuthorizationDetails"

func userID(resource string) governance.ID {
	return governance.ID{Kind: governance.KindAWSUser, Account: sim.DefaultAccount, Resource: resource}
}

// seededUsers is an estate with so many governed users, called user-0000 and so on.
func seededUsers(t *testing.T, users int) *userEstate {
	t.Helper()
	e := openUserEstate(t)
	for i := range users {
		e.account.PutUser(sim.User{
			Name: fmt.Sprintf("user-%04d", i), Tags: map[string]string{"nhi:owner": fmt.Sprint("owner-", i), "nhi:managed_by": governance.ManagedBy},
			InlinePolicies: map[string]string{"a": allow("s3:*"), aws.ExpiryPolicyName: allow("s3:*")},
		})
	}
	return e
}

// TestSimBulkReadOfUsers counts what the reading of users costs, together and one by one.
func TestSimBulkReadOfUsers(t *testing.T) {
	t.Parallel()
	const users = 50
	for name, test := range map[string]struct {
		// once and each are calls: for all of them, and for each.
		once, each, pageSize int
		denied               string
		unmarked             bool
	}{
		// Caller, summary, one page of details; a password and the devices of each.
		"in bulk": {once: 3, each: 2},
		// Fifty-five of users, groups and policies.
		"short pages":    {once: 2 + 6, each: 2, pageSize: 10},
		"unmarked":       {once: 4, each: 2, unmarked: true},
		"summary denied": {once: 3, each: 2, denied: "iam:GetAccountSummary"},
		"list denied":    {once: 3, each: 2, denied: "iam:ListRoles"},
		// Each may have met the refusal for itself.
		"details denied": {once: 2, each: 8 + 1, denied: bulkAction},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := seededUsers(t, users)
			for i := range users {
				if test.unmarked {
					e.account.PutUser(sim.User{Name: fmt.Sprintf("user-%04d", i), Tags: map[string]string{"nhi:owner": fmt.Sprint("owner-", i)}, InlinePolicies: map[string]string{"a": allow("s3:*"), "b": allow("s3:*")}})
				}
			}
			e.sim.SetMaxPageSize(test.pageSize)
			e.sim.DenyActions(e.account.ID(), test.denied)
			driver := e.Driver()
			var group sync.WaitGroup
			for i := range users {
				group.Go(func() {
					state, err := driver.Read(t.Context(), userID(fmt.Sprintf("user-%04d", i)))
					if err != nil || state.Metadata.Owner != fmt.Sprint("owner-", i) || len(state.InlinePolicies) == 0 {
						t.Errorf("Read returned %+v, %v", state, err)
					}
				})
			}
			group.Wait()
			// What the SDK tries again, because a connection was lost, is no further call.
			calls := slices.DeleteFunc(e.sim.Calls(), func(call sim.Call) bool { return call.Attempt > 1 })
			if got, most := len(calls), test.once+test.each*users; got > most {
				t.Errorf("it took %d calls, more than %d", got, most)
			}
		})
	}
}

// TestSimBulkReadOfUsersTellsTheSame reads users of every sort in bulk and alone.
func TestSimBulkReadOfUsersTellsTheSame(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(e *userEstate, id governance.ID){
		"as made": func(*userEstate, governance.ID) {},
		"changed": func(e *userEstate, id governance.ID) { e.Drift(id) },
		"with everything": func(e *userEstate, id governance.ID) {
			e.Attach(id)
		},
		"with a used password": func(e *userEstate, id governance.ID) {
			e.account.PutUser(sim.User{Name: id.Name(), Path: id.Path(), Login: &sim.Login{LastUsedAt: e.Now().Add(-time.Hour)}, Tags: map[string]string{"nhi:managed_by": governance.ManagedBy}})
		},
		"with a device that is being removed": func(e *userEstate, id governance.ID) {
			e.tag(id.Name(), types.Tag{Key: awssdk.String("nhi:removing"), Value: awssdk.String("arn:aws:iam::" + sim.DefaultAccount + ":mfa/phone")})
		},
		"disabled": func(e *userEstate, id governance.ID) {
			acctest.AccessKey(e.t, e.admin, id.Name())
			e.disable(id)
		},
		"disabled, with a key that somebody has activated": func(e *userEstate, id governance.ID) {
			key := acctest.AccessKey(e.t, e.admin, id.Name())
			e.disable(id)
			if _, err := e.admin.UpdateAccessKey(e.t.Context(), &iam.UpdateAccessKeyInput{UserName: awssdk.String(id.Name()), AccessKeyId: key.AccessKeyId, Status: types.StatusTypeActive}); err != nil {
				e.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openUserEstate(t)
			id := e.made(e.Wanted("robot"))
			arrange(e, id)
			e.sim.ResetCalls()
			bulk, err := e.Driver().Read(t.Context(), id)
			if err != nil || e.sim.CountCalls(bulkAction) == 0 || e.sim.CountCalls("iam:ListUserPolicies") > 0 {
				t.Fatalf("Read returned %v after %v", err, e.sim.Calls())
			}
			e.sim.DenyActions(e.account.ID(), bulkAction)
			alone, err := e.Driver().Read(t.Context(), id)
			if err != nil || e.sim.CountCalls("iam:ListUserPolicies") == 0 {
				t.Fatalf("Read returned %v after %v", err, e.sim.Calls())
			}
			if diff := cmp.Diff(alone, bulk, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func (e *userEstate) disable(id governance.ID) {
	e.t.Helper()
	want := e.Wanted(id.Name())
	want.Disabled = true
	if _, err := e.Driver().Converge(e.t.Context(), id, want); err != nil {
		e.t.Fatal(err)
	}
}

// TestSimUserSnapshotMisses asks for users that the snapshot does not have, or has no longer.
func TestSimUserSnapshotMisses(t *testing.T) {
	t.Parallel()
	e := seededUsers(t, 3)
	e.account.PutUser(sim.User{Name: "Cased", Path: "/x/"})
	e.account.PutRole(sim.Role{Name: "a-role"})
	driver := e.Driver()
	if _, err := driver.Read(t.Context(), userID("user-0000")); err != nil {
		t.Fatal(err)
	}
	e.account.PutUser(sim.User{Name: "later"})
	if state, err := driver.Read(t.Context(), userID("later")); err != nil || state.Name != "later" {
		t.Errorf("a user that is younger than the snapshot: %+v, %v", state, err)
	}
	for _, name := range []string{"x/cased", "Cased", "y/Cased", "none", "a-role"} {
		if _, err := driver.Read(t.Context(), userID(name)); !errors.Is(err, platform.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := driver.Read(t.Context(), userID("x/Cased")); err != nil {
		t.Error(err)
	}
	if _, err := e.Driver().Delete(t.Context(), userID("user-0001")); err != nil {
		t.Fatal(err)
	}
	if state, err := driver.Read(t.Context(), userID("user-0001")); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("a user that has gone since the snapshot: %+v, %v", state, err)
	}
}

// TestSimUserSnapshotSeesHumanUse has a password and a device that are younger than the snapshot, and than any report.
func TestSimUserSnapshotSeesHumanUse(t *testing.T) {
	t.Parallel()
	e := seededUsers(t, 2)
	driver := e.Driver()
	if state, err := driver.Read(t.Context(), userID("user-0000")); err != nil || state.ConsoleAccess {
		t.Fatalf("Read returned %+v, %v", state, err)
	}
	device := acctest.HumanUse(t, e.admin, "user-0000")
	state, err := driver.Read(t.Context(), userID("user-0000"))
	if err != nil || !state.ConsoleAccess || !slices.Equal(state.MFADevices, []string{device}) {
		t.Errorf("Read returned %+v, %v", state, err)
	}
	if reads := e.sim.CountCalls("iam:GetCredentialReport") + e.sim.CountCalls("iam:ListUserPolicies"); reads > 0 {
		t.Errorf("the calls are %v", e.sim.Calls())
	}
}

// TestSimUserSnapshotIsNotForWritten reads what this provider has changed anew, also through one of its credentials.
func TestSimUserSnapshotIsNotForWritten(t *testing.T) {
	t.Parallel()
	e := openUserEstate(t)
	want := e.Wanted("written")
	id := e.made(want)
	credentialed := e.made(e.Wanted("credentialed"))
	account := aws.NewAccount(e.config())
	driver := account.Users()
	before, err := driver.Read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	before.Metadata.Labels["team"], before.InlinePolicies["list"], before.ManagedPolicyARNs[0], before.Groups[0], before.Attachments[0] = "x", "x", "x", "x", "x"
	again, err := driver.Read(t.Context(), id)
	if err != nil || again.Metadata.Labels["team"] != "payments" || slices.Contains(again.ManagedPolicyARNs, "x") || slices.Contains(again.Groups, "x") || again.InlinePolicies["list"] == "x" || slices.Contains(again.Attachments, "x") {
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
	keys := account.AccessKeys(credentialed, "")
	if _, err := keys.Holder(t.Context()); err != nil {
		t.Fatal(err)
	}
	alone := e.sim.CountCalls("iam:ListUserPolicies")
	for range 2 {
		if _, err := driver.Read(t.Context(), credentialed); err != nil {
			t.Fatal(err)
		}
		if e.sim.CountCalls("iam:ListUserPolicies") != alone {
			t.Error("a user that has only been looked at is read alone")
		}
	}
	if err := keys.Announce(t.Context(), platform.Issuance{Since: e.Now(), Store: "aws_secrets_manager:x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := driver.Read(t.Context(), credentialed); err != nil || e.sim.CountCalls("iam:ListUserPolicies") == alone {
		t.Errorf("what a credential has changed is read from the snapshot (%v)", err)
	}
}

// TestSimUserSnapshotFails has the bulk read throttled, for a while and for good: what cannot be read is an error.
func TestSimUserSnapshotFails(t *testing.T) {
	t.Parallel()
	for times, fails := range map[int]bool{retries: false, retries + 1: true} {
		e := seededUsers(t, 2)
		e.sim.InjectFault(sim.Fault{Action: "GetAccountAuthorizationDetails", Kind: sim.FaultThrottling, Nth: 1, Times: times})
		driver := e.Driver()
		var throttled *platform.ErrThrottled
		if _, err := driver.Read(t.Context(), userID("user-0000")); errors.As(err, &throttled) != fails || (err != nil) != fails {
			t.Errorf("throttled %d times: %v", times, err)
		}
		if state, err := driver.Read(t.Context(), userID("user-0001")); err != nil || state.Metadata.Owner != "owner-1" {
			t.Errorf("throttled %d times, afterwards: %+v, %v", times, state, err)
		}
	}
	for _, action := range []string{"GetLoginProfile", "ListMFADevices"} {
		e := seededUsers(t, 1)
		e.sim.DenyActions(e.account.ID(), "iam:"+action)
		var forbidden *platform.ErrForbidden
		if _, err := e.Driver().Read(t.Context(), userID("user-0000")); !errors.As(err, &forbidden) || forbidden.Permission != "iam:"+action {
			t.Errorf("without %s: %v", action, err)
		}
	}
}
