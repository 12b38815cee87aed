package federation

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Names of federated identity credentials, from "Important considerations and restrictions for federated identity
// credentials".
const minName, maxName = 3, 120

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// Named is a problem of one credential among several; Name is empty where it is the number of all.
type Named struct {
	Name string
	Problem
}

// Together finds what is wrong with credentials by name that hang on the same identity: names, their number, and two that
// let the same subject of the same issuer in.
func Together(credentials map[string]Credential) []Named {
	var found []Named
	if more := len(credentials) - MaxCredentials; more > 0 {
		found = append(found, Named{Problem: Problem{
			Reason: fmt.Sprintf("there are %d federated credentials, %d more than an identity can have (%d)", len(credentials), more, MaxCredentials),
			Fix:    "Remove some, or share the work among several identities, each for the workloads that belong together.",
		}})
	}
	type who struct{ issuer, subject string }
	seen := map[who]string{}
	for _, name := range slices.Sorted(maps.Keys(credentials)) {
		if reason := misnamed(name); reason != "" {
			found = append(found, Named{name, Problem{Reason: reason, Fix: fmt.Sprintf("Write %d to %d letters, digits, hyphens and underscores, a letter or a digit first.", minName, maxName)}})
		}
		credential := credentials[name]
		key := who{credential.Issuer, credential.Subject}
		if other, twice := seen[key]; twice && credential.Subject != "" {
			found = append(found, Named{name, Problem{
				Reason: fmt.Sprintf("%q and %q let the same subject %q of %s in, and Entra ID takes each only once", other, name, credential.Subject, credential.Issuer),
				Fix:    "Keep one of the two.",
			}})
			continue
		}
		seen[key] = name
	}
	return found
}

func misnamed(name string) string {
	switch length := utf8.RuneCountInString(name); {
	case length < minName || length > maxName:
		return fmt.Sprintf("the name %q has %d characters; Entra ID takes %d to %d", name, length, minName, maxName)
	case !namePattern.MatchString(name):
		return fmt.Sprintf("the name %q has a character that Entra ID does not take there", name)
	}
	return ""
}
