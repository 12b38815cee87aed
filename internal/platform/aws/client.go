package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// call is one operation of a client of the SDK. The clients are taken apart into the operations that are used, because of a
// type that becomes the value of an interface the linker keeps every method, as soon as anything looks methods up by name,
// which go-plugin does: with all that they send and receive, the operations that nobody calls were a fifth of the binary.
type call[In, Out, Options any] func(context.Context, *In, ...func(*Options)) (*Out, error)

type iamCall[In, Out any] = call[In, Out, iam.Options]

// iamClient is what this package uses of IAM.
type iamClient struct {
	getAccountAuthorizationDetails
	listRoles
	listRolePolicies
	listAttachedRolePolicies
	listInstanceProfilesForRole
	listUsers
	listUserPolicies
	listAttachedUserPolicies
	listGroupsForUser
	listAccessKeys
	listMFADevices
	listSSHPublicKeys
	listSigningCertificates

	GenerateCredentialReport           iamCall[iam.GenerateCredentialReportInput, iam.GenerateCredentialReportOutput]
	GetCredentialReport                iamCall[iam.GetCredentialReportInput, iam.GetCredentialReportOutput]
	GenerateServiceLastAccessedDetails iamCall[iam.GenerateServiceLastAccessedDetailsInput, iam.GenerateServiceLastAccessedDetailsOutput]
	GetServiceLastAccessedDetails      iamCall[iam.GetServiceLastAccessedDetailsInput, iam.GetServiceLastAccessedDetailsOutput]
	GetAccountSummary                  iamCall[iam.GetAccountSummaryInput, iam.GetAccountSummaryOutput]

	CreateRole             iamCall[iam.CreateRoleInput, iam.CreateRoleOutput]
	GetRole                iamCall[iam.GetRoleInput, iam.GetRoleOutput]
	UpdateRole             iamCall[iam.UpdateRoleInput, iam.UpdateRoleOutput]
	UpdateAssumeRolePolicy iamCall[iam.UpdateAssumeRolePolicyInput, iam.UpdateAssumeRolePolicyOutput]
	DeleteRole             iamCall[iam.DeleteRoleInput, iam.DeleteRoleOutput]
	TagRole                iamCall[iam.TagRoleInput, iam.TagRoleOutput]
	UntagRole              iamCall[iam.UntagRoleInput, iam.UntagRoleOutput]

	GetPolicy        iamCall[iam.GetPolicyInput, iam.GetPolicyOutput]
	GetPolicyVersion iamCall[iam.GetPolicyVersionInput, iam.GetPolicyVersionOutput]

	GetRolePolicy                      iamCall[iam.GetRolePolicyInput, iam.GetRolePolicyOutput]
	PutRolePolicy                      iamCall[iam.PutRolePolicyInput, iam.PutRolePolicyOutput]
	DeleteRolePolicy                   iamCall[iam.DeleteRolePolicyInput, iam.DeleteRolePolicyOutput]
	AttachRolePolicy                   iamCall[iam.AttachRolePolicyInput, iam.AttachRolePolicyOutput]
	DetachRolePolicy                   iamCall[iam.DetachRolePolicyInput, iam.DetachRolePolicyOutput]
	CreateServiceLinkedRole            iamCall[iam.CreateServiceLinkedRoleInput, iam.CreateServiceLinkedRoleOutput]
	DeleteServiceLinkedRole            iamCall[iam.DeleteServiceLinkedRoleInput, iam.DeleteServiceLinkedRoleOutput]
	GetServiceLinkedRoleDeletionStatus iamCall[iam.GetServiceLinkedRoleDeletionStatusInput, iam.GetServiceLinkedRoleDeletionStatusOutput]
	PutRolePermissionsBoundary         iamCall[iam.PutRolePermissionsBoundaryInput, iam.PutRolePermissionsBoundaryOutput]
	DeleteRolePermissionsBoundary      iamCall[iam.DeleteRolePermissionsBoundaryInput, iam.DeleteRolePermissionsBoundaryOutput]

	CreateInstanceProfile         iamCall[iam.CreateInstanceProfileInput, iam.CreateInstanceProfileOutput]
	GetInstanceProfile            iamCall[iam.GetInstanceProfileInput, iam.GetInstanceProfileOutput]
	DeleteInstanceProfile         iamCall[iam.DeleteInstanceProfileInput, iam.DeleteInstanceProfileOutput]
	AddRoleToInstanceProfile      iamCall[iam.AddRoleToInstanceProfileInput, iam.AddRoleToInstanceProfileOutput]
	RemoveRoleFromInstanceProfile iamCall[iam.RemoveRoleFromInstanceProfileInput, iam.RemoveRoleFromInstanceProfileOutput]
	TagInstanceProfile            iamCall[iam.TagInstanceProfileInput, iam.TagInstanceProfileOutput]
	UntagInstanceProfile          iamCall[iam.UntagInstanceProfileInput, iam.UntagInstanceProfileOutput]

	CreateUser iamCall[iam.CreateUserInput, iam.CreateUserOutput]
	GetUser    iamCall[iam.GetUserInput, iam.GetUserOutput]
	DeleteUser iamCall[iam.DeleteUserInput, iam.DeleteUserOutput]
	TagUser    iamCall[iam.TagUserInput, iam.TagUserOutput]
	UntagUser  iamCall[iam.UntagUserInput, iam.UntagUserOutput]

	GetUserPolicy                 iamCall[iam.GetUserPolicyInput, iam.GetUserPolicyOutput]
	PutUserPolicy                 iamCall[iam.PutUserPolicyInput, iam.PutUserPolicyOutput]
	DeleteUserPolicy              iamCall[iam.DeleteUserPolicyInput, iam.DeleteUserPolicyOutput]
	AttachUserPolicy              iamCall[iam.AttachUserPolicyInput, iam.AttachUserPolicyOutput]
	DetachUserPolicy              iamCall[iam.DetachUserPolicyInput, iam.DetachUserPolicyOutput]
	PutUserPermissionsBoundary    iamCall[iam.PutUserPermissionsBoundaryInput, iam.PutUserPermissionsBoundaryOutput]
	DeleteUserPermissionsBoundary iamCall[iam.DeleteUserPermissionsBoundaryInput, iam.DeleteUserPermissionsBoundaryOutput]
	AddUserToGroup                iamCall[iam.AddUserToGroupInput, iam.AddUserToGroupOutput]
	RemoveUserFromGroup           iamCall[iam.RemoveUserFromGroupInput, iam.RemoveUserFromGroupOutput]

	CreateAccessKey                 iamCall[iam.CreateAccessKeyInput, iam.CreateAccessKeyOutput]
	GetAccessKeyLastUsed            iamCall[iam.GetAccessKeyLastUsedInput, iam.GetAccessKeyLastUsedOutput]
	UpdateAccessKey                 iamCall[iam.UpdateAccessKeyInput, iam.UpdateAccessKeyOutput]
	DeleteAccessKey                 iamCall[iam.DeleteAccessKeyInput, iam.DeleteAccessKeyOutput]
	GetLoginProfile                 iamCall[iam.GetLoginProfileInput, iam.GetLoginProfileOutput]
	DeleteLoginProfile              iamCall[iam.DeleteLoginProfileInput, iam.DeleteLoginProfileOutput]
	DeactivateMFADevice             iamCall[iam.DeactivateMFADeviceInput, iam.DeactivateMFADeviceOutput]
	UpdateSSHPublicKey              iamCall[iam.UpdateSSHPublicKeyInput, iam.UpdateSSHPublicKeyOutput]
	DeleteVirtualMFADevice          iamCall[iam.DeleteVirtualMFADeviceInput, iam.DeleteVirtualMFADeviceOutput]
	DeleteSSHPublicKey              iamCall[iam.DeleteSSHPublicKeyInput, iam.DeleteSSHPublicKeyOutput]
	UpdateSigningCertificate        iamCall[iam.UpdateSigningCertificateInput, iam.UpdateSigningCertificateOutput]
	DeleteSigningCertificate        iamCall[iam.DeleteSigningCertificateInput, iam.DeleteSigningCertificateOutput]
	ListServiceSpecificCredentials  iamCall[iam.ListServiceSpecificCredentialsInput, iam.ListServiceSpecificCredentialsOutput]
	UpdateServiceSpecificCredential iamCall[iam.UpdateServiceSpecificCredentialInput, iam.UpdateServiceSpecificCredentialOutput]
	DeleteServiceSpecificCredential iamCall[iam.DeleteServiceSpecificCredentialInput, iam.DeleteServiceSpecificCredentialOutput]
}

