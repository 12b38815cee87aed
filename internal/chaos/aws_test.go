package chaos_test

import (
	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	serviceIdentity = "governed_service_identity"

	inAccount    = "aws:" + sim.DefaultAccount + ":"
	partyAccount = "999988887777"

	lambdaTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	readBuckets  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::invoices/*"}]}`
	writeBuckets = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::lake/*"}]}`
	listUsers    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}`
	readOnly     = "arn:aws:iam::aws:policy/SecurityAudit"
	denyAll      = "arn:aws:iam::aws:policy/AWSDenyAll"
	boundary     = "arn:aws:iam::aws:policy/PowerUserAccess"
)

// identities are the lives of identities on AWS.
var identities = []scenario{
	{
		name: "aws_role", typeName: serviceIdentity, stages: append(life(apply(role), apply(changedRole)), stage{
			"revoke sessions",
			[]step{apply(role)},
			apply(role).invoking("governed_revoke_sessions", func(*world) acctest.Values {
				return acctest.Values{"identity": inAccount + "role/teams/payments/invoice-export"}
			}),
		}),
		importID: func(*world) string { return inAccount + "role/teams/payments/invoice-export" },
	},
	{
		name: "aws_user", typeName: serviceIdentity, stages: life(apply(user), apply(changedUser)),
		seed: func(w *world) {
			for _, name := range []string{"exporters", "mail"} {
				w.account.PutGroup(sim.Group{Name: name})
			}
		},
		importID: func(*world) string { return inAccount + "user/teams/payments/invoice-export" },
	},
	{
		name: "third-party aws_role", typeName: "governed_third_party_identity", stages: life(apply(collector), apply(changedCollector)),
		seed: func(w *world) {
			w.aws.Account(partyAccount).PutRole(sim.Role{Name: "collector", TrustPolicy: lambdaTrust})
		},
		importID: func(*world) string { return inAccount + "role/parties/invoice-export" },
	},
	{
		name: "aws_service_linked_role", typeName: "governed_service_linked_identity", stages: life(apply(linked), apply(changedLinked)),
		importID: func(*world) string {
			return inAccount + "role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
		},
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

var collector = metadata.With(acctest.Values{
	"third_party": acctest.Values{"name": "Acme Monitoring", "contact": "soc@monitoring.acme.example", "account_ids": []string{partyAccount}, "organization_id": "o-a1b2c3d4e5"},
	"aws_role": acctest.Values{
		"path": "/parties/", "inline_policies": acctest.Values{"list": listUsers}, "managed_policy_arns": []string{readOnly}, "permissions_boundary_arn": readOnly,
		"max_session_duration": 7200, "external_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
		"principal_arns": []string{"arn:aws:iam::" + partyAccount + ":role/collector"}, "source_ip_ranges": []string{"198.51.100.0/24"},
	},
})

var changedCollector = changed.With(acctest.Values{
	"third_party": acctest.Values{"name": "Acme Monitoring", "contact": "noc@monitoring.acme.example", "account_ids": []string{partyAccount}},
	"aws_role": acctest.Values{
		"path": "/parties/", "inline_policies": acctest.Values{"read": readBuckets}, "managed_policy_arns": []string{denyAll}, "permissions_boundary_arn": boundary,
		"external_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
	},
})

var linked = metadata.With(acctest.Values{
	"name": nil, "aws_service_linked_role": acctest.Values{"aws_service_name": "backup.amazonaws.com", "description": "Nightly"},
})

var changedLinked = changed.With(acctest.Values{
	"name": nil, "aws_service_linked_role": acctest.Values{"aws_service_name": "backup.amazonaws.com", "description": "Weekly"},
})
