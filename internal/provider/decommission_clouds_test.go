package provider_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// dated is decommission.yaml with these ids, as a proposal writes it.
func dated(file, day string, ids ...string) string {
	slices.Sort(ids)
	lines := ""
	for _, id := range ids {
		lines += fmt.Sprintf("%q: %q\n", id, day)
	}
	return strings.Replace(file, "{}\n", lines, 1)
}

// TestSimDecommissionBothClouds takes what nobody uses out of an account of AWS, a tenant of Entra ID and a subscription of
// Azure, by one file: proposed, reviewed, locked, given back where somebody objects, and deleted after the grace period.
func TestSimDecommissionBothClouds(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	azure := abandon(t, server.Clock())
	forgotten(server)
	account := server.Account(sim.DefaultAccount)
	c := acctest.NewCLI(t, server)
	c.WriteExampleOfClouds(server, azure.server, examples+"decommission", "decommission")
	clouds := fmt.Sprintf("tenant_id = %q\nsubscription_id = %q\n", azuresim.DefaultTenant, azuresim.DefaultSubscription)
	c.Write("decommission/terraform.tfvars", clouds)
	c.Write("decommission/propose/terraform.tfvars", clouds+"keep = [\"aws:123456789012:role/jobs/emergency\"]\n")
	file, last, ids := c.Read("decommission/decommission.yaml"), acctest.Date(server, 60), azure.ids()
	released, deleted := []string{nightlyRole, ids["reports"], ids["nightly"]}, []string{exportUser, ids["legacy"], ids["collector"], ids["nothing"]}
	terraform := func(arguments ...string) string {
		t.Helper()
		return c.Must(append([]string{"-chdir=decommission"}, arguments...)...)
	}
	propose := func(want string) {
		t.Helper()
		if output, ok := c.Shell("decommission/propose.sh review.md"); !ok {
			t.Fatalf("the proposal fails:\n%s", output)
		}
		if got := c.Read("decommission/decommission.yaml"); got != want {
			t.Fatalf("the file is\n%s\nand not\n%s", got, want)
		}
	}
	before, roleBefore := azure.picture(), rolePicture(account)

	azure.server.ResetCalls()
	propose(dated(file, last, slices.Concat(released, deleted)...))
	// The one gap is what may be in use, for all that anybody knows: it is told, and not proposed.
	if review := c.Read("review.md"); !strings.Contains(review, "- The last use is not known, so they may be stale or not: `"+ofSubscriptionID(azure.attached)+"`, `"+ofTenant("application", azure.unknown.ObjectID)+"`.\n\n##") {
		t.Errorf("the review is\n%s", review)
	}
	for _, call := range azure.server.Calls() {
		if method, _, _ := strings.Cut(call.Action, " "); method == "PUT" || method == "PATCH" || method == "DELETE" {
			t.Errorf("a proposal calls %s", call.Action)
		}
	}

	// What is merged is locked, and nothing is left to do: what is tried now takes nothing off the list.
	terraform("init")
	wantSaid(t, terraform("plan", "-out=plan"), "Plan: 7 to add, 0 to change, 0 to destroy.", "Identity will be quarantined: "+ids["legacy"], "sign-in is blocked", "role assignment Reader at "+ofSubscription+" is removed")
	terraform("apply", "plan")
	azure.wantAccess(t, false, false)
	wantSaid(t, terraform("plan"), "No changes.")
	server.Clock().Advance(oneDay)
	propose(dated(file, last, slices.Concat(released, deleted)...))

	// Somebody objects for one of each, and they have what they had.
	c.Write("decommission/decommission.yaml", dated(file, last, deleted...))
	wantSaid(t, terraform("apply", "-auto-approve"), "0 added, 0 changed, 3 destroyed")
	if after, role := azure.picture(), rolePicture(account); after != before || role != roleBefore {
		t.Errorf("released are\n%s\n%s\nwhich were\n%s\n%s", after, role, before, roleBefore)
	}
	azure.wantAccess(t, true, false)
	session, err := account.AssumeRoleAsService("lambda.amazonaws.com", "arn:aws:iam::123456789012:role/jobs/nightly", nil)
	if err != nil {
		t.Fatal(err)
	}
	acctest.UseSession(t, server, session)
	wantSaid(t, terraform("plan"), "No changes.")
	propose(dated(file, last, deleted...))

	// Nobody does for the others, which go with all that is on them, and their lines after them.
	server.Clock().Advance(60 * oneDay)
	wantSaid(t, terraform("plan", "-out=plan"), "Plan: 0 to add, 4 to change, 0 to destroy.", "Identity will be retired: "+ids["nothing"], "client secret "+azure.legacy.KeyIDs[0], "It can be restored for 30 days")
	terraform("apply", "plan")
	wantSaid(t, terraform("plan"), "No changes.")
	azure.wantGone(t)
	propose(file)
	terraform("apply", "-auto-approve")
	if state := strings.TrimSpace(terraform("state", "list")); state != "" {
		t.Errorf("the state has %s", state)
	}
	wantSaid(t, terraform("plan"), "No changes.")
}

