package provider_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestAzureQuarantinePermissions takes the quarantine of a managed identity through its life with exactly the actions that the
// documentation has: none is missing, and without any one of them the life ends with an error that names it.
func TestAzureQuarantinePermissions(t *testing.T) {
	t.Parallel()
	const name = "governed_quarantine"
	var role azureRole
	if err := json.Unmarshal([]byte(readExample(t, azurePermissions+name+".json")), &role); err != nil {
		t.Fatal(err)
	}
	if guide := readExample(t, "../../templates/guides/azure-permissions.md.tmpl"); !strings.Contains(guide, `{{ codefile "json" "examples/permissions/azure/`+name+`.json" }}`) {
		t.Errorf("the guide does not show %s", name)
	}
	t.Run("all", func(t *testing.T) {
		t.Parallel()
		if diags := azureQuarantineLife(t, role.Actions); diags.Failed() {
			t.Errorf("the document lacks something: %s", diags)
		}
	})
	for _, action := range role.Actions {
		t.Run("without "+action, func(t *testing.T) {
			t.Parallel()
			without := slices.DeleteFunc(slices.Clone(role.Actions), func(other string) bool { return other == action })
			if diags := azureQuarantineLife(t, without); !strings.Contains(diags.String(), "lack the permission "+action) {
				t.Errorf("the life ends with %q", diags)
			}
		})
	}
}

// azureQuarantineLife locks, releases, locks again and deletes a managed identity as somebody who may do these actions. It ends
// with the first error.
func azureQuarantineLife(t *testing.T, actions []string) (said acctest.Diagnostics) {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(exampleDay, false))
	tenant := server.Tenant(azuresim.DefaultTenant)
	run, pipeline := pipelineOf(t, server, []string{"Application.Read.All", "AppRoleAssignment.ReadWrite.All"})
	const subscription = "/subscriptions/" + azuresim.DefaultSubscription
	view := tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "nightly", nil)
	tenant.AssignRole(pipeline, tenant.AddRoleDefinition("pipeline", actions, nil), subscription)
	tenant.AssignRole(view.PrincipalID, "Reader", subscription)
	federate(t, server, view.ID)
	config := acctest.Values{
		"identity": "azure:" + view.ID, "reason": "Nobody knows what this one is for", "delete_after": server.Clock().Now().AddDate(0, 0, 5).Format(time.DateOnly),
	}
	r := run().Resource("governed_quarantine")
	for _, step := range []func() acctest.Diagnostics{
		func() acctest.Diagnostics { return append(r.Plan(config), r.Apply(config)...) },
		func() acctest.Diagnostics { r = r.Under(run()); return append(r.Refresh(), r.Apply(nil)...) },
		func() acctest.Diagnostics { return r.Apply(config) },
		func() acctest.Diagnostics {
			server.Clock().Advance(6 * 24 * time.Hour)
			r = r.Under(run())
			return append(r.Refresh(), append(r.Plan(config), r.Apply(config)...)...)
		},
	} {
		diags := step()
		if said = append(said, diags...); diags.Failed() {
			break
		}
	}
	return said
}

// federate lets a repository sign in as an identity.
func federate(t *testing.T, server *azuresim.Server, id string) {
	t.Helper()
	tenant := server.Tenant(azuresim.DefaultTenant)
	caller := tenant.AddCaller("somebody-else")
	tenant.AssignRole(caller.ObjectID, "Owner", "/subscriptions/"+azuresim.DefaultSubscription)
	options := policy.ClientOptions{Transport: server.Client(), Cloud: cloud.Configuration{
		ActiveDirectoryAuthorityHost: server.AuthorityHost(),
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: server.ResourceManagerURL(), Audience: "https://management.core.windows.net/"},
		},
	}}
	credential, err := azidentity.NewClientSecretCredential(caller.TenantID, caller.ClientID, caller.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	client, err := armmsi.NewFederatedIdentityCredentialsClient(azuresim.DefaultSubscription, credential, &arm.ClientOptions{ClientOptions: options, DisableRPRegistration: true})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(id, "/")
	if _, err := client.CreateOrUpdate(t.Context(), parts[4], parts[8], "main", armmsi.FederatedIdentityCredential{Properties: &armmsi.FederatedIdentityCredentialProperties{
		Issuer: to.Ptr("https://token.actions.githubusercontent.com"), Subject: to.Ptr("repo:acme/app:ref:refs/heads/main"), Audiences: []*string{to.Ptr("api://AzureADTokenExchange")},
	}}, nil); err != nil {
		t.Fatal(err)
	}
}
