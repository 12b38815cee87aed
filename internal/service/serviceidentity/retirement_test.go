package serviceidentity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// inUse is a policy that refuses to remove what is in use.
var inUse = acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"retire_in_use": "error"}}}

// useRole has somebody use the role, and lets a day pass.
func useRole(t *testing.T, server *sim.Server) (when string) {
	t.Helper()
	credentials, err := account(server).AssumeRoleAsService("lambda.amazonaws.com", role(t, server, "invoice-export").ARN, nil)
	if err != nil {
		t.Fatal(err)
	}
	when = server.Clock().Now().UTC().Format("2006-01-02T15:04:05Z")
	acctest.UseSession(t, server, credentials)
	server.Clock().Advance(day)
	return when
}

// TestRetirementPlan has the plan of a destruction name what goes, what of it others have made, and the last use.
func TestRetirementPlan(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(fullRole(server)).Want(t)
	r.Plan(nil).Want(t, `warning aws_role: Identity will be retired: aws:123456789012:role/teams/payments/invoice-export
governed_service_identity "invoice-export" (aws:123456789012:role/teams/payments/invoice-export) is removed for good, with its access.

Deleted with it, or detached from it where others share it:
  - inline policy governed-expiry
  - inline policy read
  - inline policy write
  - instance profile invoice-export
  - managed policy `+readOnly+`

Last use:
  - none in the 400 days that IAM tracks`)
	account(server).PutInstanceProfile(sim.InstanceProfile{Name: "web", RoleName: "invoice-export"})
	if err := putPolicy(t.Context(), acctest.IAM(server), "backdoor", writeBuckets); err != nil {
		t.Fatal(err)
	}
	when := useRole(t, server)
	server.ResetCalls()
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t, "warning aws_role: Something outside Terraform uses the identity")
	r.Plan(nil).Want(t, `warning aws_role: Identity will be retired …
  - inline policy backdoor (not made by Terraform)
  - inline policy governed-expiry
  - inline policy read
  - inline policy write
  - instance profile invoice-export
  - instance profile web (not made by Terraform)
  - managed policy `+readOnly+`

Last use:
  - `+when+`, in eu-west-1

Take care: it was used within the last 30 days (`+when+`, in eu-west-1), and what uses it will fail once it is gone. Stop what uses it …`)
	acctest.WantWrites(t, server)
	r.Apply(nil).Want(t, "warning aws_role: Attachments made outside Terraform were removed")
}

// TestRetirementInUse refuses to remove what was used lately where the policy says so, and says how to go on.
func TestRetirementInUse(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, inUse).Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	when := useRole(t, server)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, inUse))
	refused := `error aws_role: Identity is still in use
governed_service_identity "invoice-export" (aws:123456789012:role/invoice-export): it was used within the last 30 days (` + when + `, in eu-west-1), and what uses it will fail once it is gone.

Stop what uses it, and remove it when it has not been used for 30 days. To remove it all the same, lower retire_in_use_days, or set enforcement.retire_in_use to "warn", in the policy for this run.

Argument: aws_role. Rule: retire_in_use (error).`
	r.Plan(nil).Want(t, "warning aws_role: Identity will be retired … "+when, refused)
	r.Plan(lambdaRole(server).With(acctest.Values{"name": "invoice-export-2"})).Want(t, "warning aws_role: Identity will be retired", refused)
	r.Plan(lambdaRole(server).With(acctest.Values{"owner": "billing"})).Want(t)
	if len(account(server).Roles()) != 1 {
		t.Error("the role is gone")
	}
	lowered := acctest.Values{"policy": acctest.Values{"retire_in_use_days": 1, "enforcement": acctest.Values{"retire_in_use": "error"}}}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, lowered))
	r.Plan(nil).Want(t, "warning aws_role: Identity will be retired")
	r.Apply(nil).Want(t)
	wantGone(t, server)
}

// TestReplacementRetires warns of what is replaced as of what is destroyed, also where the name is not known yet.
func TestReplacementRetires(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	for name, change := range map[string]acctest.Values{
		"name":         {"name": "invoice-export-2"},
		"unknown name": {"name": acctest.Unknown},
		"path":         withRole(acctest.Values{"path": "/moved/"}),
		"unknown path": withRole(acctest.Values{"path": acctest.Unknown}),
		"kind":         {"aws_role": nil, "aws_user": acctest.Values{}},
	} {
		if r.Plan(lambdaRole(server).With(change)).Want(t, "warning aws_role: Identity will be retired … (aws:123456789012:role/invoice-export) … inline policy governed-expiry"); !r.Replaces() {
			t.Errorf("%s: it is not replaced", name)
		}
	}
}

// TestRetirementOfNothing has nothing to say of what is gone.
func TestRetirementOfNothing(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, inUse).Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	gone := *r
	gone.Apply(nil).Want(t)
	r.Plan(nil).Want(t)
}

