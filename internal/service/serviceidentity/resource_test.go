package serviceidentity_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

func TestSimBasic(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := acctest.ProviderConfig(server, "") + fmt.Sprintf(`
resource "governed_service_identity" "export" {
  name    = "invoice-export"
  owner   = "payments"
  purpose = "Nightly export of invoices (EU) to the data lake"
  expiry  = %q
  aws_role = {
    trust = { aws_services = ["lambda.amazonaws.com"] }
  }
}
`, acctest.Date(server, 90))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{Config: config},
		},
	})
	for _, c := range server.Calls() {
		t.Log(c.Service, c.Action, c.Status, c.ErrorCode)
	}
}
