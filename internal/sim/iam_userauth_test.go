package sim_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// A user's own policies, those of its groups and its boundary decide about its
// requests, by the simulator's clock.
func TestUserAuthorisation(t *testing.T) {
	t.Parallel()
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-03-02T00:00:00Z"}}}]}`
	own := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::123456789012:user/${aws:username}"}]}`
	tests := map[string]struct {
		user    sim.User
		group   sim.Group
		advance time.Duration
		code    string
		message string
	}{
		"nothing": {code: "AccessDenied", message: "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:GetUser on resource: user u because no identity-based policy allows the iam:GetUser action"},
		"inline":  {user: sim.User{InlinePolicies: map[string]string{"p": allow(`"iam:GetUser"`)}}},
		"managed": {user: sim.User{AttachedPolicyARNs: []string{"arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}},
		"own":     {user: sim.User{InlinePolicies: map[string]string{"p": own}}},
		"group":   {user: sim.User{Groups: []string{"g"}}, group: sim.Group{InlinePolicies: map[string]string{"p": allow(`"iam:*"`)}}},
		"boundary": {
			user: sim.User{InlinePolicies: map[string]string{"p": allow(`"*"`)}, BoundaryARN: "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
			code: "AccessDenied", message: "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:GetUser on resource: user u because no permissions boundary allows the iam:GetUser action",
		},
		"before the deny": {user: sim.User{InlinePolicies: map[string]string{"p": allow(`"*"`), "d": deny}}, advance: 11 * time.Hour},
		"after the deny": {
			user: sim.User{InlinePolicies: map[string]string{"p": allow(`"*"`), "d": deny}}, advance: 12 * time.Hour,
			code: "AccessDenied", message: "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:GetUser on resource: user u with an explicit deny in an identity-based policy",
		},
		"denied by the group": {
			user: sim.User{InlinePolicies: map[string]string{"p": allow(`"*"`)}, Groups: []string{"g"}}, group: sim.Group{InlinePolicies: map[string]string{"d": deny}},
			advance: 24 * time.Hour, code: "AccessDenied",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			a := s.Account(sim.DefaultAccount)
			tt.group.Name, tt.user.Name = "g", "u"
			tt.user.AccessKeys = []sim.AccessKey{{}}
			a.PutGroup(tt.group)
			key := a.PutUser(tt.user)[0]
			s.Clock().Advance(tt.advance)
			_, err := clientsWith(s, key).IAM.GetUser(t.Context(), &iam.GetUserInput{})
			wantCode(t, err, tt.code)
			if tt.code == "" && err != nil {
				t.Fatal(err)
			}
			if tt.message != "" && message(err) != tt.message {
				t.Error(message(err))
			}
		})
	}
}

// Keys stop at once when they are inactive, and what they were used for last is
// known.
func TestAccessKeyLife(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	key := mustCreateUser(t, c, "robot")
	robot := clientsWith(s, key)
	lastUsed := func() *types.AccessKeyLastUsed {
		t.Helper()
		out, err := c.IAM.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.AccessKeyID})
		noError(t, err)
		return out.AccessKeyLastUsed
	}
	if u := lastUsed(); u.LastUsedDate != nil || *u.ServiceName != "N/A" || *u.Region != "N/A" {
		t.Errorf("never used: %+v", u)
	}
	now := s.Clock().Advance(time.Hour)
	// A refused request is a use as well.
	_, err := robot.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/x")})
	wantCode(t, err, "AccessDeniedException")
	if u := lastUsed(); !u.LastUsedDate.Equal(now) || *u.ServiceName != "ssm" || *u.Region != region {
		t.Errorf("used: %+v", u)
	}
	id, err := robot.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	noError(t, err)
	if *id.Arn != "arn:aws:iam::123456789012:user/robot" {
		t.Error(*id.Arn)
	}
	status := func(s types.StatusType) {
		t.Helper()
		_, err := c.IAM.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: aws.String("robot"), AccessKeyId: &key.AccessKeyID, Status: s})
		noError(t, err)
	}
	status(types.StatusTypeInactive)
	_, err = robot.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	wantCode(t, err, "InvalidClientTokenId")
	_, err = robot.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/x")})
	wantCode(t, err, "UnrecognizedClientException")
	if view, _ := s.Account(sim.DefaultAccount).User("robot"); view.AccessKeys[0].Active || view.AccessKeys[0].LastUsedService != "sts" {
		t.Errorf("key %+v", view.AccessKeys)
	}
	status(types.StatusTypeActive)
	_, err = robot.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	noError(t, err)
	_, err = c.IAM.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("robot"), AccessKeyId: &key.AccessKeyID})
	noError(t, err)
	_, err = robot.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	wantCode(t, err, "InvalidClientTokenId")

	// A key made under a lag is not known at once, nor is its user listed.
	s.SetReplicationLag(1)
	fresh := mustCreateKey(t, c, "robot")
	list, err := c.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String("robot")})
	noError(t, err)
	_, err = clientsWith(s, fresh).STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if code(err) != "InvalidClientTokenId" || len(list.AccessKeyMetadata) != 0 {
		t.Errorf("%v, keys %+v", err, list.AccessKeyMetadata)
	}
	_, err = clientsWith(s, fresh).STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	noError(t, err)
}

// A user assumes a role that trusts it, under the name that it has now.
func TestUserAssumesRole(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	key := mustCreateUser(t, c, "robot")
	trust := statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/robot"},"Action":"sts:AssumeRole"}`)
	arn := mustCreateRole(t, c, "named", trust)
	whole := mustCreateRole(t, c, "account", trustAccount)
	assume := func(arn string) error {
		_, err := clientsWith(s, key).STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("test")})
		return err
	}
	noError(t, assume(arn))
	wantCode(t, assume(whole), "AccessDenied")
	putUserInline(t, c, "robot", "assume", allow(`"sts:AssumeRole"`))
	noError(t, assume(whole))
	_, err := c.IAM.UpdateUser(ctx, &iam.UpdateUserInput{UserName: aws.String("robot"), NewUserName: aws.String("renamed")})
	noError(t, err)
	noError(t, assume(arn))
	if r, _ := s.Account(sim.DefaultAccount).Role("named"); r.TrustPolicy != statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/renamed"},"Action":"sts:AssumeRole"}`) {
		t.Error(r.TrustPolicy)
	}
}

// To make an entity with tags takes the permission to tag.
func TestTagOnCreate(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.Account(sim.DefaultAccount)
	key := a.PutUser(sim.User{Name: "u", AccessKeys: []sim.AccessKey{{}}, InlinePolicies: map[string]string{"p": allow(`["iam:CreateUser","iam:CreateRole"]`)}})[0]
	c := clientsWith(s, key)
	_, err := c.IAM.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("x"), Tags: tagsOf("a", "b")})
	wantCode(t, err, "AccessDenied")
	if want := "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:TagUser on resource: arn:aws:iam::123456789012:user/x because no identity-based policy allows the iam:TagUser action"; message(err) != want {
		t.Error(message(err))
	}
	_, err = c.IAM.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("x"), AssumeRolePolicyDocument: aws.String(lambdaTrust), Tags: tagsOf("a", "b")})
	wantCode(t, err, "AccessDenied")
	_, err = c.IAM.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("x")})
	noError(t, err)
}
