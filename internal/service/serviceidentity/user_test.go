package serviceidentity_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

var userViolations = map[string]violation{
	"path":          {withUser(acctest.Values{"path": "teams"}), []string{`error aws_user.path: The platform would refuse this … "teams" is not an IAM path`}},
	"boundary":      {withUser(acctest.Values{"permissions_boundary_arn": "PowerUser"}), []string{"error aws_user.permissions_boundary_arn: The platform would refuse this"}},
	"policy":        {withUser(acctest.Values{"inline_policies": acctest.Values{"read": "{"}}), []string{`error aws_user.inline_policies["read"]: The platform would refuse this … line 1`}},
	"policy's name": {withUser(acctest.Values{"inline_policies": acctest.Values{"governed-expiry": readBuckets}}), []string{`error aws_user.inline_policies["governed-expiry"]: The platform would refuse this … is taken`}},
	"group's name":  {withUser(acctest.Values{"groups": []string{"e mail"}}), []string{"error aws_user.groups: The platform would refuse this"}},
	"many groups":   {withUser(acctest.Values{"groups": []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}}), []string{"error aws_user.groups: The platform would refuse this … in 11 groups, 1 more than this account's quota of 10"}},
	"many policies": {withUser(acctest.Values{"managed_policy_arns": manyPolicies(12)}), []string{"error aws_user.managed_policy_arns: The platform would refuse this … 2 more than this account's quota of 10. … (up to 20)"}},
	"quota": {
		withUser(acctest.Values{"inline_policies": acctest.Values{"read": largePolicy(1900)}}),
		[]string{"error aws_user.inline_policies: The platform would refuse this … the inline policies have 2010 characters together, and governed-expiry, which enforces the expiry, has 188: 150 more than the quota of 2048"},
	},
	"two platforms": {acctest.Values{"aws_role": acctest.Values{}}, []string{
		"error aws_role: More than one platform is declared … Keep one of these arguments: aws_role, aws_user", "error aws_user: More than one platform is declared",
	}},
	"label of a record": {acctest.Values{"labels": acctest.Values{"nhi:deactivated": "x"}}, []string{`error labels["nhi:deactivated"]: The platform would refuse this … is a tag that the provider writes for itself. … Use another key.`}},
}

// TestUserViolations writes one thing wrong at a time.
func TestUserViolations(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	for name, violation := range userViolations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Plan(exporter(server).With(violation.wrong)).Want(t, violation.says...)
			wantWrites(t, server)
		})
	}
}

// TestUserUnknown plans with values that are known only at apply.
func TestUserUnknown(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Plan(fullUser(server).With(acctest.Values{"name": acctest.Unknown, "expiry": acctest.Unknown, "aws_user": acctest.Values{
		"path": acctest.Unknown, "inline_policies": acctest.Unknown, "managed_policy_arns": acctest.Unknown, "groups": acctest.Unknown, "permissions_boundary_arn": acctest.Unknown,
	}})).Want(t)
	r.ApplyPlanned(fullUser(server)).Want(t)
	r.Refresh().Want(t)
	r.Plan(fullUser(server)).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	r.Plan(exporter(server).With(acctest.Values{"aws_user": acctest.Unknown})).Want(t)
}

// TestUserImport takes the ARN and the canonical id, and plans no change for what is configured alike.
func TestUserImport(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Apply(fullUser(server)).Want(t)
	for _, id := range []string{userID, userARN} {
		r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
		r.Import(id, nil).Want(t)
		r.Plan(fullUser(server)).Want(t)
		if r.Changes() {
			t.Errorf("the plan after the import of %s changes %v to %v", id, r.State(), r.Planned())
		}
	}
}

