package azure_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	// armRetries of the driver's client; one more are its tries.
	armRetries        = 3
	armAudience       = "https://management.core.windows.net/"
	otherSubscription = "22222222-2222-2222-2222-222222222222"
	readGroup         = "Microsoft.Resources/subscriptions/resourceGroups/read"
)

// identityEstate is a simulated tenant of a test's own, with two subscriptions.
type identityEstate struct {
	acctest.Estate

	t      *testing.T
	sim    *azuresim.Server
	tenant *azuresim.Tenant
	// bound asks for roles that Azure ends by itself, and nothing else.
	bound bool
	// group is the id of the resource group of the identities, and elsewhere that of one in the other subscription.
	group, elsewhere string
	// other is somebody else who may do everything.
	other   azcore.TokenCredential
	otherID string
	// msi and authorization are that one's clients.
	msi           *armmsi.ClientFactory
	authorization *armauthorization.ClientFactory
	// armURL is where drivers find Resource Manager. They have the connections of the simulator's client, or trust a file.
	armURL, trusted string
	transport       policy.Transporter
}

func openIdentities(t *testing.T, bound bool) *identityEstate {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), false))
	e := &identityEstate{t: t, sim: server, tenant: server.Tenant(azuresim.DefaultTenant), bound: bound, armURL: server.ResourceManagerURL(), transport: server.Client()}
	e.Estate = acctest.Estate{Simulator: server, Service: "arm", Retries: armRetries, Refusals: []string{"AuthorizationFailed", "TooManyRequests"}}
	e.group = e.tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("workloads", "westeurope")
	e.elsewhere = e.tenant.Subscription(otherSubscription).AddResourceGroup("shared", "westeurope")
	caller := e.tenant.AddCaller("somebody-else")
	e.otherID = caller.ObjectID
	for _, at := range []string{azuresim.DefaultSubscription, otherSubscription} {
		e.tenant.AssignRole(caller.ObjectID, "Owner", "/subscriptions/"+at)
	}
	credential, err := azidentity.NewClientSecretCredential(caller.TenantID, caller.ClientID, caller.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: e.options(), DisableInstanceDiscovery: true})
	e.no(err)
	e.other = credential
	e.no(e.clients())
	return e
}

func (e *identityEstate) no(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *identityEstate) options() policy.ClientOptions {
	return policy.ClientOptions{Transport: e.sim.Client(), Cloud: cloud.Configuration{
		ActiveDirectoryAuthorityHost: e.sim.AuthorityHost(),
		Services:                     map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: e.sim.ResourceManagerURL(), Audience: armAudience}},
	}}
}

// clients of somebody else's.
func (e *identityEstate) clients() (err error) {
	options := &arm.ClientOptions{ClientOptions: e.options(), DisableRPRegistration: true}
	if e.msi, err = armmsi.NewClientFactory(azuresim.DefaultSubscription, e.other, options); err != nil {
		return err
	}
	e.authorization, err = armauthorization.NewClientFactory(azuresim.DefaultSubscription, e.other, options)
	return err
}

