package governance

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Rule is the id of a guardrail. Its text is the key in a policy's enforcement.
type Rule string

// The rules that a policy can enforce.
const (
	RuleOwner            Rule = "owner"
	RuleOwnerUnknown     Rule = "owner_unknown"
	RulePurposeQuality   Rule = "purpose_quality"
	RuleMaxLifetime      Rule = "max_lifetime_days"
	RuleExpiryInPast     Rule = "expiry_in_past"
	RuleRequiredMetadata Rule = "required_metadata"
	RuleWarnBefore       Rule = "warn_before_days"
	RuleThirdParty       Rule = "third_party"
	// RulePublisherUnverified is about software of others' whose publisher the platform vouches for, or does not.
	RulePublisherUnverified  Rule = "publisher_unverified"
	RuleThirdPartyTrust      Rule = "third_party_trust"
	RuleEnvironmentIsolation Rule = "environment_isolation"
	RuleReuse                Rule = "reuse"
	// RuleApplicationOwners wants somebody among the owners that the directory itself knows.
	RuleApplicationOwners Rule = "application_owners"
	RuleRetireInUse       Rule = "retire_in_use"
	RuleJustification     Rule = "justification_quality"
	RuleCredentialMaxAge  Rule = "credential_max_age_days" //nolint:gosec // a rule, no credential
)

// Rules that always hold, because no cloud could keep or honour what breaks them, or because strangers could get in. No
// policy can turn them off.
const (
	RuleText         Rule = "text"
	RuleExpiryFormat Rule = "expiry_format"
	RulePlatform     Rule = "platform_limit"
	RuleSafeTrust    Rule = "safe_trust"
	// RuleCredential is what a credential cannot be: longer-lived than its identity, or without time between rotations.
	RuleCredential Rule = "credential"
	// RuleExisting is about an identity that is there before Terraform makes it.
	RuleExisting Rule = "existing_identity"
	// RuleQuarantine is whom no quarantine may touch, and when one may end.
	RuleQuarantine Rule = "quarantine"
)

// Rules lists the rules that a policy can enforce, in the order of the documentation.
var Rules = []Rule{
	RuleOwner, RuleOwnerUnknown, RulePurposeQuality, RuleMaxLifetime, RuleExpiryInPast, RuleRequiredMetadata, RuleWarnBefore, RuleThirdParty,
	RulePublisherUnverified, RuleThirdPartyTrust, RuleEnvironmentIsolation, RuleReuse, RuleApplicationOwners, RuleRetireInUse,
	RuleJustification, RuleCredentialMaxAge,
	RuleAdministrator, RulePrivilegeEscalation, RulePassRoleUnrestricted, RulePermissionsManagement, RuleCredentialExposure, RuleDataExfiltration,
	RuleServiceWildcard, RuleResourceWildcardWrite, RuleUnknownAction, RuleEscalationTicket, RulePurposeFollows,
}

// Enforcement says what a broken rule does to a plan.
type Enforcement string

// The enforcements, from the strictest.
const (
	EnforceError Enforcement = "error"
	EnforceWarn  Enforcement = "warn"
	EnforceOff   Enforcement = "off"
)

// Enforcements lists them from the strictest.
var Enforcements = []Enforcement{EnforceError, EnforceWarn, EnforceOff}

// What holds where no policy says otherwise.
const (
	DefaultMaxLifetimeDays = 365
	// DefaultExternalLifetimeDays is for what a third party uses: its contracts, staff and accounts change unseen.
	DefaultExternalLifetimeDays = 180
	DefaultWarnBeforeDays       = 30
	DefaultPurposeMinLength     = 10
	DefaultRetireInUseDays      = 30
	// DefaultCredentialMaxAgeDays is how long a long-lived credential may be used before it is rotated.
	DefaultCredentialMaxAgeDays = 90
	// maxPolicyDays keeps day arithmetic within the years that RFC 3339 can write.
	maxPolicyDays = 36500
)

// Policy is what is enforced: several documents merged to the strictest.
type Policy struct {
	maxLifetimeDays  map[Category]int
	warnBeforeDays   int
	credentialMaxAge int
	requiredMetadata []string
	ownerPatterns    []*regexp.Regexp
	ownerDirectories []*OwnerDirectory
	purposeMinLength int
	retireInUseDays  int
	fillerWords      map[string]bool
	enforcement      map[Rule]Enforcement
	rules            []RuleDocument
	approvals        approvals
	breakGlass       []string
}

// NewPolicy merges documents so that each rule takes its strictest value: the shortest lifetime, the longest warning,
// all required metadata, every pattern, every directory of owners, all break-glass identities, all custom rules, the approval keys that all have which
// name any, the hardest enforcement. A document that gives a rule a value and no enforcement means the default one. What no
// document sets takes its default. The error joins a *PolicyError for each thing that is wrong.
func NewPolicy(documents ...PolicyDocument) (Policy, error) {
	policy := Policy{
		maxLifetimeDays:  map[Category]int{},
		warnBeforeDays:   -1,
		purposeMinLength: -1,
		retireInUseDays:  -1,
		fillerWords:      map[string]bool{},
		enforcement:      map[Rule]Enforcement{},
	}
	var errs []error
	for _, document := range documents {
		errs = append(errs, document.problems()...)
		policy.tighten(document)
	}
	for _, category := range Categories {
		if _, set := policy.maxLifetimeDays[category]; !set {
			policy.maxLifetimeDays[category] = longestLifetime(category, DefaultMaxLifetimeDays)
		}
	}
	if policy.credentialMaxAge == 0 {
		policy.credentialMaxAge = DefaultCredentialMaxAgeDays
	}
	if policy.warnBeforeDays < 0 {
		policy.warnBeforeDays = DefaultWarnBeforeDays
	}
	if policy.purposeMinLength < 0 {
		policy.purposeMinLength = DefaultPurposeMinLength
	}
	if policy.retireInUseDays < 0 {
		policy.retireInUseDays = DefaultRetireInUseDays
	}
	for _, rule := range Rules {
		if _, set := policy.enforcement[rule]; !set {
			policy.enforcement[rule] = defaultEnforcement(rule)
		}
	}
	return policy, errors.Join(errs...)
}

