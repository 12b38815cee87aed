//go:build moto

package awssession_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	governedprovider "github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// TestMotoSession takes a session of a governed role from an implementation that is not ours, which has to know whose it is,
// and closes it: the policy that denies it is on the role afterwards.
func TestMotoSession(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.EphemeralResources)
	endpoint := os.Getenv("GOVERNED_MOTO_ENDPOINT")
	if endpoint == "" {
		t.Fatal("GOVERNED_MOTO_ENDPOINT is not set: start moto_server and set it to the server's URL, or run make test-moto, which does both")
	}
	const name = "moto-session"
	config := fmt.Sprintf(`
provider "governed" {
  aws = { region = "eu-west-1", endpoints = { iam = %[1]q, sts = %[1]q } }
}

resource "governed_service_identity" "export" {
  name     = %[2]q
  owner    = "payments"
  purpose  = "Nightly export of invoices"
  expiry   = timeadd(plantimestamp(), "2160h")
  aws_role = { assume_role_policy = jsonencode(%[3]s) }
  lifecycle { ignore_changes = [expiry] }
}

ephemeral "governed_aws_session" "export" {
  identity         = governed_service_identity.export.id
  duration_seconds = 900
  revoke_on_close  = true
}

provider "echo" {
  data = ephemeral.governed_aws_session.export
}
resource "echo" "session" {}
`, endpoint, name, trust("sts:AssumeRole", "sts:SetSourceIdentity"))
	data := tfjsonpath.New("data")
	named := regexp.MustCompile(`^payments,Nightly-export-of-invoices,[0-9a-f]{8}$`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"governed": func() (tfprotov6.ProviderServer, error) {
				return governedprovider.NewServer("test", governedprovider.WithoutWaiting()), nil
			},
			"echo": echoprovider.NewProviderServer(),
		},
		Steps: []resource.TestStep{{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("echo.session", data.AtMapKey("session_name"), knownvalue.StringRegexp(named)),
				statecheck.ExpectKnownValue("echo.session", data.AtMapKey("source_identity"), knownvalue.StringExact("payments")),
				statecheck.ExpectKnownValue("echo.session", data.AtMapKey("arn"), knownvalue.StringRegexp(regexp.MustCompile(`:assumed-role/moto-session/payments,Nightly-export`))),
			},
			Check: func(state *terraform.State) error {
				session := state.RootModule().Resources["echo.session"].Primary.Attributes
				who, err := sts.New(sts.Options{
					Region: "eu-west-1", BaseEndpoint: aws.String(endpoint),
					Credentials: credentials.NewStaticCredentialsProvider(session["data.access_key_id"], session["data.secret_access_key"], session["data.session_token"]),
				}).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
				if err != nil {
					return err
				}
				if got, want := aws.ToString(who.Arn), session["data.arn"]; got != want {
					return fmt.Errorf("the credentials are those of %s, not of %s", got, want)
				}
				return closedOn(t, acctest.NewIAM(endpoint, "test", "test"), name)
			},
		}},
	})
}

// closedOn fails unless a role has policies that deny sessions which are closed.
func closedOn(t *testing.T, client *iam.Client, role string) error {
	t.Helper()
	listed, err := client.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
	if err != nil {
		return err
	}
	for _, name := range listed.PolicyNames {
		if regexp.MustCompile(`^governed-closed-session-`).MatchString(name) {
			return nil
		}
	}
	return fmt.Errorf("no session is closed: %q", listed.PolicyNames)
}
