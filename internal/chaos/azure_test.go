package chaos_test

import (
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	vendorTenant = "22222222-2222-4333-8444-555555555555"
	vendorApp    = "33333333-2222-4333-8444-555555555555"
	workloads    = "/subscriptions/" + azuresim.DefaultSubscription + "/resourceGroups/workloads"
	managedID    = "azure:/subscriptions/" + azuresim.DefaultSubscription + "/resourcegroups/workloads/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
	inTenant     = "entra:" + azuresim.DefaultTenant + ":"
)

// azureIdentities are the lives of identities on Azure and Entra ID.
var azureIdentities = []scenario{
	{
		name: "azure_managed_identity", typeName: serviceIdentity, azure: true, stages: life(apply(managed), apply(changedManaged)),
		seed:     addGroup,
		importID: func(*world) string { return managedID + "invoice-export" },
	},
	{
		name: "time-bound azure_managed_identity", typeName: serviceIdentity, azure: true, stages: life(apply(bound), apply(changedManaged)),
		seed:     addGroup,
		importID: func(*world) string { return managedID + "invoice-export" },
	},
	{
		name: "entra_application", typeName: serviceIdentity, azure: true, stages: life(step{config: application}, step{config: changedApplication}),
		seed: func(w *world) {
			w.seeded["ada"] = w.tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
			w.seeded["grace"] = w.tenant.PutUser(azuresim.User{DisplayName: "Grace", Name: "grace"})
		},
		importID: func(w *world) string {
			for _, id := range w.tenant.Applications() {
				return inTenant + "application/" + id
			}
			return ""
		},
	},
	{
		name: "entra_service_principal", typeName: "governed_third_party_identity", azure: true, stages: life(apply(vendor), apply(changedVendor)),
		seed: func(w *world) {
			w.azure.Tenant(vendorTenant).PutApplication(azuresim.Application{
				DisplayName: "Acme Collector", AppID: vendorApp, Publisher: "Acme", Tags: []string{"vendor"}, SignInAudience: "AzureADMultipleOrgs", Secrets: []azuresim.Secret{{}},
			})
		},
		importID: func(w *world) string {
			for _, id := range w.tenant.ServicePrincipals() {
				if view, _ := w.tenant.ServicePrincipal(id); view.AppID == vendorApp {
					return inTenant + "service_principal/" + id
				}
			}
			return ""
		},
	},
}

func addGroup(w *world) {
	w.tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("workloads", "westeurope")
}

var managed = identity(false)

var bound = identity(true)

func identity(bound bool) acctest.Values {
	return metadata.With(acctest.Values{"azure_managed_identity": acctest.Values{
		"resource_group_name": "workloads", "location": "West Europe",
		"role_assignments": acctest.Values{
			"read":  acctest.Values{"scope": workloads, "role": "Reader", "time_bound": bound},
			"blobs": acctest.Values{"scope": workloads, "role": "Storage Blob Data Reader", "condition": "@Resource[a] StringEquals 'b'", "time_bound": bound},
		},
		"federated_credentials": acctest.Values{
			"main":    branch("main"),
			"release": acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "environment": "release"}},
		},
	}})
}

func branch(name string) acctest.Values {
	return acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "branch": name}}
}

var changedManaged = changed.With(acctest.Values{"azure_managed_identity": acctest.Values{
	"resource_group_name": "workloads", "location": "West Europe",
	"role_assignments": acctest.Values{
		"read": acctest.Values{"scope": workloads, "role": "Reader"}, "logs": acctest.Values{"scope": workloads, "role": "Storage Blob Data Reader"},
	},
	"federated_credentials": acctest.Values{"main": branch("next")},
}})

func application(w *world) acctest.Values {
	return metadata.With(acctest.Values{"entra_application": acctest.Values{
		"display_name": "Invoice export", "unique_name": "invoice-export-prod", "sign_in_audience": "AzureADMyOrg", "owners": []string{w.seeded["ada"], w.seeded["grace"]},
		"service_management_reference": "CMDB-7", "notes": "Owned by payments.", "purge_on_destroy": true,
		"app_role_assignments":  graphRoles("GroupMember.Read.All", "User.Read.All"),
		"federated_credentials": acctest.Values{"main": branch("main")},
	}})
}

func changedApplication(w *world) acctest.Values {
	return changed.With(acctest.Values{"entra_application": acctest.Values{
		"unique_name": "invoice-export-prod", "owners": []string{w.seeded["ada"]}, "purge_on_destroy": true,
		"app_role_assignments":  graphRoles("User.Read.All", "Group.Read.All"),
		"federated_credentials": acctest.Values{"main": branch("next")},
	}})
}

// graphRoles are permissions of Microsoft Graph, by names of their own.
func graphRoles(permissions ...string) acctest.Values {
	roles := acctest.Values{}
	for _, permission := range permissions {
		roles[strings.ToLower(strings.ReplaceAll(permission, ".", "-"))] = acctest.Values{"resource_app_id": "Microsoft Graph", "role": permission}
	}
	return roles
}

var vendor = metadata.With(acctest.Values{
	"third_party": acctest.Values{"name": "Acme Monitoring", "contact": "soc@monitoring.acme.example"},
	"entra_service_principal": acctest.Values{
		"app_id": vendorApp, "purge_on_destroy": true, "publisher": acctest.Values{"tenant_id": vendorTenant}, "app_role_assignment_required": true, "notes": "Contract 4711.",
		"app_role_assignments": graphRoles("User.Read.All", "Group.Read.All"),
	},
})

var changedVendor = changed.With(acctest.Values{
	"third_party": acctest.Values{"name": "Acme Monitoring", "contact": "noc@monitoring.acme.example"},
	"entra_service_principal": acctest.Values{
		"app_id": vendorApp, "purge_on_destroy": true, "app_role_assignments": graphRoles("User.Read.All", "GroupMember.Read.All"), "app_role_assignment_required": false,
	},
})

// azureQuarantines are those of identities on Azure and Entra ID, which nobody governs.
var azureQuarantines = []scenario{
	quarantine("quarantine of azure_managed_identity", true, func(*world) string { return managedID + "nightly" }, func(w *world) {
		addGroup(w)
		view := w.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "nightly", map[string]string{"Team": "billing"})
		w.tenant.AssignRole(view.PrincipalID, "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
		w.tenant.AssignRole(view.PrincipalID, "Contributor", workloads)
	}),
	quarantine("quarantine of entra_application", true, func(w *world) string { return inTenant + "application/" + w.seeded["app"] }, func(w *world) {
		w.seeded["app"] = w.tenant.PutApplication(azuresim.Application{
			DisplayName: "nightly", Tags: []string{"HideApp"}, Secrets: []azuresim.Secret{{}}, LastSignInAt: start.AddDate(0, 0, -300),
		}).ObjectID
	}),
	quarantine("quarantine of entra_service_principal", true, func(w *world) string { return inTenant + "service_principal/" + w.seeded["principal"] }, func(w *world) {
		w.seeded["principal"] = w.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "collector", HomeTenant: vendorTenant})
	}),
}
