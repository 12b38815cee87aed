package provider_test

import (
	"maps"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// planLife refreshes, imports and plans what another pipeline has applied, its removal too, and writes nothing.
func planLife(l *life) []step {
	putMailer(l.server)
	l.server.Account(partyAccount)
	applier := acctest.NewConfiguredProtocol(l.t, l.server, nil)
	inStore := func(kind, name string) acctest.Values {
		return (&credentialLife{life: l, kind: kind, name: name}).in(nil)
	}
	type applied struct {
		typeName string
		config   acctest.Values
	}
	const exporter, late, lateUser = "user/export", "role/late", "user/late"
	all := map[string]applied{
		"role/export":              {identityType, l.governed("export", "aws_role", acctest.Values{"assume_role_policy": otherTrust, "inline_policies": acctest.Values{"read": readInvoices}})},
		exporter:                   {identityType, l.governed("export", "aws_user", acctest.Values{"inline_policies": acctest.Values{"read": readInvoices}})},
		late:                       {identityType, l.governed("late", "aws_role", acctest.Values{"assume_role_policy": otherTrust, "inline_policies": acctest.Values{"read": readInvoices}})},
		lateUser:                   {identityType, l.governed("late", "aws_user", acctest.Values{"inline_policies": acctest.Values{"read": readInvoices}})},
		"role/monitoring":          {thirdPartyType, l.thirdParty("monitoring", acctest.Values{})},
		"a service-linked role":    {linkedType, l.linked("backup.amazonaws.com", nil)},
		"a credential":             {credentialType, inStore(inSecret, secretName)},
		"a credential's parameter": {credentialType, inStore(inParameter, parameterName)},
	}
	resources := map[string]*acctest.Resource{}
	apply := func(id string) {
		resources[id] = applier.Resource(all[id].typeName)
		resources[id].Apply(all[id].config).Want(l.t)
	}
	run := l.run()
	planned := func(id string) step {
		return step{"plan " + id + ", and its removal", func() acctest.Diagnostics {
			r := resources[id].Under(run)
			return slices.Concat(r.Refresh(), r.Plan(all[id].config), r.Plan(nil))
		}}
	}
	imported := func(id string) acctest.Diagnostics {
		r := run.Resource(identityType)
		return append(r.Import("aws:"+sim.DefaultAccount+":"+id, nil), r.Plan(all[id].config)...)
	}
	var steps []step
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if id != late && id != lateUser {
			apply(id)
			steps = append(steps, planned(id))
		}
	}
	own := l.server.Account(sim.DefaultAccount).PutManagedPolicy(sim.ManagedPolicy{Name: "own", Document: readInvoices})
	return append(steps,
		step{"plan what policies would allow", func() acctest.Diagnostics {
			return resources["role/monitoring"].Under(run).Plan(l.thirdParty("monitoring", acctest.Values{"managed_policy_arns": []string{managedPrefix + "SecurityAudit", own}}))
		}},
		step{"import a role that the bulk read does not have yet", func() acctest.Diagnostics { apply(late); return imported(late) }},
		step{"import a user that the bulk read does not have yet", func() acctest.Diagnostics { apply(lateUser); return imported(lateUser) }},
		step{"import a user", func() acctest.Diagnostics { return imported(exporter) }},
		step{"plan a new service-linked role", func() acctest.Diagnostics { return run.Resource(linkedType).Plan(l.linked("ecs.amazonaws.com", nil)) }},
		step{"plan a credential beside a key that nobody governs", func() acctest.Diagnostics {
			acctest.AccessKey(l.t, l.admin, "export")
			return run.Resource(credentialType).Plan(inStore(inSecret, "shop/export").With(acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":" + exporter, "expiry": acctest.Date(l.server, 60)}))
		}},
		step{"plan an expired user", func() acctest.Diagnostics {
			l.server.Clock().Advance(ninetyOneDays)
			user := resources[exporter]
			user.Refresh().Want(l.t)
			user.Apply(all[exporter].config)
			return planned(exporter).do()
		}},
	)
}

// unownedLife lists what nobody owns, with all optional sources.
func unownedLife(l *life) []step {
	l.server.SeedEstate(20)
	l.server.Account(sim.DefaultAccount).PutAnalyzer(sim.Analyzer{Name: "unused"})
	return []step{{"read", func() acctest.Diagnostics {
		sources := acctest.Values{"unused_access_findings": true, "service_last_accessed": true}
		run := l.deployer.Protocol(l.t, acctest.Values{"aws": l.deployer.AWSArgument(l.t).With(acctest.Values{"inventory": sources})})
		_, diags := run.ReadDataSource("governed_unowned_identities", acctest.Values{"access_key_ids": true})
		return diags
	}}}
}

// queryLife has configuration generated for what each list resource finds.
func queryLife(l *life) []step {
	l.server.SeedEstate(20)
	var steps []step
	for _, typeName := range []string{identityType, thirdPartyType, linkedType} {
		steps = append(steps, step{"query " + typeName, func() acctest.Diagnostics {
			_, diags := l.run().List(typeName, acctest.Query{IncludeResource: true})
			return diags
		}})
	}
	return steps
}
