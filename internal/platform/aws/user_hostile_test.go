package aws_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// made is a user that has been created and converged.
func (e *userEstate) made(want platform.Desired[aws.UserSpec]) governance.ID {
	e.t.Helper()
	driver := e.Driver()
	id, err := driver.Create(e.t.Context(), want)
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := driver.Converge(e.t.Context(), id, want); err != nil {
		e.t.Fatal(err)
	}
	return id
}

// tag writes tags behind the driver's back.
func (e *userEstate) tag(name string, tags ...types.Tag) {
	e.t.Helper()
	if _, err := e.admin.TagUser(e.t.Context(), &iam.TagUserInput{UserName: &name, Tags: tags}); err != nil {
		e.t.Fatal(err)
	}
}

// fill gives the user as many tags as IAM allows.
func (e *userEstate) fill(name string) {
	e.t.Helper()
	user, _ := e.account.User(name)
	for i := range 50 - len(user.Tags) {
		e.tag(name, types.Tag{Key: awssdk.String(fmt.Sprint("stray-", i)), Value: awssdk.String("")})
	}
}

// writes are what has been changed since the last ResetCalls, with the names of policies.
func (e *userEstate) writes() (writes []string) {
	for _, call := range e.sim.Calls() {
		if isWrite(call.Action) {
			writes = append(writes, strings.TrimSpace(call.Action+" "+call.Params.Get("PolicyName")))
		}
	}
	return writes
}

// TestSimUserTagsFull has others take up all the room that records need: whatever the provider has to do goes on.
func TestSimUserTagsFull(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*userEstate, governance.ID, platform.Desired[aws.UserSpec]) error{
		"disabling": func(e *userEstate, id governance.ID, want platform.Desired[aws.UserSpec]) error {
			want.Disabled = true
			state, err := e.Driver().Converge(e.t.Context(), id, want)
			if err == nil && (!state.Disabled || len(state.DeactivatedKeys) != 1) {
				e.t.Errorf("the state is %+v", state)
			}
			return err
		},
		"human use": func(e *userEstate, id governance.ID, want platform.Desired[aws.UserSpec]) error {
			_, err := e.Driver().Converge(e.t.Context(), id, want)
			return err
		},
		"deletion": func(e *userEstate, id governance.ID, _ platform.Desired[aws.UserSpec]) error {
			_, err := e.Driver().Delete(e.t.Context(), id)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openUserEstate(t)
			want := e.Wanted("full")
			id := e.made(want)
			acctest.AccessKey(t, e.admin, want.Name)
			acctest.HumanUse(t, e.admin, want.Name)
			e.fill(want.Name)
			if err := act(e, id, want); err != nil {
				t.Fatal(err)
			}
			user, there := e.account.User(want.Name)
			if there && (len(user.MFADevices) > 0 || user.HasPassword || user.Tags["stray-0"] != "" || len(user.Tags) > 20) {
				t.Errorf("the user is %+v", user)
			}
			if devices := slices.DeleteFunc(e.Left(), func(left string) bool { return left == want.Name }); len(devices) > 0 {
				t.Errorf("left over: %v", devices)
			}
		})
	}
}

// TestSimUserStrayRecords has somebody write into the record of a device what no device of the account is.
func TestSimUserStrayRecords(t *testing.T) {
	t.Parallel()
	for name, device := range map[string]string{
		"no serial": "x", "empty": "", "another account": "arn:aws:iam::999999999999:mfa/phone", "no device": "arn:aws:iam::123456789012:user/root",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openUserEstate(t)
			want := e.Wanted("stray")
			id := e.made(want)
			e.tag(want.Name, types.Tag{Key: awssdk.String("nhi:removing"), Value: &device})
			state, err := e.Driver().Read(t.Context(), id)
			if err != nil || len(state.MFADevices) > 0 {
				t.Errorf("the devices are %q (%v)", state.MFADevices, err)
			}
			want.Metadata.Ticket = "CHG-2"
			if _, err := e.Driver().Converge(t.Context(), id, want); err != nil {
				t.Error(err)
			}
			if user, _ := e.account.User(want.Name); user.Tags["nhi:removing"] != "" {
				t.Errorf("the tags are %v", user.Tags)
			}
			e.tag(want.Name, types.Tag{Key: awssdk.String("nhi:removing"), Value: &device})
			if _, err := e.Driver().Delete(t.Context(), id); err != nil || len(e.Left()) > 0 {
				t.Errorf("Delete: %v", err)
			}
		})
	}
}

