package thirdpartyidentity_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestSimGenerate lets Terraform write the configuration of a role that is there. It plans nothing but the import.
func TestSimGenerate(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Apply(collector(server)).Want(t)
	c := acctest.NewCLI(t, server)
	c.Write("import.tf", "import {\n  to = "+resourceAddress+"\n  id = \""+roleID+"\"\n}\n")
	if output, ok := c.Run("plan", "-generate-config-out=generated.tf"); !ok || !strings.Contains(output, "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.") {
		t.Fatalf("the plan says\n%s", output)
	}
	c.Must("apply", "-auto-approve")
	if output := c.Must("plan"); !strings.Contains(output, "No changes.") {
		t.Errorf("the plan after the import says\n%s", output)
	}
}
