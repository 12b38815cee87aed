package sim_test

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestRoleLifecycle(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()

	created, err := c.IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName:                 aws.String("invoice-export"),
		Path:                     aws.String("/finance/"),
		Description:              aws.String("Nightly export, größer"),
		MaxSessionDuration:       aws.Int32(7200),
		PermissionsBoundary:      aws.String("arn:aws:iam::aws:policy/PowerUserAccess"),
		AssumeRolePolicyDocument: aws.String(lambdaTrust),
		Tags:                     []types.Tag{{Key: aws.String("nhi:owner"), Value: aws.String("payments")}},
	})
	noError(t, err)
	got, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: created.Role.RoleName})
	noError(t, err)
	r := got.Role
	if *r.Arn != "arn:aws:iam::123456789012:role/finance/invoice-export" || *r.Description != "Nightly export, größer" ||
		*r.MaxSessionDuration != 7200 || len(r.Tags) != 1 || !r.CreateDate.Equal(clockStart) ||
		*r.PermissionsBoundary.PermissionsBoundaryArn != "arn:aws:iam::aws:policy/PowerUserAccess" || r.RoleLastUsed == nil {
		t.Errorf("GetRole gives %+v", r)
	}
	trust, err := url.PathUnescape(*r.AssumeRolePolicyDocument)
	noError(t, err)
	if trust != lambdaTrust {
		t.Errorf("trust policy %s", trust)
	}
	id, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	noError(t, err)
	if *id.Account != "123456789012" {
		t.Errorf("account %s", *id.Account)
	}
	_, err = c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: r.RoleName})
	noError(t, err)
	_, err = c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: r.RoleName})
	wantCode(t, err, "NoSuchEntity")
}
