package provider_test

import (
	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// planLife refreshes, imports and plans roles and users that another pipeline has applied, and writes nothing.
func planLife(l *life) []step {
	applier := acctest.NewConfiguredProtocol(l.t, l.server, nil)
	configs := map[string]acctest.Values{
		"role/export": l.governed("export", "aws_role", acctest.Values{"assume_role_policy": otherTrust, "inline_policies": acctest.Values{"read": readInvoices}}),
		"user/export": l.governed("export", "aws_user", acctest.Values{"inline_policies": acctest.Values{"read": readInvoices}}),
		"role/late":   l.governed("late", "aws_role", acctest.Values{"assume_role_policy": otherTrust, "inline_policies": acctest.Values{"read": readInvoices}}),
	}
	apply := func(id string) *acctest.Resource {
		r := applier.Resource(identityType)
		r.Apply(configs[id]).Want(l.t)
		return r
	}
	role, user, run := apply("role/export"), apply("user/export"), l.run()
	imported := func(id string) acctest.Diagnostics {
		r := run.Resource(identityType)
		return append(r.Import("aws:"+sim.DefaultAccount+":"+id, nil), r.Plan(configs[id])...)
	}
	refreshed := func(r *acctest.Resource, id string) acctest.Diagnostics {
		r = r.Under(run)
		return append(r.Refresh(), r.Plan(configs[id])...)
	}
	return []step{
		{"plan a role", func() acctest.Diagnostics { return refreshed(role, "role/export") }},
		{"plan a user", func() acctest.Diagnostics { return refreshed(user, "user/export") }},
		{"import a role that the bulk read does not have yet", func() acctest.Diagnostics { apply("role/late"); return imported("role/late") }},
		{"import a user", func() acctest.Diagnostics { return imported("user/export") }},
		{"plan an expired user", func() acctest.Diagnostics {
			acctest.AccessKey(l.t, l.admin, "export")
			l.server.Clock().Advance(ninetyOneDays)
			user.Refresh().Want(l.t)
			user.Apply(configs["user/export"])
			return refreshed(user, "user/export")
		}},
	}
}

// unownedLife lists what nobody owns.
func unownedLife(l *life) []step {
	l.server.SeedEstate(20)
	return []step{{"read", func() acctest.Diagnostics {
		_, diags := l.run().ReadDataSource("governed_unowned_identities", nil)
		return diags
	}}}
}
