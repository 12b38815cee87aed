package aws

import (
	"context"
	"errors"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// userCalls are the calls on one user that roles have as well.
type userCalls struct {
	iam  *iamClient
	name string
}

func (c userCalls) tag(ctx context.Context, tags []types.Tag) error {
	_, err := c.iam.TagUser(ctx, &iam.TagUserInput{UserName: &c.name, Tags: tags})
	return err
}

func (c userCalls) untag(ctx context.Context, keys []string) error {
	_, err := c.iam.UntagUser(ctx, &iam.UntagUserInput{UserName: &c.name, TagKeys: keys})
	return err
}

func (c userCalls) inlinePolicyNames(ctx context.Context) ([]string, error) {
	return collect(ctx, iam.NewListUserPoliciesPaginator(c.iam, &iam.ListUserPoliciesInput{UserName: &c.name}),
		func(page *iam.ListUserPoliciesOutput) []string { return page.PolicyNames })
}

func (c userCalls) inlinePolicy(ctx context.Context, name string) (*string, error) {
	output, err := c.iam.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &c.name, PolicyName: &name})
	if err != nil {
		return nil, err
	}
	return output.PolicyDocument, nil
}

func (c userCalls) putInlinePolicy(ctx context.Context, name, document string) error {
	_, err := c.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &c.name, PolicyName: &name, PolicyDocument: &document})
	return err
}

func (c userCalls) deleteInlinePolicy(ctx context.Context, name string) error {
	_, err := c.iam.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &c.name, PolicyName: &name})
	return err
}

func (c userCalls) attachedPolicies(ctx context.Context) ([]types.AttachedPolicy, error) {
	return collect(ctx, iam.NewListAttachedUserPoliciesPaginator(c.iam, &iam.ListAttachedUserPoliciesInput{UserName: &c.name}),
		func(page *iam.ListAttachedUserPoliciesOutput) []types.AttachedPolicy { return page.AttachedPolicies })
}

func (c userCalls) attachPolicy(ctx context.Context, policy string) error {
	_, err := c.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &c.name, PolicyArn: &policy})
	return err
}

func (c userCalls) detachPolicy(ctx context.Context, policy string) error {
	_, err := c.iam.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: &c.name, PolicyArn: &policy})
	return err
}

func (c userCalls) putBoundary(ctx context.Context, policy string) error {
	_, err := c.iam.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: &c.name, PermissionsBoundary: &policy})
	return err
}

func (c userCalls) deleteBoundary(ctx context.Context) error {
	_, err := c.iam.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: &c.name})
	return err
}

func (c userCalls) groups(ctx context.Context) ([]string, error) {
	groups, err := collect(ctx, iam.NewListGroupsForUserPaginator(c.iam, &iam.ListGroupsForUserInput{UserName: &c.name}),
		func(page *iam.ListGroupsForUserOutput) []types.Group { return page.Groups })
	names := make([]string, len(groups))
	for i, group := range groups {
		names[i] = awssdk.ToString(group.GroupName)
	}
	return names, mapError("iam:ListGroupsForUser", err)
}

// hasPassword tells whether there is a login profile, which is all that IAM tells of a password.
func (c userCalls) hasPassword(ctx context.Context) (bool, error) {
	_, err := c.iam.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: &c.name})
	err = mapError("iam:GetLoginProfile", err)
	if errors.Is(err, platform.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (c userCalls) devices(ctx context.Context) ([]string, error) {
	devices, err := collect(ctx, iam.NewListMFADevicesPaginator(c.iam, &iam.ListMFADevicesInput{UserName: &c.name}),
		func(page *iam.ListMFADevicesOutput) []types.MFADevice { return page.MFADevices })
	serials := make([]string, len(devices))
	for i, device := range devices {
		serials[i] = awssdk.ToString(device.SerialNumber)
	}
	return serials, mapError("iam:ListMFADevices", err)
}

func (c userCalls) keys(ctx context.Context) ([]types.AccessKeyMetadata, error) {
	keys, err := collect(ctx, iam.NewListAccessKeysPaginator(c.iam, &iam.ListAccessKeysInput{UserName: &c.name}),
		func(page *iam.ListAccessKeysOutput) []types.AccessKeyMetadata { return page.AccessKeyMetadata })
	return keys, mapError("iam:ListAccessKeys", err)
}

func (c userCalls) setKey(ctx context.Context, id string, status types.StatusType) error {
	_, err := c.iam.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: &c.name, AccessKeyId: &id, Status: status})
	return err
}
