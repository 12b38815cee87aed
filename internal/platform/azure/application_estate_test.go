package azure_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	// retries of the driver's client; one more are its tries.
	retries      = 3
	graphScope   = "https://graph.microsoft.com/.default"
	githubIssuer = "https://token.actions.githubusercontent.com"
	audience     = "api://AzureADTokenExchange"
)

// estate is a simulated tenant of a test's own.
type estate struct {
	acctest.Estate

	t      *testing.T
	sim    *azuresim.Server
	tenant *azuresim.Tenant
	// other is somebody else who may do everything.
	other   *graph.Client
	otherID string
	// graphURL is where drivers find Microsoft Graph. They have the connections of the simulator's client, or trust a file.
	graphURL, trusted string
	transport         policy.Transporter
	// owners are object ids of users, and upn the user principal name of the first.
	owners []string
	upn    string
	there  []string // what was there from the start
}

func openEstate(t *testing.T) *estate {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), false))
	e := &estate{t: t, sim: server, tenant: server.Tenant(azuresim.DefaultTenant), graphURL: server.GraphURL(), transport: server.Client()}
	e.Estate = acctest.Estate{Simulator: server, Service: "graph", Retries: retries, Refusals: []string{"Authorization_RequestDenied", "TooManyRequests"}}
	caller := e.tenant.AddCaller("somebody-else", "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All")
	e.otherID = caller.ObjectID
	credential, err := azidentity.NewClientSecretCredential(caller.TenantID, caller.ClientID, caller.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: e.options(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	options := e.options()
	e.other = graph.New(credential, server.GraphURL(), "https://graph.microsoft.com", "test", &options)
	for _, name := range []string{"ada", "grace"} {
		e.owners = append(e.owners, e.tenant.PutUser(azuresim.User{DisplayName: name, Name: name}))
	}
	e.upn = "ada@" + e.tenant.Domain()
	e.there = e.Left()
	return e
}

func (e *estate) options() policy.ClientOptions {
	return policy.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: e.sim.AuthorityHost()}, Transport: e.sim.Client()}
}

// do is a request of somebody else's.
func (e *estate) do(method, path string, in, out any) {
	e.t.Helper()
	if err := e.other.Do(e.t.Context(), graph.Request{Method: method, Path: path, In: in}, out); err != nil {
		e.t.Fatalf("%s %s: %v", method, path, err)
	}
}

