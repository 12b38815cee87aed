package governance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Violation is one broken rule.
type Violation struct {
	Rule        Rule
	Enforcement Enforcement
	// Attribute leads to the argument, such as {"labels", "team"}.
	Attribute []string
	// Message says what is wrong and why it matters.
	Message string
	// Remedy says what to write instead.
	Remedy string
}

// Subject is what a policy judges: an identity as it is to be.
type Subject struct {
	// Noun is what messages call it; an identity when empty.
	Noun     string
	Name     string
	Category Category
	Metadata Metadata
	// Unknown are the fields whose values are not known yet. They are neither missing nor wrong. FieldLabels stands for
	// the labels as a whole.
	Unknown map[Field]bool
	// Prior is the metadata that the existing identity has, as far as the policy has let it pass; nil on create.
	Prior *Metadata
	// Trust is who will be able to use it, and PriorTrust what the policy once let pass of the existing identity.
	Trust      Trust
	PriorTrust PassedTrust
	// Unowned leads to the argument with the owners that the platform itself knows, where it is known to name nobody.
	Unowned []string
	// Publisher is whose software uses it.
	Publisher Publisher

	// What follows is judged by custom rules only. Unknown has the fields of it that are not known yet.

	Kind    Kind
	Account string
	// Operation is empty while it is not known, and Old with it.
	Operation Operation
	// Old is the existing identity as it is; nil on create.
	Old *Subject
	// Granted is what it may do, and Unjudged why that is not known.
	Granted  Granted
	Unjudged []Unjudged
	// Final tells that nothing more will become known before the cloud is called.
	Final bool
}

// Operation is what happens to an identity.
type Operation string

// The operations that a policy judges.
const (
	OperationCreate Operation = "create"
	OperationUpdate Operation = "update"
)

func (s Subject) noun() string { return cmp.Or(s.Noun, "identity") }

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// What Subject.Unknown can name besides metadata. FieldLabels stands for the labels as a whole, FieldKind for the category
// too.
const (
	FieldLabels  Field = "labels"
	FieldName    Field = "name"
	FieldKind    Field = "kind"
	FieldAccount Field = "account"
	FieldTrust   Field = "trust"
	FieldClasses Field = "classes"
	FieldGrants  Field = "grants"
)

// Evaluate judges a subject at an instant and returns all violations, errors and warnings, in the order of the
// arguments. Rules that are off say nothing.
func (p Policy) Evaluate(subject Subject, now time.Time) []Violation {
	var found []Violation
	for _, check := range []func(Subject, time.Time) []Violation{p.checkTexts, p.checkOwner, p.checkOwnerDirectory, p.checkPurpose, p.checkExpiry, p.checkRequired, p.checkThirdParty, p.checkPublisher, p.checkTrust, p.checkApplicationOwners, p.checkRules} {
		found = append(found, check(subject, now)...)
	}
	return slices.DeleteFunc(found, func(v Violation) bool { return v.Enforcement == EnforceOff })
}

// EvaluateTexts applies only the rules that hold under every policy, for a validation without one.
func EvaluateTexts(subject Subject, now time.Time) []Violation {
	var policy Policy
	found := policy.checkTexts(subject, now)
	if expiry := subject.Metadata.Expiry; !subject.Unknown[FieldExpiry] && !blank(expiry) {
		if _, err := ParseExpiry(expiry); err != nil {
			found = append(found, malformedExpiry(expiry, ""))
		}
	}
	return found
}

func (p Policy) violation(rule Rule, attribute, message, remedy string) Violation {
	return Violation{Rule: rule, Enforcement: p.Enforcement(rule), Attribute: []string{attribute}, Message: message, Remedy: remedy}
}

// checkApplicationOwners finds an application that nobody can act for in its directory.
func (p Policy) checkApplicationOwners(subject Subject, _ time.Time) []Violation {
	if len(subject.Unowned) == 0 {
		return nil
	}
	return []Violation{{
		Rule: RuleApplicationOwners, Enforcement: p.Enforcement(RuleApplicationOwners), Attribute: subject.Unowned,
		Message: "it has no owner in the directory, so nobody but an administrator could block or repair it there, and nobody is asked when it is reviewed (OWASP NHI1)",
		Remedy:  `Name at least one who can act, for example owners = ["ada@contoso.example"].`,
	}}
}

var fieldMeaning = map[Field]string{
	FieldOwner:          "who answers for the identity",
	FieldPurpose:        "what the identity is for",
	FieldExpiry:         "when its access ends",
	FieldBusinessOwner:  "who answers for it in the business",
	FieldTechnicalOwner: "who operates it",
	FieldEnvironment:    "which environment it belongs to",
	FieldSystems:        "which systems it connects",
	FieldTicket:         "which request asked for it",

	FieldThirdParty:        "who uses the identity",
	FieldThirdPartyContact: "whom to reach at the third party",
}

