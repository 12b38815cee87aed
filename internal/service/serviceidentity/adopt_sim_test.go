package serviceidentity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// ungoverned makes the role jenkins and the user relay, with all that they can have, which nobody governs.
func ungoverned(server *sim.Server) {
	account(server).PutRole(sim.Role{
		Name: "jenkins", Path: "/ci/", Description: "CI", TrustPolicy: lambdaTrust, MaxSessionSeconds: 7200, BoundaryARN: boundary,
		Tags:           map[string]string{"team": "ci", "Owner": "x"},
		InlinePolicies: map[string]string{"read": readBuckets, "write": writeBuckets}, AttachedPolicyARNs: []string{readOnly},
	})
	account(server).PutInstanceProfile(sim.InstanceProfile{Name: "jenkins", Path: "/ci/", RoleName: "jenkins"})
	account(server).PutRole(sim.Role{Name: "bare"})
	account(server).PutGroup(sim.Group{Name: "exporters"})
	account(server).PutUser(sim.User{
		Name: "relay", Path: "/ci/", BoundaryARN: boundary, Tags: map[string]string{"team": "ci"},
		InlinePolicies: map[string]string{"read": readBuckets}, AttachedPolicyARNs: []string{readOnly}, Groups: []string{"exporters"},
	})
	account(server).PutUser(sim.User{Name: "idle"})
}

// ungovernedIDs are their ids, by the labels of resources.
var ungovernedIDs = map[string]string{
	"jenkins": "arn:aws:iam::123456789012:role/ci/jenkins", "bare": "aws:123456789012:role/bare",
	"relay": "arn:aws:iam::123456789012:user/ci/relay", "idle": "aws:123456789012:user/idle",
}

func importBlocks() string {
	var text strings.Builder
	for label, id := range ungovernedIDs {
		fmt.Fprintf(&text, "import {\n  to = %s.%s\n  id = %q\n}\n", typeName, label, id)
	}
	return text.String()
}

// TestSimGenerate lets Terraform write the configuration of what is there, fills in what nobody can know but the owner, and
// plans the metadata and the expiry alone. What is governed already needs not even that.
func TestSimGenerate(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	ungoverned(server)
	c := acctest.NewCLI(t, server)
	c.Write("import.tf", importBlocks())
	output, ok := c.Run("plan", "-generate-config-out=generated.tf")
	if ok || strings.Count(output, "Missing Configuration for Required Attribute") != 3*len(ungovernedIDs) || strings.Count(output, "Error:") != 3*len(ungovernedIDs) {
		t.Fatalf("the plan says\n%s", output)
	}
	metadata := []string{"expiry", "expiry_enforcement", "managed_by", "owner", "purpose", "status"}
	c.Write("generated.tf", filledIn(t, server, c.Read("generated.tf")))
	wantImports(t, c.Changes(), "update", map[string][]string{
		"jenkins": slices.Concat([]string{"aws_role.effective_trust_policy", "aws_role.expiry_policy"}, metadata),
		"bare":    slices.Concat([]string{"aws_role.effective_trust_policy", "aws_role.expiry_policy"}, metadata),
		"relay":   slices.Concat([]string{"aws_user.deactivated_access_keys", "aws_user.expiry_policy"}, metadata),
		"idle":    slices.Concat([]string{"aws_user.deactivated_access_keys", "aws_user.expiry_policy"}, metadata),
	})
	c.Must("apply", "plan")
	if changes := c.Changes(); len(changes) != len(ungovernedIDs) || changes[typeName+".jenkins"].Actions[0] != "no-op" {
		t.Errorf("the second plan is %+v", changes)
	}
	if roles := account(server).Roles(); !slices.Equal(roles, []string{"bare", "jenkins"}) {
		t.Errorf("the roles are %v", roles)
	}
	again := acctest.NewCLI(t, server)
	again.Write("import.tf", importBlocks())
	again.Must("plan", "-generate-config-out=generated.tf")
	wantImports(t, again.Changes(), "no-op", map[string][]string{"jenkins": nil, "bare": nil, "relay": nil, "idle": nil})
}

// filledIn gives the generated resources their metadata.
func filledIn(t *testing.T, server *sim.Server, generated string) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(generated) {
		for argument, value := range map[string]string{"owner": "ci", "purpose": "Builds and ships what the shop runs", "expiry": acctest.Date(server, 90)} {
			if name, null, ok := strings.Cut(line, "="); ok && strings.HasPrefix(line, "  "+argument+" ") && strings.TrimSpace(null) == "null" {
				line = fmt.Sprintf("%s= %q\n", name, value)
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}

func wantImports(t *testing.T, changes map[string]acctest.Change, action string, want map[string][]string) {
	t.Helper()
	for label, attributes := range want {
		change := changes[typeName+"."+label]
		slices.Sort(attributes)
		if !change.Imported || !slices.Equal(change.Actions, []string{action}) || !slices.Equal(change.Attributes, attributes) {
			t.Errorf("%s is to be %+v, not %v", label, change, attributes)
		}
	}
	if len(changes) != len(want) {
		t.Errorf("the plan has %d changes", len(changes))
	}
}
