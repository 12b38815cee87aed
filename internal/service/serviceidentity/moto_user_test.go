//go:build moto

package serviceidentity_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestMotoUser makes, changes, imports and retires a user, with everything on it that moto knows: it has no permissions
// boundary for users and no service-specific credentials.
func TestMotoUser(t *testing.T) {
	t.Parallel()
	url := motoEndpoint(t)
	client := acctest.NewIAM(url, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))
	for _, group := range []string{"moto-exporters", "moto-humans"} {
		if _, err := client.CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: &group}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := client.DeleteGroup(context.WithoutCancel(t.Context()), &iam.DeleteGroupInput{GroupName: &group}); err != nil {
				t.Error(err)
			}
		})
	}
	policy, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("moto-user-reads"), PolicyDocument: aws.String(readBuckets)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeletePolicy(context.WithoutCancel(t.Context()), &iam.DeletePolicyInput{PolicyArn: policy.Policy.Arn}); err != nil {
			t.Error(err)
		}
	})
	full := fmt.Sprintf(`
  owner  = "payments"
  labels = { cost-center = "4711" }
  aws_user = {
    path                = "/teams/payments/"
    inline_policies     = { read = jsonencode(%s) }
    managed_policy_arns = [%q]
    groups              = ["moto-exporters"]
  }
`, readBuckets, *policy.Policy.Arn)
	const changed = `
  owner    = "billing"
  aws_user = { path = "/teams/payments/", groups = ["moto-humans"] }
`
	name := aws.String("moto-user")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: motoFactories(),
		CheckDestroy: func(*terraform.State) error {
			if _, err := client.GetUser(t.Context(), &iam.GetUserInput{UserName: name}); err == nil {
				t.Error("the user is left")
			}
			devices, err := client.ListVirtualMFADevices(t.Context(), &iam.ListVirtualMFADevicesInput{})
			if err != nil || len(devices.VirtualMFADevices) > 0 {
				t.Errorf("MFA devices are left: %v, %v", devices, err)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: motoConfig(url, *name, full),
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("id", knownvalue.StringExact("aws:123456789012:user/teams/payments/moto-user")),
					stateValue("status", knownvalue.StringExact("active")),
					userValue("unique_id", knownvalue.NotNull()),
				},
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true,
				ImportStateId: "arn:aws:iam::123456789012:user/teams/payments/moto-user",
			},
			{
				PreConfig:        func() { acctest.HumanUse(t, client, *name) },
				Config:           motoConfig(url, *name, changed),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: checked(func() {
					if _, err := client.GetLoginProfile(t.Context(), &iam.GetLoginProfileInput{UserName: name}); err == nil {
						t.Error("the password is left")
					}
				}),
			},
			{
				// What is on the user at its end.
				PreConfig: func() {
					acctest.AccessKey(t, client, *name)
					acctest.RareCredentials(t, client, *name)
				},
				Config: motoConfig(url, *name, changed), PlanOnly: true,
			},
		},
	})
}

// TestMotoUserExpiry lets a user expire and renews it. moto has no clock to move, so the policy lets its end be written into the past.
func TestMotoUserExpiry(t *testing.T) {
	t.Parallel()
	url := motoEndpoint(t)
	client := acctest.NewIAM(url, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))
	name := aws.String("moto-expired")
	configured := func(expiry string) string {
		return fmt.Sprintf(`
provider "governed" {
  aws    = { region = "eu-west-1", endpoints = { iam = %[1]q, sts = %[1]q } }
  policy = { enforcement = { expiry_in_past = "warn" } }
}

resource "governed_service_identity" "export" {
  name     = %[2]q
  owner    = "payments"
  expiry   = %[3]s
  purpose  = "Nightly export of invoices (EU)"
  aws_user = {}
}
`, url, *name, expiry)
	}
	active := func(want bool) resource.TestCheckFunc {
		return checked(func() {
			keys, err := client.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: name})
			if err != nil || len(keys.AccessKeyMetadata) != 1 || (keys.AccessKeyMetadata[0].Status == types.StatusTypeActive) != want {
				t.Errorf("the keys are %v, %v; active should be %t", keys, err, want)
			}
		})
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: motoFactories(),
		Steps: []resource.TestStep{
			{Config: configured(`formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "2160h"))`), Check: checked(func() { acctest.AccessKey(t, client, *name) })},
			{
				Config: configured(`"2026-01-01"`), Check: active(false),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("expired"))},
			},
			{Config: configured(`formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "2160h"))`), Check: active(true)},
		},
	})
}
