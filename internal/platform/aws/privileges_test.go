package aws

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	iamgrants "github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

func TestPrivileges(t *testing.T) {
	t.Parallel()
	const awsOwn, local = "arn:aws:iam::aws:policy/", "arn:aws:iam::111111111111:policy/team/"
	const self = "arn:aws:iam::111111111111:role/work/app"
	const allowAll, denyAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Deny","Action":"*","Resource":"*"}`
	numbers := uint64(0)
	read := func(statements string) *readPolicy {
		document, err := iampolicy.Parse(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
		if err != nil {
			t.Fatalf("%s: %s", statements, err)
		}
		numbers++
		return &readPolicy{numbers, document, iamgrants.NamesIdentities(document)}
	}
	inline := func(texts ...string) (found []namedPolicy) {
		for i := 0; i < len(texts); i += 2 {
			found = append(found, namedPolicy{texts[i], read(texts[i+1])})
		}
		return found
	}
	managed := map[string]*readPolicy{
		local + "all": read(allowAll), local + "some": read(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}`), local + "none": read(denyAll),
		local + "unread": nil,
		local + "run":    read(`{"Effect":"Allow","Action":["lambda:CreateFunction","lambda:InvokeFunction"],"Resource":"arn:aws:lambda:eu-west-1:111111111111:function:app-*"}`),
	}
	for _, arn := range []string{awsOwn + "AdministratorAccess", awsOwn + "AWSDenyAll", awsOwn + "PowerUserAccess", "arn:aws-cn:iam::aws:policy/IAMFullAccess", awsOwn + "IAMFullAccess"} {
		document, err := iampolicy.Parse(awsDocuments[policyName(arn)])
		if err != nil {
			t.Fatal(err)
		}
		numbers++
		managed[arn] = &readPolicy{numbers, document, iamgrants.NamesIdentities(document)}
	}
	groups := map[string]policies{
		"admins": {attached: []string{awsOwn + "AdministratorAccess"}, inline: inline("iam", `{"Effect":"Allow","Action":"iam:*","Resource":"*"}`)},
		"closed": {attached: []string{awsOwn + "AWSDenyAll"}},
		"passes": {inline: inline("pass", `{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}`)},
	}
	const administrator, rest = "administrator by ", " privilege_escalation pass_role_unrestricted permissions_management credential_exposure data_exfiltration service_wildcard resource_wildcard_write"
	const powerUser, ofIAM = "privilege_escalation permissions_management credential_exposure data_exfiltration service_wildcard resource_wildcard_write", " privilege_escalation pass_role_unrestricted permissions_management credential_exposure service_wildcard resource_wildcard_write"
	for name, test := range map[string]struct {
		holder policies
		// classes are all, and reasons those that are said.
		classes string
		reasons []string
	}{
		"nothing":          {policies{}, "", nil},
		"little":           {policies{attached: []string{local + "some"}}, "", nil},
		"administrator":    {policies{attached: []string{local + "some", awsOwn + "AdministratorAccess"}}, "administrator" + rest, []string{administrator + "AWS managed policy AdministratorAccess, statement 1"}},
		"name of its own":  {policies{attached: []string{"arn:aws:iam::111111111111:policy/AdministratorAccess"}}, "", nil},
		"China":            {policies{attached: []string{"arn:aws-cn:iam::aws:policy/IAMFullAccess"}}, "administrator" + ofIAM, []string{administrator + "AWS managed policy IAMFullAccess, statement 1"}},
		"customer-managed": {policies{attached: []string{local + "some", local + "all"}}, "administrator" + rest, []string{administrator + "managed policy all, statement 1"}},
		"not known":        {policies{attached: []string{local + "gone", local + "unread"}, groups: []string{"unknown"}}, "", nil},
		"inline":           {policies{inline: inline("x", allowAll)}, "administrator" + rest, []string{administrator + "inline policy x, statement 1"}},
		"group, and more of its own": {
			policies{groups: []string{"unknown", "admins"}, inline: inline("data", `{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)},
			"administrator" + rest,
			[]string{administrator + "AWS managed policy AdministratorAccess of group admins, statement 1 and inline policy iam of group admins, statement 1", `data_exfiltration by inline policy data, statement 1 (Sid "Read")`},
		},
		"power user with IAM": {policies{attached: []string{awsOwn + "PowerUserAccess", awsOwn + "IAMFullAccess"}}, "administrator" + rest, []string{
			administrator + "AWS managed policy IAMFullAccess, statement 1",
			"privilege_escalation by AWS managed policy PowerUserAccess, statement 1 (sts:AssumeRole and 27 further paths)",
			"permissions_management by AWS managed policy PowerUserAccess, statement 1", "credential_exposure by AWS managed policy PowerUserAccess, statement 1",
			"data_exfiltration by AWS managed policy PowerUserAccess, statement 1", "service_wildcard by AWS managed policy PowerUserAccess, statement 1",
			"resource_wildcard_write by AWS managed policy PowerUserAccess, statement 1 and AWS managed policy PowerUserAccess, statement 2",
		}},
		"a path over several policies": {policies{attached: []string{local + "run"}, groups: []string{"passes"}}, "privilege_escalation", []string{
			`privilege_escalation by inline policy pass of group passes, statement 1 (Sid "Pass") and managed policy run, statement 1 (iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction)`,
		}},
		"many statements": {policies{inline: inline("a", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":"sqs:ReceiveMessage","Resource":"*"},{"Effect":"Allow","Action":"kinesis:GetRecords","Resource":"*"}`)}, "data_exfiltration", []string{
			"data_exfiltration by inline policy a, statement 1 and inline policy a, statement 2 and 1 further statement",
		}},
		"own role":              {policies{inline: inline("x", `{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"arn:aws:iam::*:role/work/ap?"}`)}, "privilege_escalation", []string{"privilege_escalation by inline policy x, statement 1 (iam:PutRolePolicy)"}},
		"boundary":              {policies{boundary: local + "some", inline: inline("x", allowAll)}, "", nil},
		"boundary of AWS":       {policies{boundary: awsOwn + "PowerUserAccess", inline: inline("x", `{"Effect":"Allow","Action":"iam:P*","Resource":"*"}`)}, "", nil},
		"boundary that is wide": {policies{boundary: local + "all", inline: inline("x", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`)}, "pass_role_unrestricted resource_wildcard_write", []string{"pass_role_unrestricted by inline policy x, statement 1", "resource_wildcard_write by inline policy x, statement 1"}},
		"boundary not known":    {policies{boundary: local + "unread", inline: inline("x", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`)}, "pass_role_unrestricted resource_wildcard_write", []string{"pass_role_unrestricted by inline policy x, statement 1", "resource_wildcard_write by inline policy x, statement 1"}},
		"refused":               {policies{attached: []string{local + "none"}, inline: inline("x", allowAll)}, "", nil},
		"refused by a group":    {policies{groups: []string{"admins", "closed"}}, "", nil},
		"power user":            {policies{attached: []string{awsOwn + "PowerUserAccess", awsOwn + "PowerUserAccess"}}, powerUser, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judge := newPrivilegeJudge(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), groups, managed)
			classes, reasons := "", []string(nil)
			for _, privilege := range judge.judge(self, test.holder) {
				if classes != "" {
					classes += " "
				}
				classes += string(privilege.Class)
				if privilege.Reason != "" {
					reasons = append(reasons, privilege.String())
				}
			}
			if diff := cmp.Diff(test.classes, classes); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.reasons, reasons); diff != "" && name != "power user" {
				t.Error(diff)
			}
		})
	}
}

