package serviceidentity_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// violation is one thing to write wrong, and what the plan says to it.
type violation struct {
	wrong acctest.Values
	says  []string
}

func trusting(trust acctest.Values) acctest.Values {
	return acctest.Values{"aws_role": acctest.Values{"trust": trust}}
}

func withRole(arguments acctest.Values) acctest.Values {
	return acctest.Values{"aws_role": acctest.Values{"trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}}}.With(arguments)}
}

func policies(name, document string) acctest.Values {
	return withRole(acctest.Values{"inline_policies": acctest.Values{name: document}})
}

var violations = map[string]violation{
	"owner empty":              {acctest.Values{"owner": ""}, []string{`error owner: Metadata text is not usable … owner is empty, so nobody could tell who answers for the identity … Write who answers for the identity, for example owner = "payments".`}},
	"owner blank":              {acctest.Values{"owner": "  "}, []string{"error owner: Metadata text is not usable … white space only"}},
	"owner filler":             {acctest.Values{"owner": "N/A"}, []string{`error owner: Owner names nobody … owner is "N/A"`}},
	"owner with line break":    {acctest.Values{"owner": "pay\nments"}, []string{"error owner: Metadata text is not usable … U+000A at position 4 … trimspace()"}},
	"owner too long":           {acctest.Values{"owner": strings.Repeat("x", 300)}, []string{"error owner: The platform would refuse this … owner takes 300 characters in its tag, 44 more than IAM's limit of 256"}},
	"purpose empty":            {acctest.Values{"purpose": ""}, []string{"error purpose: Metadata text is not usable … purpose is empty"}},
	"purpose filler":           {acctest.Values{"purpose": "test test test"}, []string{`error purpose: Purpose says too little … "test test test", which is filler`}},
	"purpose repeats the name": {acctest.Values{"purpose": "the invoice export role"}, []string{"error purpose: Purpose says too little … only repeats the name"}},
	"purpose short":            {acctest.Values{"purpose": "Exports"}, []string{"error purpose: Purpose says too little … has 7 characters; the policy wants at least 10"}},
	"purpose too long encoded": {acctest.Values{"purpose": "Exports" + strings.Repeat(", and more", 25)}, []string{"error purpose: The platform would refuse this … takes 307 characters in its tag (257 as written; characters that IAM does not take in tags … 51 more than IAM's limit of 256"}},
	"expiry empty":             {acctest.Values{"expiry": ""}, []string{"error expiry: Metadata text is not usable … expiry is empty"}},
	"expiry malformed":         {acctest.Values{"expiry": "31.12.2026"}, []string{`error expiry: Expiry is not a time … "31.12.2026" … a date such as … RFC 3339 … at the latest <max> (365 days from today, <today>)`}},
	"expiry impossible":        {acctest.Values{"expiry": "2026-02-30"}, []string{"error expiry: Expiry is not a time"}},
	"expiry past":              {acctest.Values{"expiry": "2020-01-01"}, []string{"error expiry: Expiry is in the past … access would have ended on 2020-01-02T00:00:00Z … at the latest <max> (365 days from today, <today>)"}},
	"expiry too far":           {acctest.Values{"expiry": "2199-01-01"}, []string{"error expiry: Expiry is too far ahead … at most, to <max> … a date such as … at the latest <max> (365 days from today, <today>)"}},
	"environment blank":        {acctest.Values{"environment": " "}, []string{"error environment: Metadata text is not usable"}},
	"systems blank":            {acctest.Values{"systems": []string{"billing", ""}}, []string{"error systems: Metadata text is not usable … blank element"}},
	"label reserved":           {acctest.Values{"labels": acctest.Values{"aws:x": "y"}}, []string{`error labels["aws:x"]: The platform would refuse this … reserved`}},
	"label of metadata":        {acctest.Values{"labels": acctest.Values{"NHI:Owner": "y"}}, []string{`error labels["NHI:Owner"]: The platform would refuse this … Use the argument owner`}},
	"label control character":  {acctest.Values{"labels": acctest.Values{"a": "x\ty"}}, []string{`error labels["a"]: Metadata text is not usable … U+0009 at position 2`, `error labels["a"]: The platform would refuse this`}},
	"name too long":            {acctest.Values{"name": strings.Repeat("n", 65)}, []string{"error name: The platform would refuse this … has 65 characters, 1 more than IAM's limit of 64"}},
	"name character":           {acctest.Values{"name": "invoice export"}, []string{"error name: The platform would refuse this … letters, digits and _+=,.@-"}},
	"path":                     {withRole(acctest.Values{"path": "teams"}), []string{`error aws_role.path: The platform would refuse this … "teams" is not an IAM path … Argument: aws_role.path.`}},
	"path reserved":            {withRole(acctest.Values{"path": "/aws-service-role/x/"}), []string{"error aws_role.path: The platform would refuse this … reserved"}},
	"session too long":         {withRole(acctest.Values{"max_session_duration": 90000}), []string{"error aws_role.max_session_duration: The platform would refuse this … is 90000; IAM takes 3600 to 43200 seconds"}},
	"boundary no ARN":          {withRole(acctest.Values{"permissions_boundary_arn": "PowerUser"}), []string{"error aws_role.permissions_boundary_arn: The platform would refuse this"}},
	"too many policies":        {withRole(acctest.Values{"managed_policy_arns": manyPolicies(12)}), []string{"error aws_role.managed_policy_arns: The platform would refuse this … 12 managed policies are attached, 2 more than this account's quota of 10"}},
	"policy no JSON":           {policies("read", "{\n  \"Version\" \"2012-10-17\"\n}"), []string{`error aws_role.inline_policies["read"]: The platform would refuse this … line 2, column 13`}},
	"policy with principal":    {policies("read", lambdaTrust), []string{`error aws_role.inline_policies["read"]: The platform would refuse this … line 1`}},
	"policy name taken":        {policies("governed-expiry", readBuckets), []string{`error aws_role.inline_policies["governed-expiry"]: The platform would refuse this … is taken by the policy that enforces the expiry`}},
	"policies too large":       {policies("read", largePolicy(10300)), []string{"error aws_role.inline_policies: The platform would refuse this … characters together, and governed-expiry … more than the quota of 10240"}},
	"trust too large":          {trusting(acctest.Values{"oidc": acctest.Values{"provider_arn": provider, "audiences": []string{"a"}, "subjects": manySubjects(60)}}), []string{"error aws_role.trust: The platform would refuse this … the trust policy has … once the expiry is enforced in it … more than this account's quota of 2048", "warning aws_role.trust.oidc: Identity is shared … 60 clients share it … and 55 more"}},
	"trust no service":         {trusting(acctest.Values{"aws_services": []string{"lambda"}}), []string{`error aws_role.trust.aws_services: Trust is not safe … "lambda" is not a service principal`}},
	"trust empty":              {trusting(acctest.Values{}), []string{"error aws_role.trust: The platform would refuse this … names anybody"}},
	"trust wildcard":           {trusting(acctest.Values{"github_actions": acctest.Values{"repository": "acme/*", "branch": "main"}}), []string{"error aws_role.trust.github_actions.repository: Trust is not safe … wildcard"}},
	"trust no JSON":            {acctest.Values{"aws_role": acctest.Values{"assume_role_policy": "nobody"}}, []string{"error aws_role.assume_role_policy: The platform would refuse this … line 1, column"}},
	"no trust":                 {acctest.Values{"aws_role": acctest.Values{}}, []string{"error aws_role.trust: The platform would refuse this … names anybody"}},
	"trust policy empty":       {acctest.Values{"aws_role": acctest.Values{"assume_role_policy": ""}}, []string{"error aws_role.trust: The platform would refuse this … names anybody"}},
	"trust everybody":          {policyTrust(`"Principal": "*"`, "sts:AssumeRole"), []string{"error aws_role.assume_role_policy: Trust is not safe … every AWS account in the world"}},
	"trust everybody but some": {policyTrust(`"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}`, "sts:AssumeRole"), []string{"error aws_role.assume_role_policy: Trust is not safe … everybody but some"}},
	"trust every token":        {policyTrust(`"Principal": {"Federated": "`+provider+`"}`, "sts:AssumeRoleWithWebIdentity"), []string{"error aws_role.assume_role_policy: Trust is not safe … looks at its sub", "error aws_role.assume_role_policy: Trust is not safe … looks at its aud"}},
	"label null":               {acctest.Values{"labels": acctest.Values{"a": nil}}, []string{"error labels: Null Map Value"}},
	"two trusts":               {withRole(acctest.Values{"assume_role_policy": lambdaTrust}), []string{"error aws_role.assume_role_policy: Two trust policies are given"}},
	"two platforms": {acctest.Values{"aws_user": acctest.Values{}}, []string{
		"error aws_role: More than one platform is declared … exactly one platform. Keep one of these arguments: aws_role, aws_user",
		"error aws_user: More than one platform is declared",
	}},
	"no platform": {acctest.Values{"aws_role": nil}, []string{"error : No platform is declared … Write one of these arguments: aws_role, aws_user"}},
}

func policyTrust(principal, action string) acctest.Values {
	return acctest.Values{"aws_role": acctest.Values{
		"assume_role_policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + principal + `,"Action":"` + action + `"}]}`,
	}}
}

const provider = "arn:aws:iam::123456789012:oidc-provider/gitlab.example"

// TestViolations writes one thing wrong at a time: the plan says what is wrong, where, and what to write instead, and
// nothing is changed.
func TestViolations(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	dates := strings.NewReplacer("<max>", acctest.Date(server, 365), "<today>", acctest.Date(server, 0))
	for name, violation := range violations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			says := make([]string, len(violation.says))
			for i, text := range violation.says {
				says[i] = dates.Replace(text)
			}
			r.Plan(lambdaRole(server).With(violation.wrong)).Want(t, says...)
			wantWrites(t, server)
		})
	}
}

