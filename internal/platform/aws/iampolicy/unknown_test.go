package iampolicy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

func TestUnknownActions(t *testing.T) {
	t.Parallel()
	for value, nearest := range map[string]string{
		"s3:GetObjcet": "s3:GetObject", "S3:getobjects": "S3:GetObject", "s3:PutObjectt": "s3:PutObject", "lamda:InvokeFunction": "lambda:InvokeFunction",
		"lamda:InvokeFunktion": "lambda:InvokeFunction", "lamda:*": "lambda:*", "lamda:List*": "lambda:List*", "dynamo:GetItem": "dynamodb:GetItem",
		"ec2:Dscribe*": "ec2:Describe*", "ec2:DescribeInstnaces*": "ec2:DescribeInstances*", "ec2:DescribeInstnace?": "ec2:DescribeInstance?",
		"ec3:RunInstances": "ec2:RunInstances", "cloudwatch:PutLogEvents": "logs:PutLogEvents", "stepfunctions:StartExecution": "",
		"lamda:Frobnicate": "lambda", "s3:Frobnicate": "", "s3:*Objcet": "", "qqqqqq:Frobnicate": "", "s3:" + strings.Repeat("x", 200): "", "s3:G": "",
	} {
		found := UnknownActions(Document{Statements: []Statement{{Effect: Allow, Action: []string{value}}}})
		if len(found) != 1 || found[0].Value != value || found[0].Nearest != nearest {
			t.Errorf("%s: found %+v", value, found)
		}
		if nearest != "" && len(actions.Expand(nearest)) == 0 && !actions.Known(nearest) {
			t.Errorf("%s: %s is not known either", value, nearest)
		}
	}
	known := Document{Statements: []Statement{
		{Action: []string{"*", "*:*", "s3:GetObject", "S3:GETOBJECT", "ec2:Describ*", "s3:*", "s3:?etObject", "*:Get*"}}, {NotAction: []string{"iam:*", "sts:AssumeRole"}},
	}}
	if found := UnknownActions(known); found != nil {
		t.Errorf("found %+v", found)
	}
}

func TestUnknownActionsSay(t *testing.T) {
	t.Parallel()
	d := mustParse(t, `{"Statement":[
		{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjcet"],"Resource":"*"},
		{"Sid":"Keep","Effect":"Deny","Action":["s3:DeletObject","s3:GetObjcet"],"Resource":"*"},
		{"Effect":"Allow","NotAction":["iam:CreteUser","iam:Zap*"],"Resource":"*"},
		{"Effect":"Deny","NotAction":["lamda:InvokeFunction","zzzzz:Get"],"Resource":"*"}]}`)
	want := []string{
		`statement 1, Action "s3:GetObjcet" is no action that is known, and so allows nothing; did you mean "s3:GetObject"?`,
		`statement 2 (Sid "Keep"), Action "s3:DeletObject" is no action that is known, and so denies nothing; did you mean "s3:DeleteObject"?`,
		`statement 3, NotAction "iam:CreteUser" is no action that is known, and so leaves nothing out of what is allowed; did you mean "iam:CreateUser"?`,
		`statement 3, NotAction "iam:Zap*" is a pattern of no action that is known, and so leaves nothing out of what is allowed`,
		`statement 4, NotAction "lamda:InvokeFunction" is of no service that is known: "lamda", and so spares nothing from being denied; did you mean "lambda:InvokeFunction"?`,
		`statement 4, NotAction "zzzzz:Get" is of no service that is known: "zzzzz", and so spares nothing from being denied`,
	}
	var got []string
	for _, u := range UnknownActions(d) {
		got = append(got, u.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkUnknownActions takes as many as a policy of the largest size can have.
func BenchmarkUnknownActions(b *testing.B) {
	var values []string
	for i := range 300 {
		values = append(values, fmt.Sprintf("ec2:DescribeInstnacesOf%d", i))
	}
	d := Document{Statements: []Statement{{Effect: Allow, Action: values}}}
	for b.Loop() {
		UnknownActions(d)
	}
}
