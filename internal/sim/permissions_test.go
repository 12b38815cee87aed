package sim_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// The record of a request tells which permissions were decided, and which statements allow them.
func TestPermissionsAreRecorded(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.Account(sim.DefaultAccount)
	const everyone = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
	a.PutRole(sim.Role{Name: "r", TrustPolicy: everyone})
	key := a.PutUser(sim.User{Name: "u", AccessKeys: []sim.AccessKey{{}}, InlinePolicies: map[string]string{"p": `{"Version":"2012-10-17","Statement":[
		{"Sid":"Make","Effect":"Allow","Action":"iam:CreateUser","Resource":"*"},
		{"Sid":"Everything","Effect":"Allow","Action":["iam:*","sts:AssumeRole"],"Resource":"arn:aws:iam::123456789012:*"},
		{"Sid":"NoTags","Effect":"Deny","Action":"iam:TagUser","Resource":"*"}]}`}})[0]
	c := clientsWith(s, key)
	both, one := []string{"Make", "Everything"}, []string{"Everything"}
	for name, tt := range map[string]struct {
		call func() error
		want []sim.Permission
	}{
		"CreateUser": {func() error {
			_, err := c.IAM.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("v"), Path: aws.String("/p/"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
			return err
		}, []sim.Permission{
			{Action: "iam:CreateUser", Resource: "arn:aws:iam::123456789012:user/p/v", Allowed: true, Sids: both},
			{Action: "iam:TagUser", Resource: "arn:aws:iam::123456789012:user/p/v", Sids: one},
		}},
		"GetAccountSummary": {func() error {
			_, err := c.IAM.GetAccountSummary(t.Context(), &iam.GetAccountSummaryInput{})
			return err
		}, []sim.Permission{{Action: "iam:GetAccountSummary", Resource: "*"}}},
		"AssumeRole": {func() error {
			_, err := c.STS.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/r"), RoleSessionName: aws.String("session")})
			return err
		}, []sim.Permission{{Action: "sts:AssumeRole", Resource: "arn:aws:iam::123456789012:role/r", Allowed: true, Sids: one}}},
	} {
		s.ResetCalls()
		err := tt.call()
		last := s.Calls()[0]
		if last.Action != name || !reflect.DeepEqual(last.Permissions, tt.want) {
			t.Errorf("%s (%v): the permissions are %+v, not %+v", name, err, last.Permissions, tt.want)
		}
	}
}