// TestUserKeys renews a user with two keys, of which somebody had made one inactive before: only the other one works
// again. What is done to the keys meanwhile is shown.
func TestUserKeys(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	client := acctest.IAM(server)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	config := exporter(server)
	r.Apply(config).Want(t)
	live, retired := acctest.AccessKey(t, client, userName), acctest.AccessKey(t, client, userName)
	status := func(key *types.AccessKey, status types.StatusType) {
		t.Helper()
		if _, err := client.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: theUser, AccessKeyId: key.AccessKeyId, Status: status}); err != nil {
			t.Fatal(err)
		}
	}
	active := func() (ids []string) {
		for _, key := range user(t, server).AccessKeys {
			if key.Active {
				ids = append(ids, key.ID)
			}
		}
		return ids
	}
	status(retired, types.StatusTypeInactive)
	server.Clock().Advance(91 * day)
	expired := "warning expiry: Expiry is in the past"
	disable := func() {
		t.Helper()
		r.Refresh().Want(t)
		if r.Plan(config).Want(t, expired); r.Planned("status") != "expired" || r.State("status") != "expiring" {
			t.Errorf("the status goes from %v to %v", r.State("status"), r.Planned("status"))
		}
		r.ApplyPlanned(config).Want(t)
		if ids := active(); len(ids) > 0 {
			t.Errorf("the keys %v are active", ids)
		}
		r.Refresh().Want(t)
		if r.Plan(config).Want(t, expired); r.Changes() {
			t.Error("the plan of an expired user changes something")
		}
		if got := r.State("aws_user", "deactivated_access_keys"); !same(got, []any{*live.AccessKeyId}) {
			t.Errorf("the deactivated keys are %v", got)
		}
	}
	disable()
	status(live, types.StatusTypeActive) // behind Terraform's back
	disable()
	renewed := config.With(acctest.Values{"expiry": acctest.Date(server, 60)})
	r.Apply(renewed).Want(t)
	if ids := active(); !slices.Equal(ids, []string{*live.AccessKeyId}) {
		t.Errorf("the keys %v are active", ids)
	}
	useKey(t, server, live.AccessKeyId, live.SecretAccessKey, true)
	if tags := user(t, server).Tags; tags["nhi:deactivated"] != "" {
		t.Errorf("the tags are %v", tags)
	}
	r.Apply(nil).Want(t, "warning aws_user: Attachments made outside Terraform were removed … access key "+*live.AccessKeyId+", access key "+*retired.AccessKeyId+".")
	wantNoUser(t, server)
}

// TestUserRenewalInterrupted renews a user, and loses the call that takes the record away: the next plan shows it.
func TestUserRenewalInterrupted(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	config := exporter(server)
	r.Apply(config).Want(t)
	acctest.AccessKey(t, acctest.IAM(server), userName)
	server.Clock().Advance(91 * day)
	r.Refresh().Want(t)
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past")
	renewed := config.With(acctest.Values{"expiry": acctest.Date(server, 60)})
	server.InjectFault(sim.Fault{Action: "UntagUser", Kind: sim.FaultAccessDenied})
	r.Apply(renewed).Want(t, "error aws_user: Identity cannot be updated … lack the permission iam:UntagUser")
	server.ClearFaults()
	r.Refresh().Want(t)
	r.Apply(renewed).Want(t)
	if tags := user(t, server).Tags; tags["nhi:deactivated"] != "" {
		t.Errorf("the tags are %v", tags)
	}
}

// TestUserHumanUse names what a human uses, and takes it away, also after an interruption between the two steps that a
// virtual device takes.
func TestUserHumanUse(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(fullUser(server)).Want(t)
	device := acctest.HumanUse(t, acctest.IAM(server), userName)
	warning := "warning aws_user: A human uses the identity … password for the console, not used so far; it has the MFA devices " + device + ". This is human use of a non-human identity (OWASP NHI10)"
	r.Refresh().Want(t, warning)
	server.InjectFault(sim.Fault{Action: "DeleteVirtualMFADevice", Kind: sim.FaultAccessDenied})
	r.Apply(fullUser(server)).Want(t, "error aws_user: Identity cannot be updated … lack the permission iam:DeleteVirtualMFADevice")
	server.ClearFaults()
	r.Refresh().Want(t, "warning aws_user: A human uses the identity … it has the MFA devices "+device)
	r.Apply(fullUser(server)).Want(t)
	r.Refresh().Want(t)
	if u := user(t, server); u.HasPassword || len(u.MFADevices) > 0 || u.Tags["nhi:removing"] != "" {
		t.Errorf("the user is %+v", u)
	}
	r.Apply(nil).Want(t)
	wantNoUser(t, server)
}

