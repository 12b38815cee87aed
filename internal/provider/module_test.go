package provider_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// shop is a module with an identity of every kind, and a credential in every store.
const shop = `
terraform {
  required_providers {
    governed = { source = "nhi-governance/governed" }
  }
}
` + system + `
resource "governed_credential" "secret" {
  identity      = governed_service_identity.mail.id
  justification = "The mail relay takes an access key only; it knows no roles"
  expiry        = local.expiry
  store         = { aws_secrets_manager = { name = "shop/mailer", recovery_window_days = 7, replica_regions = ["eu-central-1"] } }
}

resource "governed_credential" "parameter" {
  identity      = governed_service_identity.mail.id
  justification = "The standby relay takes an access key only; it knows no roles"
  expiry        = local.expiry
  store         = { aws_ssm_parameter = { name = "/shop/standby" } }
}

resource "governed_service_linked_identity" "backup" {
  owner   = "payments"
  purpose = "AWS Backup takes the nightly copies of the invoices"
  expiry  = local.expiry
  aws_service_linked_role = { aws_service_name = "backup.amazonaws.com" }
}
`

// TestSimRemoveModule takes a module with everything in it out of the configuration. The plan names all that goes, and
// nothing is left, also where the first apply fails half way.
func TestSimRemoveModule(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]sim.Fault{
		"at once": nil,
		"refused": {
			{Action: "DeleteAccessKey", Nth: 2, Kind: sim.FaultAccessDenied},
			{Action: "DeleteInstanceProfile", Kind: sim.FaultAccessDenied},
			{Action: "DeleteServiceLinkedRole", Kind: sim.FaultAccessDenied},
		},
		"refused by the store":           {{Action: "DeleteSecret", Kind: sim.FaultAccessDenied}, {Action: "DeleteParameter", Kind: sim.FaultAccessDenied}},
		"out of reach from then on":      {{Nth: 40, Times: 10000, Kind: sim.FaultDropBefore}},
		"without an answer from then on": {{Nth: 40, Times: 10000, Kind: sim.FaultDropAfter}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			account := server.Account(sim.DefaultAccount)
			c := acctest.NewCLI(t, server)
			c.Write("shop/main.tf", fmt.Sprintf(shop, acctest.Date(server, 60)))
			c.Write("shop.tf", "module \"shop\" {\n  source = \"./shop\"\n}\n")
			c.Must("init")
			c.Must("apply", "-auto-approve")
			user, _ := account.User("mail-relay")
			if len(user.AccessKeys) != 2 {
				t.Fatalf("the keys are %v", user.AccessKeys)
			}
			keys := []string{user.AccessKeys[0].ID, user.AccessKeys[1].ID}
			slices.Sort(keys)
			_, err := acctest.IAM(server).AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("auditor"), PolicyArn: aws.String(managedPrefix + "SecurityAudit")})
			if err != nil {
				t.Fatal(err)
			}

			wantNamed(t, c.Must("plan", "-destroy"), keys)
			c.Write("shop.tf", "")
			wantNamed(t, c.Must("plan", "-out=plan"), keys)
			if len(faults) > 0 {
				for _, fault := range faults {
					server.InjectFault(fault)
				}
				if output, ok := c.Run("apply", "plan"); ok {
					t.Errorf("the first apply succeeds:\n%s", output)
				}
				if deletions(server) == 0 {
					t.Error("it fails before anything is deleted")
				}
				server.ClearFaults()
				c.Must("plan", "-out=plan")
			}
			c.Must("apply", "plan")
			if state := strings.TrimSpace(c.Must("state", "list")); state != "" {
				t.Errorf("the state has %s", state)
			}
			wantNothing(t, account, "shop/mailer")
			server.Clock().Advance(8 * 24 * time.Hour)
			wantNothing(t, account)
		})
	}
}

// wantNamed fails the test unless a plan names everything that goes with the module.
func wantNamed(t *testing.T, plan string, keys []string) {
	t.Helper()
	plan = plain(plan)
	for _, goes := range []string{
		`governed_service_identity "invoice-export" (aws:123456789012:role/invoice-export) is removed for good`,
		"- inline policy governed-expiry - instance profile invoice-export Last use:",
		`governed_service_identity "mail-relay" (aws:123456789012:user/mail-relay) is removed for good`,
		keys[0] + " (which its governed_credential revokes) - access key " + keys[1] + " (which its governed_credential revokes) - inline policy governed-expiry - managed policy arn:aws:iam::aws:policy/ReadOnlyAccess Last use:",
		`governed_third_party_identity "auditor" (aws:123456789012:role/auditor) is removed for good`,
		"- inline policy governed-expiry - managed policy arn:aws:iam::aws:policy/SecurityAudit (not made by Terraform) Last use:",
		`governed_service_linked_identity "backup.amazonaws.com" (aws:123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup) is removed for good`,
		"- the secret shop/mailer in eu-west-1 of account 123456789012, which can be restored for 7 days Last use:",
		"- the parameter /shop/standby in eu-west-1 of account 123456789012 Last use:",
	} {
		if !strings.Contains(plan, goes) {
			t.Errorf("the plan does not name %q:\n%s", goes, plan)
		}
	}
}

// plain is what Terraform says without the frames and the breaks of its lines.
func plain(output string) string {
	return strings.Join(strings.Fields(regexp.MustCompile("[╷│╵]").ReplaceAllString(output, " ")), " ")
}

// wantNothing fails the test where anything is left of a system but secrets that can still be restored.
func wantNothing(t *testing.T, account *sim.Account, restorable ...string) {
	t.Helper()
	left := slices.Concat(account.Roles(), account.Users(), account.InstanceProfiles(), account.Parameters("eu-west-1", "/"), account.Secrets("eu-central-1"))
	for _, policy := range account.Policies() {
		left = append(left, policy.ARN)
	}
	for _, name := range account.Secrets("eu-west-1") {
		if secret, _ := account.Secret("eu-west-1", name); secret.DeletionDate.IsZero() || !slices.Contains(restorable, name) {
			left = append(left, name)
		}
	}
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// deletions counts those that have succeeded.
func deletions(server *sim.Server) (n int) {
	for _, call := range server.Calls() {
		if strings.HasPrefix(call.Action, "Delete") && call.Status == http.StatusOK {
			n++
		}
	}
	return n
}
