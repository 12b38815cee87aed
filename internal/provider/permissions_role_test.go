package provider_test

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	identityType  = "governed_service_identity"
	managedPrefix = "arn:aws:iam::aws:policy/"
	readInvoices  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::invoices/*"}]}`
	writeLake     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::lake/*"}]}`
	otherTrust    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

	ninetyOneDays = 91 * 24 * time.Hour
)

// governed is the metadata of an identity, with its kind's arguments.
func (l *life) governed(name, kind string, arguments acctest.Values) acctest.Values {
	return acctest.Values{
		"name": name, "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "ticket": "SEC-1",
		"expiry": acctest.Date(l.server, 90), kind: arguments,
	}
}

// roleLife is the life of a role.
func roleLife(l *life) []step {
	profile := l.may("OptionalInstanceProfiles") && l.may("OptionalInstanceProfilesPassRole")
	own := l.server.Account(sim.DefaultAccount).PutManagedPolicy(sim.ManagedPolicy{Name: "own", Document: readInvoices})
	config := l.governed("export", "aws_role", acctest.Values{
		"path": "/teams/", "instance_profile": profile, "trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}},
		"inline_policies":          acctest.Values{"read": readInvoices, "old": readInvoices},
		"managed_policy_arns":      []string{managedPrefix + "ReadOnlyAccess", own},
		"permissions_boundary_arn": managedPrefix + "PowerUserAccess",
	})
	changed := config.With(acctest.Values{"ticket": nil, "owner": "billing", "expiry": acctest.Date(l.server, 80), "aws_role": acctest.Values{
		"path": "/teams/", "instance_profile": profile, "assume_role_policy": otherTrust, "max_session_duration": 7200,
		"inline_policies":          acctest.Values{"read": writeLake, "new": readInvoices},
		"managed_policy_arns":      []string{managedPrefix + "SecurityAudit"},
		"permissions_boundary_arn": managedPrefix + "ReadOnlyAccess",
	}})
	bare := changed.With(acctest.Values{"aws_role": acctest.Values{"path": "/teams/", "instance_profile": false, "assume_role_policy": otherTrust}})
	client, name := l.admin, aws.String("export")
	r := l.run().Resource(identityType)
	return []step{
		{"create", func() acctest.Diagnostics { return r.Apply(config) }},
		{"create what is there", func() acctest.Diagnostics {
			return l.taken(identityType, "aws_role", l.governed("Export", "aws_role", acctest.Values{"assume_role_policy": otherTrust}))
		}},
		{"refresh", func() acctest.Diagnostics { r = r.Under(l.run()); return r.Refresh() }},
		{"plan a replacement", func() acctest.Diagnostics { return r.Plan(config.With(acctest.Values{"name": "export-2"})) }},
		{"change", func() acctest.Diagnostics { return r.Apply(changed) }},
		{"take away", func() acctest.Diagnostics { return r.Apply(bare) }},
		{"repair", func() acctest.Diagnostics {
			l.changed(client.UntagRole(l.t.Context(), &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"nhi:owner"}}))
			l.changed(client.PutRolePolicy(l.t.Context(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("stray"), PolicyDocument: aws.String(writeLake)}))
			l.changed(client.AttachRolePolicy(l.t.Context(), &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(managedPrefix + "AdministratorAccess")}))
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
			r = l.run().Resource(identityType)
			return append(r.Import("aws:"+sim.DefaultAccount+":role/teams/export", nil), r.Apply(bare)...)
		}},
		{"retire", func() acctest.Diagnostics {
			l.changed(client.PutRolePolicy(l.t.Context(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("stray"), PolicyDocument: aws.String(writeLake)}))
			l.changed(client.AttachRolePolicy(l.t.Context(), &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(managedPrefix + "AdministratorAccess")}))
			if profile {
				l.server.Account(sim.DefaultAccount).PutInstanceProfile(sim.InstanceProfile{Name: "web", RoleName: "export"})
			}
			return r.Apply(nil)
		}},
		{"be gone", func() acctest.Diagnostics {
			if roles := l.server.Account(sim.DefaultAccount).Roles(); len(roles) > 0 {
				l.t.Errorf("the roles %v are left", roles)
			}
			return nil
		}},
	}
}

// taken creates what is there already, in another letter case of its name. The error is what is expected, unless it is
// about a permission.
func (l *life) taken(typeName, kind string, config acctest.Values) acctest.Diagnostics {
	l.t.Helper()
	diags := l.run().Resource(typeName).Apply(config)
	if strings.Contains(diags.String(), "lack the permission") {
		return diags
	}
	diags.Want(l.t, "error "+kind+": Identity cannot be created … exists already")
	return nil
}
