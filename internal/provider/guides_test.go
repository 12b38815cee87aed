package provider_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimAdoptionGuide plays the guide's way from hashicorp/aws to a governed role: nothing is replaced, nothing is taken
// off the role on the way, and no resource of hashicorp/aws is left in the state.
func TestSimAdoptionGuide(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.MovesBetweenTypes)
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	account := server.Account(sim.DefaultAccount)
	const read = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::artifacts/*"}]}`
	account.PutRole(sim.Role{
		Name: "jenkins", Path: "/ci/", InlinePolicies: map[string]string{"read": read}, AttachedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit"},
	})
	account.PutInstanceProfile(sim.InstanceProfile{Name: "jenkins", Path: "/ci/", RoleName: "jenkins"})
	made, _ := account.Role("jenkins")
	c := acctest.NewCLI(t, server)
	c.Write("terraform.tfstate", hashicorpState(
		`"aws_iam_role", "name": "jenkins"`, `"id": "jenkins", "name": "jenkins", "arn": "arn:aws:iam::123456789012:role/ci/jenkins"`,
		`"aws_iam_role_policy", "name": "jenkins_read"`, `"id": "jenkins:read", "name": "read", "role": "jenkins"`,
		`"aws_iam_role_policy_attachment", "name": "jenkins_audit"`, `"id": "jenkins-1", "role": "jenkins", "policy_arn": "arn:aws:iam::aws:policy/SecurityAudit"`,
		`"aws_iam_instance_profile", "name": "jenkins"`, `"id": "jenkins", "name": "jenkins", "role": "jenkins"`,
	))
	c.Write("jenkins.tf", guideBlock(t, "adoption.md", "moved {"))
	change := c.Changes()["governed_service_identity.jenkins"]
	if !slices.Equal(change.Actions, []string{"update"}) || change.Moved != "aws_iam_role.jenkins" || !slices.Equal(change.Attributes, []string{
		"aws_role.effective_trust_policy", "aws_role.expiry_policy", "expiry", "expiry_enforcement", "managed_by", "owner", "purpose", "status",
	}) {
		t.Errorf("the plan is %+v", change)
	}
	server.ResetCalls()
	c.Must("apply", "plan")
	for _, call := range server.Calls() {
		if strings.HasPrefix(call.Action, "Delete") || strings.HasPrefix(call.Action, "Detach") || strings.HasPrefix(call.Action, "Remove") || strings.HasPrefix(call.Action, "Create") {
			t.Errorf("%s was called", call.Action)
		}
	}
	role, _ := account.Role("jenkins")
	if role.ID != made.ID || len(role.InlinePolicies) != 2 || len(role.AttachedPolicyARNs) != 1 || role.Tags["nhi:owner"] != "ci" || !slices.Equal(account.InstanceProfiles(), []string{"jenkins"}) {
		t.Errorf("the role is %+v", role)
	}
	if state := strings.TrimSpace(c.Must("state", "list")); state != "governed_service_identity.jenkins" {
		t.Errorf("the state has %s", state)
	}
	if change := c.Changes()["governed_service_identity.jenkins"]; !slices.Equal(change.Actions, []string{"no-op"}) {
		t.Errorf("the second plan is %+v", change)
	}
}

// TestSimMoved moves the other resources.
func TestSimMoved(t *testing.T) {
	t.Parallel()
	const metadata = "  owner = \"messaging\"\n  purpose = \"Sends the mail of the data centre through SES\"\n  expiry = \"2027-03-31\"\n"
	for target, test := range map[string]struct{ source, arn, resource string }{
		"governed_service_identity.this": {
			"aws_iam_user", "arn:aws:iam::123456789012:user/ci/relay",
			"resource \"governed_service_identity\" \"this\" {\n  name = \"relay\"\n" + metadata + "  aws_user = { path = \"/ci/\" }\n}",
		},
		"governed_third_party_identity.this": {
			"aws_iam_role", "arn:aws:iam::123456789012:role/vendor",
			"resource \"governed_third_party_identity\" \"this\" {\n  name = \"vendor\"\n" + metadata +
				"  third_party = {\n    name = \"Acme Monitoring\"\n    contact = \"security@monitoring.acme.example\"\n    account_ids = [\"999988887777\"]\n  }\n  aws_role = {}\n}",
		},
		"governed_service_linked_identity.this": {
			"aws_iam_service_linked_role", "arn:aws:iam::123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
			"resource \"governed_service_linked_identity\" \"this\" {\n" + metadata + "  aws_service_linked_role = { aws_service_name = \"backup.amazonaws.com\" }\n}",
		},
	} {
		t.Run(test.source, func(t *testing.T) {
			t.Parallel()
			acctest.Needs(t, cli.MovesBetweenTypes)
			server := acctest.NewSim(t, sim.WithClock(exampleDay))
			account := server.Account(sim.DefaultAccount)
			account.PutUser(sim.User{Name: "relay", Path: "/ci/"})
			account.PutRole(sim.Role{Name: "vendor"})
			account.PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/"})
			c := acctest.NewCLI(t, server)
			c.Write("terraform.tfstate", hashicorpState(fmt.Sprintf(`%q, "name": "this"`, test.source), fmt.Sprintf(`"id": "x", "arn": %q`, test.arn)))
			c.Write("moved.tf", fmt.Sprintf("moved {\n  from = %s.this\n  to = %s\n}\n%s\n", test.source, target, test.resource))
			if change := c.Changes()[target]; !slices.Equal(change.Actions, []string{"update"}) || change.Moved != test.source+".this" {
				t.Errorf("the plan is %+v", change)
			}
			c.Must("apply", "plan")
			if change := c.Changes()[target]; !slices.Equal(change.Actions, []string{"no-op"}) {
				t.Errorf("the second plan is %+v", change)
			}
		})
	}
}

// hashicorpState is a state with resources of hashicorp/aws, each a type and name and then its attributes.
func hashicorpState(resources ...string) string {
	var blocks []string
	for one := range slices.Chunk(resources, 2) {
		blocks = append(blocks, fmt.Sprintf(`{"mode": "managed", "provider": "provider[\"%s\"]", "type": %s, "instances": [{"schema_version": 0, "attributes": {%s}}]}`, acctest.Registered("registry.terraform.io/hashicorp/aws"), one[0], one[1]))
	}
	return fmt.Sprintf(`{"version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": "d8a46ba5-7b1c-4a8e-9a43-0c6b6a4f2f10", "outputs": {}, "resources": [%s]}`, strings.Join(blocks, ","))
}

// guideBlock is the Terraform code of a guide that starts with a text.
func guideBlock(t *testing.T, guide, start string) string {
	t.Helper()
	text, err := os.ReadFile("../../templates/guides/" + guide)
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n```terraform\n"+start)
	block, _, closed := strings.Cut(after, "\n```\n")
	if !found || !closed {
		t.Fatalf("%s has no code that starts with %s", guide, start)
	}
	return start + block + "\n"
}
