package inventory

import (
	"fmt"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func (s subject) publiclyAssumable() string { return governance.PubliclyAssumable(s.Trust) }

func (s subject) externalWithoutExternalID() string {
	var open []string
	for _, t := range governance.Outsiders(s.Trust, func(account string) bool { return s.Neighbours.accounts[account] }) {
		if !t.ExternalID {
			open = append(open, t.Principal())
		}
	}
	if len(open) == 0 {
		return ""
	}
	return fmt.Sprintf("%s can assume it from outside without an external id", governance.Enumerate(open))
}

func (s subject) weakFederation() string { return governance.WeakFederation(s.Trust) }

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
		clauses = append(clauses, "its trust names users, who may be people: "+governance.Enumerate(users))
	}
	if len(providers) > 0 {
		clauses = append(clauses, "people who sign in through "+governance.Enumerate(providers)+" can assume it")
	}
	return strings.Join(clauses, "; ")
}

func (s subject) reused() string {
	return governance.Shared(governance.Clients(s.Trust, s.Metadata.ThirdParty))
}

func (s subject) crossesEnvironments() string {
	return governance.CrossedEnvironments(s.Name, s.Metadata.Environment, s.Trust, s.Neighbours.environments)
}
