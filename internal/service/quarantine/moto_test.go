//go:build moto

package quarantine_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	governed "github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// TestMotoQuarantine locks and releases a role and a user of an implementation that is not ours.
func TestMotoQuarantine(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("GOVERNED_MOTO_ENDPOINT")
	if endpoint == "" {
		t.Fatal("GOVERNED_MOTO_ENDPOINT is not set: start moto_server and set it to the server's URL, or run make test-moto, which does both")
	}
	client := acctest.NewIAM(endpoint, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))
	name := aws.String("quarantined")
	_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(lambdaTrust), Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("billing")}}})
	must(t, err)
	_, err = client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: name})
	must(t, err)
	key := acctest.AccessKey(t, client, *name)
	look := func() (string, error) {
		role, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name})
		if err != nil {
			return "", err
		}
		trust, err := url.QueryUnescape(*role.Role.AssumeRolePolicyDocument)
		keys, keyErr := client.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: name})
		policies, policyErr := client.ListUserPolicies(t.Context(), &iam.ListUserPoliciesInput{UserName: name})
		if err := errors.Join(err, keyErr, policyErr); err != nil {
			return "", err
		}
		return fmt.Sprint(trust, len(role.Role.Tags), keys.AccessKeyMetadata[0].Status, policies.PolicyNames), nil
	}
	before, err := look()
	must(t, err)
	config := func(kind string) string {
		return fmt.Sprintf(`
provider "governed" {
  aws = { region = "eu-west-1", endpoints = { iam = %q, sts = %q } }
}

resource "governed_quarantine" "this" {
  identity = "aws:123456789012:%s/quarantined"
  reason   = %q
  ticket   = "SEC-1234"
}
`, endpoint, endpoint, kind, reason)
	}
	for kind, changed := range map[string]string{"role": "the statement GovernedQuarantine in the trust policy lets nobody in", "user": "access key " + *key.AccessKeyId + " is inactive"} {
		resource.UnitTest(t, resource.TestCase{
			ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
				"governed": func() (tfprotov6.ProviderServer, error) {
					return governed.NewServer("test", governed.WithoutWaiting()), nil
				},
			},
			Steps: []resource.TestStep{
				{Config: config(kind), ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(typeName+".this", tfjsonpath.New("changes"), knownvalue.ListExact([]knownvalue.Check{
					knownvalue.StringExact("the inline policy governed-quarantine denies everything"), knownvalue.StringExact(changed),
				}))}},
				{ResourceName: typeName + ".this", ImportState: true, ImportStateVerify: true},
			},
			CheckDestroy: func(*terraform.State) error {
				after, err := look()
				if err == nil && after != before {
					err = fmt.Errorf("before it was\n%s\nand now it is\n%s", before, after)
				}
				return err
			},
		})
	}
}
