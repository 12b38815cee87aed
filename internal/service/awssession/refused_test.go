package awssession_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// deployer is who runs Terraform in these tests: a user with little more than nothing.
const deployer = "arn:aws:iam::" + sim.DefaultAccount + ":user/pipelines/deployer"

// trusting is a trust policy of one statement.
func trusting(principal, actions, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"Deploy","Effect":"Allow","Principal":{"AWS":%q},"Action":%s%s}]}`, principal, actions, condition)
}

func allowing(actions string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%s,"Resource":"*"}]}`, actions)
}

const (
	readItself = `"iam:GetUser","iam:ListUserPolicies","iam:GetUserPolicy","iam:ListAttachedUserPolicies","iam:ListGroupsForUser","iam:GetPolicy","iam:GetPolicyVersion","iam:GetLoginProfile","iam:ListMFADevices"`
	assume     = `"sts:AssumeRole"`
)

// STS says only that it refuses. Which statement is missing, and where, is found out from what can be read.
func TestSimSessionRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		trust, permissions string
		further            acctest.Values
		want               string
	}{
		"the trust names somebody else": {
			trusting("arn:aws:iam::"+sim.DefaultAccount+":user/sim-administrator", "["+assume+"]", ""), `["iam:GetRole",` + assume + `,` + readItself + `]`, nil,
			"No statement in the trust policy of the role allows sts:AssumeRole to " + deployer + ".…Add to the trust policy of the role…\"Principal\": {…\"AWS\": \"" + deployer + "\"…\"sts:AssumeRole\"…AWS said:",
		},
		"the caller's policy lacks it": {
			trusting(accountRoot, "["+assume+"]", ""), `["iam:GetRole",` + readItself + `]`, nil,
			"The trust policy leaves it to the account, and no policy of " + deployer + " allows sts:AssumeRole on the role.…Add to a policy of " + deployer + "…\"Action\": […\"sts:AssumeRole\"…\"Resource\": \"" + roleARN + "\"",
		},
		"the caller's policies cannot be read": {
			trusting(accountRoot, "["+assume+"]", ""), `["iam:GetRole"]`, nil,
			"the caller's own policies decide. They could not be read (the permission iam:GetUser is missing), but have to allow sts:AssumeRole.…Add to a policy of " + deployer + ", unless it is there",
		},
		"no external id": {
			trusting(deployer, "["+assume+"]", `{"StringEquals":{"sts:ExternalId":"Q2W3E4R5T6Z7"}}`), `["iam:GetRole",` + assume + `]`, nil,
			"The trust policy of the role would allow sts:AssumeRole to " + deployer + ", but statement 1 (Sid \"Deploy\") asks for sts:ExternalId, which the request does not have.",
		},
		"another external id": {
			trusting(deployer, "["+assume+"]", `{"StringEquals":{"sts:ExternalId":"Q2W3E4R5T6Z7"}}`), `["iam:GetRole",` + assume + `]`,
			acctest.Values{"external_id": "other"},
			"asks for sts:ExternalId to be \"Q2W3E4R5T6Z7\", and it is \"other\"",
		},
		"no source identity allowed": {
			trusting(deployer, "["+assume+"]", ""), `["iam:GetRole",` + assume + `]`,
			acctest.Values{"source_identity": "ada"},
			"No statement in the trust policy of the role allows sts:SetSourceIdentity to " + deployer,
		},
		"no tags allowed by the caller": {
			trusting(accountRoot, "["+assume+`,"sts:TagSession"]`, ""), `["iam:GetRole",` + assume + `,` + readItself + `]`,
			acctest.Values{"tags": acctest.Values{"run": "1"}},
			"no policy of " + deployer + " allows sts:TagSession on the role",
		},
		"a condition that nothing is known of": {
			trusting(deployer, "["+assume+"]", `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), `["iam:GetRole",` + assume + `]`, nil,
			"The trust policy has conditions on aws:MultiFactorAuthPresent, of which nothing is known here",
		},
		"a deny": {
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + accountRoot + `"},"Action":"sts:AssumeRole"},{"Sid":"NotNow","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}`,
			`["iam:GetRole",` + assume + `]`, nil,
			"The trust policy of the role denies sts:AssumeRole to " + deployer + " in statement 2 (Sid \"NotNow\")",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			who := acctest.NewDeployer(server, allowing(test.permissions))
			server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "export", TrustPolicy: test.trust, Tags: map[string]string{
				"nhi:owner": "payments", "nhi:purpose": "Nightly export of invoices", "nhi:expiry": acctest.Date(server, 90), "nhi:managed_by": "terraform-provider-governed",
			}})
			_, diags := who.Protocol(t, nil).Open(typeName, acctest.Values{"identity": roleID}.With(test.further))
			diags.Want(t, "error identity: Role cannot be assumed…"+test.want)
		})
	}
}

// What is missing, as it is said, is what helps.
func TestSimSessionRefusedThenAllowed(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	who := acctest.NewDeployer(server, allowing(`["iam:GetRole"]`))
	p := acctest.NewConfiguredProtocol(t, server, nil)
	governed(t, p, server, trusting("arn:aws:iam::"+sim.DefaultAccount+":user/sim-administrator", "["+assume+"]", ""))
	_, diags := who.Protocol(t, nil).Open(typeName, acctest.Values{"identity": roleID})
	text := diags.String()
	start, end := strings.Index(text, "{"), strings.LastIndex(text, "}")
	if start < 0 || end < start {
		t.Fatalf("no statement is shown: %s", text)
	}
	said := text[start : end+1]
	account := server.Account(sim.DefaultAccount)
	account.PutRole(sim.Role{Name: "second", TrustPolicy: `{"Version":"2012-10-17","Statement":[` + said + `]}`, Tags: map[string]string{
		"nhi:owner": "payments", "nhi:purpose": "Nightly export of invoices", "nhi:expiry": acctest.Date(server, 90), "nhi:managed_by": "terraform-provider-governed",
	}})
	_, diags = who.Protocol(t, nil).Open(typeName, acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":role/second"})
	diags.Want(t)
}

func TestSimSessionTokenRefused(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	const issuer = "https://token.actions.githubusercontent.com"
	account := server.Account(sim.DefaultAccount)
	provider := account.PutOIDCProvider(issuer, []string{"sts.amazonaws.com"}, nil)
	governed(t, p, server, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"`+provider+`"},"Action":"sts:AssumeRoleWithWebIdentity",
		"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"repo:acme/export:ref:refs/heads/main"}}}]}`)
	token := sim.WebIdentityToken(issuer, "sts.amazonaws.com", "repo:acme/export:ref:refs/heads/dev", server.Clock().Now().Add(5*time.Minute))
	_, diags := p.Open(typeName, acctest.Values{"identity": roleID, "web_identity": acctest.Values{"token": token}})
	diags.Want(t, `error identity: Role cannot be assumed…trusts the issuer, but statement 1 asks for token.actions.githubusercontent.com:sub to be "repo:acme/export:ref:refs/heads/main", and it is "repo:acme/export:ref:refs/heads/dev"`)
	if strings.Contains(diags.String(), token) {
		t.Error("the token is shown")
	}
}
