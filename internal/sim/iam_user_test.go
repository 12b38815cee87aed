package sim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func TestUserLifecycle(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	boundary := aws.String("arn:aws:iam::aws:policy/PowerUserAccess")
	_, err := c.IAM.CreateUser(ctx, &iam.CreateUserInput{
		UserName: aws.String("Robot"), Path: aws.String("/svc/"), PermissionsBoundary: boundary, Tags: tagsOf("nhi:owner", "payments"),
	})
	noError(t, err)
	_, err = c.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("robot")})
	wantCode(t, err, "EntityAlreadyExists")
	got, err := c.IAM.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("Robot")})
	noError(t, err)
	u := got.User
	if *u.Arn != "arn:aws:iam::123456789012:user/svc/Robot" || len(u.Tags) != 1 || *u.PermissionsBoundary.PermissionsBoundaryArn != *boundary || u.PasswordLastUsed != nil {
		t.Errorf("user %+v", u)
	}
	_, err = c.IAM.UpdateUser(ctx, &iam.UpdateUserInput{UserName: u.UserName, NewUserName: aws.String("robot-2"), NewPath: aws.String("/x/")})
	noError(t, err)
	_, err = c.IAM.GetUser(ctx, &iam.GetUserInput{UserName: u.UserName})
	wantCode(t, err, "NoSuchEntity")
	if message(err) != "The user with name Robot cannot be found." {
		t.Error(message(err))
	}
	renamed, err := c.IAM.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("robot-2")})
	noError(t, err)
	if *renamed.User.UserId != *u.UserId || *renamed.User.Arn != "arn:aws:iam::123456789012:user/x/robot-2" {
		t.Errorf("renamed %+v", renamed.User)
	}
	_, err = c.IAM.TagUser(ctx, &iam.TagUserInput{UserName: aws.String("robot-2"), Tags: tagsOf("NHI:Owner", "web", "b", "c")})
	noError(t, err)
	_, err = c.IAM.UntagUser(ctx, &iam.UntagUserInput{UserName: aws.String("robot-2"), TagKeys: []string{"B"}})
	noError(t, err)
	tags, err := c.IAM.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: aws.String("robot-2")})
	noError(t, err)
	if len(tags.Tags) != 1 || *tags.Tags[0].Value != "web" {
		t.Errorf("tags %+v", tags.Tags)
	}
	list, err := c.IAM.ListUsers(ctx, &iam.ListUsersInput{PathPrefix: aws.String("/x/")})
	noError(t, err)
	if l := list.Users; len(l) != 1 || len(l[0].Tags) != 0 || l[0].PermissionsBoundary != nil {
		t.Errorf("list %+v", l)
	}
	_, err = c.IAM.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("robot-2")})
	noError(t, err)
	_, err = c.IAM.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("robot-2")})
	noError(t, err)
	if users := s.Account(sim.DefaultAccount).Users(); len(users) != 0 {
		t.Errorf("users %q", users)
	}
}

