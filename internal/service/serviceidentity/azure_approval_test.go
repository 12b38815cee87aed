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

// TestManagedIdentityApproval binds an approval to the ARM id of a managed identity, and to the role and the scope that it names.
func TestManagedIdentityApproval(t *testing.T) {
	t.Parallel()
	e := newAzure(t)
	alice := newApprover(t, e.aws)
	p := acctest.NewAzureProtocol(t, e.azure, acctest.Values{"policy": acctest.Values{
		"approval_keys": []string{alice.public()}, "enforcement": acctest.Values{"permissions_management": "off", "service_wildcard": "off"},
	}})
	subscription := "/subscriptions/" + azuresim.DefaultSubscription
	other := e.tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("elsewhere", "westeurope")
	const at, action = `azure_managed_identity.role_assignments["a"].role: `, "Microsoft.Authorization/*"
	config := func(role, scope string, token any) acctest.Values {
		return e.identity(acctest.Values{"role_assignments": acctest.Values{"a": acctest.Values{"scope": scope, "role": role}}}).With(acctest.Values{"approval": token})
	}
	r := p.Resource(typeName)
	r.Plan(config("User Access Administrator", e.group, "requested")).Want(t, "warning "+at+"Identity could raise its own privileges", "warning approval: Approval of permissions … It has to allow")
	subject, _ := r.Planned("approval_needed", "identity").(string)
	if !strings.EqualFold(subject, identityID) {
		t.Fatalf("the plan asks for an approval of %s", subject)
	}
	token := alice.sign(func(c *approval.Claims) {
		c.Subject, c.Classes, c.Grants = subject, []governance.Rule{governance.RulePrivilegeEscalation}, neededGrants(t, r)
	})
	approved := config("User Access Administrator", e.group, token)
	r.Plan(approved).Want(t, "warning approval: Approval takes effect … "+action)
	const refused = "error " + at + "Identity could raise its own privileges"

	// It serves nowhere else, and for nothing more.
	nested, _ := approved["azure_managed_identity"].(acctest.Values)
	elsewhere := approved.With(acctest.Values{"azure_managed_identity": nested.With(acctest.Values{"resource_group_name": "elsewhere"})})
	p.Resource(typeName).Plan(elsewhere).Want(t, refused, "error approval: Approval of permissions … it is for "+subject+", and this identity is "+strings.Replace(subject, "workloads", "elsewhere", 1))
	p.Resource(typeName).Plan(approved.With(acctest.Values{"name": "invoice-import"})).Want(t, refused, "error approval: Approval of permissions … it is for "+subject)
	for _, scope := range []string{subscription, other} {
		p.Resource(typeName).Plan(config("User Access Administrator", scope, token)).Want(t, refused+" … does not allow "+action)
	}
	p.Resource(typeName).Plan(config("Owner", e.group, token)).Want(t, "error "+at+"Identity would be an administrator … does not allow * on "+e.group)

	r.Apply(approved).Want(t, "warning approval: Approval takes effect … "+action)
	r.Refresh().Want(t)
	r.Plan(approved).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	r.Plan(config("User Access Administrator", e.group, nil)).Want(t, "error approval: Approval of permissions … an approval has let it pass, and is not there any more")
	r.Plan(config("User Access Administrator", subscription, token)).Want(t, refused+" … does not allow "+action, "warning azure_managed_identity: Identity gains permissions")
}

// neededGrants are what the planned identity asks an approval for.
func neededGrants(t *testing.T, r *acctest.Resource) (grants []approval.Grant) {
	t.Helper()
	needed, _ := r.Planned("approval_needed", "grants").([]any)
	for _, one := range needed {
		grant, _ := one.(acctest.Values)
		grants = append(grants, approval.Grant{Actions: textsOf(grant["actions"]), Resources: textsOf(grant["resources"])})
	}
	if len(grants) == 0 {
		t.Fatalf("the plan asks for no grants: %v", r.Planned("approval_needed"))
	}
	return grants
}

func textsOf(value any) (texts []string) {
	list, _ := value.([]any)
	for _, one := range list {
		text, _ := one.(string)
		texts = append(texts, text)
	}
	return texts
}
