package aws

import (
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

// Limits of IAM roles and users, from the API reference (CreateRole, CreateUser, PutRolePolicy) and "IAM and AWS STS
// quotas".
const (
	maxNameLength       = 64
	maxPathLength       = 512
	maxPolicyNameLength = 128
	minSessionDuration  = 3600
	maxSessionDuration  = 43200
	legalInName         = "letters, digits and _+=,.@-"
)

var (
	namePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathPattern = regexp.MustCompile(`^/([\x21-\x7e]+/)?$`)
	// reservedPaths are AWS's own.
	reservedPaths = []string{serviceLinkedPath, "/aws-reserved/"}
)

// violations of what the platform can keep.
type violations []governance.Violation

func (v *violations) add(path []string, remedy, message string, args ...any) {
	*v = append(*v, governance.Violation{
		Rule: governance.RulePlatform, Enforcement: governance.EnforceError,
		Attribute: path, Message: fmt.Sprintf(message, args...), Remedy: remedy,
	})
}

// entity finds what can be found without asking AWS. Some tags can be reserved for records.
func (v *violations) entity(kind entityKind, tagging tagging, want platform.Desired[entitySpec], reservedTags int) {
	if want.Name != "" {
		v.name([]string{"name"}, want.Name, maxNameLength)
	}
	tagging.check(v, want.Metadata, reservedTags)
	v.path(kind, want.Spec.Path)
	if want.Spec.PermissionsBoundaryARN != "" {
		v.policyARN(kind.in("permissions_boundary_arn"), want.Spec.PermissionsBoundaryARN)
	}
	for _, policy := range want.Spec.ManagedPolicyARNs {
		v.policyARN(kind.in("managed_policy_arns"), policy)
	}
	for _, name := range slices.Sorted(maps.Keys(want.Spec.InlinePolicies)) {
		v.inlinePolicy(kind, name, want.Spec.InlinePolicies[name])
	}
}

// sizes are what the account's quotas bound for every entity.
func (v *violations) sizes(kind entityKind, want platform.Desired[entitySpec]) []measure {
	inline, attached := inlineSize(want.Spec.InlinePolicies), len(want.Spec.ManagedPolicyARNs)
	expiry := iampolicy.Size(iampolicy.ExpiryDeny(endOf(want.Metadata)).JSON())
	sessions, revoking := iampolicy.Size(sessionsPolicy(want.Spec.SessionsValidAfter)), ""
	if sessions > 0 {
		revoking = fmt.Sprintf(", and %s, which is for sessions_valid_after, %d", SessionsPolicyName, sessions)
	}
	return []measure{
		{kind.inlineQuota, inline + expiry + sessions, func(over, quota int) {
			v.add(kind.in("inline_policies"), "Shorten the policies, or move statements into a customer-managed policy.",
				"the inline policies have %d characters together, and %s, which enforces the expiry, has %d%s: %d more than the quota of %d", inline, ExpiryPolicyName, expiry, revoking, over, quota)
		}},
		{kind.attachedQuota, attached, func(over, quota int) {
			v.add(kind.in("managed_policy_arns"), fmt.Sprintf("Merge policies, or ask AWS for a larger quota (up to %d).", kind.mostAttached),
				"%d managed policies are attached, %d more than this account's quota of %d", attached, over, quota)
		}},
	}
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

func (v *violations) name(path []string, value string, limit int) {
	if length := len([]rune(value)); length > limit {
		v.add(path, "Shorten it.", "%s has %d characters, %d more than IAM's limit of %d", value, length, length-limit, limit)
	}
	if !namePattern.MatchString(value) {
		v.add(path, "Use "+legalInName+" only.", "%q has a character that IAM does not take in a name", value)
	}
}

func (v *violations) path(kind entityKind, path string) {
	const remedy = `Write a path that starts and ends with a slash, such as "/teams/payments/".`
	switch {
	case len(path) > maxPathLength:
		v.add(kind.in("path"), remedy, "the path has %d characters, %d more than IAM's limit of %d", len(path), len(path)-maxPathLength, maxPathLength)
	case !pathPattern.MatchString(path):
		v.add(kind.in("path"), remedy, "%q is not an IAM path", path)
	case slices.ContainsFunc(reservedPaths, func(reserved string) bool { return strings.HasPrefix(path, reserved) }):
		v.add(kind.in("path"), remedy, "the path %q is reserved for AWS's own roles", path)
	}
}

func (v *violations) policyARN(path []string, text string) {
	parsed, err := arn.Parse(text)
	if err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "policy/") {
		v.add(path, "Write the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess.", "%q is not the ARN of an IAM policy", text)
	}
}

func (v *violations) inlinePolicy(kind entityKind, name, document string) {
	path := kind.in("inline_policies", name)
	switch name {
	case ExpiryPolicyName:
		v.add(path, "Give the policy another name.", "the name %s is taken by the policy that enforces the expiry", name)
	case QuarantinePolicyName:
		v.add(path, "Give the policy another name.", "the name %s is taken by the policy of a quarantine", name)
	}
	if isSessionsPolicy(name) {
		v.add(path, "Give the policy another name.", "the name %s is taken by the policies that end sessions", name)
	}
	v.name(path, name, maxPolicyNameLength)
	if _, err := iampolicy.ParseIdentity(document); err != nil {
		v.add(path, "Write an identity policy, for example with aws_iam_policy_document or jsonencode().", "the policy %q: %s", name, err)
	}
}