func TestUserRefusals(t *testing.T) {
	t.Parallel()
	c := newClients(t, newServer(t))
	ctx := t.Context()
	mustCreateUser(t, c, "u")
	for name, tt := range map[string]struct {
		code string
		call func() error
	}{
		"name": {"ValidationError", func() error {
			_, err := c.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("a b")})
			return err
		}},
		"long name": {"ValidationError", func() error {
			_, err := c.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String(strings.Repeat("a", 65))})
			return err
		}},
		"tag value": {"ValidationError", func() error {
			_, err := c.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("x"), Tags: tagsOf("p", "one, two")})
			return err
		}},
		"ghost boundary": {"NoSuchEntity", func() error {
			_, err := c.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("x"), PermissionsBoundary: aws.String("arn:aws:iam::123456789012:policy/none")})
			return err
		}},
		"inline size": {"LimitExceeded", func() error {
			_, err := c.IAM.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("u"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allow(`"s3:` + strings.Repeat("a", 2048) + `"`))})
			return err
		}},
		"inline grammar": {"MalformedPolicyDocument", func() error {
			_, err := c.IAM.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("u"), PolicyName: aws.String("p"), PolicyDocument: aws.String(lambdaTrust)})
			return err
		}},
		"third key": {"LimitExceeded", func() error {
			mustCreateKey(t, c, "u")
			_, err := c.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("u")})
			return err
		}},
		"key of another": {"NoSuchEntity", func() error {
			_, err := c.IAM.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("u"), AccessKeyId: aws.String("AKIA0000000000000000")})
			return err
		}},
		"no login": {"NoSuchEntity", func() error {
			_, err := c.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: aws.String("u")})
			return err
		}},
		"weak password": {"PasswordPolicyViolation", func() error {
			_, err := c.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: aws.String("short")})
			return err
		}},
		"service": {"NotSupportedService", func() error {
			_, err := c.IAM.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{UserName: aws.String("u"), ServiceName: aws.String("s3.amazonaws.com")})
			return err
		}},
		"ssh encoding": {"UnrecognizedPublicKeyEncoding", func() error {
			_, err := c.IAM.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: aws.String("u"), SSHPublicKeyBody: aws.String("ssh-ed25519 AAAA")})
			return err
		}},
		"certificate": {"MalformedCertificate", func() error {
			_, err := c.IAM.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: aws.String("u"), CertificateBody: aws.String("no certificate")})
			return err
		}},
	} {
		if err := tt.call(); code(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

// sshKey is the wire form of an RSA key as small as it can be.
func sshKey() string {
	return "ssh-rsa " + base64.StdEncoding.EncodeToString([]byte("\x00\x00\x00\x07ssh-rsa\x00\x00\x00\x03\x01\x00\x01")) + " robot"
}

func pemCertificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	noError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	noError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

// A user can be deleted only when nothing is left on it. Each step takes the
// obstacle away that was named.
func TestDeleteUserOrder(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	u := aws.String("u")
	policy := aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")
	key := mustCreateUser(t, c, "u")
	putUserInline(t, c, "u", "inline", allow(`"s3:*"`))
	_, err := c.IAM.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: u, PolicyArn: policy})
	noError(t, err)
	_, err = c.IAM.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("g")})
	noError(t, err)
	_, err = c.IAM.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: u})
	noError(t, err)
	_, err = c.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: u, Password: aws.String("Correct-Horse-1")})
	noError(t, err)
	device, err := c.IAM.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("phone")})
	noError(t, err)
	serial := device.VirtualMFADevice.SerialNumber
	_, err = c.IAM.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{UserName: u, SerialNumber: serial, AuthenticationCode1: aws.String("123456"), AuthenticationCode2: aws.String("654321")})
	noError(t, err)
	ssh, err := c.IAM.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: u, SSHPublicKeyBody: aws.String(sshKey())})
	noError(t, err)
	certificate, err := c.IAM.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: u, CertificateBody: aws.String(pemCertificate(t))})
	noError(t, err)
	git, err := c.IAM.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{UserName: u, ServiceName: aws.String("codecommit.amazonaws.com")})
	noError(t, err)

	for _, step := range []struct {
		obstacle string
		remove   func() error
	}{
		{"must delete login profile first.", func() error {
			_, err := c.IAM.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: u})
			return err
		}},
		{"must delete access keys first.", func() error {
			_, err := c.IAM.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: u, AccessKeyId: &key.AccessKeyID})
			return err
		}},
		{"must delete MFA device first.", func() error {
			_, err := c.IAM.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: serial})
			wantCode(t, err, "DeleteConflict")
			_, err = c.IAM.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: u, SerialNumber: serial})
			noError(t, err)
			_, err = c.IAM.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: serial})
			return err
		}},
		{"must delete certificates first.", func() error {
			_, err := c.IAM.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{UserName: u, CertificateId: certificate.Certificate.CertificateId})
			return err
		}},
		{"must detach all policies first.", func() error {
			_, err := c.IAM.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: u, PolicyArn: policy})
			return err
		}},
		{"must delete policies first.", func() error {
			_, err := c.IAM.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: u, PolicyName: aws.String("inline")})
			return err
		}},
		{"must remove users from group first.", func() error {
			_, err := c.IAM.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: aws.String("g")})
			wantCode(t, err, "DeleteConflict")
			_, err = c.IAM.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String("g"), UserName: u})
			return err
		}},
		{"must remove referenced objects first.", func() error {
			_, err := c.IAM.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: u, SSHPublicKeyId: ssh.SSHPublicKey.SSHPublicKeyId})
			return err
		}},
		{"must remove referenced objects first.", func() error {
			_, err := c.IAM.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{UserName: u, ServiceSpecificCredentialId: git.ServiceSpecificCredential.ServiceSpecificCredentialId})
			return err
		}},
	} {
		_, err := c.IAM.DeleteUser(ctx, &iam.DeleteUserInput{UserName: u})
		wantCode(t, err, "DeleteConflict")
		if want := "Cannot delete entity, " + step.obstacle; message(err) != want {
			t.Errorf("%q, want %q", message(err), want)
		}
		noError(t, step.remove())
	}
	_, err = c.IAM.DeleteUser(ctx, &iam.DeleteUserInput{UserName: u})
	noError(t, err)
	_, err = c.IAM.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: aws.String("g")})
	noError(t, err)
}

