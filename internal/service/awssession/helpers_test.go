package awssession_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	typeName    = "governed_aws_session"
	roleID      = "aws:" + sim.DefaultAccount + ":role/export"
	roleARN     = "arn:aws:iam::" + sim.DefaultAccount + ":role/export"
	accountRoot = "arn:aws:iam::" + sim.DefaultAccount + ":root"
	listUsers   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListUsers","iam:ListRoles"],"Resource":"*"}]}`
)

// trust lets the account itself do the actions.
func trust(actions ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":%s}]}`, accountRoot, list(actions))
}

func list(texts []string) string {
	text := ""
	for i, one := range texts {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf("%q", one)
	}
	return "[" + text + "]"
}

// governed makes a governed role with a trust policy.
func governed(t *testing.T, p *acctest.Protocol, server *sim.Server, trust string) *acctest.Resource {
	t.Helper()
	role := p.Resource("governed_service_identity")
	role.Apply(governedRole(server, trust)).Want(t)
	return role
}

func governedRole(server *sim.Server, trust string) acctest.Values {
	return acctest.Values{
		"name": "export", "owner": "Päyments team", "purpose": "Nightly export of invoices (EU) to the data lake", "expiry": acctest.Date(server, 90),
		"aws_role": acctest.Values{"assume_role_policy": trust, "max_session_duration": 7200, "inline_policies": acctest.Values{"list": listUsers}},
	}
}

// session is an IAM client with the credentials of a session.
func session(server *sim.Server, opened *acctest.Ephemeral) *iam.Client {
	return iam.New(iam.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(opened.Text("access_key_id"), opened.Text("secret_access_key"), opened.Text("session_token")),
	})
}

// wantAllowed fails the test unless a session may, or may not, list the users.
func wantAllowed(t *testing.T, client *iam.Client, allowed bool) {
	t.Helper()
	if _, err := client.ListUsers(t.Context(), &iam.ListUsersInput{}); (err == nil) != allowed {
		t.Errorf("iam:ListUsers with the session: %v", err)
	}
}
