package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

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
