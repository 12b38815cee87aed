package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// system has an identity of every kind.
const system = `
locals {
  expiry = %q
}

resource "governed_service_identity" "export" {
  name    = "invoice-export"
  owner   = "payments"
  purpose = "Nightly export of invoices to the data lake"
  expiry  = local.expiry
  aws_role = {
    trust            = { aws_services = ["ec2.amazonaws.com"] }
    instance_profile = true
  }
}

resource "governed_service_identity" "mail" {
  name    = "mail-relay"
  owner   = "payments"
  purpose = "Sends invoices through the mail relay"
  expiry  = local.expiry
  aws_user = {
    managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  }
}

resource "governed_third_party_identity" "auditor" {
  name    = "auditor"
  owner   = "payments"
  purpose = "Yearly audit of the export of invoices"
  expiry  = local.expiry
  third_party = {
    name        = "Ledger and Partners"
    contact     = "https://ledger.example/security"
    account_ids = ["999988887777"]
  }
  aws_role = {}
}
`

// TestSimRetireSystem removes a whole system in one apply: refused while one of its identities is in use and the policy
// says so, and with nothing left behind otherwise.
func TestSimRetireSystem(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account := server.Account(sim.DefaultAccount)
	gone := func(*terraform.State) error {
		if roles, users, profiles := account.Roles(), account.Users(), account.InstanceProfiles(); len(roles)+len(users)+len(profiles) > 0 {
			t.Errorf("left behind: roles %v, users %v, instance profiles %v", roles, users, profiles)
		}
		return nil
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             gone,
		Steps: []resource.TestStep{
			{Config: acctest.ProviderConfig(server, "") + fmt.Sprintf(system, acctest.Date(server, 60))},
			{
				PreConfig: func() {
					session, err := account.AssumeRoleAsService("ec2.amazonaws.com", "arn:aws:iam::123456789012:role/invoice-export", nil)
					if err != nil {
						t.Error(err)
						return
					}
					acctest.UseSession(t, server, session)
					acctest.AccessKey(t, acctest.IAM(server), "mail-relay")
				},
				Config:      acctest.ProviderConfig(server, `policy = { enforcement = { retire_in_use = "error" } }`),
				ExpectError: acctest.Says(`Identity is still in use … "invoice-export" … was used within the last 30 days … lower retire_in_use_days`),
			},
			{
				PreConfig: func() {
					if roles, users := account.Roles(), account.Users(); len(roles) != 2 || len(users) != 1 {
						t.Errorf("the refusal left the roles %v and the users %v", roles, users)
					}
				},
				Config: acctest.ProviderConfig(server, ""),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("governed_third_party_identity.auditor", plancheck.ResourceActionDestroy),
				}},
				Check: gone,
			},
		},
	})
}