func newIAMClient(client *iam.Client) *iamClient {
	return &iamClient{
		getAccountAuthorizationDetails: client.GetAccountAuthorizationDetails,
		listRoles:                      client.ListRoles,
		listRolePolicies:               client.ListRolePolicies,
		listAttachedRolePolicies:       client.ListAttachedRolePolicies,
		listInstanceProfilesForRole:    client.ListInstanceProfilesForRole,
		listUsers:                      client.ListUsers,
		listUserPolicies:               client.ListUserPolicies,
		listAttachedUserPolicies:       client.ListAttachedUserPolicies,
		listGroupsForUser:              client.ListGroupsForUser,
		listAccessKeys:                 client.ListAccessKeys,
		listMFADevices:                 client.ListMFADevices,
		listSSHPublicKeys:              client.ListSSHPublicKeys,
		listSigningCertificates:        client.ListSigningCertificates,

		GenerateCredentialReport:           client.GenerateCredentialReport,
		GetCredentialReport:                client.GetCredentialReport,
		GenerateServiceLastAccessedDetails: client.GenerateServiceLastAccessedDetails,
		GetServiceLastAccessedDetails:      client.GetServiceLastAccessedDetails,
		GetAccountSummary:                  client.GetAccountSummary,

		CreateRole:             client.CreateRole,
		GetRole:                client.GetRole,
		UpdateRole:             client.UpdateRole,
		UpdateAssumeRolePolicy: client.UpdateAssumeRolePolicy,
		DeleteRole:             client.DeleteRole,
		TagRole:                client.TagRole,
		UntagRole:              client.UntagRole,

		GetPolicy:        client.GetPolicy,
		GetPolicyVersion: client.GetPolicyVersion,

		GetRolePolicy:                      client.GetRolePolicy,
		PutRolePolicy:                      client.PutRolePolicy,
		DeleteRolePolicy:                   client.DeleteRolePolicy,
		AttachRolePolicy:                   client.AttachRolePolicy,
		DetachRolePolicy:                   client.DetachRolePolicy,
		CreateServiceLinkedRole:            client.CreateServiceLinkedRole,
		DeleteServiceLinkedRole:            client.DeleteServiceLinkedRole,
		GetServiceLinkedRoleDeletionStatus: client.GetServiceLinkedRoleDeletionStatus,
		PutRolePermissionsBoundary:         client.PutRolePermissionsBoundary,
		DeleteRolePermissionsBoundary:      client.DeleteRolePermissionsBoundary,

		CreateInstanceProfile:         client.CreateInstanceProfile,
		GetInstanceProfile:            client.GetInstanceProfile,
		DeleteInstanceProfile:         client.DeleteInstanceProfile,
		AddRoleToInstanceProfile:      client.AddRoleToInstanceProfile,
		RemoveRoleFromInstanceProfile: client.RemoveRoleFromInstanceProfile,
		TagInstanceProfile:            client.TagInstanceProfile,
		UntagInstanceProfile:          client.UntagInstanceProfile,

		CreateUser: client.CreateUser,
		GetUser:    client.GetUser,
		DeleteUser: client.DeleteUser,
		TagUser:    client.TagUser,
		UntagUser:  client.UntagUser,

		GetUserPolicy:                 client.GetUserPolicy,
		PutUserPolicy:                 client.PutUserPolicy,
		DeleteUserPolicy:              client.DeleteUserPolicy,
		AttachUserPolicy:              client.AttachUserPolicy,
		DetachUserPolicy:              client.DetachUserPolicy,
		PutUserPermissionsBoundary:    client.PutUserPermissionsBoundary,
		DeleteUserPermissionsBoundary: client.DeleteUserPermissionsBoundary,
		AddUserToGroup:                client.AddUserToGroup,
		RemoveUserFromGroup:           client.RemoveUserFromGroup,

		CreateAccessKey:                 client.CreateAccessKey,
		GetAccessKeyLastUsed:            client.GetAccessKeyLastUsed,
		UpdateAccessKey:                 client.UpdateAccessKey,
		DeleteAccessKey:                 client.DeleteAccessKey,
		GetLoginProfile:                 client.GetLoginProfile,
		DeleteLoginProfile:              client.DeleteLoginProfile,
		DeactivateMFADevice:             client.DeactivateMFADevice,
		UpdateSSHPublicKey:              client.UpdateSSHPublicKey,
		DeleteVirtualMFADevice:          client.DeleteVirtualMFADevice,
		DeleteSSHPublicKey:              client.DeleteSSHPublicKey,
		UpdateSigningCertificate:        client.UpdateSigningCertificate,
		DeleteSigningCertificate:        client.DeleteSigningCertificate,
		ListServiceSpecificCredentials:  client.ListServiceSpecificCredentials,
		UpdateServiceSpecificCredential: client.UpdateServiceSpecificCredential,
		DeleteServiceSpecificCredential: client.DeleteServiceSpecificCredential,
	}
}