func (e *identityEstate) config() azure.Config {
	return azure.Config{
		TenantID: azuresim.DefaultTenant, SubscriptionID: azuresim.DefaultSubscription, MetadataKeys: governance.NewMetadataKeys(nil), CustomCABundle: e.trusted, Transport: e.transport, Clock: e.sim.Clock(),
		Endpoints:  azure.Endpoints{Authority: e.sim.URL(), Graph: e.sim.GraphURL(), ResourceManager: e.armURL},
		MaxRetries: armRetries, MaxBackoff: time.Millisecond, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func (e *identityEstate) Driver() platform.Driver[azure.ManagedIdentitySpec, azure.ManagedIdentityState] {
	return azure.NewTenant(e.config()).ManagedIdentities()
}

func (e *identityEstate) Wanted(name string) platform.Desired[azure.ManagedIdentitySpec] {
	want := platform.Desired[azure.ManagedIdentitySpec]{
		Name: name,
		Metadata: governance.Metadata{
			Owner: "payments", Purpose: "Nightly export of invoices (EU) to the data lake", Expiry: e.Now().AddDate(0, 0, 90).Format(time.DateOnly),
			BusinessOwner: "finance", TechnicalOwner: "platform", Environment: "prod", Systems: []string{"billing-db", "data lake"}, Ticket: "CHG-1",
			Labels: map[string]string{"team": "payments", "cost-center": "a,b=c+d@e", "empty": ""},
		},
		Spec: azure.ManagedIdentitySpec{
			ResourceGroup: "workloads", Location: "West Europe",
			RoleAssignments: map[string]azure.RoleAssignment{
				"group":     {Scope: e.group, Role: "Reader", TimeBound: e.bound},
				"elsewhere": {Scope: e.elsewhere, Role: "acdd72a7-3385-48ef-bd42-f606fba81ae7", TimeBound: e.bound},
				"blobs": {
					Scope: e.group, Role: "storage blob data reader", Condition: "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'invoices'",
					TimeBound: e.bound,
				},
			},
			FederatedCredentials: map[string]federation.Preset{
				"main":    federation.GitHubActions{Repository: "acme/app", Branch: "main"},
				"release": federation.GitHubActions{Repository: "acme/app", Environment: "release"},
			},
		},
	}
	return want
}

// Changed swaps the subjects of federated credentials as well.
func (e *identityEstate) Changed(name string) platform.Desired[azure.ManagedIdentitySpec] {
	want := e.Wanted(name)
	want.Metadata = governance.Metadata{
		Owner: "data", Purpose: "Monthly export", Expiry: want.Metadata.Expiry, Systems: []string{"lake, the"}, Labels: map[string]string{"Team": "data"},
	}
	want.Spec.IsolationScope = "Regional"
	want.Spec.RoleAssignments = map[string]azure.RoleAssignment{
		"group": {Scope: e.group, Role: "Contributor", TimeBound: e.bound},
		"read":  {Scope: e.group, Role: "Reader", TimeBound: e.bound},
		"blobs": {Scope: e.group, Role: "Storage Blob Data Reader", Condition: "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'bills'", TimeBound: e.bound},
	}
	want.Spec.FederatedCredentials = map[string]federation.Preset{
		"main":    federation.GitHubActions{Repository: "acme/app", Environment: "release"},
		"release": federation.GitHubActions{Repository: "acme/app", Branch: "main"},
		"cluster": federation.KubernetesServiceAccount{Issuer: "https://oidc.example/cluster", Namespace: "billing", Name: "export"},
		"partner": federation.OIDC{Issuer: "https://login.partner.example", Subject: "export", Audience: "https://acme.example"},
	}
	return want
}

// Use signs in with a token that a federated credential takes, and then reads the resource group.
func (e *identityEstate) Use(id governance.ID) (goOn func() error, err error) {
	state, err := e.Driver().Read(e.t.Context(), id)
	if err != nil {
		return nil, err
	}
	for _, trusted := range state.FederatedCredentials {
		token := azuresim.WebIdentityToken(trusted.Issuer, trusted.Audience, trusted.Subject, e.Now().Add(time.Hour))
		credential, err := azidentity.NewClientAssertionCredential(e.tenant.ID(), state.ClientID, func(context.Context) (string, error) { return token, nil },
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: e.options(), DisableInstanceDiscovery: true})
		e.no(err)
		if _, err := credential.GetToken(e.t.Context(), policy.TokenRequestOptions{Scopes: []string{armAudience + "/.default"}}); err != nil {
			return nil, err
		}
		goOn := func() error {
			if may, err := e.tenant.May(state.PrincipalID, readGroup, e.group); err != nil || !may {
				return errors.Join(err, platform.ErrNotFound)
			}
			return nil
		}
		return goOn, goOn() // a token without a role is of no use
	}
	return nil, platform.ErrNotFound
}

// Drift leaves nothing as it was but what cannot change.
func (e *identityEstate) Drift(id governance.ID) {
	e.t.Helper()
	ctx, name := e.t.Context(), id.Name()
	_, err := e.msi.NewUserAssignedIdentitiesClient().Update(ctx, "workloads", name, armmsi.IdentityUpdate{
		Tags:       map[string]*string{"nhi:owner": to.Ptr("somebody"), "Team": to.Ptr("others"), "hidden-title": to.Ptr("x")},
		Properties: &armmsi.UserAssignedIdentityProperties{IsolationScope: to.Ptr(armmsi.IsolationScopeRegional)},
	}, nil)
	e.no(err)
	federated := e.msi.NewFederatedIdentityCredentialsClient()
	_, err = federated.Delete(ctx, "workloads", name, "release", nil)
	e.no(err)
	_, err = federated.CreateOrUpdate(ctx, "workloads", name, "main", credential("repo:stranger/app:ref:refs/heads/main"), nil)
	e.no(err)
	principal := e.principal(id)
	for pages := e.authorization.NewRoleAssignmentsClient().NewListForScopePager(e.group[1:], &armauthorization.RoleAssignmentsClientListForScopeOptions{Filter: to.Ptr(url.PathEscape("principalId eq '" + principal + "'"))}); pages.More(); {
		page, err := pages.NextPage(ctx)
		e.no(err)
		_, err = e.authorization.NewRoleAssignmentsClient().DeleteByID(ctx, (*page.Value[0].ID)[1:], nil)
		e.no(err)
	}
	e.tenant.AssignRole(principal, "Owner", e.group)
}

func credential(subject string) armmsi.FederatedIdentityCredential {
	return armmsi.FederatedIdentityCredential{Properties: &armmsi.FederatedIdentityCredentialProperties{
		Issuer: to.Ptr("https://token.actions.githubusercontent.com"), Subject: &subject, Audiences: []*string{to.Ptr("api://AzureADTokenExchange")},
	}}
}

func (e *identityEstate) principal(id governance.ID) string {
	got, err := e.msi.NewUserAssignedIdentitiesClient().Get(e.t.Context(), "workloads", id.Name(), nil)
	e.no(err)
	return *got.Properties.PrincipalID
}

func (e *identityEstate) Attach(id governance.ID) []string {
	e.t.Helper()
	_, err := e.msi.NewFederatedIdentityCredentialsClient().CreateOrUpdate(e.t.Context(), "workloads", id.Name(), "stray", credential("repo:stranger/app:ref:refs/heads/main"), nil)
	e.no(err)
	e.tenant.AssignRole(e.principal(id), "Contributor", "/subscriptions/"+azuresim.DefaultSubscription)
	return []string{"federated credential stray", "role assignment Contributor at /subscriptions/" + azuresim.DefaultSubscription}
}

// Left are identities, and roles of those that are gone.
func (e *identityEstate) Left() []string {
	var left []string
	for pages := e.msi.NewUserAssignedIdentitiesClient().NewListBySubscriptionPager(nil); pages.More(); {
		page, err := pages.NextPage(e.t.Context())
		e.no(err)
		for _, identity := range page.Value {
			left = append(left, *identity.Name)
		}
	}
	for _, at := range []string{azuresim.DefaultSubscription, otherSubscription} {
		for pages := e.authorization.NewRoleAssignmentsClient().NewListForScopePager("subscriptions/"+at, nil); pages.More(); {
			page, err := pages.NextPage(e.t.Context())
			e.no(err)
			for _, role := range page.Value {
				if *role.Properties.PrincipalID != e.otherID {
					left = append(left, *role.ID)
				}
			}
		}
	}
	return left
}

func (e *identityEstate) Deny(method platformtest.Method) string {
	denied := map[platformtest.Method]string{
		platformtest.MethodCreate:   "Microsoft.ManagedIdentity/userAssignedIdentities/write",
		platformtest.MethodRead:     "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
		platformtest.MethodConverge: "Microsoft.Authorization/roleAssignments/write",
		platformtest.MethodDelete:   "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
	}[method]
	e.tenant.DenyPermissions(denied)
	return denied
}

func (e *identityEstate) Mend() {
	e.sim.ClearFaults()
	e.tenant.DenyPermissions()
}

func (e *identityEstate) Writes() int {
	writes := 0
	for _, call := range e.sim.Calls() {
		if call.Service == "arm" && call.Principal != e.otherID && !strings.HasPrefix(call.Action, http.MethodGet) && !strings.HasPrefix(call.Action, http.MethodPost) {
			writes++
		}
	}
	return writes
}

// OnWrite puts a proxy between Resource Manager and drivers made from now on. A creation gets through; whatever else the
// driver has given up by then never arrives.
func (e *identityEstate) OnWrite(call func()) {
	e.t.Helper()
	var once sync.Once
	e.transport = nil
	e.armURL, e.trusted = proxy(e.t, e.sim, e.sim.ResourceManagerURL(), func(r *http.Request) (drop bool) {
		if r.Method != http.MethodGet {
			once.Do(func() {
				call()
				drop = r.Method != http.MethodPut || strings.Contains(r.URL.Path, "federatedIdentityCredentials") || !e.fresh(r.URL.Path)
			})
		}
		return drop
	})
}

// fresh tells whether there is no identity of the path yet.
func (e *identityEstate) fresh(path string) bool {
	_, err := e.msi.NewUserAssignedIdentitiesClient().Get(e.t.Context(), "workloads", path[strings.LastIndexByte(path, '/')+1:], nil)
	return err != nil
}

// describeIdentity writes an identity down without what only Azure knows.
func describeIdentity(state azure.ManagedIdentityState) string {
	state.ClientID, state.PrincipalID, state.CreatedAt = "", "", time.Time{}
	if state.FederatedCredentials == nil {
		state.FederatedCredentials = map[string]federation.Credential{}
	}
	state.Roles = append([]azure.AssignedRole{}, state.Roles...)
	for i := range state.Roles {
		state.Roles[i].Scope = strings.ToLower(state.Roles[i].Scope)
	}
	state.Attachments = append([]string{}, state.Attachments...)
	text, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestSimContractManagedIdentities(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, platformtest.Harness[azure.ManagedIdentitySpec, azure.ManagedIdentityState]{
		Open: func(t *testing.T) platformtest.Estate[azure.ManagedIdentitySpec, azure.ManagedIdentityState] {
			t.Helper()
			return openIdentities(t, false)
		},
		Describe: describeIdentity, EndedByApply: true, Undated: true,
	})
}

func TestSimContractManagedIdentitiesTimeBound(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, platformtest.Harness[azure.ManagedIdentitySpec, azure.ManagedIdentityState]{
		Open: func(t *testing.T) platformtest.Estate[azure.ManagedIdentitySpec, azure.ManagedIdentityState] {
			t.Helper()
			return openIdentities(t, true)
		},
		Describe: describeIdentity, Undated: true,
	})
}
