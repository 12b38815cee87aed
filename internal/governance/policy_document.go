package governance

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// PolicyDocument is a policy as it is written, in HCL or in a file. What is nil or empty is left to other documents
// and then to the defaults.
type PolicyDocument struct {
	MaxLifetimeDays           *int             `json:"max_lifetime_days,omitempty"`
	MaxLifetimeDaysByCategory map[Category]int `json:"max_lifetime_days_by_category,omitempty"`
	WarnBeforeDays            *int             `json:"warn_before_days,omitempty"`
	CredentialMaxAgeDays      *int             `json:"credential_max_age_days,omitempty"`
	RequiredMetadata          []string         `json:"required_metadata,omitempty"`
	Owners                    OwnersDocument   `json:"owners,omitzero"`
	Purpose                   PurposeDocument  `json:"purpose,omitzero"`
	RetireInUseDays           *int             `json:"retire_in_use_days,omitempty"`
	// BreakGlass are patterns of canonical ids that no quarantine may touch; * stands for any characters and ? for one.
	BreakGlass  []string             `json:"break_glass,omitempty"`
	Enforcement map[Rule]Enforcement `json:"enforcement,omitempty"`
	Rules       []RuleDocument       `json:"rules,omitempty"`
	ApprovalsDocument
}

// OwnersDocument says who can be an owner.
type OwnersDocument struct {
	// Pattern is an RE2 regular expression that a whole owner must match.
	Pattern string `json:"pattern,omitempty"`
	// File is the path of a directory of owners, and Directory what was read from it: this package reads no files.
	File      string          `json:"file,omitempty"`
	Directory *OwnerDirectory `json:"-"`
}

// PurposeDocument says what counts as a purpose.
type PurposeDocument struct {
	// MinLength is in characters.
	MinLength *int `json:"min_length,omitempty"`
	// FillerWords say nothing, in addition to the built-in ones.
	FillerWords []string `json:"filler_words,omitempty"`
}

// PolicyError is one thing that is wrong in a policy document.
type PolicyError struct {
	// Path leads to the value, such as {"enforcement", "owner"} or {"rules", "2", "message"}.
	Path   []string
	Reason string
}

func (e *PolicyError) Error() string { return PolicyPath(e.Path) + ": " + e.Reason }

// PolicyPath writes where in a policy a value is, such as rules[2].message.
func PolicyPath(path []string) string {
	if len(path) > 1 && (path[0] == "rules" || path[0] == "break_glass") {
		path = append([]string{path[0] + "[" + path[1] + "]"}, path[2:]...)
	}
	return strings.Join(path, ".")
}

// Complete fills in the defaults, so that a policy that has the last word cannot be loosened where it is silent.
func (d PolicyDocument) Complete() PolicyDocument {
	setDefault := func(value **int, fallback int) {
		if *value == nil {
			*value = &fallback
		}
	}
	setDefault(&d.MaxLifetimeDays, DefaultMaxLifetimeDays)
	setDefault(&d.WarnBeforeDays, DefaultWarnBeforeDays)
	setDefault(&d.CredentialMaxAgeDays, DefaultCredentialMaxAgeDays)
	setDefault(&d.Purpose.MinLength, DefaultPurposeMinLength)
	setDefault(&d.RetireInUseDays, DefaultRetireInUseDays)
	enforcement := map[Rule]Enforcement{}
	for _, rule := range Rules {
		enforcement[rule] = defaultEnforcement(rule)
	}
	maps.Copy(enforcement, d.Enforcement)
	d.Enforcement, d.ApprovalsDocument = enforcement, d.complete()
	return d
}

