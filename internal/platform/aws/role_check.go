package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// Check finds what IAM would refuse. Sizes are held against the account's own quotas.
func (r *Roles) Check(ctx context.Context, want platform.Desired[RoleSpec]) ([]governance.Violation, error) {
	checked := violations(r.account.ValidateRole(want))
	checked.sessionsInPast(roleKind, want.Spec.SessionsValidAfter, r.account.config.Clock.Now())
	me, err := r.account.whoami(ctx)
	if err != nil {
		return nil, err
	}
	checked.ownAccount(want.Spec, me)
	// What does not parse has been reported already, and has no size.
	trustSize := 0
	if trust, known, err := want.Spec.trust(me); err == nil && known {
		if boxed, err := boxedTrust(trust, endOf(want.Metadata), true); err == nil {
			trustSize = iampolicy.Size(boxed.JSON())
		}
	}
	sizes := checked.sizes(roleKind, asEntity(want))
	_, err = r.account.beyondQuota(ctx, append(sizes, measure{quotaTrustPolicySize, trustSize, func(over, quota int) {
		checked.add(trustAttribute(want.Spec), "Trust fewer principals in this role, or ask AWS for a larger quota (up to 8192).",
			"the trust policy has %d characters once the expiry is enforced in it (a time limit in each statement, and the statement that closes the role afterwards), %d more than this account's quota of %d", trustSize, over, quota)
	}}))
	return checked, err
}

func trustAttribute(spec RoleSpec) []string {
	if spec.AssumeRolePolicy != "" {
		return roleKind.in("assume_role_policy")
	}
	if slices.ContainsFunc(spec.Trust, func(preset iampolicy.Preset) bool { _, ok := preset.(iampolicy.ThirdParty); return ok }) {
		return []string{"third_party", "account_ids"}
	}
	return roleKind.in("trust")
}

// offline is an account of which nothing is known, not even how it is configured.
func offline() *Account { return NewAccount(Config{MetadataKeys: governance.NewMetadataKeys(nil)}) }

// ValidateRole finds what can be found without asking AWS and without knowing how the account is configured.
func ValidateRole(want platform.Desired[RoleSpec]) []governance.Violation {
	return offline().ValidateRole(want)
}

// ValidateRole finds what can be found without asking AWS.
func (a *Account) ValidateRole(want platform.Desired[RoleSpec]) []governance.Violation {
	found := violations{}
	spec := want.Spec
	found.entity(roleKind, a.tagging, asEntity(want), 0)
	if spec.MaxSessionDuration < minSessionDuration || spec.MaxSessionDuration > maxSessionDuration {
		found.add(roleKind.in("max_session_duration"), "Write a number of seconds in that range, such as 3600.",
			"max_session_duration is %d; IAM takes %d to %d seconds", spec.MaxSessionDuration, minSessionDuration, maxSessionDuration)
	}
	placeholder := caller{account: "123456789012", partition: "aws"}
	if trust, known, err := spec.trust(placeholder); err != nil {
		found.trust(err)
	} else if known {
		if spec.AssumeRolePolicy != "" {
			found.openTrust(trust)
		}
		if _, err := boxedTrust(trust, endOf(want.Metadata), true); err != nil {
			found.add(trustAttribute(spec), "Write the limit as an RFC 3339 time with a zone, or leave it out: the expiry adds one to every statement.",
				"the trust policy has a time limit that cannot be compared with the expiry: %s", err)
		}
	}
	return found
}

// trust reports what is wrong with a trust policy: on the preset's own argument where it has one.
func (v *violations) trust(err error) {
	presets := iampolicy.PresetErrors(err)
	for _, problem := range presets {
		*v = append(*v, governance.Violation{
			Rule: governance.RuleSafeTrust, Enforcement: governance.EnforceError,
			Attribute: presetPath(problem), Message: strings.TrimSuffix(problem.Reason, "."), Remedy: problem.Fix,
		})
	}
	var syntax *iampolicy.SyntaxError
	if len(presets) == 0 {
		remedy := "Write the trust with presets, or a trust policy as JSON."
		if errors.As(err, &syntax) {
			remedy = "Correct the document there, or use a trust preset instead."
		}
		v.add(roleKind.in("assume_role_policy"), remedy, "the trust policy: %s", err)
	}
}

// ownAccount refuses the account itself as a third party.
func (v *violations) ownAccount(spec RoleSpec, me caller) {
	for _, preset := range spec.Trust {
		if party, ok := preset.(iampolicy.ThirdParty); ok && slices.Contains(party.AccountIDs, me.account) {
			*v = append(*v, governance.Violation{
				Rule: governance.RuleSafeTrust, Enforcement: governance.EnforceError, Attribute: []string{"third_party", "account_ids"},
				Message: fmt.Sprintf("%s is the account of the role itself, so that everybody in it who may assume roles could use this one", me.account),
				Remedy:  "Name the accounts of the third party; what your own workloads use is a governed_service_identity.",
			})
		}
	}
}

// presetPath is where a preset's problem is shown.
func presetPath(problem *iampolicy.PresetError) []string {
	switch {
	case problem.Preset == "Services":
		return roleKind.in("trust", serviceAttributes[problem.Field])
	case problem.Preset == "ThirdParty" && slices.Contains(thirdPartyAttributes, problem.Field):
		return []string{"third_party", problem.Field}
	case problem.Preset == "ThirdParty":
		return roleKind.in(problem.Field)
	case problem.Field == "":
		return roleKind.in("trust", presetAttributes[problem.Preset])
	}
	return roleKind.in("trust", presetAttributes[problem.Preset], problem.Field)
}

// Where a preset's problem is shown, by its statement's Sid and, for services and third parties, by its field.
var (
	thirdPartyAttributes = []string{"account_ids", "organization_id"}
	presetAttributes     = map[string]string{
		"GitHubActions": "github_actions", "EKSServiceAccount": "eks_service_account", "EKSPodIdentity": "eks_pod_identity", "OIDC": "oidc",
	}
	serviceAttributes = map[string]string{
		"": "aws_services", "services": "aws_services", "source_accounts": "source_accounts", "source_arns": "source_arns",
	}
)
