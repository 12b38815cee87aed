package sim_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// What the bulk read and the list give, and what they leave out.
func TestBulkReadShape(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.Account(sim.DefaultAccount)
	c := newClients(t, s)
	ctx := t.Context()
	arn := a.PutManagedPolicy(sim.ManagedPolicy{Name: "mine", Document: allow(`"s3:*"`), Tags: map[string]string{"a": "b"}})
	a.PutUser(sim.User{Name: "person", Tags: map[string]string{"a": "b"}})
	a.PutRole(sim.Role{
		Name: "r", Path: "/x/", Description: "d", BoundaryARN: arn, Tags: map[string]string{"owner": "me"},
		InlinePolicies:     map[string]string{"in": allow(`"s3:*"`)},
		AttachedPolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", arn},
		LastUsedAt:         clockStart.AddDate(0, 0, -3), LastUsedRegion: "us-east-1",
	})
	a.PutInstanceProfile(sim.InstanceProfile{Name: "p", RoleName: "r"})
	out, err := c.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{})
	noError(t, err)
	if len(out.RoleDetailList) != 1 || len(out.UserDetailList) != 1 || len(out.Policies) != 2 || out.IsTruncated {
		t.Fatalf("%d roles, %d users, %d policies", len(out.RoleDetailList), len(out.UserDetailList), len(out.Policies))
	}
	r := out.RoleDetailList[0]
	if len(r.Tags) != 1 || len(r.RolePolicyList) != 1 || len(r.AttachedManagedPolicies) != 2 || len(r.InstanceProfileList) != 1 ||
		*r.PermissionsBoundary.PermissionsBoundaryArn != arn || !r.RoleLastUsed.LastUsedDate.Equal(clockStart.AddDate(0, 0, -3)) ||
		*r.RoleLastUsed.Region != "us-east-1" || *r.Path != "/x/" {
		t.Errorf("role %+v", r)
	}
	if p := out.Policies[0]; *p.PolicyName != "mine" || *p.AttachmentCount != 1 || *p.PermissionsBoundaryUsageCount != 1 || len(p.PolicyVersionList) != 1 {
		t.Errorf("policy %+v", p)
	}
	only, err := c.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeRole}})
	noError(t, err)
	if len(only.RoleDetailList) != 1 || len(only.UserDetailList) != 0 || len(only.Policies) != 0 {
		t.Errorf("filtered %+v", only)
	}
	list, err := c.IAM.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/x/")})
	noError(t, err)
	if l := list.Roles[0]; len(l.Tags) != 0 || l.PermissionsBoundary != nil || l.RoleLastUsed != nil || *l.Description != "d" {
		t.Errorf("listed %+v", l)
	}
	none, err := c.IAM.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/y/")})
	noError(t, err)
	if len(none.Roles) != 0 {
		t.Errorf("%d roles under /y/", len(none.Roles))
	}
}
