package serviceidentity_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// userGone checks that a destruction has left nothing behind.
func userGone(t testing.TB, server *sim.Server) resource.TestCheckFunc {
	return checked(func() { wantNoUser(t, server) })
}

func TestSimUserLifecycle(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             userGone(t, server),
		Steps: []resource.TestStep{
			{
				Config: config(server, fullUserBlock),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("id"), knownvalue.StringExact(userID)),
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("aws_user").AtMapKey("arn"), knownvalue.StringExact(userARN)),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("id", knownvalue.StringExact(userID)),
					stateValue("category", knownvalue.StringExact("enterprise_managed")),
					stateValue("status", knownvalue.StringExact("active")),
					stateValue("expiry_enforcement", knownvalue.StringExact("cloud")),
					userValue("unique_id", knownvalue.StringRegexp(acctest.Says("AIDA"))),
					userValue("console_access", knownvalue.Bool(false)),
					userValue("mfa_devices", knownvalue.SetSizeExact(0)),
					userValue("deactivated_access_keys", knownvalue.Null()),
				},
				Check: checked(func() { wantUser(t, server) }),
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true, ImportStateId: userID,
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true, ImportStateId: userARN,
			},
			{
				// Every step ends with a second plan, which has to be empty.
				Config: config(server, `
  owner    = "billing"
  aws_role = null
  aws_user = { path = "/teams/payments/", groups = ["humans"] }
`),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: checked(func() {
					u := user(t, server)
					if len(u.InlinePolicies) != 1 || len(u.AttachedPolicyARNs) > 0 || u.BoundaryARN != "" || len(u.Groups) != 1 || u.Groups[0] != "humans" || u.Tags["nhi:owner"] != "billing" {
						t.Errorf("the user is %+v", u)
					}
				}),
			},
			{
				Config: config(server, "name = \"invoice-export-2\"\naws_role = null\naws_user = {}"), ConfigPlanChecks: planned(plancheck.ResourceActionDestroyBeforeCreate),
			},
			{
				// What was a user becomes a role of the same name: another identity.
				Config: config(server, `name = "invoice-export-2"`), ConfigPlanChecks: planned(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("category", knownvalue.StringExact("shared"))},
				Check:             checked(func() { wantNoUser(t, server) }),
			},
		},
	})
}

// TestSimUserExpiry leads a user with a real key through its life.
func TestSimUserExpiry(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	configuration := config(server, fullUserBlock)
	renewed := config(server, fullUserBlock+"\n  expiry = \""+acctest.Date(server, 300)+"\"")
	var key *types.AccessKey
	use := func(allowed bool) resource.TestCheckFunc {
		return checked(func() { useKey(t, server, key.AccessKeyId, key.SecretAccessKey, allowed) })
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             userGone(t, server),
		Steps: []resource.TestStep{
			{Config: configuration, Check: func(state *terraform.State) error {
				key = acctest.AccessKey(t, acctest.IAM(server), userName)
				return use(true)(state)
			}},
			{
				// The cloud refuses the key at once; the apply makes it inactive.
				PreConfig: func() {
					server.Clock().Advance(91 * day)
					useKey(t, server, key.AccessKeyId, key.SecretAccessKey, false)
					server.ResetCalls()
				},
				Config:           configuration,
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("status", knownvalue.StringExact("expired")), userValue("deactivated_access_keys", knownvalue.SetSizeExact(1)),
				},
				Check: checked(func() { wantWrites(t, server, "TagUser", "UpdateAccessKey") }),
			},
			{
				PreConfig:         server.ResetCalls,
				Config:            renewed,
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("active")), userValue("deactivated_access_keys", knownvalue.Null())},
				Check: resource.ComposeTestCheckFunc(use(true), checked(func() {
					wantWrites(t, server, "TagUser", "PutUserPolicy", "UpdateAccessKey", "UntagUser")
				})),
			},
		},
	})
}

// TestSimUserHumanUse imports a user that a human uses: the plan shows it, and the apply ends it.
func TestSimUserHumanUse(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	account(server).PutUser(sim.User{Name: userName, Path: "/old/", Login: &sim.Login{}, MFA: true})
	imported := `
import {
  to = governed_service_identity.export
  id = "arn:aws:iam::123456789012:user/old/invoice-export"
}
` + config(server, "aws_role = null\naws_user = { path = \"/old/\" }")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             userGone(t, server),
		Steps: []resource.TestStep{{
			Config: imported,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(resourceAddress, plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("aws_user").AtMapKey("console_access"), knownvalue.Bool(false)),
			}},
			Check: checked(func() {
				if u := user(t, server); u.HasPassword || len(u.MFADevices) > 0 {
					t.Errorf("a human can still use %+v", u)
				}
			}),
		}},
	})
}
