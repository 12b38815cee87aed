package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// invoke is what the examples say of how an action is invoked.
var invoke = regexp.MustCompile(`(?m)^# terraform apply (-invoke=\S+)$`)

// TestSimActionExamples applies what the documentation shows of every action, and invokes it as it says.
func TestSimActionExamples(t *testing.T) {
	t.Parallel()
	schema, err := provider.NewServer("test").GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range schema.ActionSchemas {
		text := readExample(t, examples+"actions/"+name+"/action.tf")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.Needs(t, cli.Actions)
			server := acctest.NewSim(t, sim.WithClock(exampleDay))
			terraform := acctest.NewCLI(t, server)
			terraform.Write("example.tf", text)
			terraform.Must("apply", "-auto-approve")
			server.ResetCalls()
			said := terraform.Must("apply", "-auto-approve", invoke.FindStringSubmatch(text)[1])
			if !strings.Contains(said, "Action complete") || len(acctest.Writes(server)) == 0 {
				t.Errorf("it did nothing:\n%s", said)
			}
			t.Log(said)
			if changes := terraform.Must("plan"); !strings.Contains(changes, "No changes") {
				t.Errorf("the action shows as drift:\n%s", changes)
			}
			if name == "governed_revoke_sessions" {
				said = terraform.Must("apply", "-auto-approve", "-var=incident=INC-1")
				said += terraform.Must("apply", "-auto-approve", "-var=incident=INC-2")
				if !strings.Contains(said, "Sessions issued before") {
					t.Errorf("the trigger did nothing:\n%s", said)
				}
			}
		})
	}
}
