package thirdpartyidentity_test

import (
	"slices"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const interrupted = "warning entra_service_principal: Creation was interrupted … its sign-in has been closed since it was made"

// dies applies a creation that changes nothing any more of the service principal once it is made, and loses its state.
func (d directory) dies(t *testing.T, config acctest.Values) {
	t.Helper()
	for _, method := range []string{"PATCH", "DELETE"} {
		d.server.InjectFault(sim.Fault{Service: "graph", Action: method + " /servicePrincipals/{id}", Kind: sim.FaultAccessDenied})
	}
	if diags := d.resource(t, nil).ApplyOnce(config); !diags.Failed() {
		t.Fatal("the creation was not interrupted")
	}
	d.server.ClearFaults()
}

// TestServicePrincipalCreationInterrupted completes by an import what an apply has made that died, and opens its sign-in, of which
// the notes say that nobody has blocked it.
func TestServicePrincipalCreationInterrupted(t *testing.T) {
	t.Parallel()
	for name, notes := range map[string]any{"without notes": nil, "with notes": "Contract 4711."} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t)
			config := vendorApplication(graphRoles("User.Read.All").With(acctest.Values{"notes": notes}))
			d.dies(t, config)
			id := principalID(d.principal(t))
			r := d.resource(t, nil)
			r.Apply(config).Want(t, "error entra_service_principal: Identity cannot be created … Bring it under governance with an import block … id = \""+id+"\"")
			r.Import(id, nil).Want(t, interrupted)
			if r.State("status") != "unfinished" || r.State("entra_service_principal", "sign_in_enabled") != false || r.State("entra_service_principal", "notes") != nil {
				t.Errorf("imported %v", r.State())
			}
			r.Apply(config).Want(t)
			if is := d.principal(t); !is.Enabled || is.Notes != text(notes) || slices.Contains(is.Tags, "nhi:deactivated=sign-in") {
				t.Errorf("completed: %+v", is)
			}
			settled(t, r, config)
		})
	}
}

// TestServicePrincipalCreationNotes keeps what says that a creation is not completed out of configurations: a sign-in that an expiry
// has closed would look like one that has never been open.
func TestServicePrincipalCreationNotes(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.dies(t, vendorApplication(nil))
	notes := d.principal(t).Notes
	d.resource(t, nil).Plan(vendorApplication(acctest.Values{"notes": notes})).Want(t,
		"error entra_service_principal.notes: The platform would refuse this … by these notes the provider knows a service principal whose creation was interrupted")
}

func text(value any) string {
	text, _ := value.(string)
	return text
}

// TestServicePrincipalHalfMadeRefused judges the publisher of what is completed, as that of what is made.
func TestServicePrincipalHalfMadeRefused(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.offer(azuresim.Application{DisplayName: "Nobody's", AppID: unverifiedApp})
	config := vendorApplication(acctest.Values{"app_id": unverifiedApp})
	d.dies(t, config)
	r := d.resource(t, nil)
	r.Import(principalID(d.principal(t)), nil).Want(t, interrupted)
	r.Apply(config).Want(t, "error "+unverified+" (error).")
	if d.principal(t).Enabled {
		t.Error("it can sign in")
	}
}

// TestServicePrincipalNotHalfMade leaves a sign-in blocked that somebody has blocked, also in an import, whatever the third party
// writes on its application that would say of the service principal that it was never completed.
func TestServicePrincipalNotHalfMade(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.dies(t, vendorApplication(nil))
	made := d.principal(t)
	d.tenant.Delete(made.ObjectID)
	d.offer(azuresim.Application{DisplayName: "Forged", AppID: spoofedApp, Publisher: "Acme", Notes: made.Notes})
	config := vendorApplication(acctest.Values{"app_id": spoofedApp})
	d.resource(t, nil).Apply(config).Want(t)
	is := d.principal(t)
	for _, id := range d.vendor.Applications() {
		d.vendor.SetTags(id, "nhi:deactivated=sign-in")
	}
	d.tenant.SetEnabled(is.ObjectID, false)
	r := d.resource(t, nil)
	r.Import(principalID(is), nil).Want(t, "warning entra_service_principal: Sign-in is blocked")
	r.Apply(config).Want(t)
	if d.principal(t).Enabled {
		t.Error("the third party has opened its sign-in")
	}
}
