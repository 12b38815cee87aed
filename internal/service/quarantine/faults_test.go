package quarantine_test

import (
	"fmt"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

var faultKinds = []sim.FaultKind{sim.FaultAccessDenied, sim.FaultThrottling, sim.FaultInternal, sim.FaultDropBefore, sim.FaultDropAfter}

// TestFaults fails every call of a quarantine and of a release in each way, applies again, and finds the identity locked
// and then as it was.
func TestFaults(t *testing.T) {
	t.Parallel()
	for id, actions := range map[string][]string{
		roleID: {
			"GetCallerIdentity", "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole",
			"TagRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "DeleteRolePolicy", "UntagRole",
		},
		userID: {
			"GetUser", "ListUserPolicies", "GetUserPolicy", "ListAccessKeys", "GetAccessKeyLastUsed", "GetLoginProfile", "ListMFADevices", "ListGroupsForUser",
			"TagUser", "PutUserPolicy", "UpdateAccessKey", "UpdateSSHPublicKey", "UpdateSigningCertificate", "UpdateServiceSpecificCredential", "DeleteUserPolicy", "UntagUser",
		},
	} {
		for _, action := range actions {
			for _, kind := range faultKinds {
				for nth := 1; nth <= 1+count(imposing[id], action)/2; nth++ {
					t.Run(fmt.Sprintf("%s %s %d", action, kind, nth), func(t *testing.T) {
						t.Parallel()
						survive(t, id, sim.Fault{Action: action, Nth: nth, Times: 2, Kind: kind})
					})
				}
			}
		}
	}
}

// survive takes an identity through a quarantine and back, with a fault on each way.
func survive(t *testing.T, id string, fault sim.Fault) {
	t.Helper()
	server := acctest.NewSim(t)
	putRole(server)
	putUser(t, server)
	before := pictureOf(t, server)
	impatient := acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(acctest.Values{"max_retries": 1})}
	r := acctest.NewConfiguredProtocol(t, server, impatient).Resource(typeName)
	config := order(id, nil)

	server.InjectFault(fault)
	failed := r.ApplyOnce(config).Failed()
	server.ClearFaults()
	if failed != !r.Exists() {
		t.Errorf("it failed: %v, and the state has it: %v", failed, r.Exists())
	}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	if failed {
		if diags := r.Apply(config); diags.Failed() {
			t.Fatal(diags)
		}
	}
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if r.Changes() || r.State("status") != "quarantined" {
		t.Errorf("the quarantine is %v", r.State("status"))
	}
	if id == roleID {
		wantRoleUse(t, server, false)
	} else if user, _ := server.Account(sim.DefaultAccount).User("export"); user.AccessKeys[0].Active || user.InlinePolicies["governed-quarantine"] == "" {
		t.Errorf("the user is %+v", user)
	}

	r = r.Under(acctest.NewConfiguredProtocol(t, server, impatient))
	server.InjectFault(fault)
	failed = r.Apply(nil).Failed()
	server.ClearFaults()
	if failed == !r.Exists() {
		t.Errorf("the release failed: %v, and the state has it: %v", failed, r.Exists())
	}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	if r.Exists() {
		r.Refresh().Want(t)
		if diags := r.Apply(nil); diags.Failed() {
			t.Fatal(diags)
		}
	}
	wantBack(t, server, before)
}

// TestInterrupted finishes, without a state, what was interrupted at each write, both ways.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for id, writes := range map[string]int{roleID: 4, userID: 7} {
		for stop := 1; stop <= writes; stop++ {
			t.Run(fmt.Sprintf("%s at write %d", id, stop), func(t *testing.T) {
				t.Parallel()
				server := acctest.NewSim(t)
				putRole(server)
				putUser(t, server)
				before := pictureOf(t, server)
				// interrupt lets so many writes through, and none after.
				interrupt := func(actions []string) {
					done := 0
					for _, action := range actions {
						if done++; done >= stop {
							server.InjectFault(sim.Fault{Action: action, Nth: 1 + count(actions[:done-1], action), Times: 1000, Kind: sim.FaultDropBefore})
						}
					}
				}
				impatient := acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(acctest.Values{"max_retries": 1})}
				r := acctest.NewConfiguredProtocol(t, server, impatient).Resource(typeName)
				interrupt(imposing[id])
				if diags := r.ApplyOnce(order(id, nil)); !diags.Failed() {
					t.Errorf("it says %s", diags)
				}
				server.ClearFaults()
				// Another state gives up: what is there of the quarantine is imported and removed.
				r = acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
				if stop > 1 {
					r.Import(id, nil).Want(t)
					acctest.WantSame(t, "status", r.State("status"), "incomplete")
					interrupted := r.Under(acctest.NewConfiguredProtocol(t, server, impatient))
					interrupt(releasing[id])
					if diags := interrupted.Apply(nil); !diags.Failed() && stop < writes {
						t.Errorf("the release says %s", diags)
					}
					server.ClearFaults()
					if diags := r.Apply(nil); diags.Failed() {
						t.Error(diags)
					}
				}
				wantBack(t, server, before)
			})
		}
	}
}

// imposing and releasing are the writes on the way, in order.
var (
	imposing = map[string][]string{
		roleID: {"TagRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "TagRole"},
		userID: {"TagUser", "PutUserPolicy", "UpdateAccessKey", "UpdateSSHPublicKey", "UpdateSigningCertificate", "UpdateServiceSpecificCredential", "TagUser"},
	}
	releasing = map[string][]string{
		roleID: {"TagRole", "UpdateAssumeRolePolicy", "DeleteRolePolicy", "UntagRole"},
		userID: {"TagUser", "UpdateAccessKey", "UpdateSSHPublicKey", "UpdateSigningCertificate", "UpdateServiceSpecificCredential", "DeleteUserPolicy", "UntagUser"},
	}
)

func count(actions []string, action string) int {
	n := 0
	for _, one := range actions {
		if one == action {
			n++
		}
	}
	return n
}