func TestUserCredentialKinds(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	u := aws.String("u")
	mustCreateUser(t, c, "u")

	ssh, err := c.IAM.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: u, SSHPublicKeyBody: aws.String(sshKey())})
	noError(t, err)
	_, err = c.IAM.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: u, SSHPublicKeyBody: aws.String(sshKey())})
	wantCode(t, err, "DuplicateSSHPublicKey")
	_, err = c.IAM.UpdateSSHPublicKey(ctx, &iam.UpdateSSHPublicKeyInput{UserName: u, SSHPublicKeyId: ssh.SSHPublicKey.SSHPublicKeyId, Status: types.StatusTypeInactive})
	noError(t, err)
	keys, err := c.IAM.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: u})
	noError(t, err)
	one, err := c.IAM.GetSSHPublicKey(ctx, &iam.GetSSHPublicKeyInput{UserName: u, SSHPublicKeyId: ssh.SSHPublicKey.SSHPublicKeyId, Encoding: types.EncodingTypeSsh})
	noError(t, err)
	if len(keys.SSHPublicKeys) != 1 || one.SSHPublicKey.Status != types.StatusTypeInactive || *one.SSHPublicKey.SSHPublicKeyBody != sshKey() {
		t.Errorf("SSH keys %+v, %+v", keys.SSHPublicKeys, one.SSHPublicKey)
	}

	body := pemCertificate(t)
	certificate, err := c.IAM.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: u, CertificateBody: &body})
	noError(t, err)
	_, err = c.IAM.UpdateSigningCertificate(ctx, &iam.UpdateSigningCertificateInput{UserName: u, CertificateId: certificate.Certificate.CertificateId, Status: types.StatusTypeInactive})
	noError(t, err)
	certificates, err := c.IAM.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: u})
	noError(t, err)
	if len(certificates.Certificates) != 1 || certificates.Certificates[0].Status != types.StatusTypeInactive {
		t.Errorf("certificates %+v", certificates.Certificates)
	}

	// A Bedrock API key ends by itself.
	key, err := c.IAM.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{
		UserName: u, ServiceName: aws.String("bedrock.amazonaws.com"), CredentialAgeDays: aws.Int32(30),
	})
	noError(t, err)
	made := key.ServiceSpecificCredential
	reset, err := c.IAM.ResetServiceSpecificCredential(ctx, &iam.ResetServiceSpecificCredentialInput{UserName: u, ServiceSpecificCredentialId: made.ServiceSpecificCredentialId})
	noError(t, err)
	if made.ServicePassword != nil || *made.ServiceCredentialSecret == "" || *reset.ServiceSpecificCredential.ServiceCredentialSecret == *made.ServiceCredentialSecret {
		t.Errorf("credential %+v", made)
	}
	s.Clock().Advance(31 * 24 * time.Hour)
	listed, err := c.IAM.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: u})
	noError(t, err)
	if l := listed.ServiceSpecificCredentials; len(l) != 1 || l[0].Status != types.StatusTypeExpired {
		t.Errorf("credentials %+v", l)
	}

	// Devices and passwords.
	device, err := c.IAM.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("phone")})
	noError(t, err)
	enable := &iam.EnableMFADeviceInput{UserName: u, SerialNumber: device.VirtualMFADevice.SerialNumber, AuthenticationCode1: aws.String("123456"), AuthenticationCode2: aws.String("123456")}
	_, err = c.IAM.EnableMFADevice(ctx, enable)
	wantCode(t, err, "InvalidAuthenticationCode")
	enable.AuthenticationCode2 = aws.String("654321")
	_, err = c.IAM.EnableMFADevice(ctx, enable)
	noError(t, err)
	devices, err := c.IAM.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{AssignmentStatus: types.AssignmentStatusTypeAssigned})
	noError(t, err)
	own, err := c.IAM.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: u})
	noError(t, err)
	if len(devices.VirtualMFADevices) != 1 || *devices.VirtualMFADevices[0].User.UserName != "u" || len(own.MFADevices) != 1 {
		t.Errorf("devices %+v, %+v", devices.VirtualMFADevices, own.MFADevices)
	}
	_, err = c.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: u, Password: aws.String("Correct-Horse-1")})
	noError(t, err)
	_, err = c.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: u, Password: aws.String("Correct-Horse-1")})
	wantCode(t, err, "EntityAlreadyExists")
	_, err = c.IAM.UpdateLoginProfile(ctx, &iam.UpdateLoginProfileInput{UserName: u, PasswordResetRequired: aws.Bool(true)})
	noError(t, err)
	login, err := c.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: u})
	noError(t, err)
	if !login.LoginProfile.PasswordResetRequired {
		t.Error("the update of the login profile had no effect")
	}
	summary, err := c.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	noError(t, err)
	if m := summary.SummaryMap; m["Users"] != 1 || m["MFADevicesInUse"] != 2 || m["Groups"] != 0 {
		t.Errorf("summary %v", m)
	}
	for _, call := range s.Calls() {
		if p := call.Params.Get("Password"); p != "" && p != "(sensitive)" {
			t.Errorf("%s recorded the password %s", call.Action, p)
		}
	}
}