// TestRetirementUnread says so where the identity cannot be read: that does not stop a destruction, unless the policy wants
// to know.
func TestRetirementUnread(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	server.DenyActions(sim.DefaultAccount, "iam:GetRole", "iam:GetAccountAuthorizationDetails")
	unread := `warning aws_role: Identity will be retired … There may be more, which could not be listed:
  - the provider's credentials lack the permission iam:GetRole

Last use:
  - not known, because the identity cannot be read`
	r.Under(acctest.NewConfiguredProtocol(t, server, nil)).Plan(nil).Want(t, unread+" … Take care: whether it was used within the last 30 days is not known")
	r.Under(acctest.NewConfiguredProtocol(t, server, inUse)).Plan(nil).Want(t, unread, "error aws_role: Identity is still in use … unknown is not unused")
}

// TestRetirementInBulk plans many destructions with the calls of one.
func TestRetirementInBulk(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	var made []*acctest.Resource
	for i := range 20 {
		r := p.Resource(typeName)
		r.Apply(lambdaRole(server).With(acctest.Values{"name": fmt.Sprintf("role-%d", i)})).Want(t)
		made = append(made, r)
	}
	server.ResetCalls()
	p = acctest.NewConfiguredProtocol(t, server, nil)
	for _, r := range made {
		r = r.Under(p)
		r.Refresh().Want(t)
		r.Plan(nil).Want(t, "warning aws_role: Identity will be retired")
	}
	if calls := server.CountCalls(""); calls > 12 {
		t.Errorf("%d calls were made for %d roles", calls, len(made))
	}
}

// TestUserRetirementPlan names all that can be on a user, and the last use of each credential.
func TestUserRetirementPlan(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	client := acctest.IAM(server)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(fullUser(server)).Want(t)
	used, idle := acctest.AccessKey(t, client, userName), acctest.AccessKey(t, client, userName)
	device := acctest.HumanUse(t, client, userName)
	rare := append(acctest.RareCredentials(t, client, userName), acctest.ServiceCredential(t, client, userName))
	useKey(t, server, used.AccessKeyId, used.SecretAccessKey, true)
	when := server.Clock().Now().UTC().Format("2006-01-02T15:04:05Z")
	server.Clock().Advance(day)
	warns := func(says ...string) {
		t.Helper()
		r.Plan(nil).Want(t, "warning aws_user: Identity will be retired … ("+userID+") is removed for good … "+strings.Join(says, " … "))
	}
	warns(
		"access key ", " (not made by Terraform)", "console password (not made by Terraform)", "group exporters\n", "inline policy governed-expiry\n",
		"managed policy "+readOnly+"\n", "Last use:", "not known, because IAM does not track it", "Take care: it was used within the last 30 days (access key "+*used.AccessKeyId)
	for _, line := range append([]string{
		"access key " + *used.AccessKeyId + " (not made by Terraform)", "MFA device " + device + " (not made by Terraform)", "group mail\n", "inline policy read\n",
		"access key " + *used.AccessKeyId + ": " + when + ", by the service iam, in us-east-1", "access key " + *idle.AccessKeyId + ": none so far",
		"console password: none that IAM knows of",
	}, rare...) {
		warns("  - " + line)
	}
	server.DenyActions(sim.DefaultAccount, "iam:GetAccessKeyLastUsed", "iam:ListSSHPublicKeys")
	missing := "the provider's credentials lack the permission iam:"
	warns("There may be more, which could not be listed:\n  - "+missing+"ListSSHPublicKeys", "access key "+*used.AccessKeyId+": not known, because "+missing+"GetAccessKeyLastUsed")
	server.DenyActions(sim.DefaultAccount, "iam:ListAccessKeys")
	warns("could not be listed:\n  - "+missing+"ListAccessKeys", "access keys: not known, because "+missing+"ListAccessKeys")
	server.DenyActions(sim.DefaultAccount)
	if diags := r.Apply(nil); len(diags) != 1 {
		t.Errorf("there are %d diagnostics", len(diags))
	}
	wantNoUser(t, server)
}

// TestUserWithoutCredentials has no use to tell of.
func TestUserWithoutCredentials(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	r := acctest.NewConfiguredProtocol(t, server, inUse).Resource(typeName)
	r.Apply(exporter(server)).Want(t)
	r.Plan(nil).Want(t, "warning aws_user: Identity will be retired … Last use:\n  - none: it has no credential")
	key := acctest.AccessKey(t, acctest.IAM(server), userName)
	r.Plan(nil).Want(t, "warning aws_user: Identity will be retired … access key "+*key.AccessKeyId+": none so far")
	if _, err := acctest.IAM(server).DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String(userName), AccessKeyId: key.AccessKeyId}); err != nil {
		t.Fatal(err)
	}
	r.Apply(nil).Want(t)
	wantNoUser(t, server)
}
