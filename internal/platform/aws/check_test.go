package aws_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

type desired = platform.Desired[aws.RoleSpec]

func valid() desired {
	return desired{
		Name:     "export",
		Metadata: governance.Metadata{Owner: "payments", Purpose: "Nightly export", Expiry: "2027-03-31"},
		Spec: aws.RoleSpec{
			Path: "/", MaxSessionDuration: 3600, Trust: []iampolicy.Preset{iampolicy.AWSServices{Services: []string{ec2}}},
		},
	}
}

// one holds a list of violations against the only one that there should be.
func one(t *testing.T, found []governance.Violation, attribute, message string) {
	t.Helper()
	if len(found) != 1 {
		t.Fatalf("found %+v", found)
	}
	v := found[0]
	if got := strings.Join(v.Attribute, "."); got != attribute {
		t.Errorf("it blames %s, want %s", got, attribute)
	}
	if !strings.Contains(v.Message, message) {
		t.Errorf("it says %q, want %q", v.Message, message)
	}
	rule := governance.RulePlatform
	if strings.HasPrefix(attribute, "aws_role.trust.") {
		rule = governance.RuleSafeTrust
	}
	if v.Remedy == "" || v.Enforcement != governance.EnforceError || v.Rule != rule {
		t.Errorf("it is %+v", v)
	}
}