// config reaches the estate as the tenant's administrator, without any waiting.
func (e *estate) config() azure.Config {
	return azure.Config{
		TenantID: azuresim.DefaultTenant, MetadataKeys: governance.NewMetadataKeys(nil), CustomCABundle: e.trusted, Transport: e.transport, Clock: e.sim.Clock(),
		Endpoints:  azure.Endpoints{Authority: e.sim.URL(), Graph: e.graphURL},
		MaxRetries: retries, MaxBackoff: time.Millisecond, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func (e *estate) applications() *azure.Applications {
	return azure.NewTenant(e.config()).Applications()
}

func (e *estate) Driver() platform.Driver[azure.ApplicationSpec, azure.ApplicationState] {
	return e.applications()
}

func (e *estate) Wanted(name string) platform.Desired[azure.ApplicationSpec] {
	return platform.Desired[azure.ApplicationSpec]{
		Name: name,
		Metadata: governance.Metadata{
			Owner: "payments", Purpose: "Nightly export of invoices (EU) to the data lake", Expiry: e.Now().AddDate(0, 0, 90).Format(time.DateOnly),
			BusinessOwner: "finance", TechnicalOwner: "platform", Environment: "prod", Systems: []string{"billing-db", "data lake"}, Ticket: "CHG-1",
			Labels: map[string]string{"team": "payments", "cost-center": "a/b=c+d@e", "empty": ""},
		},
		Spec: azure.ApplicationSpec{
			DisplayName: name, UniqueName: name, SignInAudience: "AzureADMyOrg", ServiceManagementReference: "svc-1", Notes: "Made by hand? No.",
			Owners: []string{e.upn}, PurgeOnDestroy: true, MayOpen: true,
			AppRoleAssignments: map[string]azure.AppRoleAssignment{
				"read":  {Resource: "Microsoft Graph", Role: "Application.Read.All"},
				"users": {Resource: azure.GraphAppID, Role: "df021288-bdef-4463-88db-98f22de89214"},
			},
			FederatedCredentials: map[string]federation.Preset{
				"main":    federation.GitHubActions{Repository: "acme/app", Branch: "main"},
				"release": federation.GitHubActions{Repository: "acme/app", Environment: "release"},
			},
		},
	}
}

// Changed swaps the subjects of federated credentials as well.
func (e *estate) Changed(name string) platform.Desired[azure.ApplicationSpec] {
	want := e.Wanted(name)
	want.Metadata = governance.Metadata{
		Owner: "data", Purpose: "Monthly export", Expiry: want.Metadata.Expiry, Systems: []string{"lake"}, Labels: map[string]string{"team": "data"},
	}
	want.Spec = azure.ApplicationSpec{
		DisplayName: "Export of invoices", UniqueName: name, SignInAudience: "AzureADMultipleOrgs", Owners: []string{e.owners[1]}, PurgeOnDestroy: true, MayOpen: true,
		AppRoleAssignments: map[string]azure.AppRoleAssignment{
			"read": {Resource: "microsoft graph", Role: "Application.Read.All"}, "groups": {Resource: "Microsoft Graph", Role: "Group.Read.All"},
		},
		FederatedCredentials: map[string]federation.Preset{
			"main":    federation.GitHubActions{Repository: "acme/app", Environment: "release"},
			"release": federation.GitHubActions{Repository: "acme/app", Branch: "main"},
			"cluster": federation.KubernetesServiceAccount{Issuer: "https://oidc.example/cluster", Namespace: "billing", Name: "export"},
		},
	}
	return want
}

// Use signs in with a token that the first federated credential takes, and then lists applications.
func (e *estate) Use(id governance.ID) (goOn func() error, err error) {
	view, ok := e.tenant.Application(id.Name())
	if !ok || len(view.Federated) == 0 {
		return nil, platform.ErrNotFound
	}
	trusted := view.Federated[0]
	token := azuresim.WebIdentityToken(trusted.Issuer, trusted.Audience, trusted.Subject, e.Now().Add(time.Hour))
	credential, err := azidentity.NewClientAssertionCredential(e.tenant.ID(), view.AppID, func(context.Context) (string, error) { return token, nil },
		&azidentity.ClientAssertionCredentialOptions{ClientOptions: e.options(), DisableInstanceDiscovery: true})
	if err != nil {
		return nil, err
	}
	if _, err := credential.GetToken(e.t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}}); err != nil {
		return nil, err
	}
	options := e.options()
	session := graph.New(credential, e.sim.GraphURL(), "https://graph.microsoft.com", "test", &options)
	return func() error {
		return session.Do(e.t.Context(), graph.Request{Method: http.MethodGet, Path: "/applications"}, nil)
	}, nil
}

// Drift leaves nothing as it was but what cannot change.
func (e *estate) Drift(id governance.ID) {
	e.t.Helper()
	at := "/applications/" + id.Name()
	e.do(http.MethodPatch, at, map[string]any{
		"displayName": "stray", "notes": nil, "serviceManagementReference": "svc-2", "signInAudience": "AzureADMultipleOrgs",
		"tags": []string{"HideApp", "nhi:owner=somebody", "nhi:labels=team", "team=others"},
	}, nil)
	var federated struct {
		Value []graph.FederatedIdentityCredential `json:"value"`
	}
	e.do(http.MethodGet, at+"/federatedIdentityCredentials", nil, &federated)
	e.do(http.MethodPatch, at+"/federatedIdentityCredentials/"+federated.Value[0].ID, map[string]any{"subject": "repo:stranger/app:ref:refs/heads/main"}, nil)
	e.do(http.MethodDelete, at+"/federatedIdentityCredentials/"+federated.Value[1].ID, nil, nil)
	e.do(http.MethodPost, at+"/owners/$ref", e.other.Reference(e.owners[1]), nil)
	e.do(http.MethodDelete, at+"/owners/"+e.owners[0]+"/$ref", nil, nil)
	e.assign(id, "Mail.Read")
}

