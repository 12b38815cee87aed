package sim_test

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// A role can be deleted only when nothing is left on it; the boundary does not
// count.
func TestDeleteRoleOrder(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	name, profile, policy := aws.String("r"), aws.String("p"), aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")
	mustCreateRole(t, c, "r", lambdaTrust)
	putInline(t, c, "r", "inline", allow(`"s3:*"`))
	_, err := c.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policy})
	noError(t, err)
	_, err = c.IAM.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: policy})
	noError(t, err)
	_, err = c.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: profile})
	noError(t, err)
	_, err = c.IAM.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: profile, RoleName: name})
	noError(t, err)
	conflict := func(want string) {
		t.Helper()
		_, err := c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
		wantCode(t, err, "DeleteConflict")
		if message(err) != want {
			t.Error(message(err))
		}
	}
	conflict("Cannot delete entity, must remove roles from instance profile first.")
	_, err = c.IAM.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: profile})
	wantCode(t, err, "DeleteConflict")
	_, err = c.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: profile, RoleName: name})
	noError(t, err)
	conflict("Cannot delete entity, must detach all policies first.")
	_, err = c.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: policy})
	noError(t, err)
	conflict("Cannot delete entity, must delete policies first.")
	_, err = c.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("inline")})
	noError(t, err)
	_, err = c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	noError(t, err)
	_, err = c.IAM.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: profile})
	noError(t, err)
}

func TestUpdateRoleKeepsWhatIsNotGiven(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	s.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "r", Description: "first", MaxSessionSeconds: 7200})
	name := aws.String("r")
	want := func(description string, seconds int) {
		t.Helper()
		if r, _ := s.Account(sim.DefaultAccount).Role("r"); r.Description != description || r.MaxSessionSeconds != seconds {
			t.Errorf("%q, %d", r.Description, r.MaxSessionSeconds)
		}
	}
	_, err := c.IAM.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(3600)})
	noError(t, err)
	want("first", 3600)
	_, err = c.IAM.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: aws.String("second")})
	noError(t, err)
	want("second", 3600)
	_, err = c.IAM.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: name, Description: aws.String("")})
	noError(t, err)
	want("", 3600)
	_, err = c.IAM.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(60)})
	wantCode(t, err, "ValidationError")
}

func TestProtectedRoles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	s.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/"})
	name := aws.String("AWSServiceRoleForBackup")
	policy := aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")
	calls := map[string]func() error{
		"trust": func() error {
			_, err := c.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(lambdaTrust)})
			return err
		},
		"inline": func() error {
			_, err := c.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(allow(`"*"`))})
			return err
		},
		"attach": func() error {
			_, err := c.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policy})
			return err
		},
		"boundary": func() error {
			_, err := c.IAM.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: policy})
			return err
		},
		"delete": func() error {
			_, err := c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
			return err
		},
		"session": func() error {
			_, err := c.IAM.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(7200)})
			return err
		},
	}
	for what, call := range calls {
		if err := call(); code(err) != "UnmodifiableEntity" {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tagsOf("nhi:owner", "platform")})
	noError(t, err)
	_, err = c.IAM.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: aws.String("ours to describe")})
	noError(t, err)
}

func TestManagedPolicies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	mustCreateRole(t, c, "r", lambdaTrust)
	made, err := c.IAM.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: aws.String("export"), Path: aws.String("/data/"), PolicyDocument: aws.String(allow(`"s3:*"`)), Tags: tagsOf("a", "b"),
	})
	noError(t, err)
	arn := made.Policy.Arn
	if *arn != "arn:aws:iam::123456789012:policy/data/export" {
		t.Error(*arn)
	}
	_, err = c.IAM.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("Export"), PolicyDocument: aws.String(allow(`"s3:*"`))})
	wantCode(t, err, "EntityAlreadyExists")
	_, err = c.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: arn})
	noError(t, err)
	got, err := c.IAM.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
	noError(t, err)
	if *got.Policy.AttachmentCount != 1 || len(got.Policy.Tags) != 1 {
		t.Errorf("policy %+v", got.Policy)
	}
	version, err := c.IAM.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: got.Policy.DefaultVersionId})
	noError(t, err)
	if !version.PolicyVersion.IsDefaultVersion {
		t.Error("not the default version")
	}
	_, err = c.IAM.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v2")})
	wantCode(t, err, "NoSuchEntity")
	entities, err := c.IAM.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: arn})
	noError(t, err)
	if len(entities.PolicyRoles) != 1 || *entities.PolicyRoles[0].RoleName != "r" {
		t.Errorf("entities %+v", entities)
	}
	local, err := c.IAM.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal, OnlyAttached: true})
	noError(t, err)
	if len(local.Policies) != 1 {
		t.Errorf("%d local policies", len(local.Policies))
	}
	_, err = c.IAM.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	wantCode(t, err, "DeleteConflict")
	_, err = c.IAM.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")})
	wantCode(t, err, "AccessDenied")
	_, err = c.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: arn})
	noError(t, err)
	_, err = c.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: arn})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.IAM.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	noError(t, err)
	_, err = c.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: arn})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.IAM.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("r")})
	wantCode(t, err, "NoSuchEntity")
}

