package provider_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// applicationPermissions takes an application through its life.
func applicationPermissions(t *testing.T, name string) {
	t.Helper()
	document := readGraphDocument(t, name)
	holdToLife(t, document.all(), document.Optional, map[string]string{"Directory.Read.All": "User.Read.All"}, document.without(applicationLife)) // Finding the owners.
}

// holdToLife plays a life with exactly the permissions that the documentation has: none is missing, and none is too many.
// Without one that is not optional, it ends with an error. What was said names what is missing; least is, where another
// permission is named, the least for what is missed first.
func holdToLife(t *testing.T, all, optional []string, least map[string]string, life func(t *testing.T, missing string) (acctest.Diagnostics, []sim.Call)) {
	t.Helper()
	t.Run("all", func(t *testing.T) {
		t.Parallel()
		diags, calls := life(t, "")
		if diags.Failed() {
			t.Fatal(diags)
		}
		for _, problem := range unjust(all, calls) {
			t.Error(problem)
		}
	})
	for _, missing := range all {
		t.Run("without "+missing, func(t *testing.T) {
			t.Parallel()
			diags, _ := life(t, missing)
			if optional := slices.Contains(optional, missing); diags.Failed() == optional {
				t.Errorf("optional is %v, and the life said %s", optional, diags)
			}
			named := missing
			if other, ok := least[missing]; ok {
				named = other
			}
			if !strings.Contains(diags.String(), named) {
				t.Errorf("nothing names %s: %s", named, diags)
			}
		})
	}
}

// applicationLife runs as a pipeline that has these permissions of Microsoft Graph and signs in with a token of its CI
// system. It returns what was said, up to the first step that failed, and what the pipeline has asked for.
func applicationLife(t *testing.T, permissions []string) (acctest.Diagnostics, []sim.Call) {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(exampleDay, false))
	tenant := server.Tenant(azuresim.DefaultTenant)
	owner := tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	run, pipeline := pipelineOf(t, server, permissions)
	config := acctest.Values{
		"name": "export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "expiry": "2027-01-31", "environment": "prod",
		"entra_application": acctest.Values{
			"owners": []string{"ada@" + tenant.Domain()}, "purge_on_destroy": true,
			"app_role_assignments":  acctest.Values{"groups": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "GroupMember.Read.All"}},
			"federated_credentials": acctest.Values{"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "branch": "main"}}},
		},
	}
	bare := config.With(acctest.Values{"entra_application": acctest.Values{"owners": []string{owner}, "purge_on_destroy": true}})
	r := run().Resource(identityType)
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
		again(func() acctest.Diagnostics { return r.Plan(nil) }),
		again(func() acctest.Diagnostics { return r.Apply(nil) }),
	)
	return said, callsOf(server, pipeline)
}

// untilFailure takes steps and returns what was said, up to the first step that failed.
func untilFailure(steps ...func() acctest.Diagnostics) (said acctest.Diagnostics) {
	for _, step := range steps {
		diags := step()
		if said = append(said, diags...); diags.Failed() {
			break
		}
	}
	return said
}

// callsOf are what a principal has asked for.
func callsOf(server *azuresim.Server, principal string) []sim.Call {
	return slices.DeleteFunc(server.Calls(), func(call sim.Call) bool { return call.Principal != principal })
}

// pipelineOf is a pipeline with these permissions of Microsoft Graph that signs in with a token of its CI system: how a
// provider runs in it, and the object id of its service principal.
func pipelineOf(t *testing.T, server *azuresim.Server, permissions []string) (run func() *acctest.Protocol, principal string) {
	t.Helper()
	const issuer, subject, audience = "https://ci.example", "pipeline", "api://AzureADTokenExchange"
	pipeline := server.Tenant(azuresim.DefaultTenant).PutApplication(azuresim.Application{
		DisplayName: "pipeline", Permissions: permissions,
		Federated: []azuresim.FederatedCredential{{Name: "ci", Issuer: issuer, Subject: subject, Audience: audience}},
	})
	token := filepath.Join(t.TempDir(), "token")
	return func() *acctest.Protocol {
		if err := os.WriteFile(token, []byte(azuresim.WebIdentityToken(issuer, audience, subject, server.Clock().Now().Add(time.Hour))), 0o600); err != nil {
			t.Fatal(err)
		}
		argument := acctest.AzureArgument(t, server).With(acctest.Values{"use_oidc": true, "client_id": pipeline.AppID, "oidc_token_file": token})
		return acctest.NewAzureProtocol(t, server, acctest.Values{"azure": argument})
	}, pipeline.ServicePrincipalID
}
