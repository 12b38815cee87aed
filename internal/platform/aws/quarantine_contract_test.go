package aws_test

import (
	"testing"

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

// quarantineEstate is an estate with an identity, whose id it completes.
func quarantineEstate(t *testing.T, kind governance.Kind) (*estate, platformtest.QuarantineEstate) {
	t.Helper()
	e := openEstate(t)
	return e, platformtest.QuarantineEstate{
		ID:          governance.ID{Kind: kind, Account: sim.DefaultAccount, Resource: "jobs/nightly"},
		Absent:      governance.ID{Kind: kind, Account: sim.DefaultAccount, Resource: "nightly"},
		Quarantines: func() platform.Quarantines { return aws.NewAccount(e.config()).Quarantines() },
		Writes:      func() int { return len(acctest.Writes(e.sim)) },
	}
}

func TestSimContractQuarantineOfRoles(t *testing.T) {
	t.Parallel()
	platformtest.RunQuarantine(t, func(t *testing.T) platformtest.QuarantineEstate {
		t.Helper()
		e, estate := quarantineEstate(t, governance.KindAWSRole)
		const trust = `{ "Statement": {"Effect":"Allow", "Principal":{"Service":"lambda.amazonaws.com"}, "Action":"sts:AssumeRole"} }`
		e.account.PutRole(sim.Role{Name: "nightly", Path: "/jobs/", TrustPolicy: trust, InlinePolicies: map[string]string{"list": allow("iam:ListUsers")}})
		estate.Use = func() error {
			session, err := e.account.AssumeRoleAsService("lambda.amazonaws.com", "arn:aws:iam::123456789012:role/jobs/nightly", nil)
			if err == nil {
				_, err = e.client(session).ListUsers(t.Context(), &iam.ListUsersInput{})
			}
			return err
		}
		estate.Picture = func() string {
			role, _ := e.account.Role("nightly")
			return text([]any{role.TrustPolicy, role.Tags, role.InlinePolicies, role.AttachedPolicyARNs, role.BoundaryARN})
		}
		estate.Weaken = func() {
			_, err := e.admin.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: awssdk.String("nightly"), PolicyDocument: awssdk.String(trust)})
			if err != nil {
				t.Fatal(err)
			}
		}
		return estate
	})
}

func TestSimContractQuarantineOfUsers(t *testing.T) {
	t.Parallel()
	platformtest.RunQuarantine(t, func(t *testing.T) platformtest.QuarantineEstate {
		t.Helper()
		e, estate := quarantineEstate(t, governance.KindAWSUser)
		key := e.account.PutUser(sim.User{Name: "nightly", Path: "/jobs/", InlinePolicies: map[string]string{"list": allow("iam:ListUsers")}, AccessKeys: []sim.AccessKey{{}, {Inactive: true}}})[0]
		estate.Use = func() error {
			_, err := e.client(key).ListUsers(t.Context(), &iam.ListUsersInput{})
			return err
		}
		estate.Picture = func() string {
			user, _ := e.account.User("nightly")
			return text([]any{user.Tags, user.InlinePolicies, user.AttachedPolicyARNs, user.BoundaryARN, user.AccessKeys[0].Active, user.AccessKeys[1].Active})
		}
		estate.Weaken = func() {
			_, err := e.admin.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: awssdk.String("nightly"), AccessKeyId: &key.AccessKeyID, Status: types.StatusTypeActive})
			if err != nil {
				t.Fatal(err)
			}
		}
		return estate
	})
}
