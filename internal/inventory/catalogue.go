package inventory

import (
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Codes of the findings.
const (
	FindingUnowned                   = "unowned"
	FindingOwnerGone                 = "owner_gone"
	FindingNoPurpose                 = "no_purpose"
	FindingNoExpiry                  = "no_expiry"
	FindingExpired                   = "expired"
	FindingExpiring                  = "expiring"
	FindingUnmanaged                 = "unmanaged"
	FindingStale                     = "stale"
	FindingNeverUsed                 = "never_used"
	FindingPrivileged                = "privileged"
	FindingBroadPermissions          = "broad_permissions"
	FindingPubliclyAssumable         = "publicly_assumable"
	FindingExternalWithoutExternalID = "external_without_external_id"
	FindingWeakFederation            = "weak_federation"
	FindingHumanUse                  = "human_use"
	FindingReused                    = "reused"
	FindingCrossesEnvironments       = "crosses_environments"
	FindingCredentialNotRotated      = "credential_not_rotated" //nolint:gosec // a code, no credential
	FindingLongLivedCredential       = "long_lived_credential"
	FindingUnusedCredential          = "unused_credential"   //nolint:gosec // a code, no credential
	FindingCredentialExpiring        = "credential_expiring" //nolint:gosec // a code, no credential
	FindingCredentialExpired         = "credential_expired"  //nolint:gosec // a code, no credential
	FindingQuarantined               = "quarantined"
)

// FindingType is what is the same in every finding of a code.
type FindingType struct {
	Code     string
	Severity governance.Severity
	// OWASP is the id in the OWASP Non-Human Identities Top 10 (2025).
	OWASP string
	// Weight is what a finding adds to the risk score.
	Weight int
	// Means says, in Markdown, when an identity has the finding, and where another one says it instead.
	Means string
	// Remedy is one sentence.
	Remedy string
	find   func(subject) string
}

// Catalogue lists every type of finding, in the order in which an identity's findings stand. The guide "Findings" has it
// too.
var Catalogue = []FindingType{
	{
		FindingUnowned, governance.SeverityHigh, "NHI1", 20, "No `owner` is named.",
		"Find out who uses it and import it with that owner; retire it if nobody claims it.", subject.unowned,
	},
	{
		FindingOwnerGone, governance.SeverityHigh, "NHI1", 20, "An `owner`, `business_owner` or `technical_owner` is not in the policy's owner directory, or is marked there as gone; never where no directory is configured. Or one of the owners that Entra ID itself has of an application can no longer sign in.",
		"Find out who has taken over, and have them take its ownership; retire it if nobody does.", subject.ownerGone,
	},
	{
		FindingNoPurpose, governance.SeverityMedium, "NHI1", 10, "No `purpose` is stated.",
		"Import it with the purpose that its owner states.", subject.noPurpose,
	},
	{
		FindingNoExpiry, governance.SeverityMedium, "NHI1", 10, "There is no `expiry`, or one that is no time.",
		"Import it with an expiry.", subject.noExpiry,
	},
	{
		FindingExpired, governance.SeverityHigh, "NHI1", 20, "The `expiry` has passed, and the identity is still there.",
		"Remove it; if it is still needed, have its owner renew it.", subject.expired,
	},
	{
		FindingExpiring, governance.SeverityLow, "NHI1", 5, "The `expiry` is at most `within_days` ahead, by default the policy's `warn_before_days`.",
		"Ask its owner now whether to renew it or to let it end.", subject.expiring,
	},
	{
		FindingUnmanaged, governance.SeverityLow, "NHI1", 5, "The mark of this provider is missing, or another tool's stands there, so nothing here keeps the identity as it is declared.",
		"Import it with its import_id.", subject.unmanaged,
	},
	{
		FindingStale, governance.SeverityMedium, "NHI1", 15, "It was used once, or may have been before the platform began to look, and not for more than `unused_for_days`. Never where the last use is not known.",
		"Ask its owner whether it is still needed; if not, retire it with its credentials.", subject.stale,
	},
	{
		FindingNeverUsed, governance.SeverityMedium, "NHI1", 15, "It was never used, although it is older than `unused_for_days` and the platform has looked all its life; never where the last use is not known. Or it is a managed identity of that age that no resource which the caller may read has assigned, that no federated credential opens, and of which no sign-in is known.",
		"Retire it with its credentials, unless its owner says what it waits for.", subject.neverUsed,
	},
	{
		FindingPrivileged, governance.SeverityHigh, "NHI5", 25, "It is an administrator, can become one by a known path of privilege escalation, or can pass any role to any service: it has the class `administrator`, `privilege_escalation` or `pass_role_unrestricted`. All its policies, groups and its boundary count together; on Azure its roles, its app roles of Microsoft Graph and its directory roles do, also those that it has through groups.",
		"Narrow its policies and roles to what it uses; on AWS, set a permissions boundary.", subject.privileged,
	},
	{
		FindingBroadPermissions, governance.SeverityMedium, "NHI5", 10, "It reaches what belongs to others: it has the class `permissions_management`, `credential_exposure`, `data_exfiltration` or `service_wildcard`, by something that does not already make it an administrator.",
		"Name the resources and actions that it uses in its policies, or assign narrower roles.", subject.broadPermissions,
	},
	{
		FindingPubliclyAssumable, governance.SeverityCritical, "NHI4", 40, "Its trust names everybody, and no organisation bounds that. Further conditions are named, but not judged.",
		"Name the principals that need it in its trust.", subject.publiclyAssumable,
	},
	{
		FindingExternalWithoutExternalID, governance.SeverityHigh, "NHI3", 20, "Another account than those that are listed can assume it without an external id and from outside any one organisation, so that a third party can be tricked into using it for somebody else.",
		"Require an external id that the third party has for you alone; governed_third_party_identity makes one.", subject.externalWithoutExternalID,
	},
	{
		FindingWeakFederation, governance.SeverityHigh, "NHI6", 25, "A web identity can assume it with any subject, with a subject that has a wildcard, but for the branches or tags of one GitHub repository that begin alike, or with a token for any audience.",
		"Name the exact subjects and the audience in its trust.", subject.weakFederation,
	},
	{
		FindingHumanUse, governance.SeverityMedium, "NHI10", 10, "It has an active console password or an MFA device, or IAM users or SAML sign-ins can assume it: people act as it, and nobody can tell who did.",
		"Give people roles of their own through single sign-on, and take their way into this one away.", subject.humanUse,
	},
	{
		FindingReused, governance.SeverityMedium, "NHI9", 10, "Several clients can use it: cloud services, federated subjects (those of one GitHub repository are one), resources of Azure (those of one resource group are one), other accounts (those of one named third party are one). Principals of its own account do not count.",
		"Give each client an identity of its own, with its own entitlements.", subject.reused,
	},
	{
		FindingCrossesEnvironments, governance.SeverityHigh, "NHI8", 20, "What can use it is in another environment: by both `environment` tags, or, where one has none, by an environment word, such as `prod` or `staging`, in its name, or in the path, name or subject of what can use it; a branch counts when it is called so. Never without evidence on both sides.",
		"Make an identity for each environment, and trust only that environment's principals.", subject.crossesEnvironments,
	},
	{
		FindingCredentialNotRotated, governance.SeverityHigh, "NHI7", 20, "An active credential or password is older than the policy's `credential_max_age_days`, governed or not.",
		"Rotate it now, and revoke the old one once nothing uses it.", subject.credentialNotRotated,
	},
	{
		FindingLongLivedCredential, governance.SeverityMedium, "NHI7", 10, "An active credential that no `governed_credential` is known to govern: nobody rotates it, whatever its age and end, and nobody knows where its secret is kept. Not for passwords, which are `human_use`.",
		"Use a role or a federated credential instead; where that cannot be, replace it by a governed_credential.", subject.longLivedCredential,
	},
	{
		FindingUnusedCredential, governance.SeverityMedium, "NHI1", 10, "An active credential or password was not used for more than `unused_for_days`, on an identity that is not itself `stale` or `never_used`. Never where the last use is not known.",
		"Revoke it.", subject.unusedCredential,
	},
	{
		FindingCredentialExpiring, governance.SeverityLow, "NHI7", 5, "An active credential that no `governed_credential` is known to rotate ends by itself at most `within_days` ahead, by default the policy's `warn_before_days`. AWS's do not end.",
		"Find out what uses it, and rotate it before it ends; where nothing does, revoke it.", subject.credentialExpiring,
	},
	{
		FindingCredentialExpired, governance.SeverityLow, "NHI1", 5, "A credential has ended by itself and was not removed: it hides which of them work.",
		"Remove it.", subject.credentialExpired,
	},
	{
		FindingQuarantined, governance.SeverityLow, "NHI1", 0, "It is in quarantine: a `governed_quarantine` keeps it from being used. Its last use, and with it `stale` and `never_used`, is that before the quarantine, because what was tried since was refused.",
		"Have somebody decide before its time is over: release it, or let it be deleted.", subject.quarantined,
	},
}

// FindingCodes lists the codes in the order of the catalogue.
func FindingCodes() []string {
	codes := make([]string, len(Catalogue))
	for i, kind := range Catalogue {
		codes[i] = kind.Code
	}
	return codes
}

// weights are by code.
var weights = func() map[string]int {
	weights := make(map[string]int, len(Catalogue))
	for _, kind := range Catalogue {
		weights[kind.Code] = kind.Weight
	}
	return weights
}()

// RiskScore is the sum of what findings weigh. A code that is not in the catalogue weighs nothing.
func RiskScore(findings []governance.Finding) int {
	score := 0
	for _, finding := range findings {
		score += weights[finding.Code]
	}
	return score
}

// severities are the worst first.
var severities = []governance.Severity{governance.SeverityCritical, governance.SeverityHigh, governance.SeverityMedium, governance.SeverityLow}

// worst is the severity of the worst finding; empty when there is none.
func worst(findings []governance.Finding) governance.Severity {
	for _, severity := range severities {
		if slices.ContainsFunc(findings, func(f governance.Finding) bool { return f.Severity == severity }) {
			return severity
		}
	}
	return ""
}
