package iampolicy_test

import (
	"reflect"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

func TestAdmit(t *testing.T) {
	t.Parallel()
	const me, account = "arn:aws:iam::123456789012:user/ci", "123456789012"
	who := iampolicy.Asker{Names: []string{me}, Account: account, Facts: map[string]string{"sts:externalid": "", "sts:rolesessionname": "Export-4711"}}
	for name, test := range map[string]struct {
		statements string
		want       iampolicy.Admission
	}{
		"nobody":           {`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/other"},"Action":"sts:AssumeRole"}`, iampolicy.Admission{}},
		"by name":          {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole"}`, iampolicy.Admission{Named: true}},
		"another action":   {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:TagSession"}`, iampolicy.Admission{}},
		"by account":       {`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}`, iampolicy.Admission{Account: true}},
		"by account id":    {`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}`, iampolicy.Admission{Account: true}},
		"until some day":   {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole","Condition":{"DateLessThan":{"aws:CurrentTime":"2020-01-01"}}}`, iampolicy.Admission{Named: true}},
		"like a name":      {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"sts:RoleSessionName":"Export-*"}}}`, iampolicy.Admission{Named: true}},
		"another name":     {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:RoleSessionName":["a","b"]}}}`, iampolicy.Admission{Unmet: []string{`statement 1 asks for sts:RoleSessionName to be "a" or "b", and it is "Export-4711"`}}},
		"no external id":   {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}`, iampolicy.Admission{Unmet: []string{"statement 1 asks for sts:ExternalId, which the request does not have"}}},
		"of the unknown":   {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`, iampolicy.Admission{Named: true, Unjudged: []string{"aws:SourceIp"}}},
		"denied":           {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole"},{"Sid":"No","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}`, iampolicy.Admission{Named: true, Denied: `statement 2 (Sid "No")`}},
		"denied sometimes": {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, iampolicy.Admission{Named: true, Unjudged: []string{"aws:SecureTransport"}}},
		"denied to others": {`{"Effect":"Allow","Principal":{"AWS":"` + me + `"},"Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:RoleSessionName":"x"}}}`, iampolicy.Admission{Named: true}},
	} {
		trust, err := iampolicy.ParseTrust(`{"Version":"2012-10-17","Statement":[` + test.statements + `]}`)
		if err != nil {
			t.Fatalf("%s: %s", name, err)
		}
		if got := iampolicy.Admit(trust, who, "sts:AssumeRole"); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, not %+v", name, got, test.want)
		}
	}
}
