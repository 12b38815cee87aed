package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// Trust is who could assume the role, as far as that is known: by presets, each on its own argument, or by a policy. What
// does not parse is Check's to report.
func (r *Roles) Trust(ctx context.Context, spec RoleSpec) (governance.Trust, error) {
	me, err := r.account.whoami(ctx)
	if err != nil {
		return governance.Trust{}, err
	}
	config := r.account.config
	trust := governance.Trust{Accounts: slices.Concat([]string{me.account}, config.AllowedAccountIDs, config.InventoryAccounts)}
	add := func(document iampolicy.Document, clause governance.TrustClause) {
		if clause.Trustees = iampolicy.Trustees(document, me.account); len(clause.Trustees) > 0 {
			trust.Clauses = append(trust.Clauses, clause)
		}
	}
	if spec.AssumeRolePolicy != "" {
		if document, err := iampolicy.ParseTrust(spec.AssumeRolePolicy); err == nil {
			refused, rest := divideTrust(document)
			add(refused, governance.TrustClause{Attribute: trustAttribute(spec), Refused: true})
			add(rest, governance.TrustClause{Attribute: trustAttribute(spec), Conditions: conditions(rest)})
			trust.Known = true
		}
		return trust, nil
	}
	trust.Known = len(spec.Trust) > 0
	for _, preset := range inAccount(spec.Trust, me) {
		document, err := iampolicy.Trust(preset)
		if err != nil {
			trust.Known = false
			continue
		}
		add(document, governance.TrustClause{Attribute: presetAttribute(preset)})
	}
	return trust, nil
}

// conditions are those of a trust policy written by hand, whose values trustees do not have, and what they belong to.
func conditions(trust iampolicy.Document) string {
	trust.Statements = slices.DeleteFunc(slices.Clone(trust.Statements), func(s iampolicy.Statement) bool { return len(s.Condition) == 0 })
	if len(trust.Statements) == 0 {
		return ""
	}
	return trust.JSON()
}

// presetAttribute is the argument that declares a preset.
func presetAttribute(preset iampolicy.Preset) []string {
	switch preset := preset.(type) {
	case iampolicy.AWSServices:
		return roleKind.in("trust", "aws_services")
	case iampolicy.GitHubActions:
		return roleKind.in("trust", "github_actions")
	case iampolicy.EKSServiceAccount:
		return roleKind.in("trust", "eks_service_account")
	case iampolicy.EKSPodIdentity:
		return roleKind.in("trust", "eks_pod_identity")
	case iampolicy.OIDC:
		return roleKind.in("trust", "oidc")
	case iampolicy.ThirdParty:
		if len(preset.PrincipalARNs) > 0 {
			return roleKind.in("principal_arns")
		}
		return []string{"third_party", "account_ids"}
	}
	return roleKind.in("trust")
}

// divideTrust parts the statements that openTrust refuses from the others. Denials go with both.
func divideTrust(trust iampolicy.Document) (refused, rest iampolicy.Document) {
	refused.Version, rest.Version = trust.Version, trust.Version
	for _, statement := range trust.Statements {
		var found violations
		found.openTrust(iampolicy.Document{Statements: []iampolicy.Statement{statement}})
		if statement.Effect == iampolicy.Deny || len(found) > 0 {
			refused.Statements = append(refused.Statements, statement)
		}
		if statement.Effect == iampolicy.Deny || len(found) == 0 {
			rest.Statements = append(rest.Statements, statement)
		}
	}
	return refused, rest
}

// openTrust finds statements of a trust policy written by hand that let strangers in, whatever else they say: everybody,
// everybody but some, and web identities of a provider without a word on whose or for whom.
func (v *violations) openTrust(trust iampolicy.Document) {
	for i, statement := range trust.Statements {
		if statement.Effect != iampolicy.Allow {
			continue
		}
		name := fmt.Sprintf("statement %d", i+1)
		if statement.SID != "" {
			name = fmt.Sprintf("the statement %q", statement.SID)
		}
		switch principal := statement.Principal; {
		case statement.NotPrincipal != nil:
			v.unsafe("Name who may, in Principal.", "%s allows everybody but some (NotPrincipal)", name)
		case principal == nil:
		case (principal.Any || slices.Contains(principal.AWS, "*")) && len(statement.Condition) == 0:
			v.unsafe("Name the account or the role in Principal.", "%s allows every AWS account in the world, without a condition", name)
		default:
			v.webIdentity(name, statement)
		}
	}
}

// webIdentity wants a condition on the subject and one on the audience of a provider's tokens, as "Create a role for
// OpenID Connect federation" in the IAM User Guide does.
func (v *violations) webIdentity(name string, statement iampolicy.Statement) {
	for _, provider := range statement.Principal.Federated {
		_, issuer, isOIDC := strings.Cut(provider, ":oidc-provider/")
		if !isOIDC {
			continue
		}
		for _, claim := range []string{"sub", "aud"} {
			if !hasConditionKey(statement.Condition, issuer+":"+claim) {
				v.unsafe(fmt.Sprintf("Compare %s:%s with what you expect, or use the preset github_actions, eks_service_account or oidc.", issuer, claim),
					"%s takes every token of %s, because no condition looks at its %s", name, issuer, claim)
			}
		}
	}
}

func hasConditionKey(condition iampolicy.Condition, wanted string) bool {
	for _, keys := range condition {
		for key := range keys {
			if strings.EqualFold(key, wanted) {
				return true
			}
		}
	}
	return false
}

func (v *violations) unsafe(remedy, message string, args ...any) {
	*v = append(*v, governance.Violation{
		Rule: governance.RuleSafeTrust, Enforcement: governance.EnforceError,
		Attribute: roleKind.in("assume_role_policy"), Message: "in the trust policy, " + fmt.Sprintf(message, args...), Remedy: remedy,
	})
}
