package quarantine_test

import (
	"fmt"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

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
