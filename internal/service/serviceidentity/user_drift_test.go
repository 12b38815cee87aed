package serviceidentity_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

var theUser = aws.String(userName)

// onUser is a call as a change behind Terraform's back.
func onUser[In, Out any](call func(*iam.Client, context.Context, *In, ...func(*iam.Options)) (*Out, error), input *In) func(context.Context, *iam.Client) error {
	return func(ctx context.Context, client *iam.Client) error {
		_, err := call(client, ctx, input)
		return err
	}
}

var userTamperings = map[string]tampering{
	"tag removed": {
		change: onUser((*iam.Client).UntagUser, &iam.UntagUserInput{UserName: theUser, TagKeys: []string{"nhi:owner"}}),
		shown:  []string{"owner"}, repair: []string{"TagUser"},
	},
	"foreign tag": {
		change: onUser((*iam.Client).TagUser, &iam.TagUserInput{UserName: theUser, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("finance")}}}),
		shown:  []string{"labels", "team"}, repair: []string{"UntagUser"},
	},
	"inline policy added": {
		change: onUser((*iam.Client).PutUserPolicy, &iam.PutUserPolicyInput{UserName: theUser, PolicyName: aws.String("backdoor"), PolicyDocument: aws.String(writeBuckets)}),
		shown:  []string{"aws_user", "inline_policies", "backdoor"}, repair: []string{"DeleteUserPolicy"},
	},
	"inline policy changed": {
		change: onUser((*iam.Client).PutUserPolicy, &iam.PutUserPolicyInput{UserName: theUser, PolicyName: aws.String("read"), PolicyDocument: aws.String(writeBuckets)}),
		shown:  []string{"aws_user", "inline_policies", "read"}, repair: []string{"PutUserPolicy"},
	},
	"policy attached": {
		change: onUser((*iam.Client).AttachUserPolicy, &iam.AttachUserPolicyInput{UserName: theUser, PolicyArn: aws.String(administrator)}),
		shown:  []string{"aws_user", "managed_policy_arns"}, repair: []string{"DetachUserPolicy"},
	},
	"policy detached": {
		change: onUser((*iam.Client).DetachUserPolicy, &iam.DetachUserPolicyInput{UserName: theUser, PolicyArn: aws.String(readOnly)}),
		shown:  []string{"aws_user", "managed_policy_arns"}, repair: []string{"AttachUserPolicy"},
	},
	"boundary removed": {
		change: onUser((*iam.Client).DeleteUserPermissionsBoundary, &iam.DeleteUserPermissionsBoundaryInput{UserName: theUser}),
		shown:  []string{"aws_user", "permissions_boundary_arn"}, repair: []string{"PutUserPermissionsBoundary"},
	},
	"expiry policy deleted": {
		change: onUser((*iam.Client).DeleteUserPolicy, &iam.DeleteUserPolicyInput{UserName: theUser, PolicyName: aws.String("governed-expiry")}),
		shown:  []string{"aws_user", "expiry_policy"}, repair: []string{"PutUserPolicy"},
	},
	"put into a group": {
		change: onUser((*iam.Client).AddUserToGroup, &iam.AddUserToGroupInput{UserName: theUser, GroupName: aws.String("humans")}),
		shown:  []string{"aws_user", "groups"}, repair: []string{"RemoveUserFromGroup"},
	},
	"taken out of a group": {
		change: onUser((*iam.Client).RemoveUserFromGroup, &iam.RemoveUserFromGroupInput{UserName: theUser, GroupName: aws.String("mail")}),
		shown:  []string{"aws_user", "groups"}, repair: []string{"AddUserToGroup"},
	},
	"given a password": {
		change: onUser((*iam.Client).CreateLoginProfile, &iam.CreateLoginProfileInput{UserName: theUser, Password: aws.String("correct-Horse-7")}),
		shown:  []string{"aws_user", "console_access"}, repair: []string{"DeleteLoginProfile"},
		warnings: []string{"warning aws_user: A human uses the identity … has a password for the console, not used so far. This is human use of a non-human identity (OWASP NHI10) … The next apply removes it. Give the person an identity of their own"},
	},
	"given a hardware MFA device": {
		change: onUser((*iam.Client).EnableMFADevice, &iam.EnableMFADeviceInput{UserName: theUser, SerialNumber: aws.String("GAHT12345678"), AuthenticationCode1: aws.String("123456"), AuthenticationCode2: aws.String("654321")}),
		shown:  []string{"aws_user", "mfa_devices"}, repair: []string{"DeactivateMFADevice", "UntagUser"},
		warnings: []string{"warning aws_user: A human uses the identity … it has the MFA devices GAHT12345678 … OWASP NHI10"},
	},
}

// TestUserDrift has every change of a user behind Terraform's back shown in the plan where it is, and undone.
func TestUserDrift(t *testing.T) {
	t.Parallel()
	for name, tampering := range userTamperings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newUserSim(t)
			var gains []string
			if name == "policy detached" {
				gains = []string{"warning aws_user: Identity gains permissions … iam Read (35 actions: "}
			}
			tampering.isUndone(t, server, fullUser(server), func() any { return user(t, server) }, gains...)
		})
	}
}
