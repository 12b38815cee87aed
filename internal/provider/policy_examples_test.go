package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// requirement is what a root module of the tests begins with.
const requirement = `
terraform {
  required_providers {
    governed = { source = "nhi-governance/governed" }
  }
}
`

// poorRoles break five rules of strict.yaml each.
const poorRoles = `
resource "governed_service_identity" "poor" {
  for_each = toset(["nightly", "weekly"])
  name     = each.key
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
		c.Write("main.tf", requirement+acctest.ProviderConfig(server, fmt.Sprintf("policy_file = %q", filepath.ToSlash(file))))
	}

	follow("starter.yaml")
	c.Write("identities.tf", poorRoles+goodRole)
	if got := warnings(t, c); !slices.Equal(got, []string{"2 owner"}) {
		t.Errorf("the starter warns of %q", got)
	}
	c.Must("apply", "-auto-approve")

	follow("strict.yaml")
	// What exists keeps its expiry and an owner whom nobody knows, and has to be right in everything else.
	wantRefused(t, c, "max_lifetime_days (warn)", "owner (error)", "owner_unknown (warn)", "purpose_quality (error)", "required_metadata (error)")
	c.Write("identities.tf", goodRole)
	c.Must("apply", "-auto-approve")
	if output := c.Must("plan"); !strings.Contains(output, "No changes.") || strings.Contains(output, "Warning:") {
		t.Errorf("the plan of what is right says:\n%s", output)
	}
	c.Write("identities.tf", goodRole+poorRoles)
	wantRefused(t, c, "max_lifetime_days (error)", "owner (error)", "owner_unknown (error)", "purpose_quality (error)", "required_metadata (error)")
}

// TestSimPolicyValidated checks policy files with the guide's configuration, without a cloud.
func TestSimPolicyValidated(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	c := acctest.NewCLI(t, server)
	check := func(policy string) (output string, ok bool) {
		block := guideBlock(t, "policies.md", `provider "governed" {`)
		c.Write("main.tf", requirement+strings.Replace(block, `"strict.yaml"`, fmt.Sprintf("%q", filepath.ToSlash(policy)), 1))
		return c.Run("validate")
	}
	if output, ok := check(examples + "policy/strict.yaml"); !ok {
		t.Errorf("strict.yaml is not valid:\n%s", output)
	}
	output, ok := check(file(t, "policy.yaml", "enforcement: {colour: error}\n"))
	if ok || !strings.Contains(output, "Policy file cannot be used") || !strings.Contains(strings.Join(strings.Fields(output), " "), "'colour' not allowed; the rules are owner, owner_unknown, ") {
		t.Errorf("a rule that nobody knows is not refused:\n%s", output)
	}
	if calls := server.Calls(); len(calls) > 0 {
		t.Errorf("the cloud was asked: %v", calls)
	}
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

var brokenRule = regexp.MustCompile(`Rule: (\w+ \(\w+\))`)

// wantRefused plans, which has to fail by exactly these rules.
func wantRefused(t *testing.T, c *acctest.CLI, rules ...string) {
	t.Helper()
	output, ok := c.Run("plan")
	var got []string
	for _, match := range brokenRule.FindAllStringSubmatch(strings.Join(strings.Fields(output), " "), -1) {
		got = append(got, match[1])
	}
	slices.Sort(got)
	if got = slices.Compact(got); ok || !slices.Equal(got, rules) {
		t.Errorf("the plan is refused by %q, not by %q:\n%s", got, rules, output)
	}
}
