package azuretoken_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// config is a provider block and a token of an identity, for the token of an issuer.
func config(t *testing.T, server *azuresim.Server, id, proof string) string {
	t.Helper()
	return fmt.Sprintf(`provider "governed" {
  %s
}

ephemeral "governed_azure_token" "export" {
  identity     = %q
  scope        = %q
  web_identity = { token = %q }
}
`, acctest.AzureBlock(t, server), id, scope, proof)
}

func TestSimTokenEcho(t *testing.T) {
	acctest.Needs(t, cli.EphemeralResources)
	t.Parallel()
	server, p := newTenant(t)
	id := govern(t, server, p, 90*24*time.Hour, kinds["application"])
	factories := acctest.AzureFactories(server)
	factories["echo"] = echoprovider.NewProviderServer()
	data := tfjsonpath.New("data")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{
				Config: config(t, server, id, token(server, subject)) + `
provider "echo" {
  data = ephemeral.governed_azure_token.export
}
resource "echo" "token" {}
`,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("echo.token", data.AtMapKey("token"), knownvalue.StringRegexp(regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+$`))),
					statecheck.ExpectKnownValue("echo.token", data.AtMapKey("client_id"), knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f-]{36}$`))),
					statecheck.ExpectKnownValue("echo.token", data.AtMapKey("expires_at"), knownvalue.NotNull()),
				},
			},
			{
				Config:      config(t, server, id, token(server, "repo:acme/app:ref:refs/heads/dev")),
				ExpectError: acctest.Says("Token cannot be got…governed_azure_token.export…was refused with AADSTS700213:"),
			},
		},
	})
}

// A token configures another provider, and nothing of it is left anywhere: not in the state, not in a plan, not in a log, and
// not in what is said where a sign-in is refused.
func TestSimTokenLeavesNothing(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.EphemeralResources)
	server, p := newTenant(t)
	id := govern(t, server, p, 90*24*time.Hour, kinds["managed identity"])
	file := tokenFile(t, token(server, subject))
	hunt := acctest.Thoroughly(server)
	factories := acctest.AzureFactories(server)
	factories["echo"] = echoprovider.NewProviderServer()
	// The resource that would write the configuration of its provider into the state is not there.
	whole := regexp.MustCompile(`token = .*`).ReplaceAllString(config(t, server, id, ""), fmt.Sprintf("token_file = %q }", file)) + `
provider "echo" {
  data = { headers = { Authorization = "Bearer ${ephemeral.governed_azure_token.export.token}" } }
}
resource "terraform_data" "kept" {
  input = "nothing of the token"
}
`
	plans := func(name string) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{hunt.PlanCheck(name)}}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{Config: whole, ConfigPlanChecks: plans("first")},
			{Config: whole, ConfigPlanChecks: plans("second")},
			{
				PreConfig:   func() { writeToken(t, file, token(server, "repo:acme/app:ref:refs/heads/dev")) },
				Config:      whole,
				ExpectError: acctest.Says("Token cannot be got…AADSTS700213"),
			},
		},
	})
	if got := server.CountCalls("oauth:POST /{tenant}/oauth2/v2.0/token"); got == 0 {
		t.Error("nobody has signed in")
	}
}
