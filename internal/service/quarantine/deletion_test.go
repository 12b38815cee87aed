package quarantine_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestDeletion retires an identity when its time has come, after the plan has shown what goes, and does nothing more then.
func TestDeletion(t *testing.T) {
	t.Parallel()
	for id, goes := range map[string]string{roleID: "- managed policy " + security, userID: "- signing certificate"} {
		server := acctest.NewSim(t)
		putRole(server)
		putUser(t, server)
		account := server.Account(sim.DefaultAccount)
		account.PutInstanceProfile(sim.InstanceProfile{Name: "nightly", Path: "/jobs/", RoleName: "nightly"})
		config := order(id, acctest.Values{"release_after": acctest.Date(server, 5), "delete_after": acctest.Date(server, 9)})
		r := protocol(t, server)
		r.Apply(config)
		server.Clock().Advance(9 * oneDay)
		r.Refresh().Want(t)
		r.Plan(config).Want(t)
		if r.Changes() {
			t.Error("it is too early")
		}
		server.Clock().Advance(oneDay)
		// As long as no refresh has seen that, the plan stays what it was.
		r.Plan(config).Want(t)
		if r.Changes() {
			t.Error("the plan depends on how long it takes")
		}
		r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
		r.Refresh().Want(t)
		r.Plan(config).Want(t, "warning identity: Identity will be retired: "+id+" … whose delete_after "+acctest.Date(server, -1)+" has passed: "+id+" is removed for good, with its access. … "+goes+" … Last use:")
		acctest.WantSame(t, "status", r.Planned("status"), "deleted")
		// Somebody speaks up at the last moment.
		kept := *r
		kept.Plan(config.With(acctest.Values{"delete_after": acctest.Date(server, 20)})).Want(t)
		acctest.WantSame(t, "status", kept.Planned("status"), "quarantined")

		server.InjectFault(sim.Fault{Action: "DeleteRole", Times: 20, Kind: sim.FaultInternal})
		server.InjectFault(sim.Fault{Action: "DeleteUser", Times: 20, Kind: sim.FaultInternal})
		if diags := r.Apply(config); !strings.Contains(diags.String(), "error identity: Identity cannot be deleted") {
			t.Errorf("it says %s", diags)
		}
		server.ClearFaults()
		r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
		r.Refresh()
		if diags := r.Apply(config); diags.Failed() {
			t.Fatal(diags)
		}
		acctest.WantSame(t, "status", r.State("status"), "deleted")
		acctest.WantSame(t, "changes", r.State("changes"), []any{})
		_, hasRole := account.Role("nightly")
		if _, hasUser := account.User("export"); hasRole == (id == roleID) || hasUser == (id == userID) {
			t.Errorf("left are %v and %v", account.Roles(), account.Users())
		}
		// Whoever has its name next is somebody else.
		putRole(server)
		putUser(t, server)
		server.ResetCalls()
		r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
		r.Refresh().Want(t)
		r.Plan(config).Want(t)
		if r.Changes() {
			t.Error("the plan after the deletion changes something")
		}
		r.Apply(config.With(acctest.Values{"ticket": "SEC-2"})).Want(t)
		r.Apply(nil).Want(t)
		acctest.WantWrites(t, server)
	}
}

// TestDeletionInUse holds a deletion against the policy, as any other removal.
func TestDeletionInUse(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account := server.Account(sim.DefaultAccount)
	account.PutRole(sim.Role{Name: "nightly", Path: "/jobs/", LastUsedAt: server.Clock().Now()})
	strict := acctest.Values{"policy": acctest.Values{"retire_in_use_days": 60, "enforcement": acctest.Values{"retire_in_use": "error"}}}
	config := order(roleID, acctest.Values{"delete_after": acctest.Date(server, 9)})
	r := acctest.NewConfiguredProtocol(t, server, strict).Resource(typeName)
	r.Apply(config)
	server.Clock().Advance(10 * oneDay)
	r.Refresh().Want(t)
	r.Plan(config).Want(t, "warning identity: Identity will be retired", "error identity: Identity is still in use … it was used within the last 60 days")
}

// TestDisappears takes an identity that somebody has deleted for done, and another one of its name for none of its business.
func TestDisappears(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account, client := server.Account(sim.DefaultAccount), acctest.IAM(server)
	user := sim.User{Name: "export", AccessKeys: []sim.AccessKey{{}}}
	account.PutUser(user)
	config := order(userID, acctest.Values{"release_after": acctest.Date(server, 5)})
	r := protocol(t, server)
	r.Apply(config)
	first := *r
	account.PutUser(user)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t, "warning identity: Another identity has the name … is gone, and another one has its name … Remove this resource, and quarantine the other by a new one")
	acctest.WantSame(t, "status", r.State("status"), "deleted")
	r.Plan(config).Want(t)
	if r.Changes() {
		t.Error("the plan changes something")
	}

	_, err := client.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("export"), AccessKeyId: aws.String(keyOf(t, server))})
	must(t, err)
	_, err = client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("export")})
	must(t, err)
	r = first.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "deleted")
	r.Apply(nil).Want(t)
}

func keyOf(t testing.TB, server *sim.Server) string {
	t.Helper()
	user, _ := server.Account(sim.DefaultAccount).User("export")
	return user.AccessKeys[0].ID
}

// TestReleasedByHand quarantines anew what somebody has released past Terraform, also when it was to be deleted.
func TestReleasedByHand(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putRole(server)
	config := order(roleID, acctest.Values{"delete_after": acctest.Date(server, 5)})
	r := protocol(t, server)
	r.Apply(config)
	putRole := protocol(t, server)
	putRole.Import(roleID, nil).Want(t)
	putRole.Apply(nil).Want(t)
	server.Clock().Advance(6 * oneDay)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "released")
	r.Plan(config).Want(t, "warning identity: Quarantine is not whole: "+roleID+" … - nothing on the identity records the quarantine any more")
	acctest.WantSame(t, "status", r.Planned("status"), "quarantined")
	r.ApplyPlanned(config).Want(t)
	wantRoleUse(t, server, false)
}