// TestValidateOffline finds without any configured provider what holds under every policy.
func TestValidateOffline(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewProtocol(t, server).Resource(typeName)
	r.Validate(lambdaRole(server)).Want(t)
	r.Validate(fullRole(server)).Want(t)
	r.Validate(lambdaRole(server).With(acctest.Values{"owner": "test"})).Want(t)
	r.Validate(lambdaRole(server).With(policies("read", "{")).With(acctest.Values{"owner": "test", "expiry": "soon"})).Want(t,
		"error owner: Owner names nobody", `error expiry: Expiry is not a time … a date such as`, `error aws_role.inline_policies["read"]: The platform would refuse this`)
	r.Validate(lambdaRole(server).With(acctest.Values{"name": acctest.Unknown, "owner": acctest.Unknown, "expiry": acctest.Unknown, "labels": acctest.Unknown, "aws_role": acctest.Unknown})).Want(t)
	if calls := server.CountCalls(""); calls > 0 {
		t.Errorf("%d calls were made", calls)
	}
}

// TestValidateForesees reports with what fails the validation also what the policy will say, and judges no expiry that
// an existing identity may keep.
func TestValidateForesees(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewProtocol(t, server)
	p.ValidateProvider(acctest.Values{"policy": acctest.Values{"required_metadata": []string{"ticket"}}}).Want(t)
	r := p.Resource(typeName)
	r.Validate(lambdaRole(server).With(policies("read", "{")).With(acctest.Values{"owner": "test", "expiry": "2020-01-01"})).Want(t,
		`error aws_role.inline_policies["read"]: The platform would refuse this`, "error owner: Owner names nobody",
		"error ticket: Required metadata is missing", "warning expiry: Expiry is in the past")
	r.Validate(lambdaRole(server).With(acctest.Values{"expiry": "soon"})).Want(t,
		"error expiry: Expiry is not a time … at the latest "+acctest.Date(server, 365), "error ticket: Required metadata is missing")
}
