//go:build moto

package credential_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
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

// TestMotoCredential lives a credential's life in each store on moto, which is the outside check that driver and
// simulator do not just agree with each other.
func TestMotoCredential(t *testing.T) {
	url := os.Getenv("GOVERNED_MOTO_ENDPOINT")
	if url == "" {
		t.Fatal("GOVERNED_MOTO_ENDPOINT is not set: start moto_server and set it to the server's URL, or run make test-moto, which does both")
	}
	for name, store := range map[string]string{
		"moto-secret":    `aws_secrets_manager = { name = "moto/mailer", recovery_window_days = 7, resource_policy = jsonencode(` + readers + `) }`,
		"moto-parameter": `aws_ssm_parameter = { name = "/moto/mailer", tier = "Advanced" }`,
	} {
		t.Run(name, func(t *testing.T) {
			client := acctest.NewIAM(url, "test", "test")
			config := func(trigger string) string {
				return fmt.Sprintf(`
provider "governed" {
  aws = { region = "eu-west-1", endpoints = { iam = %[1]q, secretsmanager = %[1]q, ssm = %[1]q, sts = %[1]q } }
}

resource "governed_service_identity" "mailer" {
  name     = %[2]q
  owner    = "mail"
  purpose  = "Sends the receipts of the shop"
  expiry   = timeadd(plantimestamp(), "2160h")
  aws_user = { inline_policies = { list = jsonencode(%[3]s) } }
  lifecycle { ignore_changes = [expiry] }
}

resource "governed_credential" "mailer" {
  identity         = governed_service_identity.mailer.id
  justification    = "The vendor's mail relay takes an access key only (no OIDC)"
  expiry           = governed_service_identity.mailer.expiry
  rotation_trigger = { leak = %[4]q }
  overlap_hours    = 1
  store            = { %[5]s }
}
`, url, name, listUsers, trigger, store)
			}
			keys := func() int {
				t.Helper()
				output, err := client.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: &name})
				must(t, err)
				return len(output.AccessKeyMetadata)
			}
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
					"governed": func() (tfprotov6.ProviderServer, error) {
						return governed.NewServer("test", governed.WithoutWaiting()), nil
					},
				},
				CheckDestroy: func(*terraform.State) error {
					_, err := client.GetUser(t.Context(), &iam.GetUserInput{UserName: &name})
					if err == nil {
						t.Error("the user is still there")
					}
					secrets := secretsmanager.New(secretsmanager.Options{Region: "eu-west-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
					if _, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("moto/mailer")}); err == nil {
						t.Error("the secret can still be read")
					}
					return nil
				},
				Steps: []resource.TestStep{
					{Config: config("1"), ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(address, tfjsonpath.New("status"), knownvalue.StringExact("active")),
					}},
					{Config: config("1"), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
					{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"rotation_trigger", "store.aws_secrets_manager.recovery_window_days"}},
					{Config: config("2"), Check: func(*terraform.State) error {
						if n := keys(); n != 2 {
							t.Errorf("the user has %d keys", n)
						}
						return nil
					}},
				},
			})
		})
	}
}
