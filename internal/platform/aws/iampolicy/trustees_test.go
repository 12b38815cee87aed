package iampolicy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestTrustees(t *testing.T) {
	t.Parallel()
	const own, other = "111111111111", "222222222222"
	const githubARN = "arn:aws:iam::" + own + ":oidc-provider/token.actions.githubusercontent.com"
	statement := func(principal, rest string) string {
		return `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole",` + principal + rest + `}}`
	}
	federated := func(principal, condition string) string {
		return `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"` + principal + `"},"Condition":` + condition + `}}`
	}
	aws := func(principal string) string { return statement(`"Principal":{"AWS":"`+principal+`"}`, "") }
	anyone := governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*", External: true}
	account := governance.Trustee{Kind: governance.TrusteeAccount, Name: other, Account: other, External: true}
	github := governance.Trustee{Kind: governance.TrusteeWebIdentity, Name: "token.actions.githubusercontent.com", Account: own}
	with := func(trustee governance.Trustee, change func(*governance.Trustee)) []governance.Trustee {
		change(&trustee)
		return []governance.Trustee{trustee}
	}
	conditioned := func(t *governance.Trustee) { t.Conditioned = true }
	for name, test := range map[string]struct {
		document string
		want     []governance.Trustee
	}{
		"account root":      {aws("arn:aws:iam::" + other + ":root"), []governance.Trustee{account}},
		"account of China":  {aws("arn:aws-cn:iam::" + other + ":root"), []governance.Trustee{account}},
		"account id":        {aws(other), []governance.Trustee{account}},
		"own account":       {aws(own), []governance.Trustee{{Kind: governance.TrusteeAccount, Name: own, Account: own}}},
		"role":              {aws("arn:aws:iam::" + other + ":role/a/b"), []governance.Trustee{{Kind: governance.TrusteeRole, Name: "arn:aws:iam::" + other + ":role/a/b", Account: other, External: true}}},
		"session":           {aws("arn:aws:sts::" + own + ":assumed-role/a/s"), []governance.Trustee{{Kind: governance.TrusteeRole, Name: "arn:aws:sts::" + own + ":assumed-role/a/s", Account: own}}},
		"user":              {aws("arn:aws:iam::" + own + ":user/u"), []governance.Trustee{{Kind: governance.TrusteeUser, Name: "arn:aws:iam::" + own + ":user/u", Account: own}}},
		"federated user":    {aws("arn:aws:sts::" + own + ":federated-user/u"), []governance.Trustee{{Kind: governance.TrusteeUser, Name: "arn:aws:sts::" + own + ":federated-user/u", Account: own}}},
		"role that is gone": {aws("AROAIOSFODNN7EXAMPLE"), []governance.Trustee{{Kind: governance.TrusteeUnknown, Name: "AROAIOSFODNN7EXAMPLE"}}},
		"user that is gone": {aws("AIDAIOSFODNN7EXAMPLE"), []governance.Trustee{{Kind: governance.TrusteeUnknown, Name: "AIDAIOSFODNN7EXAMPLE"}}},
		"nonsense ARN":      {aws("arn:aws:iam::" + own + ":role"), []governance.Trustee{{Kind: governance.TrusteeUnknown, Name: "arn:aws:iam::" + own + ":role", Account: own}}},
		"canonical user":    {statement(`"Principal":{"CanonicalUser":"79a5"}`, ""), []governance.Trustee{{Kind: governance.TrusteeUnknown, Name: "79a5"}}},
		"anyone":            {statement(`"Principal":"*"`, ""), []governance.Trustee{anyone}},
		"any AWS":           {aws("*"), []governance.Trustee{anyone}},
		"everybody else":    {statement(`"NotPrincipal":{"AWS":"`+own+`"}`, ""), []governance.Trustee{anyone}},
		"service":           {statement(`"Principal":{"Service":["a.amazonaws.com","b.amazonaws.com"]}`, ""), []governance.Trustee{{Kind: governance.TrusteeService, Name: "a.amazonaws.com"}, {Kind: governance.TrusteeService, Name: "b.amazonaws.com"}}},
		"service of one account": {
			statement(`"Principal":{"Service":"a.amazonaws.com"}`, `,"Condition":{"StringEquals":{"aws:SourceAccount":"`+own+`"}}`),
			[]governance.Trustee{{Kind: governance.TrusteeService, Name: "a.amazonaws.com", Conditioned: true}},
		},
		"external id":                {statement(`"Principal":{"AWS":"`+other+`"}`, `,"Condition":{"StringEquals":{"STS:externalid":"x"}}`), with(account, func(t *governance.Trustee) { t.ExternalID = true })},
		"any external id":            {statement(`"Principal":{"AWS":"`+other+`"}`, `,"Condition":{"StringLike":{"sts:ExternalId":"*"}}`), []governance.Trustee{account}},
		"external id where there is": {statement(`"Principal":{"AWS":"`+other+`"}`, `,"Condition":{"StringEqualsIfExists":{"sts:ExternalId":"x"}}`), []governance.Trustee{account}},
		"not one external id":        {statement(`"Principal":{"AWS":"`+other+`"}`, `,"Condition":{"StringNotEquals":{"sts:ExternalId":"x"}}`), with(account, conditioned)},
		"organisation":               {statement(`"Principal":"*"`, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`), with(anyone, func(t *governance.Trustee) { t.Organization = "o-1" })},
		"one of two organisations":   {statement(`"Principal":"*"`, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-1","o-2"]}}`), with(anyone, conditioned)},
		"any organisation":           {statement(`"Principal":"*"`, `,"Condition":{"StringLike":{"aws:PrincipalOrgID":"*"}}`), []governance.Trustee{anyone}},
		"address":                    {statement(`"Principal":"*"`, `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`), with(anyone, conditioned)},
		"time box":                   {statement(`"Principal":"*"`, `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}`), []governance.Trustee{anyone}},
		"GitHub": {federated(githubARN, `{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a/*"}}`), with(github, func(t *governance.Trustee) {
			t.Audiences, t.Subjects = []string{"sts.amazonaws.com"}, []string{"repo:a/*"}
		})},
		"GitHub, any subject":         {federated(githubARN, `{"StringLike":{"token.actions.githubusercontent.com:sub":"*"}}`), with(github, func(t *governance.Trustee) { t.Subjects = []string{"*"} })},
		"GitHub, ForAllValues":        {federated(githubARN, `{"ForAllValues:StringEquals":{"token.actions.githubusercontent.com:sub":"repo:a/b"}}`), []governance.Trustee{github}},
		"GitHub, another claim":       {federated(githubARN, `{"StringEquals":{"token.actions.githubusercontent.com:repository_owner_id":"1"}}`), with(github, conditioned)},
		"GitHub, of another issuer":   {federated(githubARN, `{"StringEquals":{"example.com:sub":"x"}}`), with(github, conditioned)},
		"public issuer":               {federated("accounts.google.com", `{"StringEquals":{"accounts.google.com:aud":"a"}}`), []governance.Trustee{{Kind: governance.TrusteeWebIdentity, Name: "accounts.google.com", Audiences: []string{"a"}}}},
		"SAML":                        {`{"Statement":{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"arn:aws:iam::` + own + `:saml-provider/adfs"},"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}}`, []governance.Trustee{{Kind: governance.TrusteeSAML, Name: "arn:aws:iam::" + own + ":saml-provider/adfs", Account: own, Audiences: []string{"https://signin.aws.amazon.com/saml"}}}},
		"unknown federation":          {federated("what:ever", `{}`), []governance.Trustee{{Kind: governance.TrusteeUnknown, Name: "what:ever"}}},
		"unknown provider":            {federated("arn:aws:iam::"+own+":other-provider/x", `{}`), []governance.Trustee{{Kind: governance.TrusteeUnknown, Name: "arn:aws:iam::" + own + ":other-provider/x", Account: own}}},
		"tags only":                   {`{"Statement":{"Effect":"Allow","Action":"sts:TagSession","Principal":"*"}}`, nil},
		"wildcard action":             {`{"Statement":{"Effect":"Allow","Action":"STS:*","Principal":"*"}}`, []governance.Trustee{anyone}},
		"not action":                  {`{"Statement":{"Effect":"Allow","NotAction":"sts:TagSession","Principal":"*"}}`, []governance.Trustee{anyone}},
		"twice":                       {`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"},{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}]}`, []governance.Trustee{anyone}},
		"closed":                      {Close(mustParse(t, statement(`"Principal":"*"`, ""))).JSON(), nil},
		"closed by somebody":          {`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"},{"Effect":"Deny","Action":"sts:*","Principal":{"AWS":"*"}}]}`, nil},
		"closed for another action":   {`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"},{"Effect":"Deny","Action":"sts:AssumeRoleWithSAML","Principal":"*"}]}`, []governance.Trustee{anyone}},
		"denied under some condition": {`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"},{"Effect":"Deny","Action":"sts:AssumeRole","Principal":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}`, with(anyone, conditioned)},
		"nobody":                      {`{"Statement":{"Effect":"Deny","Action":"sts:AssumeRole","Principal":"*"}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, Trustees(mustParse(t, test.document), own)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