// longestLifetime is what a limit for every category means for one: only max_lifetime_days_by_category can let a third
// party's identities live longer than their default.
func longestLifetime(category Category, days int) int {
	if category == CategoryExternal {
		return min(days, DefaultExternalLifetimeDays)
	}
	return days
}

// WarnedRules are those that only warn by default: what they find can be intended, or is concluded from names. What is
// plainly unsafe in a trust is refused by RuleSafeTrust.
var WarnedRules = []Rule{
	RuleWarnBefore, RuleThirdPartyTrust, RuleEnvironmentIsolation, RuleReuse, RuleRetireInUse,
	RulePermissionsManagement, RuleCredentialExposure, RuleDataExfiltration, RuleServiceWildcard, RuleResourceWildcardWrite,
	RuleUnknownAction,
}

// SilentRules are those that are off by default, because they are about how an organisation works.
var SilentRules = []Rule{RuleApplicationOwners, RuleEscalationTicket, RulePurposeFollows}

func defaultEnforcement(rule Rule) Enforcement {
	switch {
	case slices.Contains(WarnedRules, rule):
		return EnforceWarn
	case slices.Contains(SilentRules, rule):
		return EnforceOff
	}
	return EnforceError
}

func (p *Policy) tighten(document PolicyDocument) {
	p.approvals.tighten(document.ApprovalsDocument)
	for _, category := range Categories {
		days, set := document.MaxLifetimeDaysByCategory[category]
		if !set && document.MaxLifetimeDays != nil {
			days, set = longestLifetime(category, *document.MaxLifetimeDays), true
		}
		if current, already := p.maxLifetimeDays[category]; set && (!already || days < current) {
			p.maxLifetimeDays[category] = days
		}
	}
	if document.WarnBeforeDays != nil {
		p.warnBeforeDays = max(p.warnBeforeDays, *document.WarnBeforeDays)
	}
	if days := document.CredentialMaxAgeDays; days != nil && (p.credentialMaxAge == 0 || *days < p.credentialMaxAge) {
		p.credentialMaxAge = *days
	}
	if document.Purpose.MinLength != nil {
		p.purposeMinLength = max(p.purposeMinLength, *document.Purpose.MinLength)
	}
	if document.RetireInUseDays != nil {
		p.retireInUseDays = max(p.retireInUseDays, *document.RetireInUseDays)
	}
	for _, word := range document.Purpose.FillerWords {
		p.fillerWords[strings.ToLower(strings.TrimSpace(word))] = true
	}
	for _, name := range document.RequiredMetadata {
		if !slices.Contains(p.requiredMetadata, name) {
			p.requiredMetadata = append(p.requiredMetadata, name)
		}
	}
	if pattern, err := wholePattern(document.Owners.Pattern); err == nil && pattern != nil {
		p.ownerPatterns = append(p.ownerPatterns, pattern)
	}
	if document.Owners.Directory != nil {
		p.ownerDirectories = append(p.ownerDirectories, document.Owners.Directory)
	}
	for _, pattern := range document.BreakGlass {
		if !slices.Contains(p.breakGlass, pattern) {
			p.breakGlass = append(p.breakGlass, pattern)
		}
	}
	p.addRules(document.Rules)
	enforcements := map[Rule]Enforcement{}
	for _, rule := range document.configured() {
		enforcements[rule] = defaultEnforcement(rule)
	}
	maps.Copy(enforcements, document.Enforcement)
	for rule, enforcement := range enforcements {
		if current, set := p.enforcement[rule]; !set || slices.Index(Enforcements, enforcement) < slices.Index(Enforcements, current) {
			p.enforcement[rule] = enforcement
		}
	}
}

// wholePattern is nil for an empty pattern.
func wholePattern(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, nil
	}
	// By itself first: a stray parenthesis would close the group that anchors it.
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + pattern + `)$`)
}

// MaxLifetimeDays is how far ahead an expiry of the category may lie.
func (p Policy) MaxLifetimeDays(category Category) int { return p.maxLifetimeDays[category] }

// WarnBeforeDays is how long before its expiry an identity is expiring.
func (p Policy) WarnBeforeDays() int { return p.warnBeforeDays }

// CredentialMaxAgeDays is how long a long-lived credential may be used before it is rotated.
func (p Policy) CredentialMaxAgeDays() int { return p.credentialMaxAge }

// Enforcement of a rule; rules that no policy can turn off are errors.
func (p Policy) Enforcement(rule Rule) Enforcement {
	if enforcement, ok := p.enforcement[rule]; ok {
		return enforcement
	}
	return EnforceError
}
