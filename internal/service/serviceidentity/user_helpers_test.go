package serviceidentity_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	userName = "invoice-export"
	userID   = "aws:123456789012:user/teams/payments/invoice-export"
	userARN  = "arn:aws:iam::123456789012:user/teams/payments/invoice-export"
)

// exporter is a whole configuration of a user, for the protocol.
func exporter(server *sim.Server) acctest.Values {
	return lambdaRole(server).With(acctest.Values{"aws_role": nil, "aws_user": acctest.Values{"inline_policies": acctest.Values{"list": listUsers}}})
}

const listUsers = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}`

// withUser replaces the arguments of the nested attribute.
func withUser(arguments acctest.Values) acctest.Values { return acctest.Values{"aws_user": arguments} }

// fullUser uses every argument.
func fullUser(server *sim.Server) acctest.Values {
	return fullRole(server).With(acctest.Values{"aws_role": nil, "aws_user": acctest.Values{
		"path": "/teams/payments/", "inline_policies": acctest.Values{"list": listUsers, "read": readBuckets},
		"managed_policy_arns": []string{readOnly}, "permissions_boundary_arn": readOnly, "groups": []string{"exporters", "mail"},
	}})
}

// fullUserBlock is the same for the Terraform CLI.
var fullUserBlock = fmt.Sprintf(`
  environment = "prod"
  labels      = { cost-center = "4711" }
  aws_role    = null
  aws_user = {
    path                     = "/teams/payments/"
    inline_policies          = { list = jsonencode(%s), read = jsonencode(%s) }
    managed_policy_arns      = [%q]
    permissions_boundary_arn = %q
    groups                   = ["exporters", "mail"]
  }
`, listUsers, readBuckets, readOnly, readOnly)

// newUserSim is a simulator with some groups.
func newUserSim(t *testing.T) *sim.Server {
	t.Helper()
	server := acctest.NewSim(t)
	for _, group := range []string{"exporters", "mail", "humans"} {
		account(server).PutGroup(sim.Group{Name: group})
	}
	return server
}

// user is the user of a test as it is on the simulator.
func user(t testing.TB, server *sim.Server) sim.UserView {
	t.Helper()
	view, ok := account(server).User(userName)
	if !ok {
		t.Fatal("there is no user")
	}
	slices.Sort(view.AttachedPolicyARNs)
	slices.Sort(view.Groups)
	return view
}

func userValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("aws_user").AtMapKey(name), value)
}

// wantUser checks that the simulator has what fullUserBlock asks for, made in one call with its metadata.
func wantUser(t *testing.T, server *sim.Server) {
	t.Helper()
	u := user(t, server)
	if u.Tags["nhi:owner"] != "payments" || u.Tags["nhi:managed_by"] != "terraform-provider-governed" || u.Tags["cost-center"] != "4711" {
		t.Errorf("the tags are %v", u.Tags)
	}
	if len(u.InlinePolicies) != 3 || !slices.Equal(u.AttachedPolicyARNs, []string{readOnly}) || u.BoundaryARN != readOnly || !slices.Equal(u.Groups, []string{"exporters", "mail"}) {
		t.Errorf("the user is %+v", u)
	}
	if first := writes(server)[0]; first != "CreateUser" || server.CountCalls("iam:TagUser") != 0 {
		t.Errorf("the user was not made with its tags in one step: %v", writes(server))
	}
}

// wantNoUser fails the test when anything of a user has survived it.
func wantNoUser(t testing.TB, server *sim.Server) {
	t.Helper()
	devices, err := acctest.IAM(server).ListVirtualMFADevices(t.Context(), &iam.ListVirtualMFADevicesInput{})
	if err != nil || len(devices.VirtualMFADevices) > 0 || len(account(server).Users()) > 0 {
		t.Errorf("left behind: users %v, MFA devices %v (%v)", account(server).Users(), devices, err)
	}
}

// useKey tries to use an access key as the user's software does.
func useKey(t testing.TB, server *sim.Server, id, secret *string, allowed bool) {
	t.Helper()
	_, err := acctest.NewIAM(server.URL(), *id, *secret).ListUsers(t.Context(), &iam.ListUsersInput{MaxItems: aws.Int32(1)})
	if (err == nil) != allowed {
		t.Errorf("the key %s works: %t (%v), should be %t", *id, err == nil, err, allowed)
	}
}
