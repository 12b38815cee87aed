//go:build moto

package servicelinkedidentity_test

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

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	governed "github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// motoConfig is a configuration for moto with one role of a service.
func motoConfig(url, owner, service string) string {
	return fmt.Sprintf(`
provider "governed" {
  aws = { region = "eu-west-1", endpoints = { iam = %[1]q, sts = %[1]q } }
}

resource "governed_service_linked_identity" "this" {
  owner   = %[2]q
  expiry  = timeadd(plantimestamp(), "2160h")
  purpose = "Nightly copies (EU) of the shop's databases"

  aws_service_linked_role = { aws_service_name = %[3]q }
  lifecycle { ignore_changes = [expiry] }
}
`, url, owner, service)
}

// TestMotoServiceLinkedRole makes, changes, imports and deletes a role, and adopts one, against an implementation that is
// not ours.
func TestMotoServiceLinkedRole(t *testing.T) {
	t.Parallel()
	url := os.Getenv("GOVERNED_MOTO_ENDPOINT")
	if url == "" {
		t.Fatal("GOVERNED_MOTO_ENDPOINT is not set: start moto_server and set it to the server's URL, or run make test-moto, which does both")
	}
	client := acctest.NewIAM(url, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))
	factories := map[string]func() (tfprotov6.ProviderServer, error){
		"governed": func() (tfprotov6.ProviderServer, error) {
			return governed.NewServer("test", governed.WithoutWaiting()), nil
		},
	}
	// moto makes up names of its own.
	nameOf := func(service string) *string {
		output, err := client.ListRoles(t.Context(), &iam.ListRolesInput{PathPrefix: aws.String("/aws-service-role/" + service + "/")})
		if err != nil || len(output.Roles) == 0 {
			return nil
		}
		return output.Roles[0].RoleName
	}
	wantTag := func(service, key, value string) resource.TestCheckFunc {
		return checked(func() {
			output, err := client.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: nameOf(service)})
			if err != nil {
				t.Error(err)
				return
			}
			for _, tag := range output.Tags {
				if aws.ToString(tag.Key) == key && aws.ToString(tag.Value) == value {
					return
				}
			}
			t.Errorf("%s=%s is not among the tags of the role of %s", key, value, service)
		})
	}
	exists := func(service string, want bool) resource.TestCheckFunc {
		return checked(func() {
			if got := nameOf(service) != nil; got != want {
				t.Errorf("a role of %s: %t", service, got)
			}
		})
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories, CheckDestroy: exists(backup, false),
		Steps: []resource.TestStep{
			{
				Config:            motoConfig(url, "storage", backup),
				ConfigStateChecks: []statecheck.StateCheck{roleValue("adopted", knownvalue.Bool(false))},
				Check:             wantTag(backup, "nhi:purpose", "Nightly copies =28EU=29 of the shop=27s databases"),
			},
			{Config: motoConfig(url, "backups", backup), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), Check: wantTag(backup, "nhi:owner", "backups")},
			{ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true},
		},
	})
	const database = "rds.amazonaws.com"
	if _, err := client.CreateServiceLinkedRole(t.Context(), &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(database)}); err != nil {
		t.Fatal(err)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories, CheckDestroy: exists(database, true),
		Steps: []resource.TestStep{{
			Config:            motoConfig(url, "storage", database),
			ConfigStateChecks: []statecheck.StateCheck{roleValue("adopted", knownvalue.Bool(true))},
			Check:             wantTag(database, "nhi:owner", "storage"),
		}},
	})
}