// What is paged needs a method, for the paginators of the SDK.
type (
	getAccountAuthorizationDetails iamCall[iam.GetAccountAuthorizationDetailsInput, iam.GetAccountAuthorizationDetailsOutput]
	listRoles                      iamCall[iam.ListRolesInput, iam.ListRolesOutput]
	listRolePolicies               iamCall[iam.ListRolePoliciesInput, iam.ListRolePoliciesOutput]
	listAttachedRolePolicies       iamCall[iam.ListAttachedRolePoliciesInput, iam.ListAttachedRolePoliciesOutput]
	listInstanceProfilesForRole    iamCall[iam.ListInstanceProfilesForRoleInput, iam.ListInstanceProfilesForRoleOutput]
	listUsers                      iamCall[iam.ListUsersInput, iam.ListUsersOutput]
	listUserPolicies               iamCall[iam.ListUserPoliciesInput, iam.ListUserPoliciesOutput]
	listAttachedUserPolicies       iamCall[iam.ListAttachedUserPoliciesInput, iam.ListAttachedUserPoliciesOutput]
	listGroupsForUser              iamCall[iam.ListGroupsForUserInput, iam.ListGroupsForUserOutput]
	listAccessKeys                 iamCall[iam.ListAccessKeysInput, iam.ListAccessKeysOutput]
	listMFADevices                 iamCall[iam.ListMFADevicesInput, iam.ListMFADevicesOutput]
	listSSHPublicKeys              iamCall[iam.ListSSHPublicKeysInput, iam.ListSSHPublicKeysOutput]
	listSigningCertificates        iamCall[iam.ListSigningCertificatesInput, iam.ListSigningCertificatesOutput]
)

