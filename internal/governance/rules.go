package governance

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// RuleDocument is a rule of the policy's own, as it is written.
type RuleDocument struct {
	// Name is unique within the document.
	Name string `json:"name"`
	// Expression is true for what is allowed.
	Expression string `json:"expression"`
	// Message says what is wrong where it is not.
	Message string `json:"message"`
	// Enforcement is EnforceError when it is empty.
	Enforcement Enforcement `json:"enforcement,omitempty"`
	// Attribute names the argument that is blamed, such as expiry or labels.team; the identity as a whole when empty.
	Attribute string `json:"attribute,omitempty"`
	// Judge decides the expression: this package has no language for rules.
	Judge Judge `json:"-"`
}

// Judge decides a custom rule.
type Judge interface {
	// Judge tells whether a subject is allowed at an instant. The error is a *NotKnownError where that depends on what is not
	// known yet; any other says why the rule cannot be judged at all.
	Judge(subject Subject, now time.Time) (allowed bool, err error)
	// Granted tells whether that takes what the subject may do: its classes or its grants.
	Granted() bool
}

// NotKnownError says which values a rule needs that are not known yet.
type NotKnownError struct{ Values []string }

func (e *NotKnownError) Error() string {
	return "it needs what is not known yet: " + strings.Join(e.Values, ", ")
}

// Limits of custom rules.
const (
	// MaxRules is how many a document can have.
	MaxRules = 100
	// MaxExpressionLength and MaxMessageLength are in characters.
	MaxExpressionLength = 4096
	MaxMessageLength    = 500
)

const customPrefix = "custom:"

// CustomRule is the id of a policy's own rule.
func CustomRule(name string) Rule { return Rule(customPrefix + name) }

// IsCustom tells whether the rule is one of the policy's own.
func (r Rule) IsCustom() bool { return strings.HasPrefix(string(r), customPrefix) }

var ruleNamePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// ruleProblems finds what is wrong with the custom rules, but for their expressions' language.
func (d PolicyDocument) ruleProblems(problem func(path []string, format string, args ...any)) {
	if len(d.Rules) > MaxRules {
		problem([]string{"rules"}, "%d rules; a policy has %d at most", len(d.Rules), MaxRules)
	}
	first := map[string]int{}
	for i, rule := range d.Rules {
		at := func(attribute string) []string { return []string{"rules", strconv.Itoa(i), attribute} }
		if other, twice := first[rule.Name]; twice {
			problem(at("name"), "%q is the name of rules[%d] too; give each rule its own", rule.Name, other)
		} else if first[rule.Name] = i; !ruleNamePattern.MatchString(rule.Name) {
			problem(at("name"), "%q is not a name of letters, digits, underscores and hyphens that starts with a letter, 64 characters at most", rule.Name)
		}
		switch length := utf8.RuneCountInString(rule.Expression); {
		case blank(rule.Expression):
			problem(at("expression"), "it is blank; write what is true for every identity that is allowed")
		case length > MaxExpressionLength:
			problem(at("expression"), "it has %d characters; an expression has %d at most", length, MaxExpressionLength)
		}
		control, hasControl := controlCharacter(rule.Message)
		switch length := utf8.RuneCountInString(rule.Message); {
		case blank(rule.Message):
			problem(at("message"), "it is blank; write what is wrong with an identity that breaks the rule")
		case hasControl:
			problem(at("message"), "it has the control character %s; write it on one line, and wrap a heredoc in trimspace()", control)
		case length > MaxMessageLength:
			problem(at("message"), "it has %d characters; a message has %d at most", length, MaxMessageLength)
		}
		if rule.Enforcement != "" && !slices.Contains(Enforcements, rule.Enforcement) {
			problem(at("enforcement"), "%q is not an enforcement; it can be %s", rule.Enforcement, list(Enforcements))
		}
		if _, ok := rule.argument(); !ok {
			problem(at("attribute"), "%q is not an argument that every identity has; it can be name, %s, labels or labels.<key>", rule.Attribute, list(KeptFields))
		}
	}
}

// argument leads to the argument that is blamed; to none for the identity as a whole.
func (r RuleDocument) argument() (path []string, ok bool) {
	label, isLabel := strings.CutPrefix(r.Attribute, labelPrefix)
	switch field := Field(r.Attribute); {
	case field == "":
		return nil, true
	case isLabel:
		return []string{string(FieldLabels), label}, label != ""
	case field == FieldName, field == FieldLabels:
		return []string{r.Attribute}, true
	default:
		return field.Argument(), slices.Contains(KeptFields, field)
	}
}

