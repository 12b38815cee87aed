package serviceidentity_test

import (
	"fmt"
	"slices"
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

// everything is a role with every argument.
var everything = fmt.Sprintf(`
  business_owner  = "finance"
  technical_owner = "platform-team"
  environment     = "prod"
  ticket          = "SEC-1234"
  systems         = ["billing-db", "data lake"]
  labels          = { cost-center = "4711" }
  aws_role = {
    path                     = "/teams/payments/"
    trust                    = { aws_services = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"] }
    inline_policies          = { read = jsonencode(%s), write = jsonencode(%s) }
    managed_policy_arns      = [%q]
    permissions_boundary_arn = %q
    max_session_duration     = 7200
    instance_profile         = true
  }
`, readBuckets, writeBuckets, readOnly, boundary)

func stateValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New(name), value)
}

func roleValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("aws_role").AtMapKey(name), value)
}

func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(resourceAddress, action)}}
}

// destroyed checks that a destruction has left nothing behind.
func destroyed(t testing.TB, server *sim.Server) resource.TestCheckFunc {
	return checked(func() { wantGone(t, server) })
}

// checked is a check that reports by itself.
func checked(check func()) resource.TestCheckFunc {
	return func(*terraform.State) error {
		check()
		return nil
	}
}

func TestSimLifecycle(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{
				Config: config(server, everything),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(resourceAddress, plancheck.ResourceActionCreate),
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("id"), knownvalue.StringExact("aws:123456789012:role/teams/payments/invoice-export")),
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("aws_role").AtMapKey("arn"), knownvalue.StringExact("arn:aws:iam::123456789012:role/teams/payments/invoice-export")),
					plancheck.ExpectUnknownValue(resourceAddress, tfjsonpath.New("aws_role").AtMapKey("unique_id")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					stateValue("id", knownvalue.StringExact("aws:123456789012:role/teams/payments/invoice-export")),
					stateValue("category", knownvalue.StringExact("shared")),
					stateValue("status", knownvalue.StringExact("active")),
					stateValue("expiry_enforcement", knownvalue.StringExact("cloud")),
					roleValue("unique_id", knownvalue.StringRegexp(acctest.Says("AROA"))),
					roleValue("instance_profile_arn", knownvalue.StringExact("arn:aws:iam::123456789012:instance-profile/teams/payments/invoice-export")),
				},
				Check: checked(func() { wantEverything(t, server) }),
			},
			{
				// Every step ends with a second plan, which has to be empty.
				Config: config(server, `
  owner       = "billing"
  environment = "staging"
  systems     = ["billing-db"]
  aws_role = {
    path               = "/teams/payments/"
    assume_role_policy = jsonencode(`+lambdaTrust+`)
    inline_policies    = { read = jsonencode(`+writeBuckets+`) }
  }
`),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: checked(func() {
					role := role(t, server, "invoice-export")
					if role.Tags["nhi:owner"] != "billing" || role.Tags["nhi:environment"] != "staging" || role.Tags["nhi:ticket"] != "" || role.Tags["cost-center"] != "" {
						t.Errorf("tags are %v", role.Tags)
					}
					if len(role.InlinePolicies) != 2 || len(role.AttachedPolicyARNs) != 0 || role.BoundaryARN != "" || role.MaxSessionSeconds != 3600 {
						t.Errorf("the role is %+v", role)
					}
					if profiles := account(server).InstanceProfiles(); len(profiles) > 0 {
						t.Errorf("instance profiles %v are left", profiles)
					}
				}),
			},
		},
	})
}

// wantEverything checks that the simulator has what everything asks for, made in one call with its metadata.
func wantEverything(t *testing.T, server *sim.Server) {
	role := role(t, server, "invoice-export")
	for key, value := range map[string]string{
		"nhi:owner": "payments", "nhi:purpose": "Nightly export of invoices to the data lake", "nhi:expiry": acctest.Date(server, 90),
		"nhi:business_owner": "finance", "nhi:technical_owner": "platform-team", "nhi:environment": "prod", "nhi:ticket": "SEC-1234",
		"nhi:systems": "billing-db data=20lake", "nhi:managed_by": "terraform-provider-governed", "cost-center": "4711",
	} {
		if role.Tags[key] != value {
			t.Errorf("tag %s is %q, not %q", key, role.Tags[key], value)
		}
	}
	if len(role.InlinePolicies) != 3 || !slices.Equal(role.AttachedPolicyARNs, []string{readOnly}) || role.BoundaryARN != boundary ||
		role.MaxSessionSeconds != 7200 || !slices.Equal(role.InstanceProfiles, []string{"invoice-export"}) {
		t.Errorf("the role is %+v", role)
	}
	if first := writes(server)[0]; first != "CreateRole" || server.CountCalls("iam:TagRole") != 0 {
		t.Errorf("the role was not made with its tags in one step: %v", writes(server))
	}
}

