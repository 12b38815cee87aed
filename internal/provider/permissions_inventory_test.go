package provider_test

import (
	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// inventoryLife lists what is in the own account, then the accounts of the organization through their roles, and then what
// AWS Config has recorded of them.
func inventoryLife(l *life) []step {
	const member, aggregator = "200000000001", "org-wide"
	l.server.SeedEstate(20)
	l.server.PutOrganization(sim.Organization{Members: map[string]string{member: ""}})
	l.server.Account(member).PutRole(sim.Role{
		Name: "inventory", Path: "/audit/", InlinePolicies: map[string]string{"read": readPermissions(l.t, permissionDocuments+"governed_unowned_identities.json").String()},
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
	})
	l.server.Account(sim.DefaultAccount).PutAggregator(sim.Aggregator{Name: aggregator, Accounts: []string{member}})
	list := func(inventory acctest.Values) func() acctest.Diagnostics {
		return func() acctest.Diagnostics {
			aws := l.deployer.AWSArgument(l.t)
			if inventory != nil {
				aws = aws.With(acctest.Values{"inventory": inventory})
			}
			_, diags := l.deployer.Protocol(l.t, acctest.Values{"aws": aws}).ReadDataSource("governed_identities", nil)
			return diags
		}
	}
	return []step{
		{"list the own account", list(nil)},
		{"list the organization", list(acctest.Values{"organization": true, "role_name": "audit/inventory"})},
		{"list what AWS Config has recorded", list(acctest.Values{"organization": true, "config_aggregator": aggregator})},
	}
}