// addRules takes over a document's rules. Those that say the same take the hardest enforcement. Those that share no more
// than their name all apply, so that nobody can replace a rule with one of the same name.
func (p *Policy) addRules(rules []RuleDocument) {
	for _, rule := range rules {
		if rule.Enforcement == "" {
			rule.Enforcement = EnforceError
		}
		same := func(other RuleDocument) bool {
			return rule.Name == other.Name && rule.Expression == other.Expression && rule.Message == other.Message && rule.Attribute == other.Attribute
		}
		if i := slices.IndexFunc(p.rules, same); i < 0 {
			p.rules = append(p.rules, rule)
		} else if slices.Index(Enforcements, rule.Enforcement) < slices.Index(Enforcements, p.rules[i].Enforcement) {
			p.rules[i].Enforcement = rule.Enforcement
		}
	}
}

// HasRules tells whether the policy has rules of its own that it enforces.
func (p Policy) HasRules() bool {
	return slices.ContainsFunc(p.rules, func(r RuleDocument) bool { return r.Enforcement != EnforceOff })
}

// JudgesGranted tells whether it has rules of its own about what an identity may do.
func (p Policy) JudgesGranted() bool { return slices.ContainsFunc(p.rules, RuleDocument.granted) }

// granted tells whether the rule is enforced and about what an identity may do.
func (r RuleDocument) granted() bool {
	return r.Enforcement != EnforceOff && r.Judge != nil && r.Judge.Granted()
}

// EvaluateGranted judges by the policy's own rules about what an identity may do, which Evaluate leaves out. An identity that
// keeps what it may do is judged like any other: what such a rule says depends on more than that.
func (p Policy) EvaluateGranted(subject Subject, of Entitlements, now time.Time) []Violation {
	subject.Unknown = maps.Clone(subject.Unknown)
	if subject.Unknown == nil {
		subject.Unknown = map[Field]bool{}
	}
	subject.Unjudged = of.Unjudged
	if of.Granted != nil {
		subject.Granted = *of.Granted
	}
	subject.Unknown[FieldClasses], subject.Unknown[FieldGrants] = of.Granted == nil, of.Granted == nil
	return p.judgeRules(subject, now, RuleDocument.granted)
}

// mayLearn tells whether what a rule needs can still become known. What may not be read at plan may not be read later.
func (s Subject) mayLearn(needed *NotKnownError) bool {
	if s.Final {
		return false
	}
	granted := func(value string) bool { return value == string(FieldClasses) || value == string(FieldGrants) }
	return !slices.ContainsFunc(s.Unjudged, func(u Unjudged) bool { return !u.ToCome }) ||
		slices.ContainsFunc(needed.Values, func(value string) bool { return !granted(value) })
}

var errNotCompiled = errors.New("its expression has not been compiled")

// checkRules judges by the policy's own rules but for those of EvaluateGranted.
func (p Policy) checkRules(subject Subject, now time.Time) []Violation {
	return p.judgeRules(subject, now, func(r RuleDocument) bool { return r.Enforcement != EnforceOff && !r.granted() })
}

// judgeRules judges by some of the policy's own rules. One that cannot be judged counts as broken; one that needs what is
// not known yet does so only once it will not become known.
func (p Policy) judgeRules(subject Subject, now time.Time, which func(RuleDocument) bool) []Violation {
	var found []Violation
	for _, rule := range p.rules {
		if !which(rule) {
			continue
		}
		allowed, err := false, errNotCompiled
		if rule.Judge != nil {
			allowed, err = rule.Judge.Judge(subject, now)
		}
		var unknown *NotKnownError
		if err == nil && allowed {
			continue
		}
		if errors.As(err, &unknown) {
			if subject.mayLearn(unknown) {
				continue
			}
			for _, unjudged := range subject.Unjudged {
				err = fmt.Errorf("%w; %s", err, unjudged)
			}
		}
		broken := Violation{
			Rule: CustomRule(rule.Name), Enforcement: rule.Enforcement, Message: rule.Message,
			Remedy: "Change what the policy's rule judges, so that this is true:\n\n  " + indented(rule.Expression),
		}
		broken.Attribute, _ = rule.argument()
		if err != nil {
			broken.Message = fmt.Sprintf("the policy's rule %s cannot be judged, and so counts as broken: %s. What it guards against: %s", rule.Name, err, rule.Message)
			broken.Remedy = "Change the identity so that this can be judged, or have the policy's rule guard against what is absent, for example with has() or in:\n\n  " + indented(rule.Expression)
		}
		found = append(found, broken)
	}
	return found
}

// indented is an expression as a block of a message.
func indented(expression string) string {
	return strings.ReplaceAll(strings.TrimSpace(expression), "\n", "\n  ")
}

func list[T ~string](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = string(item)
	}
	return strings.Join(texts, ", ")
}
