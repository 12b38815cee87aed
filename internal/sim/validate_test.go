package sim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func tagsOf(pairs ...string) []types.Tag {
	var out []types.Tag
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return out
}

func numberedTags(prefix string, n int) []types.Tag {
	var out []types.Tag
	for i := range n {
		out = append(out, tagsOf(fmt.Sprintf("%s%02d", prefix, i), "v")...)
	}
	return out
}

// What CreateRole refuses, and with which words.
func TestCreateRoleRefuses(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	mustCreateRole(t, c, "Taken", lambdaTrust)
	tests := map[string]struct {
		change  func(*iam.CreateRoleInput)
		code    string
		message string
	}{
		"name characters": {func(in *iam.CreateRoleInput) { in.RoleName = aws.String("a b") }, "ValidationError", "The specified value for roleName is invalid"},
		"name length":     {func(in *iam.CreateRoleInput) { in.RoleName = aws.String(strings.Repeat("a", 65)) }, "ValidationError", "length less than or equal to 64"},
		"name empty":      {func(in *iam.CreateRoleInput) { in.RoleName = aws.String("") }, "ValidationError", "length greater than or equal to 1"},
		"name taken":      {func(in *iam.CreateRoleInput) { in.RoleName = aws.String("tAKEN") }, "EntityAlreadyExists", "Role with name tAKEN already exists."},
		"path":            {func(in *iam.CreateRoleInput) { in.Path = aws.String("/a") }, "ValidationError", "The specified value for path is invalid"},
		"path length":     {func(in *iam.CreateRoleInput) { in.Path = aws.String("/" + strings.Repeat("a", 511) + "/") }, "ValidationError", "512"},
		"service path":    {func(in *iam.CreateRoleInput) { in.Path = aws.String("/aws-service-role/x/") }, "InvalidInput", "reserved"},
		"reserved path":   {func(in *iam.CreateRoleInput) { in.Path = aws.String("/aws-reserved/x/") }, "InvalidInput", "reserved"},
		"description":     {func(in *iam.CreateRoleInput) { in.Description = aws.String("naïve → no") }, "ValidationError", "'description'"},
		"description length": {
			func(in *iam.CreateRoleInput) { in.Description = aws.String(strings.Repeat("ü", 1001)) }, "ValidationError", "1000",
		},
		"session short": {func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(3599) }, "ValidationError", "3600"},
		"session long":  {func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(43201) }, "ValidationError", "43200"},
		"boundary": {
			func(in *iam.CreateRoleInput) {
				in.PermissionsBoundary = aws.String("arn:aws:iam::123456789012:policy/none")
			}, "NoSuchEntity", "policy/none",
		},
		"boundary form": {func(in *iam.CreateRoleInput) {
			in.PermissionsBoundary = aws.String("arn:aws:iam::123456789012:role/none")
		}, "InvalidInput", "not valid"},
		"tag comma":       {func(in *iam.CreateRoleInput) { in.Tags = tagsOf("purpose", "one, two") }, "ValidationError", `'tags.1.member.value' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`},
		"tag parenthesis": {func(in *iam.CreateRoleInput) { in.Tags = tagsOf("purpose", "one (two)") }, "ValidationError", "tags.1.member.value"},
		"tag newline":     {func(in *iam.CreateRoleInput) { in.Tags = tagsOf("purpose", "one\ntwo") }, "ValidationError", "tags.1.member.value"},
		"tag key":         {func(in *iam.CreateRoleInput) { in.Tags = tagsOf("a#b", "x") }, "ValidationError", "tags.1.member.key"},
		"tag key empty":   {func(in *iam.CreateRoleInput) { in.Tags = tagsOf("", "x") }, "ValidationError", "tags.1.member.key"},
		"tag key length":  {func(in *iam.CreateRoleInput) { in.Tags = tagsOf(strings.Repeat("k", 129), "x") }, "ValidationError", "128"},
		"tag value length": {
			func(in *iam.CreateRoleInput) { in.Tags = tagsOf("k", strings.Repeat("v", 257)) }, "ValidationError", "256",
		},
		"tag reserved":  {func(in *iam.CreateRoleInput) { in.Tags = tagsOf("AWS:x", "y") }, "InvalidInput", "reserved"},
		"tag duplicate": {func(in *iam.CreateRoleInput) { in.Tags = tagsOf("Owner", "a", "owner", "b") }, "InvalidInput", "Duplicate tag keys found"},
		"too many tags": {func(in *iam.CreateRoleInput) { in.Tags = numberedTags("k", 51) }, "ValidationError", "less than or equal to 50"},
		"two problems": {
			func(in *iam.CreateRoleInput) { in.RoleName, in.Path = aws.String("a b"), aws.String("x") }, "ValidationError", "2 validation errors detected",
		},
		"trust not Latin-1": {
			func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String(lambdaTrust + "→") }, "ValidationError", "'assumeRolePolicyDocument'",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &iam.CreateRoleInput{RoleName: aws.String("fresh"), AssumeRolePolicyDocument: aws.String(lambdaTrust)}
			tt.change(in)
			_, err := c.IAM.CreateRole(t.Context(), in)
			wantCode(t, err, tt.code)
			if !strings.Contains(message(err), tt.message) {
				t.Errorf("message %q lacks %q", message(err), tt.message)
			}
			if _, ok := s.Account(sim.DefaultAccount).Role("fresh"); ok {
				t.Error("the refused role was made")
			}
		})
	}
}

