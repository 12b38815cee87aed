package provider_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/approve"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// keyPair writes a private key where only its owner can read it, and returns the file and the public key.
func keyPair(t *testing.T) (file, public string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if der, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
		t.Fatal(err)
	}
	return file, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// approveJSON lets somebody look at the JSON of a plan and say yes.
func approveJSON(t *testing.T, server *sim.Server, plan, key string, further ...string) (token, shown string) {
	t.Helper()
	var out, said bytes.Buffer
	code := approve.Run(append([]string{"--plan", "-", "--key", key, "--approver", "alice", "--ticket", "SEC-1234"}, further...), approve.System{
		In: strings.NewReader(plan), Out: &out, Err: &said, Clock: server.Clock(),
		Terminal: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("yes\n")), nil },
	})
	if code != 0 {
		t.Fatalf("approve: exit code %d\n%s", code, said.String())
	}
	return out.String(), said.String()
}

var spaces = regexp.MustCompile(`[\s│╷╵]+`)

// flat is what Terraform says, without its line breaks.
func flat(output string) string { return spaces.ReplaceAllString(output, " ") }

// TestSimApprovalsExample goes the way of the guide with the real Terraform: an identity that is refused, requested,
// approved and made; a grant that was not approved; an approval that ends; and a destroy that nothing stops.
func TestSimApprovalsExample(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	account := server.Account(sim.DefaultAccount)
	c := acctest.NewCLI(t, server)
	key, public := keyPair(t)
	c.WriteExample(server, examples+"approvals", "approvals")
	c.Write("approvals/approvers.pem", public)
	module := func(arguments ...string) []string { return append([]string{"-chdir=approvals"}, arguments...) }
	refused := func(says string, arguments ...string) {
		t.Helper()
		server.ResetCalls()
		output, ok := c.Run(module(arguments...)...)
		if ok || !strings.Contains(flat(output), says) {
			t.Errorf("terraform %v does not fail by %q:\n%s", arguments, says, output)
		}
		if writes := acctest.Writes(server); len(writes) > 0 {
			t.Errorf("terraform %v has called %v", arguments, writes)
		}
	}
	const override = "approvals/deploy_override.tf"
	overriding := func(arguments string) {
		c.Write(override, "resource \"governed_service_identity\" \"deploy\" {\n"+arguments+"\n}\n")
	}

	// Without an approval nothing is planned, and an errored plan has nothing to approve.
	overriding("approval = null")
	refused(`write approval = "requested"`, "plan", "-out=refused.tfplan")
	if output, ok := c.Run(module("show", "-json", "refused.tfplan")...); ok && strings.Contains(output, "approval_needed\":{") {
		t.Errorf("the errored plan has what an approval needs:\n%s", output)
	}

	// Requested, a plan shows what there is to approve, and is not applied.
	c.Write(override, "")
	if output := c.Must(module("plan", "-out=plan.tfplan")...); !strings.Contains(flat(output), "an approval is requested, and no apply passes without it. It has to allow: - classes: privilege_escalation - iam:PutRolePolicy on arn:aws:iam::*:role/*") {
		t.Errorf("the plan says:\n%s", output)
	}
	refused("an approval is requested and has not been given", "apply", "plan.tfplan")

	token, shown := approveJSON(t, server, c.Must(module("show", "-json", "plan.tfplan")...), key)
	if !strings.Contains(shown, "An approval of aws:123456789012:role/deploy\n") || !strings.Contains(shown, "Permissions management\n    - iam:PutRolePolicy on arn:aws:iam::*:role/*\n") {
		t.Errorf("it shows\n%s", shown)
	}
	c.Write("approvals/deploy.jws", token)
	if output := c.Must(module("apply", "-auto-approve")...); !strings.Contains(flat(output), "Approval takes effect") {
		t.Errorf("the apply says:\n%s", output)
	}
	quiet := func() {
		t.Helper()
		if output := c.Must(module("plan")...); !strings.Contains(output, "No changes.") || strings.Contains(output, "Warning:") {
			t.Errorf("the plan says:\n%s", output)
		}
	}
	quiet()

	// More than what was approved.
	overriding(`aws_role = {
    trust = { aws_services = ["codebuild.amazonaws.com"] }
    inline_policies = { roles = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"], Resource = "arn:aws:iam::*:role/*" }] }) }
  }`)
	refused("does not allow iam:AttachRolePolicy on arn:aws:iam::*:role/*", "plan")
	c.Write(override, "")

	// Another identity cannot use it.
	c.Write("approvals/other.tf", strings.NewReplacer(`"governed_service_identity" "deploy"`, `"governed_service_identity" "other"`, `= "deploy"`, `= "other"`).Replace(resourceBlock(t)))
	refused("it is for aws:123456789012:role/deploy, and this identity is aws:123456789012:role/other", "plan")
	c.Write("approvals/other.tf", "")

	// Near its end the plan warns, and its JSON is enough for a new one.
	server.Clock().Advance(61 * 24 * time.Hour)
	if output := c.Must(module("plan", "-out=plan.tfplan")...); !strings.Contains(output, "No changes.") || !strings.Contains(flat(output), "ends within 29 days") {
		t.Errorf("the plan says:\n%s", output)
	}
	if renewed, _ := approveJSON(t, server, c.Must(module("show", "-json", "plan.tfplan")...), key, "--days", "120"); renewed == token {
		t.Error("the new approval is the old one")
	}
	server.Clock().Advance(30 * 24 * time.Hour)
	refused("its approval does not hold: it ended at 2027-02-20T12:00:00Z", "plan")
	if _, ok := account.Role("deploy"); !ok {
		t.Error("the role has gone with its approval")
	}
	// A destroy that refreshes plans the configuration first, which is refused, and says how to do without.
	refused("run terraform destroy -refresh=false", "destroy", "-auto-approve")
	c.Must(module("destroy", "-auto-approve", "-refresh=false")...)
	if roles := account.Roles(); slices.Contains(roles, "deploy") {
		t.Errorf("left behind: %v", roles)
	}
}

// resourceBlock is the resource of the example.
func resourceBlock(t *testing.T) string {
	t.Helper()
	text := readExample(t, examples+"approvals/main.tf")
	return text[strings.Index(text, "resource \""):]
}