func (do getAccountAuthorizationDetails) GetAccountAuthorizationDetails(ctx context.Context, in *iam.GetAccountAuthorizationDetailsInput, options ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	return do(ctx, in, options...)
}

func (do listRoles) ListRoles(ctx context.Context, in *iam.ListRolesInput, options ...func(*iam.Options)) (*iam.ListRolesOutput, error) {
	return do(ctx, in, options...)
}

func (do listRolePolicies) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput, options ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	return do(ctx, in, options...)
}

func (do listAttachedRolePolicies) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput, options ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	return do(ctx, in, options...)
}

func (do listInstanceProfilesForRole) ListInstanceProfilesForRole(ctx context.Context, in *iam.ListInstanceProfilesForRoleInput, options ...func(*iam.Options)) (*iam.ListInstanceProfilesForRoleOutput, error) {
	return do(ctx, in, options...)
}

func (do listUsers) ListUsers(ctx context.Context, in *iam.ListUsersInput, options ...func(*iam.Options)) (*iam.ListUsersOutput, error) {
	return do(ctx, in, options...)
}

func (do listUserPolicies) ListUserPolicies(ctx context.Context, in *iam.ListUserPoliciesInput, options ...func(*iam.Options)) (*iam.ListUserPoliciesOutput, error) {
	return do(ctx, in, options...)
}

func (do listAttachedUserPolicies) ListAttachedUserPolicies(ctx context.Context, in *iam.ListAttachedUserPoliciesInput, options ...func(*iam.Options)) (*iam.ListAttachedUserPoliciesOutput, error) {
	return do(ctx, in, options...)
}