// TestPrivilegesAreJudgedOnce shows which identities share a judgement, and which must not.
func TestPrivilegesAreJudgedOnce(t *testing.T) {
	t.Parallel()
	document := func(number uint64, text string) *readPolicy {
		d, err := iampolicy.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return &readPolicy{number, d, iamgrants.NamesIdentities(d)}
	}
	data := document(1, `{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`)
	own := document(2, `{"Statement":{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"arn:aws:iam::1:role/b*"}}`)
	const shared = "arn:aws:iam::1:policy/shared"
	judge := newPrivilegeJudge(time.Time{}, map[string]policies{"all": {attached: []string{shared}}}, map[string]*readPolicy{shared: data})
	for _, step := range []struct {
		arn, name string
		policy    *readPolicy
		judged    int
		reasons   int
	}{
		{"arn:aws:iam::1:role/a", "read", data, 1, 1},
		{"arn:aws:iam::1:role/b", "read", data, 1, 1},
		{"arn:aws:iam::1:role/b", "other", data, 2, 1},
		{"arn:aws:iam::1:role/a", "own", own, 3, 0},
		{"arn:aws:iam::1:role/b", "own", own, 4, 1},
	} {
		found := judge.judge(step.arn, policies{inline: []namedPolicy{{step.name, step.policy}}})
		if len(judge.judged) != step.judged || len(found) != step.reasons {
			t.Errorf("%s %s: %d are judged, and %v found", step.arn, step.name, len(judge.judged), found)
		}
	}
	direct, inherited := judge.judge("arn:aws:iam::1:user/a", policies{attached: []string{shared}}), judge.judge("arn:aws:iam::1:user/b", policies{groups: []string{"all"}})
	if len(direct) != 1 || len(inherited) != 1 || direct[0].Reason != "managed policy shared, statement 1" || inherited[0].Reason != "managed policy shared of group all, statement 1" {
		t.Errorf("found %v and %v", direct, inherited)
	}
}
