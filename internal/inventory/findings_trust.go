package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func (s subject) publiclyAssumable() string {
	message := ""
	for _, t := range s.Trust {
		switch {
		case t.Kind != governance.TrusteeAnyone || t.Organization != "":
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

// isExternal tells whether a principal is in an account that is not known as the enterprise's own.
func (s subject) isExternal(t governance.Trustee) bool {
	return t.External && (t.Account == "" || !s.Neighbours.accounts[t.Account])
}

func (s subject) externalWithoutExternalID() string {
	var open []string
	for _, t := range s.Trust {
		switch t.Kind {
		case governance.TrusteeAccount, governance.TrusteeRole, governance.TrusteeUser:
			if s.isExternal(t) && !t.ExternalID && t.Organization == "" {
				open = append(open, principal(t))
			}
		}
	}
	if len(open) == 0 {
		return ""
	}
	return fmt.Sprintf("%s can assume it from outside without an external id", named(open))
}

// principal names one who can use an identity.
func principal(t governance.Trustee) string {
	if t.Kind == governance.TrusteeAccount && t.Name == t.Account {
		return "account " + t.Account
	}
	return t.Name
}

func (s subject) weakFederation() string {
	var clauses []string
	for _, t := range s.Trust {
		if t.Kind != governance.TrusteeWebIdentity {
			continue
		}
		wildcards := slices.DeleteFunc(slices.Clone(t.Subjects), func(text string) bool { return !wild(text) })
		switch {
		case len(t.Subjects) == 0:
			clauses = append(clauses, fmt.Sprintf("every subject of %s can assume it", t.Name))
		case len(wildcards) > 0:
			clauses = append(clauses, fmt.Sprintf("every subject of %s that fits %s can assume it", t.Name, named(wildcards)))
		}
		if len(t.Audiences) == 0 || slices.ContainsFunc(t.Audiences, wild) {
			clauses = append(clauses, fmt.Sprintf("tokens of %s for any audience are taken", t.Name))
		}
	}
	return strings.Join(clauses, "; ")
}

// wild tells whether a text has a wildcard.
func wild(text string) bool { return strings.ContainsAny(text, "*?") }

func (s subject) humanUse() string {
	var clauses []string
	for _, c := range s.Credentials {
		switch {
		case c.Kind == governance.CredentialMFADevice:
			clauses = append(clauses, "it has an MFA device")
		case c.Kind == governance.CredentialPassword && c.Active:
			clauses = append(clauses, "it has a console password")
		}
	}
	var users, providers []string
	for _, t := range s.Trust {
		switch t.Kind {
		case governance.TrusteeUser:
			users = append(users, t.Name)
		case governance.TrusteeSAML:
			providers = append(providers, t.Name)
		}
	}
	if len(users) > 0 {
		clauses = append(clauses, "its trust names users, who may be people: "+named(users))
	}
	if len(providers) > 0 {
		clauses = append(clauses, "people who sign in through "+named(providers)+" can assume it")
	}
	return strings.Join(clauses, "; ")
}

// sameClient are services that are parts of another one.
var sameClient = map[string]string{"edgelambda.amazonaws.com": "lambda.amazonaws.com"}

func (s subject) reused() string {
	clients := map[string]bool{}
	var names []string
	add := func(name string) {
		if !clients[name] {
			clients[name] = true
			names = append(names, name)
		}
	}
	for _, t := range s.Trust {
		switch {
		case t.Kind == governance.TrusteeService:
			if whole, part := sameClient[t.Name]; part {
				add(whole)
			} else {
				add(t.Name)
			}
		case t.Kind == governance.TrusteeWebIdentity:
			for _, text := range t.Subjects {
				add(client(text))
			}
		case t.External && t.Account != "" && s.Metadata.ThirdParty != "":
			add("the third party " + s.Metadata.ThirdParty)
		case t.External && t.Account != "":
			add("account " + t.Account)
		}
	}
	if len(names) < 2 {
		return ""
	}
	return fmt.Sprintf("%d clients share it, so a leak in one is a leak in all: %s", len(names), named(names))
}

// client is whom a federated subject stands for: the repository of a GitHub workflow, or else the subject itself.
func client(subject string) string {
	if rest, ok := strings.CutPrefix(subject, "repo:"); ok {
		repository, _, _ := strings.Cut(rest, ":")
		return "repo:" + repository
	}
	return subject
}
