package serviceidentity_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestApplicationApproval approves an application by its unique name, before there is one and once it is there.
func TestApplicationApproval(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	alice := newApprover(t, acctest.NewSim(t, sim.WithClock(entraStart)))
	r := acctest.NewAzureProtocol(t, d.server, acctest.Values{"policy": acctest.Values{"approval_keys": []string{alice.public()}}}).Resource(typeName)
	const role, at = "Application.ReadWrite.All", `app_role_assignments["Application.ReadWrite.All"]: Identity could raise its own privileges`
	config := func(token any) acctest.Values { return graphRoles(role).With(acctest.Values{"approval": token}) }
	r.Plan(config("requested")).Want(t, "warning entra_application."+at, "warning approval: Approval of permissions … "+role+" on "+azure.GraphAppID)
	subject := "entra:" + azuresim.DefaultTenant + ":application/unique_name=invoice-export"
	if identity := r.Planned("approval_needed", "identity"); identity != subject {
		t.Errorf("the plan asks for %v, want %s", identity, subject)
	}
	sign := func(subject string) string {
		return alice.sign(func(c *approval.Claims) {
			c.Subject, c.Classes, c.Grants = subject, []governance.Rule{governance.RulePrivilegeEscalation}, grant(role, azure.GraphAppID)
		})
	}
	r.Plan(config(sign(strings.Replace(subject, "export", "import", 1)))).Want(t, "error entra_application."+at, "error approval: Approval of permissions … it is for "+strings.Replace(subject, "export", "import", 1)+", and this identity is "+subject)
	token := sign(subject)
	r.Apply(config(token)).Want(t, "warning approval: Approval takes effect")
	r.Refresh().Want(t)
	r.Plan(config(token)).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	r.Plan(config(nil)).Want(t, "error approval: Approval of permissions … an approval has let it pass, and is not there any more")
	r.Plan(graphRoles(role, "Directory.ReadWrite.All").With(acctest.Values{"approval": token})).Want(t,
		`error entra_application.app_role_assignments["Directory.ReadWrite.All"]: Identity could raise its own privileges … does not allow Directory.ReadWrite.All on `+azure.GraphAppID,
		"warning entra_application: Identity gains permissions", "warning approval: Approval takes effect")
}
