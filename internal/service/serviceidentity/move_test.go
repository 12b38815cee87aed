package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// hashicorpAWS is where the moved resources come from.
const hashicorpAWS = "registry.terraform.io/hashicorp/aws"

// TestMove takes over a role and a user from hashicorp/aws without replacing them.
func TestMove(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account(server).PutRole(simRole("invoice-export", "/teams/payments/"))
	account(server).PutUser(sim.User{Name: "mail-relay", Path: "/ci/", InlinePolicies: map[string]string{"read": readBuckets}})
	account(server).PutUser(sim.User{Name: "backup"})
	p := acctest.NewConfiguredProtocol(t, server, nil)
	for name, move := range map[string]struct {
		provider, typeName, state, id string
		wanted                        acctest.Values
	}{
		"role": {
			hashicorpAWS, "aws_iam_role", `{"arn":"arn:aws:iam::123456789012:role/teams/payments/invoice-export","id":"invoice-export","name":"invoice-export"}`, fullID,
			lambdaRole(server).With(acctest.Values{"aws_role": acctest.Values{
				"path": "/teams/payments/", "assume_role_policy": lambdaTrust, "inline_policies": acctest.Values{"read": readBuckets}, "managed_policy_arns": []string{readOnly},
			}}),
		},
		"user, by the name alone": {
			"aws", "aws_iam_user", `{"arn":"arn:aws:iam::123456789012:user/backup","id":"backup","name":"backup"}`, "aws:123456789012:user/backup",
			lambdaRole(server).With(acctest.Values{"name": "backup", "aws_role": nil, "aws_user": acctest.Values{}}),
		},
		"user, from another registry": {
			"registry.opentofu.org/hashicorp/aws", "aws_iam_user", `{"arn":"arn:aws:iam::123456789012:user/ci/mail-relay","id":"mail-relay","name":"mail-relay"}`, "aws:123456789012:user/ci/mail-relay",
			lambdaRole(server).With(acctest.Values{"name": "mail-relay", "aws_role": nil, "aws_user": acctest.Values{"path": "/ci/", "inline_policies": acctest.Values{"read": readBuckets}}}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := p.Resource(typeName)
			r.Move(move.provider, move.typeName, 0, move.state).Want(t)
			acctest.WantSame(t, "id", r.State("id"), move.id)
			acctest.WantSame(t, "identity", r.Identity(), acctest.Values{"id": move.id})
			acctest.WantSame(t, "owner", r.State("owner"), nil)
			r.Plan(move.wanted).Want(t)
			if r.Replaces() {
				t.Error("the plan replaces the identity")
			}
			r.ApplyPlanned(move.wanted).Want(t)
			acctest.WantSame(t, "status", r.State("status"), "active")
		})
	}
}

// TestMoveRefused says what cannot be moved, and how to go on.
func TestMoveRefused(t *testing.T) {
	t.Parallel()
	const role = `{"arn":"arn:aws:iam::123456789012:role/invoice-export"}`
	for name, test := range map[string]struct {
		provider, typeName string
		version            int64
		state, says        string
	}{
		"another resource": {hashicorpAWS, "aws_iam_policy", 0, `{}`, "error : Resource cannot be moved … governed_service_identity takes over aws_iam_role of hashicorp/aws, aws_iam_user of hashicorp/aws … and no aws_iam_policy of registry.terraform.io/hashicorp/aws … removed block … import block"},
		"another provider": {"registry.terraform.io/elsewhere/aws", "aws_iam_role", 0, role, "error : Resource cannot be moved … and no aws_iam_role of registry.terraform.io/elsewhere/aws"},
		"another version":  {hashicorpAWS, "aws_iam_role", 1, role, "error : Source state is of an unknown version … The state of aws_iam_role has schema version 1; governed_service_identity knows version 0. … import block"},
		"no ARN":           {hashicorpAWS, "aws_iam_role", 0, `{"id":"x"}`, `error : Source state has no usable id … arn is "" in the state of aws_iam_role, which names no aws_role.`},
		"no text":          {hashicorpAWS, "aws_iam_role", 0, `{"arn":7}`, `error : Source state has no usable id … arn is "7" in the state of aws_iam_role`},
		"no JSON":          {hashicorpAWS, "aws_iam_role", 0, `{`, `error : Source state has no usable id`},
		"a user's ARN":     {hashicorpAWS, "aws_iam_role", 0, `{"arn":"arn:aws:iam::123456789012:user/x"}`, `error : Source state has no usable id … names no aws_role.`},
		"a service's role": {hashicorpAWS, "aws_iam_role", 0, `{"arn":"arn:aws:iam::123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"}`, `error : Source state has no usable id … names no aws_role.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := acctest.NewConfiguredProtocol(t, acctest.NewSim(t), nil).Resource(typeName)
			r.Move(test.provider, test.typeName, test.version, test.state).Want(t, test.says)
			if r.Exists() {
				t.Error("something was moved")
			}
		})
	}
}

// TestMoveGone moves what does not exist any more: it is made anew.
func TestMoveGone(t *testing.T) {
	t.Parallel()
	r := acctest.NewConfiguredProtocol(t, acctest.NewSim(t), nil).Resource(typeName)
	r.Move(hashicorpAWS, "aws_iam_role", 0, `{"arn":"arn:aws:iam::123456789012:role/invoice-export"}`).Want(t)
	if r.Exists() {
		t.Error("the state has a role that does not exist")
	}
}

// TestPolicyForm plans nothing for a policy that is only written differently, and everything as written where one of several
// says something else.
func TestPolicyForm(t *testing.T) {
	t.Parallel()
	const reordered = `{"Statement":[{"Action":["s3:GetObject"],"Resource":"arn:aws:s3:::invoices/*","Effect":"Allow"}],"Version":"2012-10-17"}`
	const reorderedTrust = `{"Statement":[{"Action":"sts:AssumeRole","Principal":{"Service":["lambda.amazonaws.com"]},"Effect":"Allow"}],"Version":"2012-10-17"}`
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	wanted := func(kind, read, other string) acctest.Values {
		identity := acctest.Values{"inline_policies": acctest.Values{"read": read, "other": other}}
		if kind == "aws_role" {
			identity["assume_role_policy"] = lambdaTrust
			if read == reordered {
				identity["assume_role_policy"] = reorderedTrust
			}
		}
		return lambdaRole(server).With(acctest.Values{"aws_role": nil}).With(acctest.Values{kind: identity})
	}
	for _, kind := range []string{"aws_role", "aws_user"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r := p.Resource(typeName)
			r.Apply(wanted(kind, readBuckets, writeBuckets)).Want(t)
			r.Plan(wanted(kind, reordered, writeBuckets)).Want(t)
			if r.Changes() {
				t.Error("another form of a policy changes something")
			}
			r.Apply(wanted(kind, reordered, readBuckets)).Want(t)
			acctest.WantSame(t, "policies", r.State(kind, "inline_policies"), acctest.Values{"read": reordered, "other": readBuckets})
		})
	}
}
