//go:build moto

package inventory_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	governed "github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// memberRole is the role that an organization makes in each new account.
const memberRole = "OrganizationAccountAccessRole"

// TestMotoInventory lists two members of an organization, by their ids and by the organization's own list.
func TestMotoInventory(t *testing.T) {
	t.Parallel()
	url := os.Getenv("GOVERNED_MOTO_ENDPOINT")
	if url == "" {
		t.Fatal("GOVERNED_MOTO_ENDPOINT is not set: start moto_server and set it to the server's URL, or run make test-moto, which does both")
	}
	config := aws.Config{
		Region: "eu-west-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	}
	client := organizations.NewFromConfig(config)
	if _, err := client.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll}); err != nil {
		t.Fatal(err)
	}
	var members []string
	for i := range 2 {
		made, err := client.CreateAccount(t.Context(), &organizations.CreateAccountInput{AccountName: aws.String(fmt.Sprint("member-", i)), Email: aws.String(fmt.Sprintf("member-%d@example.com", i))})
		if err != nil {
			t.Fatal(err)
		}
		id := *made.CreateAccountStatus.AccountId
		members = append(members, id)
		session, err := sts.NewFromConfig(config).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + id + ":role/" + memberRole), RoleSessionName: aws.String("seed")})
		if err != nil {
			t.Fatal(err)
		}
		inMember := config
		inMember.Credentials = credentials.NewStaticCredentialsProvider(*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken)
		if _, err := iam.NewFromConfig(inMember).CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String(fmt.Sprint("robot-", i)), Path: aws.String("/bots/")}); err != nil {
			t.Fatal(err)
		}
	}
	want := knownvalue.ObjectExact(map[string]knownvalue.Check{
		"gaps": knownvalue.ListSizeExact(0),
		"ids": knownvalue.SetExact([]knownvalue.Check{
			knownvalue.StringExact("aws:" + members[0] + ":role/" + memberRole), knownvalue.StringExact("aws:" + members[0] + ":user/bots/robot-0"),
			knownvalue.StringExact("aws:" + members[1] + ":role/" + memberRole), knownvalue.StringExact("aws:" + members[1] + ":user/bots/robot-1"),
		}),
	})
	step := func(accounts string) resource.TestStep {
		return resource.TestStep{
			Config: fmt.Sprintf(`
provider "governed" {
  aws = {
    region    = "eu-west-1"
    endpoints = { iam = %[1]q, organizations = %[1]q, sts = %[1]q }
    inventory = { %[2]s, role_name = %[3]q }
  }
}

data "governed_identities" "members" { accounts = ["%[4]s"] }

output "members" {
  value = {
    ids = data.governed_identities.members.identities[*].id
    # Other tests change the own account meanwhile. The credential reports of moto are all of the same day.
    gaps = [for gap in data.governed_identities.members.gaps : gap if anytrue([for id in ["%[4]s"] : strcontains(gap, id)]) && !strcontains(gap, "2015-02-02T20:02:02Z")]
  }
}
`, url, accounts, memberRole, strings.Join(members, `", "`)),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("members", want)},
		}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"governed": func() (tfprotov6.ProviderServer, error) {
				return governed.NewServer("test", governed.WithoutWaiting()), nil
			},
		},
		Steps: []resource.TestStep{step(`accounts = ["` + strings.Join(members, `", "`) + `"]`), step("organization = true")},
	})
}