func TestValidateRole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change             func(*desired)
		attribute, message string
	}{
		"name too long":         {func(d *desired) { d.Name = strings.Repeat("x", 67) }, "name", "67 characters, 3 more than IAM's limit of 64"},
		"name with a space":     {func(d *desired) { d.Name = "a b" }, "name", `"a b" has a character`},
		"path without a slash":  {func(d *desired) { d.Spec.Path = "/teams" }, "aws_role.path", `"/teams" is not an IAM path`},
		"path too long":         {func(d *desired) { d.Spec.Path = "/" + strings.Repeat("x", 512) + "/" }, "aws_role.path", "514 characters, 2 more than IAM's limit of 512"},
		"path of AWS's":         {func(d *desired) { d.Spec.Path = "/aws-service-role/x/" }, "aws_role.path", "reserved"},
		"short session":         {func(d *desired) { d.Spec.MaxSessionDuration = 900 }, "aws_role.max_session_duration", "is 900; IAM takes 3600 to 43200"},
		"long session":          {func(d *desired) { d.Spec.MaxSessionDuration = 43201 }, "aws_role.max_session_duration", "is 43201"},
		"boundary":              {func(d *desired) { d.Spec.PermissionsBoundaryARN = "arn:aws:iam::123456789012:role/x" }, "aws_role.permissions_boundary_arn", "is not the ARN of an IAM policy"},
		"managed policy":        {func(d *desired) { d.Spec.ManagedPolicyARNs = []string{"ReadOnlyAccess"} }, "aws_role.managed_policy_arns", `"ReadOnlyAccess" is not the ARN`},
		"policy's name":         {func(d *desired) { d.Spec.InlinePolicies = map[string]string{"a b": allow("s3:*")} }, "aws_role.inline_policies.a b", "a character"},
		"policy's name, length": {func(d *desired) { d.Spec.InlinePolicies = map[string]string{strings.Repeat("x", 129): allow("s3:*")} }, "aws_role.inline_policies." + strings.Repeat("x", 129), "129 characters, 1 more than IAM's limit of 128"},
		"reserved policy":       {func(d *desired) { d.Spec.InlinePolicies = map[string]string{aws.ExpiryPolicyName: allow("s3:*")} }, "aws_role.inline_policies.governed-expiry", "is taken"},
		"malformed policy":      {func(d *desired) { d.Spec.InlinePolicies = map[string]string{"p": `{"Statement":[]}`} }, "aws_role.inline_policies.p", `the policy "p"`},
		"malformed trust":       {func(d *desired) { d.Spec.Trust, d.Spec.AssumeRolePolicy = nil, `{"Version":"2012-10-17"` }, "aws_role.assume_role_policy", "the trust policy"},
		"trust with a limit that is no date": {func(d *desired) {
			d.Spec.Trust = nil
			d.Spec.AssumeRolePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}}]}`
		}, "aws_role.assume_role_policy", "soon"},
		"service": {func(d *desired) {
			d.Spec.Trust = []iampolicy.Preset{iampolicy.AWSServices{Services: []string{"lambda"}}}
		}, "aws_role.trust.aws_services", "lambda"},
		"source account": {func(d *desired) {
			d.Spec.Trust = []iampolicy.Preset{iampolicy.AWSServices{Services: []string{ec2}, SourceAccounts: []string{"1"}}}
		}, "aws_role.trust.source_accounts", `"1"`},
		"repository": {func(d *desired) {
			d.Spec.Trust = []iampolicy.Preset{iampolicy.GitHubActions{Repository: "x", Branch: "main"}}
		}, "aws_role.trust.github_actions.repository", `"x"`},
		"purpose too long":              {func(d *desired) { d.Metadata.Purpose = strings.Repeat("x", 260) }, "purpose", "purpose takes 260 characters in its tag, 4 more than IAM's limit of 256"},
		"purpose too long once encoded": {func(d *desired) { d.Metadata.Purpose = strings.Repeat("a, ", 60) }, "purpose", `takes 300 characters in its tag (180 as written; characters that IAM does not take in tags, such as ',', are stored in three or more), 44 more`},
		"systems too long":              {func(d *desired) { d.Metadata.Systems = []string{strings.Repeat("x", 200), strings.Repeat("y", 200)} }, "systems", "401 characters"},
		"label's value":                 {func(d *desired) { d.Metadata.Labels = map[string]string{"team": "a, b (c)!"} }, "labels.team", `the value of the label "team" has characters that IAM does not take in tags: ',' '(' ')'`},
		"label's key":                   {func(d *desired) { d.Metadata.Labels = map[string]string{"a,b": ""} }, "labels.a,b", `the key of the label "a,b"`},
		"label's key, length":           {func(d *desired) { d.Metadata.Labels = map[string]string{strings.Repeat("k", 130): ""} }, "labels." + strings.Repeat("k", 130), "130 characters, 2 more than IAM's limit of 128"},
		"label's value, length":         {func(d *desired) { d.Metadata.Labels = map[string]string{"k": strings.Repeat("v", 257)} }, "labels.k", "257 characters, 1 more than IAM's limit of 256"},
		"label without a key":           {func(d *desired) { d.Metadata.Labels = map[string]string{"": "x"} }, "labels.", "empty key"},
		"label of AWS's":                {func(d *desired) { d.Metadata.Labels = map[string]string{"AWS:x": ""} }, "labels.AWS:x", "reserved"},
		"label that is a field":         {func(d *desired) { d.Metadata.Labels = map[string]string{"NHI:owner": "x"} }, "labels.NHI:owner", "is the tag that holds owner"},
		"label that is ignored":         {func(d *desired) { d.Metadata.Labels = map[string]string{"costcenter": "x"} }, "labels.costcenter", "ignores"},
		"labels that differ in case":    {func(d *desired) { d.Metadata.Labels = map[string]string{"Team": "a", "team": "b"} }, "labels.team", `"Team" and "team" are the same tag`},
		"too many labels": {func(d *desired) {
			d.Metadata.Labels = map[string]string{}
			for i := range 48 {
				d.Metadata.Labels[fmt.Sprint("label-", i)] = ""
			}
		}, "labels", "make 52 tags, 2 more than IAM's limit of 50"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := aws.NewAccount(aws.Config{MetadataKeys: governance.NewMetadataKeys(nil), IgnoreTags: platform.IgnoreTags{Keys: []string{"CostCenter"}}})
			want := valid()
			test.change(&want)
			one(t, account.ValidateRole(want), test.attribute, test.message)
		})
	}
}

// TestValidateUnknown blames nothing that is not known yet.
func TestValidateUnknown(t *testing.T) {
	t.Parallel()
	want := desired{Spec: aws.RoleSpec{Path: "/", MaxSessionDuration: 3600}}
	if found := aws.ValidateRole(want); len(found) > 0 {
		t.Errorf("found %+v", found)
	}
}

// large has a trust policy, inline policies and attachments beyond the default quotas.
func large() map[string]desired {
	trust, inline, attached := valid(), valid(), valid()
	var accounts []string
	for i := range 70 {
		accounts = append(accounts, fmt.Sprintf("arn:aws:iam::%012d:root", 100000000000+i))
	}
	trust.Spec.Trust = nil
	trust.Spec.AssumeRolePolicy = iampolicy.Document{Version: iampolicy.Version2012, Statements: []iampolicy.Statement{
		{Effect: iampolicy.Allow, Action: []string{"sts:AssumeRole"}, Principal: &iampolicy.Principal{AWS: accounts}},
	}}.JSON()
	inline.Spec.InlinePolicies = map[string]string{"a": sized(6000), "b": sized(5000)}
	for i := range 12 {
		attached.Spec.ManagedPolicyARNs = append(attached.Spec.ManagedPolicyARNs, fmt.Sprintf("arn:aws:iam::123456789012:policy/p%d", i))
	}
	return map[string]desired{"assume_role_policy": trust, "inline_policies": inline, "managed_policy_arns": attached}
}

// sized is an identity policy of so many characters.
func sized(size int) string {
	return allow("s3:" + strings.Repeat("x", size-iampolicy.Size(allow("s3:"))))
}

func TestSimCheckQuotas(t *testing.T) {
	t.Parallel()
	for attribute, want := range large() {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			closed := want
			closed.Disabled = true
			predicted, err := e.Driver().Predict(t.Context(), closed)
			if err != nil {
				t.Fatal(err)
			}
			trust, expiry := iampolicy.Size(predicted.TrustPolicy), iampolicy.Size(predicted.ExpiryPolicy)
			messages := map[string]string{
				"assume_role_policy":  fmt.Sprintf("%d more than this account's quota of 2048", trust-2048),
				"inline_policies":     fmt.Sprintf("the inline policies have 11000 characters together, and governed-expiry, which enforces the expiry, has %d: %d more than the quota of 10240", expiry, 11000+expiry-10240),
				"managed_policy_arns": "12 managed policies are attached, 2 more than this account's quota of 10",
			}
			check := func() []governance.Violation {
				t.Helper()
				found, err := e.Driver().Check(t.Context(), want)
				if err != nil {
					t.Fatal(err)
				}
				return found
			}
			one(t, check(), "aws_role."+attribute, messages[attribute])
			e.sim.DenyActions(e.account.ID(), "iam:GetAccountSummary")
			one(t, check(), "aws_role."+attribute, messages[attribute])
			e.sim.DenyActions(e.account.ID())
			for _, quota := range []string{"AssumeRolePolicySizeQuota", "RolePolicySizeQuota", "AttachedPoliciesPerRoleQuota"} {
				e.account.SetQuota(quota, 20000)
			}
			if found := check(); len(found) > 0 {
				t.Errorf("with larger quotas: %+v", found)
			}
		})
	}
}

func TestSimCheckCosts(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	driver := e.Driver()
	for _, want := range []desired{valid(), e.Wanted("x"), e.Changed("x")} {
		if found, err := driver.Check(t.Context(), want); err != nil || len(found) > 0 {
			t.Errorf("found %+v, %v", found, err)
		}
	}
	invalid := valid()
	invalid.Spec.Path = "x"
	if found, err := driver.Check(t.Context(), invalid); err != nil || len(found) != 1 {
		t.Errorf("found %+v, %v", found, err)
	}
	if got := e.sim.CountCalls(""); got != 1 {
		t.Errorf("it took %d calls, not only the one for the caller", got)
	}
	large := large()
	for _, attribute := range slices.Sorted(maps.Keys(large)) {
		if _, err := driver.Check(t.Context(), large[attribute]); err != nil {
			t.Error(err)
		}
	}
	if got := e.sim.CountCalls("iam:GetAccountSummary"); got != 1 {
		t.Errorf("the quotas were read %d times", got)
	}
}