func TestSimReplace(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: config(server, "")},
			{
				Config:           config(server, `name = "invoice-export-2"`),
				ConfigPlanChecks: planned(plancheck.ResourceActionDestroyBeforeCreate),
				Check: checked(func() {
					if roles := account(server).Roles(); !slices.Equal(roles, []string{"invoice-export-2"}) {
						t.Errorf("the roles are %v", roles)
					}
				}),
			},
			{
				Config: config(server, `
  name     = "invoice-export-2"
  aws_role = { path = "/moved/", trust = { aws_services = ["lambda.amazonaws.com"] } }
`),
				ConfigPlanChecks:  planned(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("id", knownvalue.StringExact("aws:123456789012:role/moved/invoice-export-2"))},
			},
		},
	})
}

func TestSimDisappears(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{
				Config: config(server, ""),
				Check: func(*terraform.State) error {
					client := acctest.IAM(server)
					if _, err := client.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String("invoice-export"), PolicyName: aws.String("governed-expiry")}); err != nil {
						return err
					}
					_, err := client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("invoice-export")})
					return err
				},
				ExpectNonEmptyPlan: true,
			},
			{Config: config(server, ""), ConfigPlanChecks: planned(plancheck.ResourceActionCreate)},
		},
	})
}

func TestSimImport(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	// Which of the two equal forms of a trust was configured, and that empty is not null, cannot be read from the cloud.
	written := []string{"aws_role.trust", "aws_role.assume_role_policy"}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: config(server, everything)},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: written,
				ImportStateId: "aws:123456789012:role/teams/payments/invoice-export",
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: written,
				ImportStateId: "arn:aws:iam::123456789012:role/teams/payments/invoice-export",
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateId: "invoice-export",
				ExpectError: acctest.Says(`Import id is malformed … "invoice-export" is not a canonical identity id … aws:<account>:role/<path><name> … ARN`),
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateId: "aws:123456789012:role/absent",
				ExpectError: acctest.Says("Cannot import non-existent remote object"),
			},
		},
	})
}

// TestSimImportUngoverned takes over a role that nobody governed, once what is missing is filled in.
func TestSimImportUngoverned(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account(server).PutRole(simRole("invoice-export", "/old/"))
	imported := func(owner string) string {
		return `
import {
  to = governed_service_identity.export
  id = "arn:aws:iam::123456789012:role/old/invoice-export"
}
` + config(server, fmt.Sprintf(`
  owner    = %q
  aws_role = {
    path                = "/old/"
    assume_role_policy  = jsonencode(%s)
    inline_policies     = { read = jsonencode(%s) }
    managed_policy_arns = [%q]
  }
`, owner, lambdaTrust, readBuckets, readOnly))
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: imported(""), ExpectError: acctest.Says(`owner is empty, so nobody could tell who answers for the identity … owner = "payments"`)},
			{
				Config:           imported("payments"),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: checked(func() {
					wantWrites(t, server, "TagRole", "PutRolePolicy", "UpdateAssumeRolePolicy")
					assume(t, server, true)
				}),
			},
		},
	})
}

// TestSimTwoModules removes one of two modules: the other one stays as it is.
func TestSimTwoModules(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	keep := block(server, "keep", "keep", "aws_role = { instance_profile = true, trust = { aws_services = [\"ec2.amazonaws.com\"] } }")
	var before sim.RoleView
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: config(server, everything) + keep},
			{
				PreConfig: func() { before = role(t, server, "keep"); server.ResetCalls() },
				Config:    acctest.ProviderConfig(server, "") + keep,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(resourceAddress, plancheck.ResourceActionDestroy),
					plancheck.ExpectResourceAction(typeName+".keep", plancheck.ResourceActionNoop),
				}},
				Check: checked(func() {
					if now := role(t, server, "keep"); fmt.Sprint(now) != fmt.Sprint(before) {
						t.Errorf("the other role was %v and is %v", before, now)
					}
					if roles := account(server).Roles(); !slices.Equal(roles, []string{"keep"}) {
						t.Errorf("the roles are %v", roles)
					}
					wantWrites(t, server, "UpdateAssumeRolePolicy", "PutRolePolicy", "RemoveRoleFromInstanceProfile", "DeleteInstanceProfile", "DetachRolePolicy",
						"DeleteRolePolicy", "DeleteRolePolicy", "DeleteRolePolicy", "DeleteRole")
				}),
			},
		},
	})
}
