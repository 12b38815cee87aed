package quarantine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	otherSubscription = "22222222-2222-2222-2222-222222222222"
	mine              = "/subscriptions/" + azuresim.DefaultSubscription
	blobsOnly         = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'reports'))"
)

// landscape is a simulated tenant with a managed identity that has roles in two subscriptions.
type landscape struct {
	server *azuresim.Server
	tenant *azuresim.Tenant
	view   azuresim.ManagedIdentityView
	// group and elsewhere are resource groups in two subscriptions.
	group, elsewhere string
	id               string
}

func newLandscape(t testing.TB) landscape {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC), false))
	l := landscape{server: server, tenant: server.Tenant(azuresim.DefaultTenant)}
	l.group = l.tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("workloads", "westeurope")
	l.elsewhere = l.tenant.Subscription(otherSubscription).AddResourceGroup("shared", "westeurope")
	l.view = l.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "nightly", map[string]string{"Team": "billing"})
	l.id = "azure:" + l.view.ID
	l.tenant.AssignRole(l.view.PrincipalID, "Reader", mine)
	l.tenant.AssignRole(l.view.PrincipalID, "Contributor", l.elsewhere)
	l.tenant.AssignRoleUnder(l.view.PrincipalID, "Storage Blob Data Reader", l.group, blobsOnly)
	return l
}

func (l landscape) resource(t testing.TB) *acctest.Resource {
	t.Helper()
	return acctest.NewAzureProtocol(t, l.server, nil).Resource(typeName)
}

func (l landscape) picture() string {
	view, _ := l.tenant.ManagedIdentity(l.view.ID)
	return fmt.Sprintf("%+v\n%+v", view, l.tenant.RoleAssignments(l.view.PrincipalID))
}

func (l landscape) roles() int { return len(l.tenant.RoleAssignments(l.view.PrincipalID)) }

// TestManagedIdentity takes the roles of a managed identity away in every subscription, and gives them back under their names.
func TestManagedIdentity(t *testing.T) {
	t.Parallel()
	l := newLandscape(t)
	r := l.resource(t)
	config := order(l.id, nil)
	r.Apply(config).Want(t, announced(l.id)+" … Afterwards: … - role assignment Contributor at /subscriptions/"+otherSubscription+"/resourcegroups/shared is removed … - resources keep the identity … Last use:")
	if l.roles() > 0 {
		t.Errorf("left are %v", l.picture())
	}
	acctest.WantSame(t, "status", r.State("status"), "quarantined")
	r = r.Under(acctest.NewAzureProtocol(t, l.server, nil))
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	l.resource(t).Plan(config).Want(t, "error identity: Identity is in quarantine already")

	// Somebody gives it a role: that is shown, taken, and recorded as well.
	l.tenant.AssignRole(l.view.PrincipalID, "Owner", l.group)
	r.Refresh().Want(t)
	acctest.WantSame(t, "drift", r.State("drift"), []any{"role assignment Owner at " + strings.ToLower(l.group) + " is there"})
	r.Apply(config).Want(t, "warning identity: Quarantine is not whole: "+l.id)
	if l.roles() > 0 {
		t.Errorf("left are %v", l.picture())
	}
	r = r.Under(acctest.NewAzureProtocol(t, l.server, nil))
	r.Apply(nil).Want(t)
	if l.roles() != 4 {
		t.Errorf("given back are %v", l.picture())
	}
}

// TestManagedIdentityImported gives back what the record names, to the last byte, where the state is lost.
func TestManagedIdentityImported(t *testing.T) {
	t.Parallel()
	l := newLandscape(t)
	before := l.picture()
	l.resource(t).Apply(order(l.id, nil))
	r := l.resource(t)
	r.Import(l.id, nil).Want(t)
	r.Apply(nil).Want(t)
	if after := l.picture(); after != before {
		t.Errorf("before it was\n%s\nand now it is\n%s", before, after)
	}
}

// TestManagedIdentityForged shows in an import what a record would give that somebody has written on another identity.
func TestManagedIdentityForged(t *testing.T) {
	t.Parallel()
	l := newLandscape(t)
	l.resource(t).Apply(order(l.id, nil))
	view, _ := l.tenant.ManagedIdentity(l.view.ID)
	forged := l.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "forged", view.Tags)
	imported := l.resource(t)
	imported.Import("azure:"+forged.ID, nil).Want(t)
	if changes, _ := imported.State("changes").([]any); len(changes) != 3 {
		t.Errorf("an import shows %v", changes)
	}
}

// TestManagedIdentityRefused names why a managed identity cannot be quarantined.
func TestManagedIdentityRefused(t *testing.T) {
	t.Parallel()
	l := newLandscape(t)
	subscription := l.tenant.Subscription(azuresim.DefaultSubscription)
	many := subscription.AddManagedIdentity("workloads", "many", nil)
	for i := range 60 {
		l.tenant.AssignRole(many.PrincipalID, "Reader", subscription.AddResourceGroup(fmt.Sprintf("group-%d-%x", i, i*i*7919), "westeurope"))
	}
	before := len(l.tenant.RoleAssignments(""))
	for _, test := range []struct{ identity, want string }{
		{"azure:" + many.ID, "error identity: Quarantine is not possible … its 60 role assignments, app roles and federated credentials take "},
		{l.id + "-2", "error identity: Identity does not exist"},
	} {
		l.resource(t).Plan(order(test.identity, nil)).Want(t, test.want)
	}
	l.resource(t).Plan(order(l.id, acctest.Values{"reason": strings.Repeat("Leaked, again. ", 20)})).Want(t, "error reason: Quarantine is not possible … reason takes 300 characters in its tag, 44 more than the limit of 256")
	if len(l.tenant.RoleAssignments("")) != before {
		t.Error("roles are gone")
	}
}