// configured are the rules that the document gives a value to.
func (d PolicyDocument) configured() []Rule {
	var rules []Rule
	for rule, given := range map[Rule]bool{
		RuleOwner:            d.Owners.Pattern != "",
		RuleOwnerUnknown:     d.Owners.Directory != nil,
		RulePurposeQuality:   d.Purpose.MinLength != nil || len(d.Purpose.FillerWords) > 0,
		RuleMaxLifetime:      d.MaxLifetimeDays != nil || len(d.MaxLifetimeDaysByCategory) > 0,
		RuleRequiredMetadata: len(d.RequiredMetadata) > 0,
		RuleWarnBefore:       d.WarnBeforeDays != nil,
		RuleCredentialMaxAge: d.CredentialMaxAgeDays != nil,
		RuleJustification:    d.Purpose.MinLength != nil || len(d.Purpose.FillerWords) > 0,
		RuleRetireInUse:      d.RetireInUseDays != nil,
	} {
		if given {
			rules = append(rules, rule)
		}
	}
	return rules
}

// labelPrefix starts the name of a required label, such as labels.cost-center.
const labelPrefix = "labels."

func (d PolicyDocument) problems() []error {
	errs := d.ApprovalsDocument.problems()
	problem := func(path []string, format string, args ...any) {
		errs = append(errs, &PolicyError{Path: path, Reason: fmt.Sprintf(format, args...)})
	}
	days := func(value, lowest int, path ...string) {
		if value < lowest || value > maxPolicyDays {
			problem(path, "%d is not a number of days from %d to %d", value, lowest, maxPolicyDays)
		}
	}
	if d.MaxLifetimeDays != nil {
		days(*d.MaxLifetimeDays, 1, "max_lifetime_days")
	}
	for _, category := range slices.Sorted(maps.Keys(d.MaxLifetimeDaysByCategory)) {
		if !slices.Contains(Categories, category) {
			problem([]string{"max_lifetime_days_by_category", string(category)}, "unknown category; the categories are %s", list(Categories))
			continue
		}
		days(d.MaxLifetimeDaysByCategory[category], 1, "max_lifetime_days_by_category", string(category))
	}
	if d.WarnBeforeDays != nil {
		days(*d.WarnBeforeDays, 0, "warn_before_days")
	}
	if d.CredentialMaxAgeDays != nil {
		days(*d.CredentialMaxAgeDays, 1, "credential_max_age_days")
	}
	if d.RetireInUseDays != nil {
		days(*d.RetireInUseDays, 0, "retire_in_use_days")
	}
	for _, name := range d.RequiredMetadata {
		label, isLabel := strings.CutPrefix(name, labelPrefix)
		if (!isLabel || label == "") && !slices.Contains(Fields, Field(name)) {
			problem([]string{"required_metadata"}, "%q is not metadata; it can be %s, or labels.<key>", name, list(Fields))
		}
	}
	if _, err := wholePattern(d.Owners.Pattern); err != nil {
		problem([]string{"owners", "pattern"}, "not an RE2 regular expression: %s", err)
	}
	if length := d.Purpose.MinLength; length != nil && (*length < 0 || *length > 200) {
		problem([]string{"purpose", "min_length"}, "%d is not a number of characters from 0 to 200", *length)
	}
	for _, word := range d.Purpose.FillerWords {
		if len(words(word)) != 1 {
			problem([]string{"purpose", "filler_words"}, "%q is not a single word of letters and digits", word)
		}
	}
	for i, pattern := range d.BreakGlass {
		if platform, rest, found := strings.Cut(pattern, ":"); !found || !slices.Contains([]Platform{PlatformAWS, PlatformAzure, PlatformEntra}, Platform(platform)) || blank(rest) {
			problem([]string{"break_glass", strconv.Itoa(i)}, "%q is no pattern of canonical ids; write one such as aws:123456789012:role/break-glass*", pattern)
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(d.Enforcement)) {
		if !slices.Contains(Rules, rule) {
			problem([]string{"enforcement", string(rule)}, "unknown rule; the rules are %s", list(Rules))
		} else if !slices.Contains(Enforcements, d.Enforcement[rule]) {
			problem([]string{"enforcement", string(rule)}, "%q is not an enforcement; it can be %s", d.Enforcement[rule], list(Enforcements))
		} else if rule == RuleWarnBefore && d.Enforcement[rule] == EnforceError {
			problem([]string{"enforcement", string(rule)}, "an identity that expires soon is legal, so this rule can only be %s or %s", EnforceWarn, EnforceOff)
		}
	}
	d.ruleProblems(problem)
	return errs
}