func (do listGroupsForUser) ListGroupsForUser(ctx context.Context, in *iam.ListGroupsForUserInput, options ...func(*iam.Options)) (*iam.ListGroupsForUserOutput, error) {
	return do(ctx, in, options...)
}

func (do listAccessKeys) ListAccessKeys(ctx context.Context, in *iam.ListAccessKeysInput, options ...func(*iam.Options)) (*iam.ListAccessKeysOutput, error) {
	return do(ctx, in, options...)
}

func (do listMFADevices) ListMFADevices(ctx context.Context, in *iam.ListMFADevicesInput, options ...func(*iam.Options)) (*iam.ListMFADevicesOutput, error) {
	return do(ctx, in, options...)
}

func (do listSSHPublicKeys) ListSSHPublicKeys(ctx context.Context, in *iam.ListSSHPublicKeysInput, options ...func(*iam.Options)) (*iam.ListSSHPublicKeysOutput, error) {
	return do(ctx, in, options...)
}

func (do listSigningCertificates) ListSigningCertificates(ctx context.Context, in *iam.ListSigningCertificatesInput, options ...func(*iam.Options)) (*iam.ListSigningCertificatesOutput, error) {
	return do(ctx, in, options...)
}

// stsClient is what this package uses of STS.
type stsClient struct {
	GetCallerIdentity         call[sts.GetCallerIdentityInput, sts.GetCallerIdentityOutput, sts.Options]
	AssumeRole                call[sts.AssumeRoleInput, sts.AssumeRoleOutput, sts.Options]
	AssumeRoleWithWebIdentity call[sts.AssumeRoleWithWebIdentityInput, sts.AssumeRoleWithWebIdentityOutput, sts.Options]
}

func newSTSClient(client *sts.Client) stsClient {
	return stsClient{
		GetCallerIdentity:         client.GetCallerIdentity,
		AssumeRole:                client.AssumeRole,
		AssumeRoleWithWebIdentity: client.AssumeRoleWithWebIdentity,
	}
}

// analyzerClient is what this package uses of IAM Access Analyzer.
type analyzerClient struct {
	listAnalyzers
	listFindingsV2
	GetAnalyzer analyzerCall[accessanalyzer.GetAnalyzerInput, accessanalyzer.GetAnalyzerOutput]
}

func newAnalyzerClient(client *accessanalyzer.Client) analyzerClient {
	return analyzerClient{listAnalyzers: client.ListAnalyzers, listFindingsV2: client.ListFindingsV2, GetAnalyzer: client.GetAnalyzer}
}

type (
	analyzerCall[In, Out any] = call[In, Out, accessanalyzer.Options]

	listAnalyzers  analyzerCall[accessanalyzer.ListAnalyzersInput, accessanalyzer.ListAnalyzersOutput]
	listFindingsV2 analyzerCall[accessanalyzer.ListFindingsV2Input, accessanalyzer.ListFindingsV2Output]
	// selectRecorded is what this package uses of AWS Config.
	selectRecorded call[configservice.SelectAggregateResourceConfigInput, configservice.SelectAggregateResourceConfigOutput, configservice.Options]
	// listMembers is what this package uses of Organizations.
	listMembers call[organizations.ListAccountsInput, organizations.ListAccountsOutput, organizations.Options]
)

func (do listAnalyzers) ListAnalyzers(ctx context.Context, in *accessanalyzer.ListAnalyzersInput, options ...func(*accessanalyzer.Options)) (*accessanalyzer.ListAnalyzersOutput, error) {
	return do(ctx, in, options...)
}

func (do listFindingsV2) ListFindingsV2(ctx context.Context, in *accessanalyzer.ListFindingsV2Input, options ...func(*accessanalyzer.Options)) (*accessanalyzer.ListFindingsV2Output, error) {
	return do(ctx, in, options...)
}

func (do selectRecorded) SelectAggregateResourceConfig(ctx context.Context, in *configservice.SelectAggregateResourceConfigInput, options ...func(*configservice.Options)) (*configservice.SelectAggregateResourceConfigOutput, error) {
	return do(ctx, in, options...)
}

func (do listMembers) ListAccounts(ctx context.Context, in *organizations.ListAccountsInput, options ...func(*organizations.Options)) (*organizations.ListAccountsOutput, error) {
	return do(ctx, in, options...)
}
