package provider_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const entraQuarantineDocument = "governed_quarantine.json"

// TestEntraQuarantinePermissions takes quarantines through their lives with exactly the permissions that the documentation
// has: none is missing, and none is too many.
func TestEntraQuarantinePermissions(t *testing.T) {
	t.Parallel()
	var document graphDocument
	if err := json.Unmarshal([]byte(readExample(t, examples+"permissions/entra/"+entraQuarantineDocument)), &document); err != nil {
		t.Fatal(err)
	}
	if guide := readExample(t, "../../templates/guides/entra-permissions.md.tmpl"); !strings.Contains(guide, `"examples/permissions/entra/`+entraQuarantineDocument+`"`) {
		t.Error("the guide does not show the document")
	}
	all := slices.Concat(document.Permissions, document.Optional)
	t.Run("all", func(t *testing.T) {
		t.Parallel()
		diags, calls := entraQuarantineLife(t, all)
		if diags.Failed() {
			t.Fatal(diags)
		}
		used := map[string]bool{}
		for _, call := range calls {
			for _, permission := range call.Permissions {
				if used[permission.Action] = true; !permission.Allowed {
					t.Errorf("%s was refused %s", call.Action, permission.Action)
				}
			}
		}
		for _, permission := range all {
			if !used[permission] {
				t.Errorf("nothing needs %s", permission)
			}
		}
	})
	for _, missing := range all {
		t.Run("without "+missing, func(t *testing.T) {
			t.Parallel()
			diags, _ := entraQuarantineLife(t, slices.DeleteFunc(slices.Clone(all), func(one string) bool { return one == missing }))
			if optional := slices.Contains(document.Optional, missing); diags.Failed() == optional {
				t.Errorf("optional is %v, and the life said %s", optional, diags)
			}
			named := missing
			if missing == "Application.ReadWrite.All" {
				named = "Application.Read.All" // The least for what is missed first, which is to read the application.
			}
			if !strings.Contains(diags.String(), named) {
				t.Errorf("nothing names %s: %s", named, diags)
			}
		})
	}
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
		r := run().Resource("governed_quarantine")
		for _, step := range []func() acctest.Diagnostics{
			func() acctest.Diagnostics { return append(r.Plan(config), r.Apply(config)...) },
			func() acctest.Diagnostics { r = r.Under(run()); return append(r.Refresh(), r.Apply(nil)...) },
			func() acctest.Diagnostics { return r.Apply(config) },
			func() acctest.Diagnostics {
				server.Clock().Advance(6 * 24 * time.Hour)
				r = r.Under(run())
				return append(r.Refresh(), append(r.Plan(config), r.Apply(config)...)...)
			},
		} {
			diags := step()
			if said = append(said, diags...); diags.Failed() {
				return said, nil
			}
		}
	}
	return said, slices.DeleteFunc(server.Calls(), func(call sim.Call) bool { return call.Principal != pipeline })
}
