package governance

import (
	"fmt"
	"strings"
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

// statedEnvironment is the evidence of the metadata.
func statedEnvironment(environment string) (evidence, bool) {
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

// CrossedEnvironments says which of those who can use an identity are in another environment than its own: by the
// environment that both state, or, where one states none, by an environment word in its name or subject. It is empty
// without evidence on both sides. Stated are the environments of identities that are known, by id.
func CrossedEnvironments(name, environment string, trust []Trustee, stated map[ID]string) string {
	own, ok := statedEnvironment(environment)
	if !ok {
		if own, ok = nameEvidence("its name", name); !ok {
			return ""
		}
	}
	var crossing []string
	for _, t := range trust {
		for _, other := range t.environments(stated) {
			if other.environment != own.environment {
				crossing = append(crossing, other.source)
			}
		}
	}
	if len(crossing) == 0 {
		return ""
	}
	return fmt.Sprintf("%s, but %s", own.source, Enumerate(crossing))
}

// environments are those that one who can use an identity is known to be in.
func (t Trustee) environments(stated map[ID]string) []evidence {
	var found []evidence
	switch t.Kind {
	case TrusteeRole, TrusteeUser:
		id, ok := ParseARN(t.Name)
		if !ok {
			return nil
		}
		if other, ok := statedEnvironment(stated[id]); ok {
			return []evidence{{other.environment, fmt.Sprintf("the environment of %s is %s", t.Name, other.environment)}}
		}
		if other, ok := nameEvidence(t.Name, id.Path()+id.Name()); ok {
			found = append(found, other)
		}
	case TrusteeResource:
		group, name := t.resourceParts()
		if other, ok := nameEvidence(t.Name, group[strings.LastIndex(group, "/")+1:]+" "+name); ok {
			found = append(found, other)
		}
	case TrusteeWebIdentity:
		for _, text := range t.Subjects {
			if other, ok := nameEvidence(text, subjectPlace(text)); ok {
				found = append(found, other)
			}
		}
	}
	return found
}

// subjectPlace is the part of a federated subject that can name an environment: the environment of a GitHub job, a branch
// that is called as an environment is, the namespace and the name of a Kubernetes service account. A repository is none,
// and no branch that only has such a word in its name, because that says what it is about.
func subjectPlace(text string) string {
	if _, environment, ok := strings.Cut(text, ":environment:"); ok {
		// What follows a colon is a further claim: GitHub writes one in a name as %3A.
		environment, _, _ = strings.Cut(environment, ":")
		return environment
	}
	if _, branch, ok := strings.Cut(text, ":ref:refs/heads/"); ok {
		if _, known := environmentWords[strings.ToLower(branch)]; known {
			return branch
		}
		return ""
	}
	account, _ := strings.CutPrefix(text, "system:serviceaccount:")
	if account == text {
		return ""
	}
	return account
}