func TestTagsAccepted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	mustCreateRole(t, c, "r", lambdaTrust)
	name := aws.String("r")
	tags := tagsOf("nhi:owner", "Zahlungen – no", "empty", "")
	_, err := c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tags})
	wantCode(t, err, "ValidationError") // a dash is punctuation
	_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tagsOf("nhi:owner", "größe=1/2+3@x -_.", "empty", "")})
	noError(t, err)
	// A key is replaced ignoring case, and takes the new spelling.
	_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tagsOf("NHI:Owner", "other")})
	noError(t, err)
	out, err := c.IAM.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: name})
	noError(t, err)
	if len(out.Tags) != 2 || *out.Tags[0].Key != "NHI:Owner" || *out.Tags[0].Value != "other" || *out.Tags[1].Value != "" {
		t.Errorf("tags %+v", out.Tags)
	}
	_, err = c.IAM.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"nhi:owner", "none"}})
	noError(t, err)
	_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: numberedTags("k", 49)})
	noError(t, err)
	_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tagsOf("one-more", "x")})
	wantCode(t, err, "LimitExceeded")
	_, err = c.IAM.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"a,b"}})
	wantCode(t, err, "ValidationError")
	_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("none"), Tags: tagsOf("k", "v")})
	wantCode(t, err, "NoSuchEntity")
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	s := newServer(t, sim.WithQuota(sim.DefaultAccount, "RolesQuota", 1), sim.WithQuota(sim.DefaultAccount, "InstanceProfilesQuota", 0))
	c := newClients(t, s)
	ctx := t.Context()
	mustCreateRole(t, c, "r", lambdaTrust)
	_, err := createRole(ctx, c, "second", lambdaTrust)
	wantCode(t, err, "LimitExceeded")
	if message(err) != "Cannot exceed quota for RolesPerAccount: 1" {
		t.Error(message(err))
	}
	_, err = c.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("p")})
	wantCode(t, err, "LimitExceeded")

	// White space does not count; everything else does.
	pad := strings.Replace(lambdaTrust, `"Version"`, `"Id":"`+strings.Repeat("x", 2048-len(lambdaTrust)-len(`"Id":"",`))+`","Version"`, 1)
	name := aws.String("r")
	update := func(trust string) error {
		_, err := c.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: &trust})
		return err
	}
	noError(t, update(strings.Replace(pad, `"Statement":`, `"Statement" :   `, 1)))
	err = update(strings.Replace(pad, "xx", "xxx", 1))
	wantCode(t, err, "LimitExceeded")
	if message(err) != "Cannot exceed quota for ACLSizePerRole: 2048" {
		t.Error(message(err))
	}

	// Inline policies count all together.
	put := func(policy string, length int) error {
		doc := allow(`"s3:GetObject"`)
		doc = strings.Replace(doc, `"Resource":"*"`, `"Resource":"arn:aws:s3:::`+strings.Repeat("b", length-len(doc)+1-len("arn:aws:s3:::"))+`"`, 1)
		_, err := c.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: &policy, PolicyDocument: &doc})
		return err
	}
	noError(t, put("one", 10000))
	noError(t, put("two", 240))
	err = put("two", 241)
	wantCode(t, err, "LimitExceeded")
	if message(err) != "Maximum policy size of 10240 bytes exceeded for role r" {
		t.Error(message(err))
	}
	noError(t, put("one", 9000)) // a replacement does not count twice

	s.Account(sim.DefaultAccount).SetQuota("AttachedPoliciesPerRoleQuota", 1)
	attach := func(arn string) error {
		_, err := c.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: &arn})
		return err
	}
	noError(t, attach("arn:aws:iam::aws:policy/ReadOnlyAccess"))
	noError(t, attach("arn:aws:iam::aws:policy/ReadOnlyAccess"))
	wantCode(t, attach("arn:aws:iam::aws:policy/PowerUserAccess"), "LimitExceeded")

	summary, err := c.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	noError(t, err)
	m := summary.SummaryMap
	if m["Roles"] != 1 || m["RolesQuota"] != 1 || m["AssumeRolePolicySizeQuota"] != 2048 || m["RolePolicySizeQuota"] != 10240 {
		t.Errorf("summary %v", m)
	}
}