var fieldExample = map[Field]string{
	FieldOwner:          `owner = "payments"`,
	FieldPurpose:        `purpose = "Nightly export of invoices to the data lake"`,
	FieldExpiry:         `expiry = "2027-03-31"`,
	FieldBusinessOwner:  `business_owner = "finance-operations"`,
	FieldTechnicalOwner: `technical_owner = "platform-team"`,
	FieldEnvironment:    `environment = "prod"`,
	FieldSystems:        `systems = ["billing-db"]`,
	FieldTicket:         `ticket = "SEC-1234"`,

	FieldThirdParty:        `name = "Acme Monitoring"`,
	FieldThirdPartyContact: `contact = "security@monitoring.acme.example"`,
}

// checkTexts finds what no cloud could keep or no reader could use: required texts that are blank, optional ones that
// are given but blank, and control characters.
func (p Policy) checkTexts(subject Subject, _ time.Time) []Violation {
	var found []Violation
	for _, field := range subject.fields() {
		if subject.Unknown[field] {
			continue
		}
		values := []string{subject.Metadata.Text(field)}
		if field == FieldSystems {
			values = subject.Metadata.Systems
		}
		for _, value := range values {
			if text, wrong := p.checkText(field, value); wrong {
				text.Attribute = field.Argument()
				found = append(found, text)
			}
		}
	}
	if subject.Unknown[FieldLabels] {
		return found
	}
	for _, key := range slices.Sorted(maps.Keys(subject.Metadata.Labels)) {
		if position, control := controlCharacter(subject.Metadata.Labels[key]); control {
			violation := p.violation(RuleText, "labels", fmt.Sprintf("the label %q has the control character %s", key, position), "Write the label on one line, without tabs and line breaks.")
			violation.Attribute = append(violation.Attribute, key)
			found = append(found, violation)
		}
	}
	return found
}

// fields are those that the subject's category has.
func (s Subject) fields() []Field {
	if s.Category == CategoryExternal {
		return KeptFields
	}
	return Fields
}

func (p Policy) checkText(field Field, value string) (Violation, bool) {
	required := slices.Contains(RequiredFields, field) || slices.Contains(ThirdPartyFields, field)
	name := strings.Join(field.Argument(), ".")
	remedy := fmt.Sprintf("Write %s, for example %s.", fieldMeaning[field], fieldExample[field])
	switch position, control := controlCharacter(value); {
	case control:
		return p.violation(RuleText, string(field), fmt.Sprintf("%s has the control character %s, which tags and reports cannot show", name, position),
			"Write it on one line; wrap a heredoc in trimspace()."), true
	case value == "" && !required && field != FieldSystems:
		return Violation{}, false
	case value == "" && field != FieldSystems:
		return p.violation(RuleText, string(field), fmt.Sprintf("%s is empty, so nobody could tell %s", name, fieldMeaning[field]), remedy), true
	case blank(value) && field == FieldSystems:
		return p.violation(RuleText, string(field), "systems has a blank element, which names no system", remedy), true
	case blank(value):
		return p.violation(RuleText, string(field), fmt.Sprintf("%s consists of white space only, so nobody could tell %s", name, fieldMeaning[field]), remedy), true
	}
	return Violation{}, false
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// controlCharacter describes the first control character.
func controlCharacter(text string) (string, bool) {
	character := 0
	for _, r := range text {
		character++
		if unicode.IsControl(r) {
			return fmt.Sprintf("U+%04X at position %d", r, character), true
		}
	}
	return "", false
}

func (p Policy) checkOwner(subject Subject, _ time.Time) []Violation {
	owner := subject.Metadata.Owner
	if subject.Unknown[FieldOwner] || blank(owner) {
		return nil
	}
	if onlyWordsOf(owner, placeholderWords) {
		return []Violation{p.violation(RuleOwner, "owner",
			fmt.Sprintf("owner is %q, which names nobody: an identity without an owner is nobody's to review, rotate or remove", owner),
			`Write the team or person that answers for it, for example owner = "payments".`)}
	}
	for _, pattern := range p.ownerPatterns {
		if !pattern.MatchString(owner) {
			text := strings.TrimSuffix(strings.TrimPrefix(pattern.String(), "^(?:"), ")$")
			return []Violation{p.violation(RuleOwner, "owner",
				fmt.Sprintf("owner is %q, which does not match the policy's pattern for owners, %s", owner, text),
				"Write an owner in the form that the policy asks for.")}
		}
	}
	return nil
}

func (p Policy) checkRequired(subject Subject, _ time.Time) []Violation {
	var found []Violation
	for _, name := range p.requiredMetadata {
		if key, isLabel := strings.CutPrefix(name, labelPrefix); isLabel {
			if !subject.Unknown[FieldLabels] && blank(subject.Metadata.Labels[key]) {
				found = append(found, p.violation(RuleRequiredMetadata, "labels",
					fmt.Sprintf("the label %q is missing, which the policy requires of every identity", key),
					fmt.Sprintf("Write labels = { %q = \"…\" }.", key)))
			}
			continue
		}
		field := Field(name)
		// A blank text that is given is the text rule's to report.
		if !subject.Unknown[field] && subject.Metadata.Text(field) == "" && !slices.Contains(RequiredFields, field) {
			found = append(found, p.violation(RuleRequiredMetadata, name,
				fmt.Sprintf("%s is missing, which the policy requires of every identity: it says %s", name, fieldMeaning[field]),
				fmt.Sprintf("Write it, for example %s.", fieldExample[field])))
		}
	}
	return found
}