// assign gives an application a permission of Microsoft Graph.
func (e *estate) assign(id governance.ID, permission string) {
	e.t.Helper()
	view, _ := e.tenant.Application(id.Name())
	var offers graph.ServicePrincipal
	e.do(http.MethodGet, "/servicePrincipals(appId='"+azure.GraphAppID+"')", nil, &offers)
	i := slices.IndexFunc(offers.AppRoles, func(role graph.AppRole) bool { return role.Value == permission })
	e.do(http.MethodPost, "/servicePrincipals/"+view.ServicePrincipalID+"/appRoleAssignments",
		map[string]string{"principalId": view.ServicePrincipalID, "resourceId": offers.ID, "appRoleId": offers.AppRoles[i].ID}, nil)
}

// secret gives an application or a service principal a client secret and returns its key id.
func (e *estate) secret(path string) string {
	e.t.Helper()
	var made graph.PasswordCredential
	e.do(http.MethodPost, path+"/addPassword", map[string]any{"passwordCredential": map[string]any{"displayName": "stray"}}, &made)
	return made.KeyID
}

func (e *estate) Attach(id governance.ID) []string {
	e.t.Helper()
	e.assign(id, "Mail.Read")
	e.do(http.MethodPost, "/applications/"+id.Name()+"/federatedIdentityCredentials",
		map[string]any{"name": "stray", "issuer": githubIssuer, "subject": "repo:stranger/app:ref:refs/heads/main", "audiences": []string{audience}}, nil)
	view, _ := e.tenant.Application(id.Name())
	return []string{
		"client secret " + e.secret("/applications/"+id.Name()), "client secret " + e.secret("/servicePrincipals/"+view.ServicePrincipalID) + " of the service principal",
		"app role Mail.Read of Microsoft Graph", "federated credential stray",
	}
}

func (e *estate) Left() []string {
	all := slices.Concat(e.tenant.Applications(), e.tenant.ServicePrincipals(), e.tenant.Deleted())
	return slices.DeleteFunc(all, func(id string) bool { return slices.Contains(e.there, id) })
}

func (e *estate) Deny(method platformtest.Method) string {
	write := []string{"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"}
	denied, named := write, "Application.ReadWrite.OwnedBy as an owner of the application, or Application.ReadWrite.All"
	switch method {
	case platformtest.MethodCreate:
		named = write[0]
	case platformtest.MethodRead:
		denied, named = append(write, "Application.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"), "Application.Read.All"
	case platformtest.MethodConverge:
		denied, named = []string{"AppRoleAssignment.ReadWrite.All"}, "AppRoleAssignment.ReadWrite.All with Application.Read.All"
	case platformtest.MethodDelete:
	}
	e.tenant.DenyPermissions(denied...)
	return named
}

func (e *estate) Mend() {
	e.sim.ClearFaults()
	e.tenant.DenyPermissions()
}

func (e *estate) Writes() int {
	writes := 0
	for _, call := range e.sim.Calls() {
		if call.Service == "graph" && call.Principal != e.otherID && !strings.HasPrefix(call.Action, http.MethodGet) {
			writes++
		}
	}
	return writes
}

// OnWrite puts a proxy between Microsoft Graph and drivers made from now on. A creation gets through; whatever else the
// driver has given up by then never arrives.
func (e *estate) OnWrite(call func()) {
	e.t.Helper()
	var once sync.Once
	e.transport = nil
	e.graphURL, e.trusted = proxy(e.t, e.sim, e.sim.GraphURL(), func(r *http.Request) (drop bool) {
		if r.Method != http.MethodGet {
			once.Do(func() {
				call()
				drop = r.Header.Get("Prefer") == "" && !strings.HasSuffix(r.URL.Path, "/servicePrincipals")
			})
		}
		return drop
	})
}

// describe writes an application down without what only Entra ID knows.
func describe(state azure.ApplicationState) string {
	state.ID, state.CreatedAt, state.ApplicationID, state.ServicePrincipalID = governance.ID{}, time.Time{}, "", ""
	state.Owners = append([]string{}, state.Owners...)
	text, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestSimContractApplications(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, platformtest.Harness[azure.ApplicationSpec, azure.ApplicationState]{
		Open: func(t *testing.T) platformtest.Estate[azure.ApplicationSpec, azure.ApplicationState] {
			t.Helper()
			return openEstate(t)
		},
		Describe: describe, IDByCloud: true, EndedByApply: true,
	})
}
