//go:build moto

package thirdpartyidentity_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	governed "github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// TestMotoThirdParty makes, changes, imports and retires a role, against moto as the outside check of the wire format.
func TestMotoThirdParty(t *testing.T) {
	t.Parallel()
	url := os.Getenv("GOVERNED_MOTO_ENDPOINT")
	if url == "" {
		t.Fatal("GOVERNED_MOTO_ENDPOINT is not set: start moto_server and set it to the server's URL, or run make test-moto, which does both")
	}
	const name = "moto-third-party"
	client := acctest.NewIAM(url, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))
	with := func(owner, partyArguments, roleArguments string) string {
		return fmt.Sprintf(`
provider "governed" {
  aws = { region = "eu-west-1", endpoints = { iam = %[1]q, sts = %[1]q } }
}

resource %[2]q "monitoring" {
  name    = %[3]q
  owner   = %[4]q
  purpose = "Acme reads our metrics (EU) for its dashboards"
  expiry  = timeadd(plantimestamp(), "2160h")
  third_party = {
    name        = "Acme, Inc."
    contact     = "soc@monitoring.acme.example"
    account_ids = [%[5]q]
    %[6]s
  }
  aws_role = {
    path            = "/parties/"
    inline_policies = { list = jsonencode(%[7]s) }
    %[8]s
  }
  lifecycle { ignore_changes = [expiry] }
}
`, url, typeName, name, owner, partyAccount, partyArguments, listRoles, roleArguments)
	}
	changed := with("billing", `organization_id = "o-a1b2c3d4e5"`, `source_ip_ranges = ["198.51.100.0/24", "2001:db8::/32"]`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"governed": func() (tfprotov6.ProviderServer, error) {
				return governed.NewServer("test", governed.WithoutWaiting()), nil
			},
		},
		CheckDestroy: func(*terraform.State) error {
			if _, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(name)}); err == nil {
				t.Error("the role is left")
			}
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: with("platform", "", ""),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("category"), knownvalue.StringExact("external")),
					roleValue("external_id", knownvalue.NotNull()),
				},
			},
			{Config: with("platform", "", ""), PlanOnly: true},
			{ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true, ImportStateId: "aws:123456789012:role/parties/" + name},
			{Config: changed, ConfigPlanChecks: planned(plancheck.ResourceActionUpdate)},
			{Config: changed, PlanOnly: true},
		},
	})
}