// TestSimUserSeenByOneReplica has one replica not know the user yet that another one has told of: that is not the end of
// its retirement.
func TestSimUserSeenByOneReplica(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"ListAccessKeys", "ListSSHPublicKeys", "ListGroupsForUser", "TagUser", "UpdateAccessKey", "DeleteUser"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			e := openUserEstate(t)
			want := e.Wanted("half-seen")
			id := e.made(want)
			acctest.AccessKey(t, e.admin, want.Name)
			e.sim.InjectFault(sim.Fault{Action: action, Nth: 1, Kind: sim.FaultError, Code: "NoSuchEntity", Status: 404})
			if _, err := e.Driver().Delete(t.Context(), id); err != nil || len(e.Left()) > 0 {
				t.Errorf("Delete returned %v and left %v", err, e.Left())
			}
		})
	}
}

// TestSimRoleSeenByOneReplica is the same for a role.
func TestSimRoleSeenByOneReplica(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	id, _ := create(t, e.Driver(), e.Wanted("half-seen"))
	e.sim.InjectFault(sim.Fault{Action: "DeleteRole", Nth: 1, Kind: sim.FaultError, Code: "NoSuchEntity", Status: 404})
	if _, err := e.Driver().Delete(t.Context(), id); err != nil || len(e.Left()) > 0 {
		t.Errorf("Delete returned %v and left %v", err, e.Left())
	}
}

// TestSimHalfSeen has parts of an identity not found that was found itself: it is there all the same, and when that does
// not change, nobody knows.
func TestSimHalfSeen(t *testing.T) {
	t.Parallel()
	for action, noun := range map[string]string{
		"ListRolePolicies": "role", "ListAttachedRolePolicies": "role", "ListInstanceProfilesForRole": "role",
		"ListUserPolicies": "user", "ListAttachedUserPolicies": "user", "ListGroupsForUser": "user", "ListMFADevices": "user",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			e := openUserEstate(t)
			id := e.made(e.Wanted("half-seen"))
			e.sim.DenyActions(e.account.ID(), "iam:GetAccountAuthorizationDetails")
			read := func() error { _, err := e.Driver().Read(t.Context(), id); return err }
			if noun == "role" {
				role, _ := create(t, e.estate.Driver(), e.estate.Wanted("half-seen"))
				read = func() error { _, err := e.estate.Driver().Read(t.Context(), role); return err }
			}
			fault := sim.Fault{Action: action, Nth: 1, Times: 2, Kind: sim.FaultError, Code: "NoSuchEntity", Status: 404}
			e.sim.InjectFault(fault)
			if err := read(); err != nil {
				t.Errorf("Read returned %v", err)
			}
			fault.Nth = 0
			e.sim.InjectFault(fault)
			var replicated *platform.ErrNotPropagated
			if err := read(); !errors.As(err, &replicated) || errors.Is(err, platform.ErrNotFound) || replicated.Waited < time.Minute {
				t.Errorf("Read returned %v", err)
			}
		})
	}
}

// TestSimUserReplication gives every entity a lag: what has just been made is waited for, also when it is made disabled.
func TestSimUserReplication(t *testing.T) {
	t.Parallel()
	for _, disabled := range []bool{false, true} {
		e := openUserEstate(t)
		e.sim.SetReplicationLag(2)
		e.sim.InjectFault(sim.Fault{Action: "TagUser", Nth: 1, Times: 2, Kind: sim.FaultError, Code: "NoSuchEntity", Status: 404})
		want := e.Wanted("lagging")
		want.Disabled = disabled
		e.made(want)
		e.sim.SetReplicationLag(0)
		user, _ := e.account.User(want.Name)
		if len(user.InlinePolicies) != 3 || len(user.Groups) != 2 || (user.Tags["nhi:deactivated"] == "none") != disabled {
			t.Errorf("disabled %t: the user is %+v", disabled, user)
		}
	}
}

// TestSimUserRetiresFromTheOutside denies everything before anything is taken away, so that what a session of the user's
// still may do does not grow when a group that denies goes.
func TestSimUserRetiresFromTheOutside(t *testing.T) {
	t.Parallel()
	e := openUserEstate(t)
	id := e.made(e.Wanted("outside"))
	e.sim.ResetCalls()
	if _, err := e.Driver().Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if writes := e.writes(); writes[0] != "PutUserPolicy "+aws.ExpiryPolicyName || writes[len(writes)-2] != "DeleteUserPolicy "+aws.ExpiryPolicyName {
		t.Errorf("the writes are %q", writes)
	}
}
