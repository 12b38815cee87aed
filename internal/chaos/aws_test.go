package chaos_test

import (
	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	serviceIdentity = "governed_service_identity"

	readBuckets  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::invoices/*"}]}`
	writeBuckets = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::lake/*"}]}`
	listUsers    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}`
	readOnly     = "arn:aws:iam::aws:policy/SecurityAudit"
	denyAll      = "arn:aws:iam::aws:policy/AWSDenyAll"
	boundary     = "arn:aws:iam::aws:policy/PowerUserAccess"
)

// scenarios are the lives that the matrix has.
var scenarios = []scenario{
	{
		name: "aws_role", typeName: serviceIdentity,
		importID: func(*world) string { return "aws:" + sim.DefaultAccount + ":role/teams/payments/invoice-export" },
		stages:   life(apply(role), apply(changedRole)),
	},
	{
		name: "aws_user", typeName: serviceIdentity,
		seed: func(w *world) {
			for _, name := range []string{"exporters", "mail"} {
				w.account.PutGroup(sim.Group{Name: name})
			}
		},
		importID: func(*world) string { return "aws:" + sim.DefaultAccount + ":user/teams/payments/invoice-export" },
		stages:   life(apply(user), apply(changedUser)),
	},
}

// metadata are the governance arguments, each of which is used.
var metadata = acctest.Values{
	"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices (EU) to the data lake", "expiry": date(90),
	"business_owner": "finance", "technical_owner": "platform-team", "environment": "prod", "ticket": "SEC-1234",
	"systems": []string{"billing-db", "data lake"}, "labels": acctest.Values{"cost-center": "4711"},
}

// changed are the same with what can change.
var changed = metadata.With(acctest.Values{"owner": "billing", "ticket": nil, "labels": acctest.Values{"team": "billing"}})

var role = metadata.With(acctest.Values{"aws_role": acctest.Values{
	"path": "/teams/payments/", "max_session_duration": 7200, "instance_profile": true,
	"trust":           acctest.Values{"aws_services": []string{"lambda.amazonaws.com", "edgelambda.amazonaws.com"}},
	"inline_policies": acctest.Values{"read": readBuckets, "write": writeBuckets}, "managed_policy_arns": []string{readOnly}, "permissions_boundary_arn": boundary,
}})

var changedRole = changed.With(acctest.Values{"aws_role": acctest.Values{
	"path": "/teams/payments/", "max_session_duration": 3600, "instance_profile": false,
	"trust":           acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}},
	"inline_policies": acctest.Values{"read": writeBuckets, "list": listUsers}, "managed_policy_arns": []string{denyAll}, "permissions_boundary_arn": readOnly,
}})

var user = metadata.With(acctest.Values{"aws_user": acctest.Values{
	"path": "/teams/payments/", "inline_policies": acctest.Values{"list": listUsers, "read": readBuckets},
	"managed_policy_arns": []string{readOnly}, "permissions_boundary_arn": readOnly, "groups": []string{"exporters"},
}})

var changedUser = changed.With(acctest.Values{"aws_user": acctest.Values{
	"path": "/teams/payments/", "inline_policies": acctest.Values{"list": listUsers, "write": writeBuckets},
	"managed_policy_arns": []string{denyAll}, "permissions_boundary_arn": boundary, "groups": []string{"mail"},
}})
