package quarantine_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// governedEntra is a governed application, or a governed service principal of a third party's.
type governedEntra struct {
	typeName, attribute string
	arguments           func(d directory) acctest.Values
}

var governedEntras = map[string]governedEntra{
	"application": {"governed_service_identity", "entra_application", func(directory) acctest.Values {
		return acctest.Values{"entra_application": acctest.Values{"purge_on_destroy": true}}
	}},
	"service principal": {"governed_third_party_identity", "entra_service_principal", func(d directory) acctest.Values {
		const app = "33333333-2222-4333-8444-555555555555"
		d.server.Tenant(vendorTenant).PutApplication(azuresim.Application{DisplayName: "Acme Collector", AppID: app, SignInAudience: "AzureADMultipleOrgs", Publisher: "Acme"})
		return acctest.Values{
			"third_party":             acctest.Values{"name": "Acme Monitoring", "contact": "soc@monitoring.acme.example"},
			"entra_service_principal": acctest.Values{"app_id": app, "purge_on_destroy": true},
		}
	}},
}

// TestGovernedEntra keeps the sign-in of what is governed blocked, whatever its own resource does, and gives it back.
func TestGovernedEntra(t *testing.T) {
	t.Parallel()
	for name, kind := range governedEntras {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t)
			config := acctest.Values{"name": "invoices", "owner": "billing", "purpose": "Nightly export of invoices to the data lake", "expiry": d.date(100)}.With(kind.arguments(d))
			identity := acctest.NewAzureProtocol(t, d.server, nil).Resource(kind.typeName)
			if diags := identity.Apply(config); diags.Failed() {
				t.Fatal(diags)
			}
			id, _ := identity.State("id").(string)
			enabled := func() bool {
				object, _ := identity.State(kind.attribute, "object_id").(string)
				if kind.attribute == "entra_application" {
					object, _ = identity.State(kind.attribute, "service_principal_object_id").(string)
				}
				view, _ := d.tenant.ServicePrincipal(object)
				return view.Enabled
			}
			warning := "warning " + kind.attribute + warned[len("warning PATH"):]
			again := func(config acctest.Values, warnings ...string) {
				t.Helper()
				identity = identity.Under(acctest.NewAzureProtocol(t, d.server, nil))
				identity.Refresh().Want(t, warnings...)
				if diags := identity.Plan(config); diags.Failed() || identity.Changes() {
					t.Errorf("the plan changes something, and says %s", diags)
				}
			}
			r := d.resource(t)
			r.Apply(order(id, nil)).Want(t, announced(id))
			again(config, warning)

			// A renewal and another purpose change nothing of the quarantine.
			renewed := config.With(acctest.Values{"expiry": d.date(120), "purpose": "Monthly export of invoices to the data lake"})
			if diags := identity.Apply(renewed); diags.Failed() || enabled() {
				t.Errorf("the sign-in is open: %v; %s", enabled(), diags)
			}
			again(renewed, warning)
			r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
			r.Refresh().Want(t)
			if r.Plan(order(id, nil)); r.Changes() {
				t.Errorf("the renewal has changed the quarantine: %v", r.State("drift"))
			}

			// It expires: it cannot be renewed before it is released, and stays expired then.
			d.server.Clock().Advance(121 * oneDay)
			identity.Refresh()
			if diags := identity.Apply(renewed); diags.Failed() {
				t.Error(diags)
			}
			acctest.WantSame(t, "status", identity.State("status"), "expired")
			later := renewed.With(acctest.Values{"expiry": d.date(100)})
			early := *identity
			if diags := early.Apply(later); !strings.Contains(diags.String(), "has expired and is in quarantine. Release it before it is renewed: a renewal opens its sign-in") {
				t.Errorf("the renewal says %s", diags)
			}
			r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
			r.Refresh().Want(t)
			r.Apply(nil).Want(t, "warning identity: Not everything was put back: "+id+" … sign-in stays blocked, because the identity has expired since")
			again(renewed)
			if diags := identity.Apply(later); diags.Failed() || !enabled() {
				t.Errorf("after the renewal the sign-in is open: %v; %s", enabled(), diags)
			}
			again(later)

			// It is released as it was, and can be retired in quarantine.
			r = d.resource(t)
			r.Apply(order(id, nil)).Want(t, announced(id))
			r.Apply(nil).Want(t)
			if !enabled() {
				t.Error("the sign-in is blocked")
			}
			again(later)
			r.Apply(order(id, nil)).Want(t, announced(id))
			if diags := identity.Apply(nil); diags.Failed() {
				t.Error(diags)
			}
			r.Refresh().Want(t)
			acctest.WantSame(t, "status", r.State("status"), "deleted")
		})
	}
}
