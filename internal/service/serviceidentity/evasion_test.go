package serviceidentity_test

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const exportRole = "invoice-export"

// TestTagCannotLengthenALife moves the expiry's tag and then the configuration: what the policy once let pass counts, not
// what the tag says.
func TestTagCannotLengthenALife(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	config := lambdaRole(server)
	r.Apply(config).Want(t)
	if err := tag(t.Context(), acctest.IAM(server), "nhi:expiry", "2099-12-31"); err != nil {
		t.Fatal(err)
	}
	r.Refresh().Want(t)
	r.Plan(config.With(acctest.Values{"expiry": "2099-12-31"})).Want(t, "error expiry: Expiry is too far ahead")
	r.Apply(config).Want(t)
	if got := role(t, server, exportRole).Tags["nhi:expiry"]; got == "2099-12-31" {
		t.Error("the tag was not repaired")
	}
}

// TestImportedExpiryIsJudged imports a role whose tag claims an expiry that no policy has let pass.
func TestImportedExpiryIsJudged(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	claimed := simRole(exportRole, "/")
	claimed.Tags = map[string]string{"nhi:expiry": "2099-12-31"}
	account(server).PutRole(claimed)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Import("aws:123456789012:role/"+exportRole, nil).Want(t)
	r.Plan(lambdaRole(server).With(acctest.Values{"expiry": "2099-12-31"})).Want(t, "error expiry: Expiry is too far ahead")
}

// TestEmptyTextsSettle writes optional arguments as empty, as modules pass them on.
func TestEmptyTextsSettle(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	config := lambdaRole(server).With(acctest.Values{
		"environment": "", "ticket": "", "business_owner": "", "labels": acctest.Values{"empty": ""},
		"aws_role": acctest.Values{"trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}}, "permissions_boundary_arn": ""},
	})
	r.Apply(config).Want(t)
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
}

// TestForeignProfilePathSettles imports a role whose instance profile is on another path.
func TestForeignProfilePathSettles(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account(server).PutRole(simRole(exportRole, "/teams/"))
	account(server).PutInstanceProfile(sim.InstanceProfile{Name: exportRole, Path: "/", RoleName: exportRole})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Import("arn:aws:iam::123456789012:role/teams/"+exportRole, nil).Want(t)
	config := lambdaRole(server).With(acctest.Values{"aws_role": acctest.Values{
		"path": "/teams/", "instance_profile": true, "trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}},
	}})
	r.Apply(config).Want(t)
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if r.Changes() || r.State("aws_role", "instance_profile_arn") != "arn:aws:iam::123456789012:instance-profile/"+exportRole {
		t.Errorf("the second plan changes something, with the profile %v", r.State("aws_role", "instance_profile_arn"))
	}
}

// TestSimTaintedIsReplaced lets an apply fail half way: the next one replaces what is tainted, and nothing is left over.
func TestSimTaintedIsReplaced(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := acctest.ProviderConfig(server, "") + `
resource "governed_service_identity" "export" {
  name    = "` + exportRole + `"
  owner   = "payments"
  purpose = "Nightly export of invoices to the data lake"
  expiry  = "` + acctest.Date(server, 90) + `"
  aws_role = {
    trust               = { aws_services = ["ec2.amazonaws.com"] }
    managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    instance_profile    = true
  }
}
`
	server.InjectFault(sim.Fault{Service: "iam", Action: "AddRoleToInstanceProfile", Nth: 1, Kind: sim.FaultAccessDenied})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: regexp.MustCompile(`created but not completed(.|\n)*terraform\s+untaint`)},
			{Config: config},
		},
	})
	if roles, profiles := account(server).Roles(), account(server).InstanceProfiles(); len(roles)+len(profiles) > 0 {
		t.Errorf("left over: roles %v, profiles %v", roles, profiles)
	}
}
