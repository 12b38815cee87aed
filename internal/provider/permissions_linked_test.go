package provider_test

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	linkedType = "governed_service_linked_identity"
	linkedKind = "aws_service_linked_role"
	backupRole = "AWSServiceRoleForBackup"

	linkedPrefix = "aws:" + sim.DefaultAccount + ":role/aws-service-role/"
)

// linked is a service-linked role with some arguments.
func (l *life) linked(service string, arguments acctest.Values) acctest.Values {
	return acctest.Values{
		"owner": "storage", "purpose": "Nightly copies of the shop's databases", "ticket": "SEC-1", "expiry": acctest.Date(l.server, 90),
		linkedKind: acctest.Values{"aws_service_name": service}.With(arguments),
	}
}

// linkedLife is the life of a service-linked role, and then of one that AWS has made.
func linkedLife(l *life) []step {
	config := l.linked("backup.amazonaws.com", nil)
	changed := l.linked("backup.amazonaws.com", acctest.Values{"description": "Nightly backups"}).With(acctest.Values{"ticket": nil, "owner": "shop"})
	r, adopting := l.run().Resource(linkedType), l.may("OptionalNames")
	return []step{
		{"create", func() acctest.Diagnostics { return r.Apply(config) }},
		{"refresh", func() acctest.Diagnostics { r = r.Under(l.run()); return append(r.Refresh(), r.Plan(config)...) }},
		{"change", func() acctest.Diagnostics { return r.Apply(changed) }},
		{"repair", func() acctest.Diagnostics {
			l.changed(l.admin.UntagRole(l.t.Context(), &iam.UntagRoleInput{RoleName: aws.String(backupRole), TagKeys: []string{"nhi:owner"}}))
			r = r.Under(l.run())
			return append(r.Refresh(), r.Apply(changed)...)
		}},
		{"expire", func() acctest.Diagnostics {
			l.server.Clock().Advance(ninetyOneDays)
			return append(r.Refresh(), r.Apply(changed)...)
		}},
		{"renew", func() acctest.Diagnostics {
			changed = changed.With(acctest.Values{"expiry": acctest.Date(l.server, 90)})
			return r.Apply(changed)
		}},
		{"import what is there, the last from a bulk read", func() (diags acctest.Diagnostics) {
			run := l.run()
			for _, name := range []string{"AWSServiceRoleForConfig", "AWSServiceRoleForRDS"} {
				service := strings.ToLower(strings.TrimPrefix(name, "AWSServiceRoleFor")) + ".amazonaws.com"
				l.changed(l.admin.CreateServiceLinkedRole(l.t.Context(), &iam.CreateServiceLinkedRoleInput{AWSServiceName: &service}))
				diags = append(diags, run.Resource(linkedType).Import(linkedPrefix+service+"/"+name, nil)...)
			}
			r = run.Resource(linkedType)
			return slices.Concat(diags, r.Import(linkedPrefix+"backup.amazonaws.com/"+backupRole, nil), r.Apply(changed))
		}},
		{"retire", func() acctest.Diagnostics {
			l.server.SetServiceLinkedRoleDeletionPolls(2)
			return r.Apply(nil)
		}},
		{"adopt", func() acctest.Diagnostics {
			if !adopting {
				return nil
			}
			l.changed(l.admin.CreateServiceLinkedRole(l.t.Context(), &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("ecs.amazonaws.com")}))
			r = l.run().Resource(linkedType)
			return r.Apply(l.linked("ecs.amazonaws.com", nil))
		}},
		{"release", func() acctest.Diagnostics {
			if !adopting {
				return nil
			}
			return r.Apply(nil)
		}},
		{"be gone", func() acctest.Diagnostics {
			account := l.server.Account(sim.DefaultAccount)
			if _, there := account.Role(backupRole); there {
				l.t.Error("the role is left")
			}
			if role, there := account.Role("AWSServiceRoleForECS"); there != adopting || len(role.Tags) > 0 {
				l.t.Errorf("of the adopted role is left: %t, with the tags %v", there, role.Tags)
			}
			return nil
		}},
	}
}
