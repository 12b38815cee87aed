package provider_test

import (
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

// azureQuarantinePermissions takes the quarantine of a managed identity through its life.
func azureQuarantinePermissions(t *testing.T, name string) {
	t.Helper()
	role := readAzureRole(t, name)
	holdToLife(t, role.all(), nil, nil, func(t *testing.T, missing string) (acctest.Diagnostics, []sim.Call) {
		t.Helper()
		return azureQuarantineLife(t, role.but(missing).Actions)
	})
}

// azureQuarantineLife locks, releases, locks again and deletes a managed identity as somebody who may do these actions. It
// returns what was said, up to the first step that failed, and what was asked of Resource Manager.
func azureQuarantineLife(t *testing.T, actions []string) (said acctest.Diagnostics, calls []sim.Call) {
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
	said = untilFailure(quarantineSteps(server, run, config)...)
	return said, armCalls(server, pipeline)
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
