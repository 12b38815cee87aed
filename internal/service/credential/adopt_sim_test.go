package credential_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestSimGenerate lets Terraform write the configuration of credentials that are there. It plans nothing but the import.
func TestSimGenerate(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	config := inSecretsManager(server)
	config["store"] = acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName, "kms_key_id": "alias/mail", "replica_regions": []string{"eu-central-1"}, "resource_policy": readers}}
	p.Resource(typeName).Apply(config).Want(t)
	p.Resource(typeName).Apply(inParameterStore(server).With(acctest.Values{"ses_smtp_region": "eu-west-1"})).Want(t)
	c := acctest.NewCLI(t, server)
	c.Write("import.tf", "import {\n  to = governed_credential.secret\n  id = \""+secretID+"\"\n}\nimport {\n  to = governed_credential.parameter\n  id = \""+parameterID+"\"\n}\n")
	if output, ok := c.Run("plan", "-generate-config-out=generated.tf"); !ok || !strings.Contains(output, "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy.") {
		t.Fatalf("the plan says\n%s", output)
	}
	c.Must("apply", "-auto-approve")
	if output := c.Must("plan"); !strings.Contains(output, "No changes.") {
		t.Errorf("the plan after the import says\n%s", output)
	}
}
