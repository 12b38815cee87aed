package inventory

import (
	"fmt"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// environmentWords are the spellings of an environment in names.
var environmentWords = map[string]string{
	"prod": "prod", "production": "prod", "prd": "prod", "live": "prod",
	"staging": "staging", "stage": "staging", "stg": "staging", "preprod": "staging",
	"dev": "dev", "development": "dev",
	"test": "test", "testing": "test", "qa": "test", "uat": "test",
	"sandbox": "sandbox",
}

// evidence is an environment and what shows it.
type evidence struct{ environment, source string }

// tagged is the evidence of an environment tag.
func tagged(environment string) (evidence, bool) {
	text := strings.ToLower(strings.TrimSpace(environment))
	if text == "" {
		return evidence{}, false
	}
	source := "its environment is " + environment
	if known, ok := environmentWords[text]; ok {
		text = known
	}
	return evidence{text, source}, true
}

// nameEvidence is the one environment that a name speaks of; several are no evidence.
func nameEvidence(name, text string) (evidence, bool) {
	var found evidence
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		environment, ok := environmentWords[word]
		if !ok || environment == found.environment {
			continue
		}
		if found.environment != "" {
			return evidence{}, false
		}
		found = evidence{environment, fmt.Sprintf("%s says %s", name, word)}
	}
	return found, found.environment != ""
}

func (s subject) crossesEnvironments() string {
	own, ok := tagged(s.Metadata.Environment)
	if !ok {
		if own, ok = nameEvidence("its name", s.Name); !ok {
			return ""
		}
	}
	var crossing []string
	for _, t := range s.Trust {
		for _, other := range s.trusteeEnvironments(t) {
			if other.environment != own.environment {
				crossing = append(crossing, other.source)
			}
		}
	}
	if len(crossing) == 0 {
		return ""
	}
	return fmt.Sprintf("%s, but %s", own.source, named(crossing))
}

// trusteeEnvironments are the environments that one who can use the identity is known to be in.
func (s subject) trusteeEnvironments(t governance.Trustee) []evidence {
	var found []evidence
	switch t.Kind {
	case governance.TrusteeRole, governance.TrusteeUser:
		id, ok := ParseARN(t.Name)
		if !ok {
			return nil
		}
		if other, ok := tagged(s.Neighbours.environments[id]); ok {
			return []evidence{{other.environment, fmt.Sprintf("the environment of %s is %s", t.Name, other.environment)}}
		}
		if other, ok := nameEvidence(t.Name, id.Name()); ok {
			found = append(found, other)
		}
	case governance.TrusteeWebIdentity:
		for _, text := range t.Subjects {
			if other, ok := nameEvidence(text, subjectPlace(text)); ok {
				found = append(found, other)
			}
		}
	}
	return found
}

// subjectPlace is the part of a federated subject that can name an environment: the environment of a GitHub job, the
// namespace and the name of a Kubernetes service account. A repository or a branch is none.
func subjectPlace(text string) string {
	if _, environment, ok := strings.Cut(text, ":environment:"); ok {
		return environment
	}
	account, _ := strings.CutPrefix(text, "system:serviceaccount:")
	if account == text {
		return ""
	}
	return account
}
