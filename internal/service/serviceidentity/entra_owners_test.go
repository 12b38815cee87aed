package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// ownedIn is a resource under a policy whose owners are in Entra ID.
func ownedIn(t *testing.T, owners func(*azuresim.Tenant) acctest.Values) (*acctest.Resource, *azuresim.Server, *azuresim.Tenant) {
	t.Helper()
	azure := acctest.NewAzureSim(t, sim.NewClock(entraStart, false))
	tenant := azure.Tenant(azuresim.DefaultTenant)
	p := acctest.NewAzureProtocol(t, azure, acctest.Values{"policy": acctest.Values{"owners": owners(tenant)}})
	return p.Resource(typeName), azure, tenant
}

// people puts somebody who is there, somebody who has gone and a team into a group.
func people(tenant *azuresim.Tenant) (group string) {
	ada := tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	left := tenant.PutUser(azuresim.User{DisplayName: "Left", Name: "left", Disabled: true})
	tenant.PutUser(azuresim.User{DisplayName: "Outside", Name: "outside"})
	return tenant.PutGroup("Owners", tenant.PutGroup("payments", ada), left)
}

// TestOwnersFromEntra holds owners against a group and against the whole tenant.
func TestOwnersFromEntra(t *testing.T) {
	t.Parallel()
	group := func(tenant *azuresim.Tenant) acctest.Values { return acctest.Values{"entra_group": people(tenant)} }
	all := func(tenant *azuresim.Tenant) acctest.Values {
		people(tenant)
		return acctest.Values{"entra_tenant": true}
	}
	for name, of := range map[string]struct {
		in    func(*azuresim.Tenant) acctest.Values
		owner string
		at    bool // whether the owner is at the tenant's domain
		want  []string
	}{
		"member of a member": {group, "ada", true, nil},
		"team":               {group, "payments", false, nil},
		"disabled":           {group, "left", true, []string{"error owner: … which the owner directory of the Entra group … marks as inactive … Hand it over"}},
		"outside":            {group, "outside", true, []string{"error owner: … which is not in the owner directory of the Entra group"}},
		"in the tenant":      {all, "outside", true, nil},
		"not in the tenant":  {all, "payments", false, []string{"error owner: … which is not in the owner directory of the Entra tenant"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, azure, tenant := ownedIn(t, of.in)
			if calls := len(azure.Calls()); calls != 0 {
				t.Errorf("%d calls before an owner is judged", calls)
			}
			owner := of.owner
			if of.at {
				owner += "@" + tenant.Domain()
			}
			config := plainApp().With(acctest.Values{"owner": owner})
			r.Plan(config).Want(t, of.want...)
			if of.want == nil {
				r.Plan(config).Want(t)
				if calls := azure.CountCalls("GET /users") + azure.CountCalls("GET /groups/{id}/transitiveMembers"); calls > 1 {
					t.Errorf("the directory is read %d times", calls)
				}
			}
		})
	}
}

// TestOwnersFromEntraRefused names the permission, and takes nobody for gone.
func TestOwnersFromEntraRefused(t *testing.T) {
	t.Parallel()
	r, _, tenant := ownedIn(t, func(tenant *azuresim.Tenant) acctest.Values { return acctest.Values{"entra_group": people(tenant)} })
	tenant.DenyPermissions("GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
	r.Plan(plainApp().With(acctest.Values{"owner": "ada@" + tenant.Domain()})).Want(t,
		"error owner: … the owner directory of the Entra group … cannot be read, so nobody could tell whether they are there: … GroupMember.Read.All")
}
