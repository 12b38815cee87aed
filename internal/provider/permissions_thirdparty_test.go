package provider_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	thirdPartyType = "governed_third_party_identity"
	partyAccount   = "999988887777"
)

// thirdParty is a third party's role with some arguments.
func (l *life) thirdParty(name string, arguments acctest.Values) acctest.Values {
	return l.governed(name, "aws_role", arguments).With(acctest.Values{"third_party": acctest.Values{
		"name": "Acme Monitoring", "contact": "security@monitoring.acme.example", "account_ids": []string{partyAccount},
	}})
}

// thirdPartyLife is the life of a third party's role.
func thirdPartyLife(l *life) []step {
	l.server.Account(partyAccount)
	own := l.server.Account(sim.DefaultAccount).PutManagedPolicy(sim.ManagedPolicy{Name: "own", Document: readInvoices})
	config := l.thirdParty("monitoring", acctest.Values{
		"path": "/parties/", "inline_policies": acctest.Values{"read": readInvoices, "old": readInvoices},
		"managed_policy_arns":      []string{managedPrefix + "ReadOnlyAccess", own},
		"permissions_boundary_arn": managedPrefix + "PowerUserAccess",
	})
	changed := config.With(acctest.Values{"ticket": nil, "owner": "billing", "expiry": acctest.Date(l.server, 80), "aws_role": acctest.Values{
		"path": "/parties/", "max_session_duration": 7200, "source_ip_ranges": []string{"198.51.100.0/24"},
		"inline_policies":          acctest.Values{"read": writeLake, "new": readInvoices},
		"managed_policy_arns":      []string{managedPrefix + "SecurityAudit"},
		"permissions_boundary_arn": managedPrefix + "ReadOnlyAccess",
	}})
	bare := changed.With(acctest.Values{"aws_role": acctest.Values{"path": "/parties/"}})
	client, name := l.admin, aws.String("monitoring")
	inProfile := func(profile, role string) {
		if l.may("OptionalInstanceProfiles") {
			l.server.Account(sim.DefaultAccount).PutInstanceProfile(sim.InstanceProfile{Name: profile, RoleName: role})
		}
	}
	r := l.run().Resource(thirdPartyType)
	return []step{
		{"create", func() acctest.Diagnostics { return r.Apply(config) }},
		{"create what is there", func() acctest.Diagnostics {
			return l.taken(thirdPartyType, "aws_role", l.thirdParty("Monitoring", acctest.Values{}))
		}},
		{"refresh", func() acctest.Diagnostics { r = r.Under(l.run()); return r.Refresh() }},
		{"plan a replacement", func() acctest.Diagnostics { return r.Plan(config.With(acctest.Values{"name": "monitoring-2"})) }},
		{"change", func() acctest.Diagnostics { return r.Apply(changed) }},
		{"take away", func() acctest.Diagnostics { return r.Apply(bare) }},
		{"repair", func() acctest.Diagnostics {
			l.changed(client.UntagRole(l.t.Context(), &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"nhi:owner"}}))
			l.changed(client.UpdateAssumeRolePolicy(l.t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(otherTrust)}))
			r = r.Under(l.run())
			return append(r.Refresh(), r.Apply(bare)...)
		}},
		{"expire", func() acctest.Diagnostics {
			l.server.Clock().Advance(ninetyOneDays)
			return append(r.Refresh(), r.Apply(bare)...)
		}},
		{"renew", func() acctest.Diagnostics {
			bare = bare.With(acctest.Values{"expiry": acctest.Date(l.server, 90)})
			return r.Apply(bare)
		}},
		{"import", func() acctest.Diagnostics {
			r = l.run().Resource(thirdPartyType)
			return append(r.Import("aws:"+sim.DefaultAccount+":role/parties/monitoring", nil), r.Apply(bare)...)
		}},
		{"retire", func() acctest.Diagnostics {
			l.changed(client.PutRolePolicy(l.t.Context(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("stray"), PolicyDocument: aws.String(writeLake)}))
			inProfile("web", *name)
			return r.Apply(nil)
		}},
		{"retire one that is in an instance profile of its own name", func() acctest.Diagnostics {
			other := l.run().Resource(thirdPartyType)
			diags := other.Apply(l.thirdParty("audit", acctest.Values{}))
			inProfile("audit", "audit")
			return append(diags, other.Apply(nil)...)
		}},
		{"be gone", func() acctest.Diagnostics {
			if roles := l.server.Account(sim.DefaultAccount).Roles(); len(roles) > 0 {
				l.t.Errorf("the roles %v are left", roles)
			}
			return nil
		}},
	}
}
