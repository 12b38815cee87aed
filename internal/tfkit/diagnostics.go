package tfkit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// summaries are the diagnostics' first lines, one for each rule.
var summaries = map[governance.Rule]string{
	governance.RuleOwner:                "Owner names nobody",
	governance.RuleOwnerUnknown:         "Owner is not known",
	governance.RulePurposeQuality:       "Purpose says too little",
	governance.RuleMaxLifetime:          "Expiry is too far ahead",
	governance.RuleExpiryInPast:         "Expiry is in the past",
	governance.RuleRequiredMetadata:     "Required metadata is missing",
	governance.RuleWarnBefore:           "Identity expires soon",
	governance.RuleThirdParty:           "Third party cannot be reached",
	governance.RulePublisherUnverified:  "Publisher is not verified",
	governance.RuleThirdPartyTrust:      "Outsiders could use the identity",
	governance.RuleEnvironmentIsolation: "Trust crosses environments",
	governance.RuleReuse:                "Identity is shared",
	governance.RuleApplicationOwners:    "Application has no owner",
	governance.RuleRetireInUse:          "Identity is still in use",
	governance.RuleText:                 "Metadata text is not usable",
	governance.RuleExpiryFormat:         "Expiry is not a time",
	governance.RulePlatform:             "The platform would refuse this",
	governance.RuleSafeTrust:            "Trust is not safe",
	governance.RuleJustification:        "Justification says too little",
	governance.RuleCredentialMaxAge:     "Credential would be used for too long",
	governance.RuleCredential:           "Credential cannot be like this",
	governance.RuleExisting:             "Existing identity",
	governance.RuleApproval:             "Approval of permissions",
	governance.RuleQuarantine:           "Quarantine is not possible",

	governance.RuleAdministrator:         "Identity would be an administrator",
	governance.RulePrivilegeEscalation:   "Identity could raise its own privileges",
	governance.RulePassRoleUnrestricted:  "Identity could pass any role to any service",
	governance.RulePermissionsManagement: "Identity could change permissions of any resource",
	governance.RuleCredentialExposure:    "Identity could get credentials of others",
	governance.RuleDataExfiltration:      "Identity could read or give away any data",
	governance.RuleServiceWildcard:       "Identity could use all of a service",
	governance.RuleResourceWildcardWrite: "Identity could change any resource",
	governance.RuleUnknownAction:         "Policy names unknown actions",
	governance.RuleEscalationTicket:      "Identity gains permissions without a new ticket",
	governance.RulePurposeFollows:        "Identity gains permissions for an unchanged purpose",
}

// otherSummaries are those of rules that judge other arguments too, by the argument.
var otherSummaries = map[governance.Rule]map[string]string{
	governance.RulePurposeQuality: {"reason": "Reason says too little"},
	governance.RuleExpiryFormat:   {"release_after": "Time is malformed", "delete_after": "Time is malformed"},
}

// mapAttributes are the attributes whose elements have keys.
var mapAttributes = map[string]bool{"labels": true, "inline_policies": true, "role_assignments": true, "app_role_assignments": true, "federated_credentials": true}

// AttributePath is the Terraform path of a violation's attribute.
func AttributePath(steps []string) path.Path {
	at := path.Empty()
	for i, step := range steps {
		if i > 0 && mapAttributes[steps[i-1]] {
			at = at.AtMapKey(step)
		} else {
			at = at.AtName(step)
		}
	}
	return at
}

// summaryOf is the first line of a violation's diagnostic.
func summaryOf(violation governance.Violation) string {
	if violation.Rule.IsCustom() {
		return "Policy rule is broken"
	}
	if steps := violation.Attribute; len(steps) > 0 {
		if summary, other := otherSummaries[violation.Rule][steps[len(steps)-1]]; other {
			return summary
		}
	}
	return summaries[violation.Rule]
}

