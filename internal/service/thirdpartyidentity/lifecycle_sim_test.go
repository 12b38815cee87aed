package thirdpartyidentity_test

import (
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func roleValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("aws_role").AtMapKey(name), value)
}

func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(resourceAddress, action)}}
}

// checked is a check that reports by itself.
func checked(check func()) resource.TestCheckFunc {
	return func(*terraform.State) error {
		check()
		return nil
	}
}

// TestSimLifecycle makes, changes, imports, replaces and destroys a role. Every step ends with a second plan, which has to
// be empty.
func TestSimLifecycle(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             checked(func() { wantGone(t, server) }),
		Steps: []resource.TestStep{
			{
				Config: config(server, roleName, "platform", "", ""),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("id"), knownvalue.StringExact(roleID)),
					plancheck.ExpectUnknownValue(resourceAddress, tfjsonpath.New("aws_role").AtMapKey("external_id")),
					plancheck.ExpectUnknownValue(resourceAddress, tfjsonpath.New("aws_role").AtMapKey("effective_trust_policy")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("category"), knownvalue.StringExact("external")),
					statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("expiry_enforcement"), knownvalue.StringExact("cloud")),
					roleValue("external_id", knownvalue.StringRegexp(regexp.MustCompile("^[A-Z2-7]{26}$"))),
					roleValue("last_used_at", knownvalue.Null()),
				},
				Check: checked(func() {
					if tags := role(t, server).Tags; tags["nhi:third_party"] != "Acme Monitoring" || tags["nhi:third_party_contact"] != "soc@monitoring.acme.example" {
						t.Errorf("the tags are %v", tags)
					}
				}),
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true, ImportStateId: roleARN,
			},
			{
				Config:           config(server, roleName, "billing", `organization_id = "o-a1b2c3d4e5"`, `source_ip_ranges = ["198.51.100.0/24"]`),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
			},
			{
				Config:            config(server, roleName, "billing", "", `external_id = "`+externalID+`"`),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{roleValue("external_id", knownvalue.StringExact(externalID))},
				Check:             checked(func() { getsIn(t, server, partyAccount, externalID, true) }),
			},
			{
				// No longer written, it stays.
				Config:            config(server, roleName, "billing", "", ""),
				ConfigStateChecks: []statecheck.StateCheck{roleValue("external_id", knownvalue.StringExact(externalID))},
				Check:             checked(func() { getsIn(t, server, partyAccount, externalID, true) }),
			},
			{
				Config:           config(server, roleName+"-2", "billing", "", ""),
				ConfigPlanChecks: planned(plancheck.ResourceActionDestroyBeforeCreate),
			},
		},
	})
}

func TestSimDisappears(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	configuration := config(server, roleName, "platform", "", "")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             checked(func() { wantGone(t, server) }),
		Steps: []resource.TestStep{
			{
				Config: configuration,
				Check: func(*terraform.State) error {
					client := acctest.IAM(server)
					for _, policy := range []string{"governed-expiry", "list"} {
						if _, err := client.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String(roleName), PolicyName: &policy}); err != nil {
							return err
						}
					}
					_, err := client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String(roleName)})
					return err
				},
				ExpectNonEmptyPlan: true,
			},
			{Config: configuration, ConfigPlanChecks: planned(plancheck.ResourceActionCreate)},
		},
	})
}

// TestSimTaken names the role that is in the way, and how to import it into this resource.
func TestSimTaken(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	account(server).PutRole(sim.Role{Name: roleName, Path: "/old/", TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole"}]}`})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{{
			Config:      config(server, roleName, "platform", "", ""),
			ExpectError: acctest.Says(`Identity cannot be created … exists already … to = governed_third_party_identity.example id = "aws:123456789012:role/old/` + roleName + `"`),
		}},
	})
}
