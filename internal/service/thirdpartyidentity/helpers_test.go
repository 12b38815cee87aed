package thirdpartyidentity_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	typeName        = "governed_third_party_identity"
	resourceAddress = typeName + ".monitoring"
	roleName        = "acme-collector"
	roleID          = "aws:123456789012:role/" + roleName
	roleARN         = "arn:aws:iam::123456789012:role/" + roleName

	partyAccount = "999988887777"
	otherAccount = "999988886666"
	externalID   = "0f8fad5b-d9cb-469f-a165-70867728950e"

	listRoles = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}]}`
	readOnly  = "arn:aws:iam::aws:policy/SecurityAudit"
	day       = 24 * time.Hour
)

// collector is a configuration of the resource without what is optional, for the protocol.
func collector(server *sim.Server) acctest.Values {
	return acctest.Values{
		"name": roleName, "owner": "platform", "purpose": "Acme reads our metrics for its dashboards", "expiry": acctest.Date(server, 90),
		"third_party": party(nil),
		"aws_role":    acctest.Values{"inline_policies": acctest.Values{"list": listRoles}},
	}
}

func party(further acctest.Values) acctest.Values {
	return acctest.Values{"name": "Acme Monitoring", "contact": "soc@monitoring.acme.example", "account_ids": []string{partyAccount}}.With(further)
}

// fullCollector uses every argument of third_party and aws_role.
func fullCollector(server *sim.Server) acctest.Values {
	return collector(server).With(acctest.Values{
		"third_party": party(acctest.Values{"organization_id": "o-a1b2c3d4e5"}),
		"aws_role": acctest.Values{
			"path": "/parties/", "inline_policies": acctest.Values{"list": listRoles}, "managed_policy_arns": []string{readOnly},
			"permissions_boundary_arn": readOnly, "max_session_duration": 7200, "external_id": externalID,
			"principal_arns": []string{"arn:aws:iam::" + partyAccount + ":role/collector"}, "source_ip_ranges": []string{"198.51.100.0/24"},
		},
	})
}

func withParty(further acctest.Values) acctest.Values {
	return acctest.Values{"third_party": party(further)}
}

func withRole(arguments acctest.Values) acctest.Values {
	return acctest.Values{"aws_role": arguments}
}

// newSim is a simulator with the third party's account, and a role in it.
func newSim(t *testing.T) *sim.Server {
	t.Helper()
	server := acctest.NewSim(t)
	server.Account(partyAccount).PutRole(sim.Role{Name: "collector", TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	server.Account(otherAccount)
	return server
}

func account(server *sim.Server) *sim.Account { return server.Account(sim.DefaultAccount) }

// role is the role of a test as it is on the simulator.
func role(t testing.TB, server *sim.Server) sim.RoleView {
	t.Helper()
	view, ok := account(server).Role(roleName)
	if !ok {
		t.Fatal("there is no role")
	}
	return view
}

// getsIn fails the test unless an account gets a session with an external id, or is refused one.
func getsIn(t testing.TB, server *sim.Server, from, externalID string, allowed bool) {
	t.Helper()
	session, err := acctest.AssumeRole(t, server, from, role(t, server).ARN, externalID)
	var refused smithy.APIError
	switch {
	case allowed && err == nil:
		if _, err := session.ListRoles(t.Context(), &iam.ListRolesInput{MaxItems: aws.Int32(1)}); err != nil {
			t.Errorf("the session cannot list roles: %s", err)
		}
	case allowed, err == nil, !errors.As(err, &refused), refused.ErrorCode() != "AccessDenied":
		t.Errorf("account %s gets in with %q: %t (%v), should be %t", from, externalID, err == nil, err, allowed)
	}
}

func wantGone(t testing.TB, server *sim.Server) {
	t.Helper()
	if roles := account(server).Roles(); len(roles) > 0 {
		t.Errorf("the roles %v are left", roles)
	}
}

// config is a whole configuration with one resource, for the Terraform CLI.
func config(server *sim.Server, name, owner, partyArguments, roleArguments string) string {
	return acctest.ProviderConfig(server, "") + fmt.Sprintf(`
resource %q "monitoring" {
  name    = %q
  owner   = %q
  purpose = "Acme reads our metrics for its dashboards"
  expiry  = %q
  third_party = {
    name        = "Acme Monitoring"
    contact     = "soc@monitoring.acme.example"
    account_ids = [%q]
    %s
  }
  aws_role = {
    inline_policies = { list = jsonencode(%s) }
    %s
  }
}
`, typeName, name, owner, acctest.Date(server, 90), partyAccount, partyArguments, listRoles, roleArguments)
}
