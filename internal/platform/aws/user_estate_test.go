package aws_test

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// userEstate is an estate in which users are made.
type userEstate struct {
	*estate
	// keys are the access keys that Use has made.
	keys map[governance.ID]*types.AccessKey
}

func openUserEstate(t *testing.T) *userEstate {
	t.Helper()
	e := &userEstate{openEstate(t), map[governance.ID]*types.AccessKey{}}
	for _, group := range []string{"exporters", "readers", "stray"} {
		e.account.PutGroup(sim.Group{Name: group, InlinePolicies: map[string]string{"read": allow("s3:GetObject")}})
	}
	return e
}

func (e *userEstate) Driver() platform.Driver[aws.UserSpec, aws.UserState] {
	return aws.NewAccount(e.config()).Users()
}

func (e *userEstate) Wanted(name string) platform.Desired[aws.UserSpec] {
	role := e.estate.Wanted(name)
	var used []string
	for id, key := range e.keys {
		if id.Name() == name {
			used = append(used, *key.AccessKeyId)
		}
	}
	return platform.Desired[aws.UserSpec]{Name: name, Metadata: role.Metadata, Spec: aws.UserSpec{
		Path: role.Spec.Path, InlinePolicies: role.Spec.InlinePolicies, ManagedPolicyARNs: role.Spec.ManagedPolicyARNs,
		Groups: []string{"exporters", "readers"}, PermissionsBoundaryARN: role.Spec.PermissionsBoundaryARN, Reactivate: used,
	}}
}

func (e *userEstate) Changed(name string) platform.Desired[aws.UserSpec] {
	want, role := e.Wanted(name), e.estate.Changed(name)
	want.Metadata = role.Metadata
	want.Spec.InlinePolicies, want.Spec.ManagedPolicyARNs = role.Spec.InlinePolicies, role.Spec.ManagedPolicyARNs
	want.Spec.Groups, want.Spec.PermissionsBoundaryARN = []string{"stray", "readers"}, role.Spec.PermissionsBoundaryARN
	return want
}

// Use lists roles with the user's own access key, which the first use makes.
func (e *userEstate) Use(id governance.ID) (goOn func() error, err error) {
	e.t.Helper()
	if e.keys[id] == nil {
		e.keys[id] = acctest.AccessKey(e.t, e.admin, id.Name())
	}
	client := e.client(sim.Credentials{AccessKeyID: *e.keys[id].AccessKeyId, SecretAccessKey: *e.keys[id].SecretAccessKey})
	use := func() error {
		_, err := client.ListRoles(e.t.Context(), &iam.ListRolesInput{MaxItems: awssdk.Int32(1)})
		return err
	}
	return use, use()
}

// Drift puts another user in the place of this one, which a human uses.
func (e *userEstate) Drift(id governance.ID) {
	e.account.PutUser(sim.User{
		Name: id.Name(), Path: id.Path(), BoundaryARN: e.policy("boundary-b"), Groups: []string{"stray"}, Login: &sim.Login{}, MFA: true,
		Tags:               map[string]string{"nhi:owner": "somebody", "NHI:Ticket": "CHG-2", "stray": "x"},
		InlinePolicies:     map[string]string{"list": allow("s3:*"), "stray": allow("s3:*"), aws.ExpiryPolicyName: allow("s3:*")},
		AttachedPolicyARNs: []string{managedPrefix + "AdministratorAccess"},
	})
}

// Attach hangs all nine sorts of things on the user.
func (e *userEstate) Attach(id governance.ID) []string {
	e.t.Helper()
	name, document, arn := id.Name(), allow("s3:*"), managedPrefix+"AdministratorAccess"
	_, put := e.admin.PutUserPolicy(e.t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: awssdk.String("stray"), PolicyDocument: &document})
	_, attach := e.admin.AttachUserPolicy(e.t.Context(), &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: &arn})
	_, join := e.admin.AddUserToGroup(e.t.Context(), &iam.AddUserToGroupInput{UserName: &name, GroupName: awssdk.String("stray")})
	for _, err := range []error{put, attach, join} {
		if err != nil {
			e.t.Fatal(err)
		}
	}
	names := []string{"inline policy stray", "managed policy " + arn, "group stray", "console password"}
	for range 2 {
		names = append(names, "access key "+*acctest.AccessKey(e.t, e.admin, name).AccessKeyId)
	}
	names = append(names, "MFA device "+acctest.HumanUse(e.t, e.admin, name), acctest.ServiceCredential(e.t, e.admin, name))
	return append(names, acctest.RareCredentials(e.t, e.admin, name)...)
}

// Left are users and the virtual MFA devices, which outlive them.
func (e *userEstate) Left() []string {
	e.t.Helper()
	left := e.account.Users()
	devices, err := e.admin.ListVirtualMFADevices(e.t.Context(), &iam.ListVirtualMFADevicesInput{})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, device := range devices.VirtualMFADevices {
		left = append(left, *device.SerialNumber)
	}
	return left
}

func (e *userEstate) Deny(method platformtest.Method) string {
	denied := map[platformtest.Method][]string{
		platformtest.MethodCreate:   {"iam:CreateUser"},
		platformtest.MethodConverge: {"iam:AttachUserPolicy"},
		platformtest.MethodRead:     {"iam:GetUser", "iam:GetAccountAuthorizationDetails"},
		platformtest.MethodDelete:   {"iam:DeleteUser"},
	}[method]
	e.sim.DenyActions(e.account.ID(), denied...)
	return denied[0]
}

func TestSimContractUsers(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, platformtest.Harness[aws.UserSpec, aws.UserState]{
		Open: func(t *testing.T) platformtest.Estate[aws.UserSpec, aws.UserState] {
			t.Helper()
			return openUserEstate(t)
		},
		Describe: describeUser,
	})
}

// describeUser leaves out what only the cloud knows, which the keys that it has are as well.
func describeUser(state aws.UserState) string {
	state.EntityState = canonicalEntity(state.EntityState)
	state.Groups, state.MFADevices = append([]string{}, state.Groups...), append([]string{}, state.MFADevices...)
	state.UniqueID, state.CreatedAt, state.LastUsedAt, state.DeactivatedKeys = "", time.Time{}, time.Time{}, nil
	state.JustDeactivated = nil
	return text(state)
}