// TestUserDestroy removes a user with all nine sorts of things on it, names those that Terraform had not made, and ends
// access first.
func TestUserDestroy(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	client := acctest.IAM(server)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(fullUser(server)).Want(t)
	key := acctest.AccessKey(t, client, userName)
	rare := append([]string{"MFA device " + acctest.HumanUse(t, client, userName)}, acctest.RareCredentials(t, client, userName)...)
	rare = append(rare, acctest.ServiceCredential(t, client, userName))
	server.ResetCalls()
	says := "warning aws_user: Attachments made outside Terraform were removed … access key " + *key.AccessKeyId + ", console password"
	for _, name := range rare {
		says += ", " + name
	}
	r.Apply(nil).Want(t, says+".")
	wantNoUser(t, server)
	if got, want := writes(server), []string{
		"PutUserPolicy", "TagUser", "UpdateAccessKey", "DeleteAccessKey", "DeleteLoginProfile", "TagUser", "DeactivateMFADevice", "DeleteVirtualMFADevice",
		"DeleteSSHPublicKey", "DeleteSigningCertificate", "DeleteServiceSpecificCredential", "RemoveUserFromGroup", "RemoveUserFromGroup",
		"DetachUserPolicy", "DeleteUserPolicy", "DeleteUserPolicy", "DeleteUserPolicy", "DeleteUser",
	}; !slices.Equal(got, want) {
		t.Errorf("the writes are %v\nnot %v", got, want)
	}
}

// TestUserDestroyUnlisted retires a user whose rare credentials cannot be listed when there are none, and names the
// missing permission when there are some.
func TestUserDestroyUnlisted(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	server.DenyActions(sim.DefaultAccount, "iam:ListSSHPublicKeys", "iam:ListServiceSpecificCredentials")
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(fullUser(server)).Want(t)
	r.Apply(nil).Want(t)
	wantNoUser(t, server)
	r.Apply(fullUser(server)).Want(t)
	acctest.RareCredentials(t, acctest.IAM(server), userName)
	diags := r.Apply(nil)
	if len(diags) != 2 || !r.Exists() {
		t.Fatalf("there are %d diagnostics", len(diags))
	}
	diags[1:].Want(t, "error aws_user: Identity cannot be deleted … lack the permission iam:ListSSHPublicKeys")
	server.DenyActions(sim.DefaultAccount)
	if diags := r.Apply(nil); len(diags) != 1 {
		t.Errorf("there are %d diagnostics", len(diags))
	}
	wantNoUser(t, server)
}

// TestUserTaken names the user that has the name, also in another letter case.
func TestUserTaken(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	account(server).PutUser(sim.User{Name: "Invoice-Export", Path: "/old/"})
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Apply(exporter(server)).Want(t,
		`error aws_user: Identity cannot be created … The IAM user Invoice-Export exists already … id = "aws:123456789012:user/old/Invoice-Export"`)
}

// TestKindChange plans another identity when the kind changes.
func TestKindChange(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	r.Plan(exporter(server)).Want(t, "warning aws_role: Identity will be retired … aws:123456789012:role/invoice-export … inline policy governed-expiry")
	if !r.Replaces() || r.Planned("id") != "aws:123456789012:user/invoice-export" {
		t.Errorf("the plan replaces it: %t, by %v", r.Replaces(), r.Planned("id"))
	}
}

// TestUserMissingGroup blames what does not exist.
func TestUserMissingGroup(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(exporter(server)).Want(t)
	r.Refresh().Want(t)
	r.Apply(exporter(server).With(withUser(acctest.Values{"groups": []string{"nobody"}}))).Want(t,
		"warning aws_user.groups: Permissions are not judged … what the group nobody allows is not judged, because there is no such group yet. … Argument: aws_user.groups.",
		"error aws_user: Permissions cannot be judged … iam:GetAccountAuthorizationDetails still failed after 2m5.5s of waiting for replication: there is no group nobody. … Check that everything it refers to exists")
	if !r.Exists() {
		t.Error("the user is gone")
	}
}

// TestUserGroupToCome refuses to join what nobody has judged: a group that is made beside the user can be anything.
func TestUserGroupToCome(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	config := exporter(server).With(withUser(acctest.Values{"groups": []string{"later"}}))
	r.Plan(config).Want(t, "warning aws_user.groups: Permissions are not judged … there is no such group yet")
	server.ResetCalls()
	r.ApplyPlanned(config).Want(t, "error aws_user: Permissions cannot be judged … there is no group later")
	wantWrites(t, server)
}

// TestUserGroupInAnotherCase judges the group that IAM takes for the name, whatever its letter case.
func TestUserGroupInAnotherCase(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	account(server).PutGroup(sim.Group{Name: "admins", InlinePolicies: map[string]string{"all": allowAll}})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Plan(exporter(server).With(withUser(acctest.Values{"groups": []string{"Admins"}}))).Want(t,
		"error aws_user.groups: Identity would be an administrator")
}
