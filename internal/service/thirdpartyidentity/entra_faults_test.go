package thirdpartyidentity_test

import (
	"fmt"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestServicePrincipalFaultInCreate fails every call of a create in several ways. What exists is in the state then, cannot be
// used before it is complete, and the next apply finishes it.
func TestServicePrincipalFaultInCreate(t *testing.T) {
	t.Parallel()
	config := vendorApplication(graphRoles("User.Read.All"))
	for _, action := range []string{
		"POST /servicePrincipals", "GET /servicePrincipals/{id}", "GET /oauth2PermissionGrants", "PATCH /servicePrincipals/{id}", "POST /servicePrincipals/{id}/appRoleAssignments",
	} {
		for _, kind := range []sim.FaultKind{sim.FaultAccessDenied, sim.FaultInternal, sim.FaultThrottling, sim.FaultDropBefore, sim.FaultDropAfter} {
			t.Run(fmt.Sprintf("%s %s", action, kind), func(t *testing.T) {
				t.Parallel()
				d := newDirectory(t)
				d.server.InjectFault(sim.Fault{Service: "graph", Action: action, Kind: kind})
				r := d.resource(t, nil)
				failed := r.Apply(config).Failed()
				if exists := len(d.principals()) > 0; r.Exists() != exists {
					t.Fatalf("the state has it: %t, the tenant has it: %t", r.Exists(), exists)
				}
				d.server.ClearFaults()
				r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
				if r.Exists() {
					r.Refresh().Want(t)
				}
				if failed && r.Exists() && d.principal(t).Enabled && len(d.principal(t).Permissions) == 0 {
					t.Error("it can sign in before it is complete")
				}
				// What an interrupted apply had left is given now.
				if diags := r.Apply(config); diags.Failed() {
					t.Fatal(diags)
				}
				settled(t, r, config)
				if is := d.principal(t); !is.Enabled || len(is.Permissions) != 1 {
					t.Errorf("the service principal is %+v", is)
				}
				r.Apply(nil).Want(t)
				d.wantNothing(t)
			})
		}
	}
}

// TestServicePrincipalFaultInDelete fails every call of a removal; the next one finishes it.
func TestServicePrincipalFaultInDelete(t *testing.T) {
	t.Parallel()
	config := vendorApplication(graphRoles("User.Read.All"))
	for _, action := range []string{
		"GET /servicePrincipals/{id}", "PATCH /servicePrincipals/{id}", "DELETE /servicePrincipals/{id}/appRoleAssignments/{grant}", "DELETE /servicePrincipals/{id}", "DELETE /directory/deletedItems/{id}",
	} {
		for _, kind := range []sim.FaultKind{sim.FaultAccessDenied, sim.FaultDropBefore, sim.FaultDropAfter} {
			t.Run(fmt.Sprintf("%s %s", action, kind), func(t *testing.T) {
				t.Parallel()
				d := newDirectory(t)
				r := d.resource(t, nil)
				r.Apply(config).Want(t)
				d.server.InjectFault(sim.Fault{Service: "graph", Action: action, Kind: kind, Times: 10})
				if diags := r.Apply(nil); !diags.Failed() && kind == sim.FaultAccessDenied {
					t.Error("nothing was reported")
				}
				d.server.ClearFaults()
				r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
				if r.Exists() {
					r.Apply(nil).Want(t)
				}
				d.wantNothing(t)
			})
		}
	}
}