func TestInstanceProfiles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	mustCreateRole(t, c, "one", lambdaTrust)
	mustCreateRole(t, c, "two", lambdaTrust)
	name := aws.String("web")
	_, err := c.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name, Path: aws.String("/x/"), Tags: tagsOf("a", "b")})
	noError(t, err)
	_, err = c.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("WEB")})
	wantCode(t, err, "EntityAlreadyExists")
	add := func(role string) error {
		_, err := c.IAM.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: &role})
		return err
	}
	wantCode(t, add("none"), "NoSuchEntity")
	noError(t, add("one"))
	err = add("two")
	wantCode(t, err, "LimitExceeded")
	if message(err) != "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1" {
		t.Error(message(err))
	}
	_, err = c.IAM.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: name, Tags: tagsOf("c", "d")})
	noError(t, err)
	_, err = c.IAM.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: []string{"a"}})
	noError(t, err)
	tags, err := c.IAM.ListInstanceProfileTags(ctx, &iam.ListInstanceProfileTagsInput{InstanceProfileName: name})
	noError(t, err)
	got, err := c.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})
	noError(t, err)
	p := got.InstanceProfile
	if len(tags.Tags) != 1 || len(p.Tags) != 1 || len(p.Roles) != 1 || *p.Arn != "arn:aws:iam::123456789012:instance-profile/x/web" {
		t.Errorf("profile %+v, tags %+v", p, tags.Tags)
	}
	list, err := c.IAM.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{PathPrefix: aws.String("/x")})
	noError(t, err)
	if len(list.InstanceProfiles) != 1 || len(list.InstanceProfiles[0].Tags) != 0 {
		t.Errorf("list %+v", list.InstanceProfiles)
	}
	_, err = c.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("two")})
	wantCode(t, err, "NoSuchEntity")
}

func TestOIDCProviders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	out, err := c.IAM.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://example.org/id"), ClientIDList: []string{"sts.amazonaws.com"},
		ThumbprintList: []string{"6938fd4d98bab03faadb97b34396831e3780aea1"},
	})
	noError(t, err)
	arn := out.OpenIDConnectProviderArn
	got, err := c.IAM.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	noError(t, err)
	if *got.Url != "example.org/id" || len(got.ClientIDList) != 1 || len(got.ThumbprintList) != 1 || *arn != "arn:aws:iam::123456789012:oidc-provider/example.org/id" {
		t.Errorf("provider %+v", got)
	}
	for url, want := range map[string]string{
		"https://example.org/id": "EntityAlreadyExists", "http://example.org": "ValidationError", "https://example.org/?q=1": "ValidationError",
	} {
		if _, err := c.IAM.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: &url}); code(err) != want {
			t.Errorf("%s: %v", url, err)
		}
	}
	list, err := c.IAM.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	noError(t, err)
	if len(list.OpenIDConnectProviderList) != 1 {
		t.Errorf("%d providers", len(list.OpenIDConnectProviderList))
	}
	for range 2 { // deleting is idempotent
		_, err = c.IAM.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		noError(t, err)
	}
	_, err = c.IAM.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	wantCode(t, err, "NoSuchEntity")
}

func TestInlinePolicies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	mustCreateRole(t, c, "r", lambdaTrust)
	name, policy := aws.String("r"), aws.String("p")
	document := "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:Get*\", \"Resource\": \"arn:aws:s3:::a+b/~ %/*\"}\n}"
	putInline(t, c, "r", "p", document)
	out, err := c.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: policy})
	noError(t, err)
	text, err := url.PathUnescape(*out.PolicyDocument)
	noError(t, err)
	if text != document {
		t.Errorf("the document came back as %s", text)
	}
	_, err = c.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: policy})
	noError(t, err)
	_, err = c.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: policy})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: policy})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"),
	})
	wantCode(t, err, "PolicyNotAttachable")
}
