package provider_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// principalPermissions takes a third party's service principal through its life.
func principalPermissions(t *testing.T, name string) {
	t.Helper()
	document := readGraphDocument(t, name)
	holdToLife(t, document.all(), document.Optional, map[string]string{"Directory.Read.All": "Application.Read.All"}, document.without(principalLife)) // Assigning app roles.
}

// principalLife is that of a service principal to which an administrator consents meanwhile, run by a pipeline with these
// permissions of Microsoft Graph.
func principalLife(t *testing.T, permissions []string) (acctest.Diagnostics, []sim.Call) {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(exampleDay, false))
	tenant := server.Tenant(azuresim.DefaultTenant)
	app := offerCollector(server)
	run, pipeline := pipelineOf(t, server, permissions)
	config := acctest.Values{
		"name": "collector", "owner": "platform", "purpose": "Acme reads our directory for its dashboards", "expiry": "2027-01-31",
		"third_party": acctest.Values{"name": "Acme Monitoring", "contact": "security@monitoring.acme.example"},
		"entra_service_principal": acctest.Values{
			"app_id": app.AppID, "purge_on_destroy": true,
			"app_role_assignments": acctest.Values{"groups": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "GroupMember.Read.All"}},
		},
	}
	bare := config.With(acctest.Values{"entra_service_principal": acctest.Values{"app_id": app.AppID, "purge_on_destroy": true}})
	r := run().Resource(thirdPartyType)
	again := func(do func() acctest.Diagnostics) func() acctest.Diagnostics {
		return func() acctest.Diagnostics {
			r = r.Under(run())
			if diags := r.Refresh(); diags.Failed() {
				return diags
			}
			return do()
		}
	}
	said := untilFailure(
		func() acctest.Diagnostics { return r.Apply(config) },
		again(func() acctest.Diagnostics { return r.Apply(bare) }),
		again(func() acctest.Diagnostics {
			server.Clock().Set(time.Date(2027, time.February, 2, 0, 0, 0, 0, time.UTC))
			r = r.Under(run())
			return append(r.Refresh(), r.Apply(bare)...)
		}),
		again(func() acctest.Diagnostics { return r.Apply(config.With(acctest.Values{"expiry": "2027-06-30"})) }),
		again(func() acctest.Diagnostics {
			object, _ := r.State("entra_service_principal", "object_id").(string)
			tenant.Consent(object, "User.Read")
			r = r.Under(run())
			return append(r.Refresh(), r.Plan(nil)...)
		}),
		again(func() acctest.Diagnostics { return r.Apply(nil) }),
	)
	return said, callsOf(server, pipeline)
}

// offerCollector registers the third party's application of the examples in its own tenant.
func offerCollector(server *azuresim.Server) azuresim.Registered {
	return server.Tenant("7c9e6679-7425-40de-944b-e07fc1f90ae7").PutApplication(azuresim.Application{
		DisplayName: "Acme Collector", AppID: "0d4a8c1e-5b7f-4c39-9e21-8f6d3b2a7c50", Publisher: "Acme Monitoring", SignInAudience: "AzureADMultipleOrgs",
	})
}
