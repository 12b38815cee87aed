package provider_test

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// userLife is the life of a user.
func userLife(l *life) []step {
	account := l.server.Account(sim.DefaultAccount)
	for _, group := range []string{"exporters", "mail", "stray"} {
		account.PutGroup(sim.Group{Name: group, Path: "/teams/"})
	}
	account.SetQuota("AttachedPoliciesPerUserQuota", 20)
	groups := func(names ...string) []string {
		if !l.may("OptionalGroups") {
			return nil
		}
		return names
	}
	own := account.PutManagedPolicy(sim.ManagedPolicy{Name: "own", Document: readInvoices})
	config := l.governed("export", "aws_user", acctest.Values{
		"path": "/teams/", "inline_policies": acctest.Values{"read": readInvoices, "old": readInvoices}, "groups": groups("exporters", "mail"),
		"managed_policy_arns":      []string{managedPrefix + "ReadOnlyAccess", own},
		"permissions_boundary_arn": managedPrefix + "PowerUserAccess",
	})
	changed := config.With(acctest.Values{"ticket": nil, "owner": "billing", "expiry": acctest.Date(l.server, 80), "aws_user": acctest.Values{
		"path": "/teams/", "inline_policies": acctest.Values{"read": writeLake, "new": readInvoices}, "groups": groups("mail"),
		"managed_policy_arns":      []string{managedPrefix + "SecurityAudit"},
		"permissions_boundary_arn": managedPrefix + "ReadOnlyAccess",
	}})
	bare := changed.With(acctest.Values{"aws_user": acctest.Values{"path": "/teams/"}})
	if l.may("OptionalQuotas") {
		bare["aws_user"] = acctest.Values{"path": "/teams/", "managed_policy_arns": manyPolicies(account, 11)}
	}
	client, name := l.admin, aws.String("export")
	r := l.run().Resource(identityType)
	return []step{
		{"create", func() acctest.Diagnostics { return r.Apply(config) }},
		{"create what is there", func() acctest.Diagnostics {
			return l.taken(identityType, "aws_user", l.governed("Export", "aws_user", acctest.Values{}))
		}},
		{"refresh", func() acctest.Diagnostics { r = r.Under(l.run()); return r.Refresh() }},
		{"change", func() acctest.Diagnostics { return r.Apply(changed) }},
		{"take away", func() acctest.Diagnostics { return r.Apply(bare) }},
		{"repair", func() acctest.Diagnostics {
			l.changed(client.UntagUser(l.t.Context(), &iam.UntagUserInput{UserName: name, TagKeys: []string{"nhi:owner"}}))
			l.changed(client.PutUserPolicy(l.t.Context(), &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("stray"), PolicyDocument: aws.String(writeLake)}))
			l.changed(client.AttachUserPolicy(l.t.Context(), &iam.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String(managedPrefix + "AdministratorAccess")}))
			acctest.HumanUse(l.t, client, *name)
			r = r.Under(l.run())
			return append(r.Refresh(), r.Apply(bare)...)
		}},
		{"expire", func() acctest.Diagnostics {
			acctest.AccessKey(l.t, client, *name)
			l.server.Clock().Advance(ninetyOneDays)
			return append(r.Refresh(), r.Apply(bare)...)
		}},
		{"stay expired", func() acctest.Diagnostics { r = r.Under(l.run()); return append(r.Refresh(), r.Apply(bare)...) }},
		{"plan a replacement", func() acctest.Diagnostics {
			return r.Plan(bare.With(acctest.Values{"name": "export-2", "expiry": acctest.Date(l.server, 90)}))
		}},
		{"renew", func() acctest.Diagnostics {
			bare = bare.With(acctest.Values{"expiry": acctest.Date(l.server, 90)})
			return r.Apply(bare)
		}},
		{"import", func() acctest.Diagnostics {
			r = l.run().Resource(identityType)
			return append(r.Import("aws:"+sim.DefaultAccount+":user/teams/export", nil), r.Apply(bare)...)
		}},
		{"retire", func() acctest.Diagnostics {
			l.changed(client.PutUserPolicy(l.t.Context(), &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("stray"), PolicyDocument: aws.String(writeLake)}))
			l.changed(client.AttachUserPolicy(l.t.Context(), &iam.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String(managedPrefix + "AdministratorAccess")}))
			acctest.HumanUse(l.t, client, *name)
			if l.may("OptionalGroups") {
				l.changed(client.AddUserToGroup(l.t.Context(), &iam.AddUserToGroupInput{UserName: name, GroupName: aws.String("stray")}))
			}
			if l.may("OptionalRareCredentials") {
				acctest.RareCredentials(l.t, client, *name)
				acctest.ServiceCredential(l.t, client, *name)
			}
			return r.Apply(nil)
		}},
		{"be gone", func() acctest.Diagnostics {
			if _, there := account.User("export"); there {
				l.t.Error("the user is left")
			}
			return nil
		}},
	}
}

// manyPolicies are ARNs of managed policies that the account has.
func manyPolicies(account *sim.Account, n int) []string {
	arns := make([]string, n)
	for i := range arns {
		arns[i] = account.PutManagedPolicy(sim.ManagedPolicy{Name: fmt.Sprintf("many-%d", i), Document: readInvoices})
	}
	return arns
}
