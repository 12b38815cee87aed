package upgrade

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	readBuckets = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::invoices/*"}]}`
	audit       = "arn:aws:iam::aws:policy/SecurityAudit"
	group       = "/subscriptions/" + azuresim.DefaultSubscription + "/resourceGroups/payments"
	tenantID    = azuresim.DefaultTenant
	vendorID    = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	vendorApp   = "0d4a8c1e-5b7f-4c39-9e21-8f6d3b2a7c50"
	nightly     = "aws:" + sim.DefaultAccount + ":role/jobs/nightly"
)

// furnish puts into the clouds what the scenarios refer to. A change of it makes other ids, so that releases' states have to
// be met: add at the end.
func (w *world) furnish() {
	tenant := w.azure.Tenant(tenantID)
	subscription := tenant.Subscription(azuresim.DefaultSubscription)
	subscription.AddResourceGroup("payments", "westeurope")
	subscription.AddVault("payments", "payments")
	tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
	w.azure.Tenant(vendorID).PutApplication(azuresim.Application{
		DisplayName: "Acme Collector", AppID: vendorApp, Publisher: "Acme Monitoring", SignInAudience: "AzureADMultipleOrgs",
	})
	account := w.aws.Account(sim.DefaultAccount)
	account.PutRole(sim.Role{Name: "nightly", Path: "/jobs/", CreatedAt: day.AddDate(-2, 0, 0), InlinePolicies: map[string]string{"read": readBuckets}, Tags: map[string]string{"Team": "billing"}})
	account.PutUser(sim.User{Name: "export", CreatedAt: day.AddDate(-2, 0, 0), AccessKeys: []sim.AccessKey{{CreatedAt: day.AddDate(-1, 0, 0)}}})
	account.PutUser(sim.User{Name: "mailer", CreatedAt: day.AddDate(-1, 0, 0), Tags: map[string]string{
		"nhi:owner": "mail", "nhi:purpose": "Sends the receipts of the shop", "nhi:expiry": "2027-09-30", "nhi:managed_by": "terraform-provider-governed",
	}})
	tenant.PutApplication(azuresim.Application{DisplayName: "billing-robot", UniqueName: "billing-robot", Tags: []string{
		"nhi:owner=billing", "nhi:purpose=Reads_mailboxes_for_the_billing_archive", "nhi:expiry=2027-09-30", "nhi:managed_by=terraform-provider-governed",
	}})
	tenant.PutApplication(azuresim.Application{DisplayName: "forgotten"})
	identity := subscription.AddManagedIdentity("payments", "nightly", map[string]string{"Team": "billing"})
	tenant.AssignRole(identity.PrincipalID, "Reader", group)
}

// application is the canonical id of an application that is there from the start.
func (w *world) application(t *testing.T, name string) string {
	t.Helper()
	tenant := w.azure.Tenant(tenantID)
	for _, id := range tenant.Applications() {
		if view, _ := tenant.Application(id); view.DisplayName == name {
			return "entra:" + tenantID + ":application/" + id
		}
	}
	t.Fatalf("there is no application %s", name)
	return ""
}

// scenario makes a resource and returns it with its configuration.
type scenario func(*testing.T, *world, *acctest.Protocol) (acctest.Values, *acctest.Resource)

// once applies a configuration.
func once(typeName string, config acctest.Values) scenario {
	return func(t *testing.T, _ *world, p *acctest.Protocol) (acctest.Values, *acctest.Resource) {
		r := p.Resource(typeName)
		if diags := r.Apply(config); diags.Failed() {
			t.Fatal(diags)
		}
		return config, r
	}
}

// thenAgain applies a configuration, and the same once more when some time has passed.
func thenAgain(typeName string, config acctest.Values, later time.Duration) scenario {
	return func(t *testing.T, w *world, p *acctest.Protocol) (acctest.Values, *acctest.Resource) {
		config, r := once(typeName, config)(t, w, p)
		w.aws.Clock().Advance(later)
		if diags := append(r.Refresh(), r.Apply(config)...); diags.Failed() {
			t.Fatal(diags)
		}
		return config, r
	}
}

func identity(further acctest.Values) acctest.Values {
	return acctest.Values{
		"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices (EU) to the data lake", "expiry": "2027-03-31",
		"business_owner": "finance", "technical_owner": "platform-team", "environment": "prod", "ticket": "SEC-1234",
		"systems": []string{"billing-db", "data lake"}, "labels": acctest.Values{"cost-center": "4711"},
	}.With(further)
}

func credential(of string, further acctest.Values) acctest.Values {
	return acctest.Values{
		"identity": of, "justification": "The vendor's mail relay takes an access key only; OIDC is on its roadmap", "expiry": "2027-03-31",
		"rotate_after_days": 60, "overlap_hours": 48,
	}.With(further)
}

const mailer = "aws:" + sim.DefaultAccount + ":user/mailer"

// robot has a credential of the application that is governed from the start.
func robot(further acctest.Values) scenario {
	return func(t *testing.T, w *world, p *acctest.Protocol) (acctest.Values, *acctest.Resource) {
		config := credential(w.application(t, "billing-robot"), further.With(acctest.Values{
			"valid_days": 80, "store": acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": "https://payments.vault.azure.net/", "name": "billing-robot"}},
		}))
		return once("governed_credential", config)(t, w, p)
	}
}

func thirdParty(further acctest.Values) acctest.Values {
	return acctest.Values{
		"name": "acme-monitoring", "owner": "platform", "purpose": "Acme reads the configuration of production to find what is exposed", "expiry": "2027-01-31",
		"environment": "prod", "ticket": "VENDOR-77",
	}.With(further)
}

func quarantine(of string) acctest.Values {
	return acctest.Values{"identity": of, "reason": "Unused for 400 days, and nobody (really nobody) knows it", "ticket": "SEC-1"}
}

// scenarios are what is recorded, by the name of the file.
var scenarios = map[string]scenario{
	"service_identity.aws_role":         once("governed_service_identity", identity(acctest.Values{"aws_role": role})),
	"service_identity.aws_role_expired": thenAgain("governed_service_identity", identity(acctest.Values{"aws_role": role}), 200*24*time.Hour),
	"service_identity.aws_user": once("governed_service_identity", identity(acctest.Values{"aws_user": acctest.Values{
		"path": "/datacentre/", "inline_policies": acctest.Values{"read": readBuckets}, "managed_policy_arns": []string{audit},
	}})),
	"service_identity.azure_managed_identity": once("governed_service_identity", identity(acctest.Values{"azure_managed_identity": acctest.Values{
		"resource_group_name": "payments", "location": "westeurope",
		"role_assignments": acctest.Values{
			"read":    acctest.Values{"scope": group, "role": "Reader"},
			"archive": acctest.Values{"scope": group, "role": "Storage Blob Data Contributor", "time_bound": true},
		},
		"federated_credentials": acctest.Values{"prod": acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "environment": "prod"}}},
	}})),
	"service_identity.entra_application": application,
	"credential.aws_secrets_manager": once("governed_credential", credential(mailer, acctest.Values{
		"ses_smtp_region": "eu-west-1", "store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": "mailer/smtp"}},
	})),
	"credential.rotated": thenAgain("governed_credential", credential(mailer, acctest.Values{
		"store": acctest.Values{"aws_ssm_parameter": acctest.Values{"name": "/mailer/smtp"}},
	}), 61*24*time.Hour),
	"credential.client_secret": robot(acctest.Values{"type": "client_secret"}),
	"credential.certificate":   robot(acctest.Values{"type": "certificate"}),
	"third_party_identity.aws_role": once("governed_third_party_identity", thirdParty(acctest.Values{
		"third_party": acctest.Values{"name": "Acme Monitoring", "contact": "security@monitoring.acme.example", "account_ids": []string{"999988887777"}},
		"aws_role":    acctest.Values{"external_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "managed_policy_arns": []string{audit}},
	})),
	"third_party_identity.entra_service_principal": once("governed_third_party_identity", thirdParty(acctest.Values{
		"third_party": acctest.Values{"name": "Acme Monitoring", "contact": "security@monitoring.acme.example"},
		"entra_service_principal": acctest.Values{
			"app_id": vendorApp, "publisher": acctest.Values{"tenant_id": vendorID}, "app_role_assignment_required": true,
			"app_role_assignments": acctest.Values{"groups": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "GroupMember.Read.All"}},
		},
	})),
	"service_linked_identity": once("governed_service_linked_identity", acctest.Values{
		"owner": "storage", "purpose": "Backs up the databases of the shop, every night", "expiry": "2027-03-31",
		"aws_service_linked_role": acctest.Values{"aws_service_name": "backup.amazonaws.com"},
	}),
	"quarantine.aws_role": once("governed_quarantine", quarantine(nightly).With(acctest.Values{"delete_after": "2027-03-31"})),
	"quarantine.aws_user": once("governed_quarantine", quarantine("aws:"+sim.DefaultAccount+":user/export")),
	"quarantine.entra_application": func(t *testing.T, w *world, p *acctest.Protocol) (acctest.Values, *acctest.Resource) {
		return once("governed_quarantine", quarantine(w.application(t, "forgotten")))(t, w, p)
	},
	"quarantine.azure_managed_identity": once("governed_quarantine", quarantine("azure:"+group+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nightly")),
}

var role = acctest.Values{
	"path": "/teams/payments/", "max_session_duration": 7200, "instance_profile": true,
	"trust":               acctest.Values{"aws_services": []string{"lambda.amazonaws.com", "ec2.amazonaws.com"}},
	"inline_policies":     acctest.Values{"read": readBuckets},
	"managed_policy_arns": []string{audit},
}

func application(t *testing.T, w *world, p *acctest.Protocol) (acctest.Values, *acctest.Resource) {
	return once("governed_service_identity", identity(acctest.Values{"entra_application": acctest.Values{
		"owners": []string{"ada@" + w.azure.Tenant(tenantID).Domain()}, "service_management_reference": "CMDB-4711",
		"app_role_assignments":  acctest.Values{"members": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "GroupMember.Read.All"}},
		"federated_credentials": acctest.Values{"prod": acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "environment": "prod"}}},
	}}))(t, w, p)
}
