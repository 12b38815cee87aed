package servicelinkedidentity_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
)

func roleValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New(nested).AtMapKey(name), value)
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

func TestSimLifecycle(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             checked(func() { wantRoles(t, server) }),
		Steps: []resource.TestStep{
			{
				// Every step ends with a second plan, which has to be empty.
				Config:           config(server, `labels = { team = "storage" }`, `aws_service_name = "backup.amazonaws.com"`),
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("id"), knownvalue.StringExact(backupID)),
					statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("expiry_enforcement"), knownvalue.StringExact("none")),
					roleValue("arn", knownvalue.StringExact(backupARN)),
					roleValue("adopted", knownvalue.Bool(false)),
				},
				Check: checked(func() { wantTags(t, server, metadataTags(server, "team=storage")...) }),
			},
			{
				Config: config(server, `ticket = "SEC-7"`, `
    aws_service_name = "backup.amazonaws.com"
    description      = "Nightly backups"`),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            checked(func() { wantTags(t, server, metadataTags(server, "nhi:ticket=SEC-7")...) }),
			},
			{
				ResourceName: resourceAddress, ImportState: true, ImportStateId: backupARN, ImportStateVerify: true,
			},
			{
				Config: config(server, "", `
    aws_service_name = "autoscaling.amazonaws.com"
    custom_suffix    = "web"`),
				ConfigPlanChecks: planned(plancheck.ResourceActionDestroyBeforeCreate),
				Check:            checked(func() { wantRoles(t, server, autoscalingWeb) }),
			},
		},
	})
}

// TestSimAdopt takes over a role that AWS has made, and leaves it afterwards.
func TestSimAdopt(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	madeByAWS(t, server, backup, "", nil)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy: checked(func() {
			wantRoles(t, server, backupRole)
			wantTags(t, server)
		}),
		Steps: []resource.TestStep{
			{
				Config: config(server, "", `
    aws_service_name = "backup.amazonaws.com"
    adopt_existing   = false`),
				ExpectError: acctest.Says("Existing identity … the role AWSServiceRoleForBackup exists already … adopt_existing is false"),
			},
			{
				Config:            config(server, "", `aws_service_name = "backup.amazonaws.com"`),
				ConfigPlanChecks:  planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{roleValue("adopted", knownvalue.Bool(true))},
				Check:             checked(func() { wantTags(t, server, metadataTags(server)...) }),
			},
		},
	})
}

// TestSimImport brings a role under governance with an import block.
func TestSimImport(t *testing.T) {
	t.Parallel()
	importBy(t, `id = "`+backupID+`"`)
}

// TestSimImportByIdentity names it by its resource identity.
func TestSimImportByIdentity(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.IdentityImport)
	importBy(t, `identity = { id = "`+backupID+`" }`)
}

func importBy(t *testing.T, argument string) {
	t.Helper()
	server := acctest.NewSim(t)
	madeByAWS(t, server, backup, "", nil)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             checked(func() { wantRoles(t, server) }),
		Steps: []resource.TestStep{{
			Config: config(server, "", `aws_service_name = "backup.amazonaws.com"`) + `
import {
  to = governed_service_linked_identity.this
  ` + argument + `
}
`,
			ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{roleValue("adopted", knownvalue.Bool(false))},
		}},
	})
}

// TestSimGenerate lets Terraform write the configuration of a role, and fills in what nobody can know but the owner.
func TestSimGenerate(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	madeByAWS(t, server, autoscaling, "web", map[string]string{"team": "shop"})
	c := acctest.NewCLI(t, server)
	c.Write("import.tf", "import {\n  to = "+resourceAddress+"\n  id = \"arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/"+autoscalingWeb+"\"\n}\n")
	if output, ok := c.Run("plan", "-generate-config-out=generated.tf"); ok {
		t.Fatalf("the plan says\n%s", output)
	}
	generated := c.Read("generated.tf")
	for argument, value := range map[string]string{"owner": "shop", "purpose": "Grows and shrinks the web shop", "expiry": acctest.Date(server, 90)} {
		generated = regexp.MustCompile(`(?m)^  `+argument+` +=.*$`).ReplaceAllString(generated, fmt.Sprintf("  %s = %q", argument, value))
	}
	c.Write("generated.tf", generated)
	change := c.Changes()[resourceAddress]
	if want := []string{"expiry", "managed_by", "owner", "purpose", "status"}; !change.Imported || !slices.Equal(change.Actions, []string{"update"}) || !slices.Equal(change.Attributes, want) {
		t.Errorf("the plan is %+v", change)
	}
	c.Must("apply", "plan")
	if change := c.Changes()[resourceAddress]; !slices.Equal(change.Actions, []string{"no-op"}) {
		t.Errorf("the second plan is %+v", change)
	}
}
