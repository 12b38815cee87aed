//go:build moto

package serviceidentity_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	governed "github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// motoEndpoint is where moto listens. These tests are the outside check that driver and simulator do not just agree
// with each other.
func motoEndpoint(t *testing.T) string {
	t.Helper()
	url := os.Getenv("GOVERNED_MOTO_ENDPOINT")
	if url == "" {
		t.Fatal("GOVERNED_MOTO_ENDPOINT is not set: start moto_server and set it to the server's URL, or run make test-moto, which does both")
	}
	return url
}

// motoConfig is a configuration for moto with one role.
func motoConfig(url, name, arguments string) string {
	return fmt.Sprintf(`
provider "governed" {
  aws = { region = "eu-west-1", endpoints = { iam = %[1]q, sts = %[1]q } }
}

resource "governed_service_identity" "export" {
  name    = %[2]q
  expiry  = timeadd(plantimestamp(), "2160h")
  purpose = "Nightly export of invoices (EU), 100%% of them"
%[3]s
  lifecycle { ignore_changes = [expiry] }
}
`, url, name, arguments)
}

func motoFactories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"governed": func() (tfprotov6.ProviderServer, error) {
			return governed.NewServer("test", governed.WithoutWaiting()), nil
		},
	}
}

func TestMotoRole(t *testing.T) {
	t.Parallel()
	url := motoEndpoint(t)
	client := acctest.NewIAM(url, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))
	policy, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("moto-role-reads"), PolicyDocument: aws.String(readBuckets)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeletePolicy(context.WithoutCancel(t.Context()), &iam.DeletePolicyInput{PolicyArn: policy.Policy.Arn}); err != nil {
			t.Error(err)
		}
	})
	full := fmt.Sprintf(`
  owner       = "payments"
  environment = "prod"
  systems     = ["billing-db", "data lake"]
  labels      = { cost-center = "4711" }
  aws_role = {
    path                     = "/teams/payments/"
    trust                    = { aws_services = ["lambda.amazonaws.com"] }
    inline_policies          = { read = jsonencode(%s) }
    managed_policy_arns      = [%q]
    permissions_boundary_arn = %[2]q
    max_session_duration     = 7200
    instance_profile         = true
  }
`, readBuckets, *policy.Policy.Arn)
	changed := fmt.Sprintf(`
  owner  = "billing"
  ticket = "SEC-1234"
  aws_role = {
    path               = "/teams/payments/"
    assume_role_policy = jsonencode(%s)
    inline_policies    = { write = jsonencode(%s) }
  }
`, lambdaTrust, writeBuckets)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: motoFactories(),
		CheckDestroy: func(*terraform.State) error {
			if _, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("moto-role")}); err == nil {
				t.Error("the role is left")
			}
			if _, err := client.GetInstanceProfile(t.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: aws.String("moto-role")}); err == nil {
				t.Error("the instance profile is left")
			}
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: motoConfig(url, "moto-role", full),
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("id", knownvalue.StringExact("aws:123456789012:role/teams/payments/moto-role")),
					stateValue("status", knownvalue.StringExact("active")),
					roleValue("unique_id", knownvalue.NotNull()),
				},
				Check: checked(func() {
					wantMotoTags(t, client, "moto-role", "nhi:owner=payments", "nhi:systems=billing-db data=20lake", "cost-center=4711")
				}),
			},
			{Config: motoConfig(url, "moto-role", full), PlanOnly: true},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateId: "aws:123456789012:role/teams/payments/moto-role",
				ImportStateVerify: true, ImportStateVerifyIgnore: []string{"aws_role.trust", "aws_role.assume_role_policy"},
			},
			{
				Config:           motoConfig(url, "moto-role", changed),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            checked(func() { wantMotoTags(t, client, "moto-role", "nhi:owner=billing", "nhi:ticket=SEC-1234") }),
			},
			{Config: motoConfig(url, "moto-role", changed), PlanOnly: true},
		},
	})
}

func wantMotoTags(t *testing.T, client *iam.Client, name string, want ...string) {
	t.Helper()
	output, err := client.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: &name})
	if err != nil {
		t.Error(err)
		return
	}
	var tags []string
	for _, tag := range output.Tags {
		tags = append(tags, aws.ToString(tag.Key)+"="+aws.ToString(tag.Value))
	}
	for _, tag := range want {
		if !slices.Contains(tags, tag) {
			t.Errorf("the tag %s is not among %v", tag, tags)
		}
	}
}

// TestMotoReplace renames a role, and destroys it when Terraform had no part in what hangs on it.
func TestMotoReplace(t *testing.T) {
	t.Parallel()
	url := motoEndpoint(t)
	const arguments = `
  owner    = "payments"
  aws_role = { trust = { aws_services = ["lambda.amazonaws.com"] } }
`
	client := acctest.NewIAM(url, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: motoFactories(),
		Steps: []resource.TestStep{
			{Config: motoConfig(url, "moto-replaced", arguments)},
			{
				Config:           motoConfig(url, "moto-replacing", arguments),
				ConfigPlanChecks: planned(plancheck.ResourceActionDestroyBeforeCreate),
				Check: func(*terraform.State) error {
					_, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("moto-replacing"), PolicyName: aws.String("backdoor"), PolicyDocument: aws.String(readBuckets)})
					return err
				},
				ExpectNonEmptyPlan: true,
			},
		},
	})
	if _, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("moto-replacing")}); err == nil {
		t.Error("the role is left")
	}
}
