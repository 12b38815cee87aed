package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// Limits of IAM roles, from the API reference (CreateRole, PutRolePolicy) and "IAM and AWS STS quotas".
const (
	maxNameLength       = 64
	maxPathLength       = 512
	maxPolicyNameLength = 128
	minSessionDuration  = 3600
	maxSessionDuration  = 43200
)

var (
	namePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathPattern = regexp.MustCompile(`^/([\x21-\x7e]+/)?$`)
	// reservedPaths are AWS's own.
	reservedPaths = []string{"/aws-service-role/", "/aws-reserved/"}
)

// violations of what the platform can keep, gathered under one nested attribute.
type violations []governance.Violation

func (v *violations) add(path []string, remedy, message string, args ...any) {
	*v = append(*v, governance.Violation{
		Rule: governance.RulePlatform, Enforcement: governance.EnforceError,
		Attribute: path, Message: fmt.Sprintf(message, args...), Remedy: remedy,
	})
}

func inRole(path ...string) []string {
	return append([]string{string(governance.KindAWSRole)}, path...)
}

// Check finds what IAM would refuse. Sizes are held against the account's own quotas.
func (r *Roles) Check(ctx context.Context, want platform.Desired[RoleSpec]) ([]governance.Violation, error) {
	checked := violations(r.account.ValidateRole(want))
	me, err := r.account.whoami(ctx)
	if err != nil {
		return nil, err
	}
	// What does not parse has been reported already, and has no size.
	trustSize := 0
	if trust, known, err := want.Spec.trust(me); err == nil && known {
		if boxed, err := boxedTrust(trust, endOf(want.Metadata), true); err == nil {
			trustSize = iampolicy.Size(boxed.JSON())
		}
	}
	expirySize := iampolicy.Size(iampolicy.ExpiryDeny(endOf(want.Metadata)).JSON())
	inline := inlineSize(want.Spec.InlinePolicies)
	attached := len(want.Spec.ManagedPolicyARNs)
	if trustSize <= defaultTrustPolicySize && inline+expirySize <= defaultRolePolicySize && attached <= defaultAttachedPolicies {
		return checked, nil
	}
	quotas, err := r.account.accountSummary(ctx)
	if err != nil {
		return nil, err
	}
	if quota := int(quotas[quotaTrustPolicySize]); trustSize > quota {
		checked.add(inRole(trustAttribute(want.Spec)), "Trust fewer principals in this role, or ask AWS for a larger quota (up to 8192).",
			"the trust policy has %d characters once the expiry is enforced in it (a time limit in each statement, and the statement that closes the role afterwards), %d more than this account's quota of %d", trustSize, trustSize-quota, quota)
	}
	if quota := int(quotas[quotaRolePolicySize]); inline+expirySize > quota {
		checked.add(inRole("inline_policies"), "Shorten the policies, or move statements into a customer-managed policy.",
			"the inline policies have %d characters together, and %s, which enforces the expiry, has %d: %d more than the quota of %d", inline, ExpiryPolicyName, expirySize, inline+expirySize-quota, quota)
	}
	if quota := int(quotas[quotaAttachedPerRole]); attached > quota {
		checked.add(inRole("managed_policy_arns"), "Merge policies, or ask AWS for a larger quota (up to 25).",
			"%d managed policies are attached, %d more than this account's quota of %d", attached, attached-quota, quota)
	}
	return checked, nil
}

// endOf is the end of an identity's access, or any instant while it is not known: all have the same length.
func endOf(metadata governance.Metadata) time.Time {
	expiry, err := governance.ParseExpiry(metadata.Expiry)
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return expiry.End()
}

func inlineSize(policies map[string]string) int {
	size := 0
	for _, document := range policies {
		size += iampolicy.Size(document)
	}
	return size
}

func trustAttribute(spec RoleSpec) string {
	if spec.AssumeRolePolicy != "" {
		return "assume_role_policy"
	}
	return "trust"
}

// ValidateRole finds what can be found without asking AWS and without knowing how the account is configured.
func ValidateRole(want platform.Desired[RoleSpec]) []governance.Violation {
	return NewAccount(Config{MetadataKeys: governance.NewMetadataKeys(nil)}).ValidateRole(want)
}