// rolePicture is all of the role that a quarantine may touch.
func rolePicture(account *sim.Account) string {
	role, _ := account.Role("nightly")
	role.LastUsedAt = time.Time{}
	return fmt.Sprintf("%+v", role)
}

// TestSimDecommissionOneCloud proposes by one cloud alone: the lines of the other one stay.
func TestSimDecommissionOneCloud(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	azure := abandon(t, server.Clock())
	forgotten(server)
	c := acctest.NewCLI(t, server)
	c.WriteExampleOfClouds(server, azure.server, examples+"decommission", "decommission")
	file, last, ids := c.Read("decommission/decommission.yaml"), acctest.Date(server, 60), azure.ids()
	found := []string{ids["reports"], ids["legacy"], ids["collector"], ids["nightly"], ids["nothing"]}
	propose := func(clouds, written string, want ...string) {
		t.Helper()
		c.Write("decommission/propose/terraform.tfvars", clouds)
		c.Write("decommission/decommission.yaml", written)
		if output, ok := c.Shell("decommission/propose.sh review.md"); !ok {
			t.Fatalf("the proposal fails:\n%s", output)
		}
		if got, want := c.Read("decommission/decommission.yaml"), dated(file, last, want...); got != want {
			t.Errorf("the file is\n%s\nand not\n%s", got, want)
		}
	}
	azureAlone := fmt.Sprintf("region = null\ntenant_id = %q\nsubscription_id = %q\n", azuresim.DefaultTenant, azuresim.DefaultSubscription)
	propose(azureAlone, dated(file, last, nightlyRole), append(found, nightlyRole)...)

	// What is gone loses its line, but not while it may be what cannot be read.
	gone := ofTenant("application", "6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8")
	propose(azureAlone, dated(file, last, gone), found...)
	azure.server.InjectFault(sim.Fault{Action: "GET /users", Times: 1000, Kind: sim.FaultAccessDenied})
	propose(azureAlone, dated(file, last, gone), append(found, gone)...)
	if review := c.Read("review.md"); !strings.Contains(review, "`User.Read.All`") {
		t.Errorf("the review is\n%s", review)
	}
	azure.server.ClearFaults()

	// An id that somebody has copied from a portal, in another case, is the same.
	shouted := strings.Replace(ids["nothing"], "/resourceGroups/workloads", "/resourcegroups/WORKLOADS", 1)
	propose(azureAlone, dated(file, last, shouted), ids["reports"], ids["legacy"], ids["collector"], ids["nightly"], shouted)
	propose("", dated(file, last, found...), append(found, nightlyRole, exportUser, "aws:123456789012:role/jobs/emergency")...)

	// And it is locked without AWS.
	c.Write("decommission/terraform.tfvars", azureAlone)
	c.Write("decommission/decommission.yaml", dated(file, last, found...))
	c.Must("-chdir=decommission", "init")
	wantSaid(t, c.Must("-chdir=decommission", "apply", "-auto-approve"), "5 added, 0 changed, 0 destroyed")
	azure.wantAccess(t, false, false)

	// What a resource has by then is not deleted, and neither is what nobody can tell the last use of.
	azure.tenant.Subscription(azuresim.DefaultSubscription).AddResource("workloads", "Microsoft.Web/sites", "returned", azure.nothing.ID)
	azure.tenant.SetPremium(false)
	server.Clock().Advance(61 * oneDay)
	output, ok := c.Run("-chdir=decommission", "plan")
	if ok {
		t.Error("the plan succeeds")
	}
	wantSaid(t, output, "Error: Identity is still in use", "assigned to "+ofSubscription+"/resourceGroups/workloads/providers/Microsoft.Web/sites/returned", "and unknown is not unused")
}

// TestSimDecommissionGuide makes the identity that the guide has for the schedule, which may only read.
func TestSimDecommissionGuide(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	azure := acctest.NewAzureSim(t, server.Clock())
	c := acctest.NewCLI(t, server)
	c.Write("main.tf", strings.Split(c.Read("main.tf"), "\nprovider ")[0]+"provider \"governed\" {\n  "+acctest.AzureBlock(t, azure)+"\n}\n")
	c.Write("audit.tf", guideBlock(t, "audit.md", "resource \"governed_service_identity\" \"audit_azure\" {"))
	c.Must("apply", "-auto-approve")
	may := []string{}
	for _, id := range azure.Tenant(azuresim.DefaultTenant).ServicePrincipals() {
		if view, _ := azure.Tenant(azuresim.DefaultTenant).ServicePrincipal(id); view.DisplayName == "identity-audit" {
			may = slices.Sorted(slices.Values(view.Permissions))
		}
	}
	var document graphDocument
	if err := json.Unmarshal([]byte(readExample(t, examples+"permissions/entra/inventory.json")), &document); err != nil {
		t.Fatal(err)
	}
	acctest.WantSame(t, "permissions", may, slices.Concat(document.Permissions, document.Optional))
	wantSaid(t, c.Must("plan"), "No changes.")
}
