package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// roleCalls are the calls on one role that users have as well.
type roleCalls struct {
	iam  *iamClient
	name string
}

func (c roleCalls) tag(ctx context.Context, tags []types.Tag) error {
	_, err := c.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: &c.name, Tags: tags})
	return err
}

func (c roleCalls) untag(ctx context.Context, keys []string) error {
	_, err := c.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &c.name, TagKeys: keys})
	return err
}

func (c roleCalls) inlinePolicyNames(ctx context.Context) ([]string, error) {
	return collect(ctx, iam.NewListRolePoliciesPaginator(c.iam, &iam.ListRolePoliciesInput{RoleName: &c.name}),
		func(page *iam.ListRolePoliciesOutput) []string { return page.PolicyNames })
}

func (c roleCalls) inlinePolicy(ctx context.Context, name string) (*string, error) {
	output, err := c.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &c.name, PolicyName: &name})
	if err != nil {
		return nil, err
	}
	return output.PolicyDocument, nil
}

func (c roleCalls) putInlinePolicy(ctx context.Context, name, document string) error {
	_, err := c.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &c.name, PolicyName: &name, PolicyDocument: &document})
	return err
}

func (c roleCalls) deleteInlinePolicy(ctx context.Context, name string) error {
	_, err := c.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &c.name, PolicyName: &name})
	return err
}

func (c roleCalls) attachedPolicies(ctx context.Context) ([]types.AttachedPolicy, error) {
	return collect(ctx, iam.NewListAttachedRolePoliciesPaginator(c.iam, &iam.ListAttachedRolePoliciesInput{RoleName: &c.name}),
		func(page *iam.ListAttachedRolePoliciesOutput) []types.AttachedPolicy { return page.AttachedPolicies })
}

func (c roleCalls) attachPolicy(ctx context.Context, policy string) error {
	_, err := c.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &c.name, PolicyArn: &policy})
	return err
}

func (c roleCalls) detachPolicy(ctx context.Context, policy string) error {
	_, err := c.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &c.name, PolicyArn: &policy})
	return err
}

func (c roleCalls) putBoundary(ctx context.Context, policy string) error {
	_, err := c.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &c.name, PermissionsBoundary: &policy})
	return err
}

func (c roleCalls) deleteBoundary(ctx context.Context) error {
	_, err := c.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &c.name})
	return err
}