// ValidateRole finds what can be found without asking AWS.
func (a *Account) ValidateRole(want platform.Desired[RoleSpec]) []governance.Violation {
	found := violations{}
	spec := want.Spec
	if want.Name != "" {
		found.text([]string{"name"}, want.Name, namePattern, maxNameLength, "letters, digits and _+=,.@-")
	}
	a.tagging.check(&found, want.Metadata)
	found.path(spec.Path)
	if spec.MaxSessionDuration < minSessionDuration || spec.MaxSessionDuration > maxSessionDuration {
		found.add(inRole("max_session_duration"), "Write a number of seconds in that range, such as 3600.",
			"max_session_duration is %d; IAM takes %d to %d seconds", spec.MaxSessionDuration, minSessionDuration, maxSessionDuration)
	}
	if spec.PermissionsBoundaryARN != "" {
		found.policyARN(inRole("permissions_boundary_arn"), spec.PermissionsBoundaryARN)
	}
	for _, policy := range spec.ManagedPolicyARNs {
		found.policyARN(inRole("managed_policy_arns"), policy)
	}
	for _, name := range slices.Sorted(maps.Keys(spec.InlinePolicies)) {
		found.inlinePolicy(name, spec.InlinePolicies[name])
	}
	placeholder := caller{account: "123456789012", partition: "aws"}
	if trust, known, err := spec.trust(placeholder); err != nil {
		found.trust(err)
	} else if known {
		if spec.AssumeRolePolicy != "" {
			found.openTrust(trust)
		}
		if _, err := boxedTrust(trust, endOf(want.Metadata), true); err != nil {
			found.add(inRole(trustAttribute(spec)), "Write the limit as an RFC 3339 time with a zone, or leave it out: the expiry adds one to every statement.",
				"the trust policy has a time limit that cannot be compared with the expiry: %s", err)
		}
	}
	return found
}

func (v *violations) text(path []string, value string, pattern *regexp.Regexp, limit int, legal string) {
	if length := len([]rune(value)); length > limit {
		v.add(path, "Shorten it.", "%s has %d characters, %d more than IAM's limit of %d", value, length, length-limit, limit)
	}
	if !pattern.MatchString(value) {
		v.add(path, "Use "+legal+" only.", "%q has a character that IAM does not take in a name", value)
	}
}

func (v *violations) path(path string) {
	const remedy = `Write a path that starts and ends with a slash, such as "/teams/payments/".`
	switch {
	case len(path) > maxPathLength:
		v.add(inRole("path"), remedy, "the path has %d characters, %d more than IAM's limit of %d", len(path), len(path)-maxPathLength, maxPathLength)
	case !pathPattern.MatchString(path):
		v.add(inRole("path"), remedy, "%q is not an IAM path", path)
	case slices.ContainsFunc(reservedPaths, func(reserved string) bool { return strings.HasPrefix(path, reserved) }):
		v.add(inRole("path"), remedy, "the path %q is reserved for AWS's own roles", path)
	}
}

func (v *violations) policyARN(path []string, text string) {
	parsed, err := arn.Parse(text)
	if err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "policy/") {
		v.add(path, "Write the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess.", "%q is not the ARN of an IAM policy", text)
	}
}

func (v *violations) inlinePolicy(name, document string) {
	path := inRole("inline_policies", name)
	if name == ExpiryPolicyName {
		v.add(path, "Give the policy another name.", "the name %s is taken by the policy that enforces the expiry", name)
	}
	v.text(path, name, namePattern, maxPolicyNameLength, "letters, digits and _+=,.@-")
	if _, err := iampolicy.ParseIdentity(document); err != nil {
		v.add(path, "Write an identity policy, for example with aws_iam_policy_document or jsonencode().", "the policy %q: %s", name, err)
	}
}

// trust reports what is wrong with a trust policy: on the preset's own argument where it has one.
func (v *violations) trust(err error) {
	presets := iampolicy.PresetErrors(err)
	for _, problem := range presets {
		path := inRole("trust", presetAttributes[problem.Preset])
		if problem.Preset == "Services" {
			path = inRole("trust", serviceAttributes[problem.Field])
		} else if problem.Field != "" {
			path = append(path, problem.Field)
		}
		*v = append(*v, governance.Violation{
			Rule: governance.RuleSafeTrust, Enforcement: governance.EnforceError,
			Attribute: path, Message: strings.TrimSuffix(problem.Reason, "."), Remedy: problem.Fix,
		})
	}
	var syntax *iampolicy.SyntaxError
	if len(presets) == 0 {
		remedy := "Write the trust with presets, or a trust policy as JSON."
		if errors.As(err, &syntax) {
			remedy = "Correct the document there, or use a trust preset instead."
		}
		v.add(inRole("assume_role_policy"), remedy, "the trust policy: %s", err)
	}
}

// Where a preset's problem is shown, by its statement's Sid and, for services, by its field.
var (
	presetAttributes = map[string]string{
		"GitHubActions": "github_actions", "EKSServiceAccount": "eks_service_account", "EKSPodIdentity": "eks_pod_identity", "OIDC": "oidc",
	}
	serviceAttributes = map[string]string{
		"": "aws_services", "services": "aws_services", "source_accounts": "source_accounts", "source_arns": "source_arns",
	}
)
