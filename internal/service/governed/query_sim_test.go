package governed_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
)

// TestSimQuery finds what nobody governs, has Terraform write its configuration, fills in what only an owner knows, and
// imports all of it: the plan changes the metadata and the expiry alone, and the next one nothing.
func TestSimQuery(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.ListResources)
	server := estate(t)
	c := acctest.NewCLI(t, server)
	c.Write("found.tfquery.hcl", `
list "governed_service_identity" "ours" {
  provider = governed
  config {
    findings = ["unmanaged"]
  }
}
list "governed_third_party_identity" "theirs" {
  provider = governed
}
list "governed_service_linked_identity" "aws" {
  provider = governed
}
`)
	c.Must("query", "-generate-config-out=generated.tf")
	generated := c.Read("generated.tf")
	if blocks := strings.Count(generated, "import {"); blocks != 5 {
		t.Fatalf("%d import blocks were generated:\n%s", blocks, generated)
	}
	c.FillIn("generated.tf", map[string]string{
		"owner": "ci", "purpose": "Builds and ships what the shop runs", "expiry": acctest.Date(server, 90),
		"name": "Acme Monitoring", "contact": "security@acme-monitoring.com",
	})
	user := []string{"aws_user.deactivated_access_keys", "aws_user.expiry_policy"}
	role := []string{"aws_role.effective_trust_policy", "aws_role.expiry_policy"}
	common := []string{"expiry", "managed_by", "owner", "purpose", "status"}
	want := map[string][]string{
		"governed_service_identity.ours_0":       slices.Concat(role, common, []string{"expiry_enforcement"}),
		"governed_service_identity.ours_1":       slices.Concat(user, common, []string{"expiry_enforcement"}),
		"governed_service_identity.ours_2":       slices.Concat(user, common, []string{"expiry_enforcement"}),
		"governed_third_party_identity.theirs_0": slices.Concat(role, common, []string{"category", "expiry_enforcement", "third_party.contact", "third_party.name"}),
		"governed_service_linked_identity.aws_0": common,
	}
	changes := c.Changes()
	for address, attributes := range want {
		change := changes[address]
		slices.Sort(attributes)
		if !change.Imported || !slices.Equal(change.Actions, []string{"update"}) || !slices.Equal(change.Attributes, attributes) {
			t.Errorf("%s is to be %+v, not %v", address, change, attributes)
		}
	}
	if len(changes) != len(want) {
		t.Errorf("the plan has %d changes", len(changes))
	}
	c.Must("apply", "plan")
	for address, change := range c.Changes() {
		if !slices.Equal(change.Actions, []string{"no-op"}) {
			t.Errorf("the second plan of %s is %+v", address, change)
		}
	}
	if output := c.Must("query"); strings.Contains(output, "jenkins") {
		t.Errorf("there is still something to be governed:\n%s", output)
	}
}

// TestSimQueryResults are what Terraform shows of each result, in the order asked for and up to the limit.
func TestSimQueryResults(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.ListResources)
	c := acctest.NewCLI(t, estate(t))
	c.Write("worst.tfquery.hcl", `
list "governed_service_identity" "worst" {
  provider         = governed
  include_resource = true
  limit            = 1
  config {
    sort = "risk_score"
  }
}
`)
	var shown []string
	for line := range strings.Lines(c.Must("query", "-json")) {
		var message struct {
			Type  string `json:"type"`
			Found struct {
				DisplayName string            `json:"display_name"`
				Identity    map[string]string `json:"identity"`
				Resource    struct {
					Role struct {
						Duration int `json:"max_session_duration"`
					} `json:"aws_role"`
				} `json:"resource_object"`
			} `json:"list_resource_found"`
			Diagnostic struct {
				Summary string `json:"summary"`
			} `json:"diagnostic"`
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatal(err)
		}
		switch message.Type {
		case "list_resource_found":
			shown = append(shown, fmt.Sprint(message.Found.DisplayName, " ", message.Found.Identity["id"], " ", message.Found.Resource.Role.Duration))
		case "diagnostic":
			shown = append(shown, message.Diagnostic.Summary)
		}
	}
	slices.Sort(shown)
	acctest.WantSame(t, "what is shown", shown, []string{"More identities fit", "jenkins (aws_role, unowned, stale, no_purpose and 2 more: score 60) " + prefix + "role/ci/jenkins 7200"})
}

// TestSimQueryFails says which permission is missing, and which argument is wrong.
func TestSimQueryFails(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.ListResources)
	server := estate(t)
	c := acctest.NewCLI(t, server)
	c.Write("found.tfquery.hcl", "list \"governed_service_identity\" \"all\" {\n  provider = governed\n  config {\n    findings = [\"lost\"]\n  }\n}\n")
	if output, ok := c.Run("query"); ok || !acctest.Says(`"lost" is unknown`).MatchString(output) {
		t.Errorf("terraform query says\n%s", output)
	}
	server.DenyActions("123456789012", "iam:GetAccountAuthorizationDetails")
	c.Write("found.tfquery.hcl", "list \"governed_service_identity\" \"all\" {\n  provider = governed\n}\n")
	if output, ok := c.Run("query"); ok || !strings.Contains(output, "iam:GetAccountAuthorizationDetails") {
		t.Errorf("terraform query says\n%s", output)
	}
}