// AddViolations reports broken rules of one identity, each on its own attribute.
func AddViolations(diags *diag.Diagnostics, identity string, found []governance.Violation) {
	for _, violation := range found {
		at, where := AttributePath(violation.Attribute), ""
		if len(violation.Attribute) > 0 {
			where = fmt.Sprintf("Argument: %s. ", at) // Terraform does not show where a nested attribute is.
		}
		detail := fmt.Sprintf("%s: %s\n\n%s\n\n%sRule: %s (%s).", identity, Sentence(violation.Message), violation.Remedy, where, violation.Rule, violation.Enforcement)
		summary := summaryOf(violation)
		if violation.Enforcement == governance.EnforceWarn {
			diags.AddAttributeWarning(at, summary, detail)
		} else {
			diags.AddAttributeError(at, summary, detail)
		}
	}
}

// Sentence ends a message with a full stop, unless it ends itself.
func Sentence(message string) string {
	if strings.HasSuffix(message, ".") || strings.HasSuffix(message, "?") {
		return message
	}
	return message + "."
}

// AddError reports a platform's error, on the argument at fault where that is known. The summary says what could not be done;
// the detail says why, what to do, and what else follows from it.
func AddError(diags *diag.Diagnostics, at path.Path, summary, identity string, err error, consequences ...string) {
	var invalid *platform.ErrInvalid
	if errors.As(err, &invalid) && len(invalid.Attribute) > 0 {
		at = AttributePath(invalid.Attribute)
	}
	diags.AddAttributeError(at, summary, strings.Join(append([]string{identity + ": " + explain(err)}, consequences...), "\n\n"))
}

// Reason is what went wrong, without what helps.
func Reason(err error) string {
	var forbidden *platform.ErrForbidden
	if errors.As(err, &forbidden) {
		return "the provider's credentials lack the permission " + forbidden.Permission
	}
	return err.Error()
}

// explain turns a platform's error into what went wrong and what helps.
func explain(err error) string {
	var (
		configured *platform.ErrNotConfigured
		forbidden  *platform.ErrForbidden
		exists     *platform.ErrAlreadyExists
		conflict   *platform.ErrConflict
		throttled  *platform.ErrThrottled
		invalid    *platform.ErrInvalid
		replicated *platform.ErrNotPropagated
	)
	switch {
	case errors.As(err, &configured):
		return fmt.Sprintf("%s\n\n%s\n\nProvider argument: %s.", Sentence(configured.Reason), configured.Remedy, strings.Join(configured.Attribute, "."))
	case errors.As(err, &forbidden):
		return fmt.Sprintf("%s.\n\nAllow %s to them, or use others.\n\nThe cloud said: %s", Reason(err), forbidden.Permission, forbidden.Detail)
	case errors.As(err, &exists):
		return Sentence(exists.Error())
	case errors.As(err, &conflict):
		return fmt.Sprintf("%s\n\nRemove what is in the way, or try again when the other change is done.", Sentence(conflict.Error()))
	case errors.As(err, &throttled):
		return fmt.Sprintf("%s.\n\nTry again later, lower Terraform's -parallelism, or raise max_retries in the provider block.", throttled)
	case errors.As(err, &replicated):
		return fmt.Sprintf("%s\n\nCheck that everything it refers to exists; if it was made a moment ago, apply again.", Sentence(replicated.Error()))
	case errors.As(err, &invalid):
		if invalid.Remedy != "" {
			return fmt.Sprintf("%s\n\n%s\n\nArgument: %s.", Sentence(invalid.Error()), invalid.Remedy, AttributePath(invalid.Attribute))
		}
		return fmt.Sprintf("%s\n\nCorrect the argument that the message speaks of.", Sentence(invalid.Error()))
	case errors.Is(err, context.Canceled):
		return "interrupted. Nothing is lost: the next apply goes on from here."
	}
	return err.Error()
}

// FullyKnown tells whether a value has no unknown part.
func FullyKnown(ctx context.Context, value attr.Value) bool {
	if value.IsNull() {
		return true // also where its type is not set
	}
	terraform, err := value.ToTerraformValue(ctx)
	return err == nil && terraform.IsFullyKnown()
}
