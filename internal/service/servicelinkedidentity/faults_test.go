package servicelinkedidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestIncomplete saves the role before it is tagged. What is adopted is not deleted when Terraform replaces it.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	for _, adopted := range []bool{false, true} {
		server := acctest.NewSim(t)
		if adopted {
			madeByAWS(t, server, backup, "", nil)
		}
		r := protocol(t, server)
		r.Plan(linkedRole(server, nil))
		server.DenyActions(sim.DefaultAccount, "iam:TagRole")
		r.ApplyPlanned(linkedRole(server, nil)).Want(t, "error aws_service_linked_role: Identity was created but not completed … the provider's credentials lack the permission iam:TagRole")
		acctest.WantSame(t, "id", r.State("id"), backupID)
		acctest.WantSame(t, "adopted", r.State(nested, "adopted"), adopted)
		server.DenyActions(sim.DefaultAccount)
		// Untainted without a refresh, it is completed.
		untainted := *r
		untainted.Apply(linkedRole(server, nil)).Want(t)
		acctest.WantSame(t, "ARN", untainted.State(nested, "arn"), backupARN)
		// Tainted, it is replaced.
		r.Apply(nil)
		if adopted {
			wantRoles(t, server, backupRole)
		} else {
			wantRoles(t, server)
		}
	}
}

// TestReplacedByTerraform lets Terraform replace what this state has, tainted or by -replace, which no plan tells the provider, and
// not what another state has.
func TestReplacedByTerraform(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	r.Plan(linkedRole(server, nil))
	// The tags are written, and the answers get lost.
	server.InjectFault(sim.Fault{Service: "iam", Action: "TagRole", Kind: sim.FaultDropAfter})
	r.ApplyPlanned(linkedRole(server, nil)).Want(t, "error aws_service_linked_role: Identity was created but not completed")
	server.ClearFaults()
	wantTags(t, server, metadataTags(server)...)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	server.ResetCalls()
	r.Replace(linkedRole(server, nil)).Want(t)
	wantWrites(t, server, "DeleteServiceLinkedRole", "CreateServiceLinkedRole", "TagRole")
	acctest.WantSame(t, "adopted", r.State(nested, "adopted"), false)
	r.Plan(linkedRole(server, nil)).Want(t)
	if r.Changes() {
		t.Error("the plan after changes something")
	}
	protocol(t, server).Plan(linkedRole(server, nil)).Want(t, "error aws_service_linked_role.aws_service_name: Existing identity … and is marked as governed by")
}

// TestDelete names what stands in the way, keeps the role until it is gone, and resumes.
func TestDelete(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	r.Apply(linkedRole(server, nil)).Want(t)
	account := server.Account(sim.DefaultAccount)
	account.SetServiceLinkedRoleUsage(backupRole, "eu-west-1", "arn:aws:backup:eu-west-1:123456789012:backup-vault:main")
	r.Apply(nil).Want(t, `error aws_service_linked_role: Identity cannot be deleted … governed_service_linked_identity "backup.amazonaws.com": AWS did not delete the role AWSServiceRoleForBackup: `+
		"… (in the way: arn:aws:backup:eu-west-1:123456789012:backup-vault:main (eu-west-1)) … Remove what is in the way")
	if !r.Exists() {
		t.Fatal("the state has lost the role")
	}
	account.SetServiceLinkedRoleUsage(backupRole, "eu-west-1")
	server.SetServiceLinkedRoleDeletionPolls(1000)
	r.Apply(nil).Want(t, "error aws_service_linked_role: Identity cannot be deleted … AWS is still deleting the role AWSServiceRoleForBackup after 10m … try again when the other change is done")
	r.Refresh().Want(t)
	if !r.Exists() {
		t.Fatal("the state has lost the role")
	}
	wantTags(t, server, metadataTags(server)...)
}
