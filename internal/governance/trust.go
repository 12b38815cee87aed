package governance

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// PubliclyAssumable says how strangers can use an identity; it is empty when they cannot.
func PubliclyAssumable(trust []Trustee) string {
	message := ""
	for _, t := range trust {
		switch {
		case t.Kind != TrusteeAnyone || t.Organization != "":
		case t.ExternalID:
			message = cmp.Or(message, "anyone who knows its external id can assume it, strangers included")
		case t.Conditioned:
			message = cmp.Or(message, `its trust names "*": strangers can assume it unless its conditions keep them out, which were not judged`)
		default:
			return "anyone can assume it, strangers included"
		}
	}
	return message
}

// Outsiders are the principals of accounts that are not among the enterprise's own, unless they have to be of one
// organisation.
func Outsiders(trust []Trustee, own func(account string) bool) []Trustee {
	return slices.DeleteFunc(slices.Clone(trust), func(t Trustee) bool {
		principal := t.Kind == TrusteeAccount || t.Kind == TrusteeRole || t.Kind == TrusteeUser
		return !principal || !t.External || t.Organization != "" || (t.Account != "" && own(t.Account))
	})
}

// Principal names one who can use an identity.
func (t Trustee) Principal() string {
	if t.Kind == TrusteeAccount && t.Name == t.Account {
		return "account " + t.Account
	}
	return t.Name
}

// WeakFederation says which web identities can use an identity though nobody has named them; it is empty when none can.
func WeakFederation(trust []Trustee) string {
	var clauses []string
	for _, t := range trust {
		if t.Kind != TrusteeWebIdentity {
			continue
		}
		loose := slices.DeleteFunc(slices.Clone(t.Subjects), func(text string) bool { return !wild(text) || refsOfRepository.MatchString(text) })
		switch {
		case len(t.Subjects) == 0:
			clauses = append(clauses, fmt.Sprintf("every subject of %s can assume it", t.Name))
		case len(loose) > 0:
			clauses = append(clauses, fmt.Sprintf("every subject of %s that fits %s can assume it", t.Name, Enumerate(loose)))
		}
		if len(t.Audiences) == 0 || slices.ContainsFunc(t.Audiences, wild) {
			clauses = append(clauses, fmt.Sprintf("tokens of %s for any audience are taken", t.Name))
		}
	}
	return strings.Join(clauses, "; ")
}

// wild tells whether a text has a wildcard.
func wild(text string) bool { return strings.ContainsAny(text, "*?") }

// refsOfRepository are the branches or tags of one GitHub repository whose names begin alike, such as release/*.
var refsOfRepository = regexp.MustCompile(`^repo:[^*?:/]+/[^*?:/]+:ref:refs/(heads|tags)/[^*?]`)

// sameClient are services that are parts of another one.
var sameClient = map[string]string{"edgelambda.amazonaws.com": "lambda.amazonaws.com"}

// Clients are the different ones that share an identity, in the order of its trust: cloud services, federated subjects
// (those of one GitHub repository are one), resources of Azure (those of one resource group are one), other accounts (those
// of one named third party are one). Principals of its own account do not count, because which workload they stand for is not
// known.
func Clients(trust []Trustee, thirdParty string) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, t := range trust {
		switch {
		case t.Kind == TrusteeService:
			add(cmp.Or(sameClient[t.Name], t.Name))
		case t.Kind == TrusteeTenant: // whose own it is
		case t.Kind == TrusteeResource:
			group, _ := t.resourceParts()
			add(strings.ToLower(group))
		case t.Kind == TrusteeWebIdentity:
			for _, text := range t.Subjects {
				add(client(text))
			}
		case t.External && t.Account != "" && thirdParty != "":
			add("the third party " + thirdParty)
		case t.External && t.Account != "":
			add("account " + t.Account)
		}
	}
	return names
}

// resourceParts are the id of a resource's group and the name of the resource; the whole id where it has no group.
func (t Trustee) resourceParts() (group, name string) {
	parts := strings.Split(t.Name, "/")
	if len(parts) < 6 || !strings.EqualFold(parts[3], "resourceGroups") {
		return t.Name, ""
	}
	return strings.Join(parts[:5], "/"), parts[len(parts)-1]
}

// client is whom a federated subject stands for: the repository of a GitHub workflow, or else the subject itself.
func client(subject string) string {
	if rest, ok := strings.CutPrefix(subject, "repo:"); ok {
		repository, _, _ := strings.Cut(rest, ":")
		return "repo:" + repository
	}
	return subject
}

// Shared says that several clients share an identity; it is empty when they do not.
func Shared(clients []string) string {
	if len(clients) < 2 {
		return ""
	}
	return fmt.Sprintf("%d clients share it, so a leak in one is a leak in all: %s", len(clients), Enumerate(clients))
}

// mostNamed is how many things a message names.
const mostNamed = 5

// Enumerate joins the first things, sorted and each once, and counts the rest.
func Enumerate(things []string) string {
	things = slices.Compact(slices.Sorted(slices.Values(things)))
	if len(things) > mostNamed {
		return fmt.Sprintf("%s and %d more", strings.Join(things[:mostNamed], ", "), len(things)-mostNamed)
	}
	return strings.Join(things, ", ")
}
