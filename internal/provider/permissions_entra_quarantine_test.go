package provider_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// entraQuarantinePermissions takes quarantines through their lives.
func entraQuarantinePermissions(t *testing.T, name string) {
	t.Helper()
	document := readGraphDocument(t, name)
	holdToLife(t, document.all(), document.Optional, map[string]string{"Application.ReadWrite.All": "Application.Read.All"}, document.without(entraQuarantineLife)) // Reading the application.
}

// entraQuarantineLife locks, releases, locks again and deletes applications and service principals that somebody else has
// made. It returns what was said, up to the first step that failed, and what the pipeline has asked for.
func entraQuarantineLife(t *testing.T, permissions []string) (said acctest.Diagnostics, calls []sim.Call) {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(exampleDay, false))
	tenant := server.Tenant(azuresim.DefaultTenant)
	run, pipeline := pipelineOf(t, server, permissions)
	app := tenant.PutApplication(azuresim.Application{DisplayName: "nightly", Secrets: []azuresim.Secret{{}}})
	party := tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "collector", HomeTenant: "22222222-2222-4333-8444-555555555555"})
	for _, id := range []string{"application/" + app.ObjectID, "service_principal/" + party} {
		config := acctest.Values{
			"identity": "entra:" + azuresim.DefaultTenant + ":" + id, "reason": "Nobody knows what this one is for",
			"delete_after": server.Clock().Now().AddDate(0, 0, 5).Format(time.DateOnly),
		}
		if said = append(said, untilFailure(quarantineSteps(server, run, config)...)...); said.Failed() {
			return said, nil
		}
	}
	return said, callsOf(server, pipeline)
}

// quarantineSteps lock, release, lock again and delete an identity whose delete_after is five days ahead.
func quarantineSteps(server *azuresim.Server, run func() *acctest.Protocol, config acctest.Values) []func() acctest.Diagnostics {
	r := run().Resource("governed_quarantine")
	return []func() acctest.Diagnostics{
		func() acctest.Diagnostics { return append(r.Plan(config), r.Apply(config)...) },
		func() acctest.Diagnostics { r = r.Under(run()); return append(r.Refresh(), r.Apply(nil)...) },
		func() acctest.Diagnostics { return r.Apply(config) },
		func() acctest.Diagnostics {
			server.Clock().Advance(6 * 24 * time.Hour)
			r = r.Under(run())
			return append(r.Refresh(), append(r.Plan(config), r.Apply(config)...)...)
		},
	}
}
