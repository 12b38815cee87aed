package provider_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
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
			server, _, terraform := actionExample(t)
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

// actionExample is an empty module with both clouds, and the key vault that examples name.
func actionExample(t *testing.T) (*sim.Server, *azuresim.Server, *acctest.CLI) {
	t.Helper()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	azure := acctest.NewAzureSim(t, server.Clock())
	subscription := azure.Tenant(azuresim.DefaultTenant).Subscription(azuresim.DefaultSubscription)
	subscription.AddResourceGroup("payments-prod", "westeurope")
	subscription.AddVault("payments-prod", "payments-prod")
	terraform := acctest.NewCLI(t, server)
	required, _, _ := strings.Cut(terraform.Read("main.tf"), "\nprovider ")
	terraform.Write("main.tf", required+acctest.ProviderConfig(server, acctest.AzureBlock(t, azure)))
	return server, azure, terraform
}

// actionBlock is an action of the example, and outputBlock what stands in for it below Terraform 1.14.
var actionBlock = regexp.MustCompile(`(?s)action "governed_rotate_credential" "(\w+)" \{\n  config \{\n    credential += (governed_credential\.\w+\.id)\n(?:    overlap_hours += (\d+)\n)?  \}\n\}\n`)

const outputBlock = "output \"$1\" { value = $2 }\n"

// TestSimRotationExamples applies the resources of the example of governed_rotate_credential with any Terraform, and invokes each of
// its actions at the protocol: the plan afterwards has nothing to do.
func TestSimRotationExamples(t *testing.T) {
	t.Parallel()
	text := readExample(t, examples+"actions/governed_rotate_credential/action.tf")
	blocks := actionBlock.FindAllStringSubmatch(text, -1)
	if len(blocks) != strings.Count(text, "\naction ") {
		t.Fatalf("of the actions in\n%s\nonly %d are read", text, len(blocks))
	}
	server, azure, terraform := actionExample(t)
	terraform.Write("example.tf", actionBlock.ReplaceAllString(text, outputBlock))
	terraform.Must("apply", "-auto-approve")
	for _, block := range blocks {
		config := acctest.Values{"credential": terraform.Output(block[1])}
		if block[3] != "" {
			overlap, err := strconv.Atoi(block[3])
			if err != nil {
				t.Fatal(err)
			}
			config["overlap_hours"] = overlap
		}
		p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"azure": acctest.AzureArgument(t, azure)})
		progress, diags := p.Invoke("governed_rotate_credential", config)
		if diags.Want(t); len(progress) < 3 || !strings.Contains(progress[1], " is current") && !strings.Contains(progress[1], " was current before") {
			t.Errorf("%s said %q", block[1], progress)
		}
		wantSaid(t, terraform.Must("plan"), "No changes")
	}
	for _, id := range azure.Tenant(azuresim.DefaultTenant).Applications() {
		if view, _ := azure.Tenant(azuresim.DefaultTenant).Application(id); view.DisplayName == "invoice-archive" && len(view.Secrets) != 2 {
			t.Errorf("the application has the secrets %+v", view.Secrets)
		}
	}
}
