package azure_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// vendorTenant is where third parties' applications are registered.
const vendorTenant = "22222222-2222-4333-8444-555555555555"

// partyEstate is a simulated tenant beside that of a third party.
type partyEstate struct {
	*estate
	vendor *azuresim.Tenant
	// offered are the third party's applications by their names.
	offered map[string]azuresim.Registered
}

func openPartyEstate(t *testing.T) *partyEstate {
	t.Helper()
	e := openEstate(t)
	return &partyEstate{estate: e, vendor: e.sim.Tenant(vendorTenant), offered: map[string]azuresim.Registered{}}
}

// offer is the third party's application of a name, with a tag of its own.
func (e *partyEstate) offer(name string) azuresim.Registered {
	made, ok := e.offered[name]
	if !ok {
		made = e.vendor.PutApplication(azuresim.Application{
			DisplayName: name, Publisher: "Acme", SignInAudience: "AzureADMultipleOrgs", Tags: []string{"vendor"}, Secrets: []azuresim.Secret{{}},
		})
		e.offered[name] = made
	}
	return made
}

func (e *partyEstate) servicePrincipals() *azure.ServicePrincipals {
	return azure.NewTenant(e.config()).ServicePrincipals()
}

func (e *partyEstate) Driver() platform.Driver[azure.ServicePrincipalSpec, azure.ServicePrincipalState] {
	return e.servicePrincipals()
}

func (e *partyEstate) Wanted(name string) platform.Desired[azure.ServicePrincipalSpec] {
	required := true
	want := platform.Desired[azure.ServicePrincipalSpec]{Name: name, Metadata: e.estate.Wanted(name).Metadata, Spec: azure.ServicePrincipalSpec{
		AppID: e.offer(name).AppID, AppRoleAssignmentRequired: &required, Notes: "Contract 4711.", PurgeOnDestroy: true, MayOpen: true,
		AppRoleAssignments: map[string]azure.AppRoleAssignment{
			"read":  {Resource: "Microsoft Graph", Role: "Application.Read.All"},
			"users": {Resource: azure.GraphAppID, Role: "df021288-bdef-4463-88db-98f22de89214"},
		},
	}}
	want.Metadata.ThirdParty, want.Metadata.ThirdPartyContact = "Acme & Sons", "soc@acme.example"
	return want
}

func (e *partyEstate) Changed(name string) platform.Desired[azure.ServicePrincipalSpec] {
	want, required := e.Wanted(name), false
	want.Metadata = governance.Metadata{
		Owner: "data", Purpose: "Monthly export", Expiry: want.Metadata.Expiry, Systems: []string{"lake"}, ThirdParty: "Acme", ThirdPartyContact: "https://acme.example/security",
		Labels: map[string]string{"team": "data"},
	}
	want.Spec.AppRoleAssignmentRequired, want.Spec.Notes = &required, ""
	want.Spec.AppRoleAssignments = map[string]azure.AppRoleAssignment{
		"read": {Resource: "microsoft graph", Role: "Application.Read.All"}, "groups": {Resource: "Microsoft Graph", Role: "Group.Read.All"},
	}
	return want
}

// Use signs in as the third party does, and then lists applications.
func (e *partyEstate) Use(id governance.ID) (goOn func() error, err error) {
	view, ok := e.tenant.ServicePrincipal(id.Name())
	if !ok {
		return nil, platform.ErrNotFound
	}
	var by azuresim.Credentials
	for _, offered := range e.offered {
		if offered.AppID == view.AppID {
			by = offered.Credentials(e.tenant, 0)
		}
	}
	credential, err := azidentity.NewClientSecretCredential(by.TenantID, by.ClientID, by.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: e.options(), DisableInstanceDiscovery: true})
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

func (e *partyEstate) Drift(id governance.ID) {
	e.t.Helper()
	e.do(http.MethodPatch, "/servicePrincipals/"+id.Name(), map[string]any{
		"notes": nil, "appRoleAssignmentRequired": false, "tags": []string{"HideApp", "nhi:owner=somebody", "nhi:labels=team", "team=others"},
	}, nil)
	e.assignTo(id.Name(), "Mail.Read")
}

// assignTo gives a service principal a permission of Microsoft Graph.
func (e *partyEstate) assignTo(principal, permission string) {
	e.t.Helper()
	offers := e.graph()
	i := slices.IndexFunc(offers.AppRoles, func(role graph.AppRole) bool { return role.Value == permission })
	e.do(http.MethodPost, "/servicePrincipals/"+principal+"/appRoleAssignments",
		map[string]string{"principalId": principal, "resourceId": offers.ID, "appRoleId": offers.AppRoles[i].ID}, nil)
}

// graph is the service principal of Microsoft Graph.
func (e *partyEstate) graph() (offers graph.ServicePrincipal) {
	e.t.Helper()
	e.do(http.MethodGet, "/servicePrincipals(appId='"+azure.GraphAppID+"')", nil, &offers)
	return offers
}

func (e *partyEstate) Attach(id governance.ID) []string {
	e.t.Helper()
	e.assignTo(id.Name(), "Mail.Read")
	e.do(http.MethodPost, "/oauth2PermissionGrants", map[string]any{"clientId": id.Name(), "consentType": "AllPrincipals", "resourceId": e.graph().ID, "scope": " User.Read Files.Read"}, nil)
	return []string{
		"app role Mail.Read of Microsoft Graph", "client secret " + e.secret("/servicePrincipals/"+id.Name()), "delegated permissions Files.Read, User.Read of Microsoft Graph",
	}
}

// describeParty writes a service principal down without what only Entra ID and the third party know.
func describeParty(state azure.ServicePrincipalState) string {
	state.ID, state.CreatedAt, state.DisplayName, state.Publisher = governance.ID{}, time.Time{}, "", azure.Publisher{}
	text, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestSimContractServicePrincipals(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, platformtest.Harness[azure.ServicePrincipalSpec, azure.ServicePrincipalState]{
		Open: func(t *testing.T) platformtest.Estate[azure.ServicePrincipalSpec, azure.ServicePrincipalState] {
			t.Helper()
			return openPartyEstate(t)
		},
		Describe: describeParty, IDByCloud: true, EndedByApply: true,
	})
}
