package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// poorRole breaks six rules of strict.yaml.
const poorRole = `
resource "governed_service_identity" "poor" {
  name     = "poor"
  owner    = "todo"
  purpose  = "legacy backend"
  expiry   = "2027-08-31"
  aws_role = { trust = { aws_services = ["lambda.amazonaws.com"] } }
}
`

// goodRole is what strict.yaml lets pass.
const goodRole = `
resource "governed_service_identity" "good" {
  name            = "invoice-export"
  owner           = "payments"
  technical_owner = "data-platform"
  purpose         = "Nightly export of invoices to the data lake"
  expiry          = "2027-03-31"
  environment     = "prod"
  ticket          = "SEC-1234"
  aws_role        = { trust = { aws_services = ["lambda.amazonaws.com"] } }
}
`

// TestSimPolicyExamples plays the way from the starter policy to the strict one: what the first warns of, by the count that the
// guide shows, the second refuses, and what neither minds is made.
func TestSimPolicyExamples(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	c := acctest.NewCLI(t, server)
	follow := func(policy string) {
		file, err := filepath.Abs(examples + "policy/" + policy)
		if err != nil {
			t.Fatal(err)
		}
		c.Write("main.tf", "terraform {\n  required_providers {\n    governed = { source = \"nhi-governance/governed\" }\n  }\n}\n"+
			acctest.ProviderConfig(server, fmt.Sprintf("policy_file = %q", filepath.ToSlash(file))))
	}

	follow("starter.yaml")
	c.Write("identities.tf", poorRole+goodRole)
	if got := warnings(t, c); !slices.Equal(got, []string{"1 owner"}) {
		t.Errorf("the starter warns of %q", got)
	}
	c.Must("apply", "-auto-approve")

	follow("strict.yaml")
	// What exists keeps its expiry, and has to be right in everything else.
	wantRefused(t, c, "owner", "owner_unknown", "purpose_quality", "required_metadata")
	c.Write("identities.tf", goodRole)
	c.Must("apply", "-auto-approve")
	if output := c.Must("plan"); !strings.Contains(output, "No changes.") || strings.Contains(output, "Warning:") {
		t.Errorf("the plan of what is right says:\n%s", output)
	}
	c.Write("identities.tf", goodRole+poorRole)
	wantRefused(t, c, "owner", "owner_unknown", "purpose_quality", "max_lifetime_days", "required_metadata")
}

// warnings counts the rules of which a plan warns, by the command line of the guide.
func warnings(t *testing.T, c *acctest.CLI) []string {
	t.Helper()
	guide, err := os.ReadFile("../../templates/guides/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(guide), "\n```sh\n")
	line, _, _ = strings.Cut(line, "\n```\n")
	output, ok := c.Shell(line)
	if !ok {
		t.Fatalf("%s failed:\n%s", line, output)
	}
	var counted []string
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		counted = append(counted, fields[0]+" "+fields[2])
	}
	return counted
}

func wantRefused(t *testing.T, c *acctest.CLI, rules ...string) {
	t.Helper()
	output, ok := c.Run("plan")
	if ok {
		t.Errorf("the plan is not refused:\n%s", output)
	}
	for _, rule := range rules {
		if !strings.Contains(strings.Join(strings.Fields(output), " "), "Rule: "+rule+" (error).") {
			t.Errorf("the plan is not refused by %s:\n%s", rule, output)
		}
	}
}
