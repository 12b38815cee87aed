package azure_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// quarantineEstate is what both kinds have in common.
func (e *estate) quarantineEstate(kind governance.Kind, object string, as azuresim.Credentials) platformtest.QuarantineEstate {
	return platformtest.QuarantineEstate{
		ID:          governance.ID{Kind: kind, Account: e.tenant.ID(), Resource: object},
		Absent:      governance.ID{Kind: kind, Account: e.tenant.ID(), Resource: "99999999-2222-4333-8444-555555555555"},
		Quarantines: func() platform.Quarantines { return azure.NewTenant(e.config()).Quarantines() },
		Use: func() error {
			credential, err := azidentity.NewClientSecretCredential(as.TenantID, as.ClientID, as.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: e.options(), DisableInstanceDiscovery: true})
			if err == nil {
				_, err = credential.GetToken(e.t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
			}
			return err
		},
		Weaken: func() {
			e.tenant.SetEnabled(as.ObjectID, true)
		},
		Writes: func() int { return len(e.sim.Calls()) - e.reads() },
	}
}

// reads counts the requests that changed nothing.
func (e *estate) reads() (n int) {
	for _, call := range e.sim.Calls() {
		if strings.HasPrefix(call.Action, "GET ") || call.Service != "graph" {
			n++
		}
	}
	return n
}

// picture writes down what Microsoft Graph shows of objects, in an order of its own.
func (e *estate) picture(paths ...string) string {
	e.t.Helper()
	var all []string
	for _, path := range paths {
		var object map[string]any
		e.do(http.MethodGet, path, nil, &object)
		if tags, ok := object["tags"].([]any); ok {
			slices.SortFunc(tags, func(a, b any) int { return strings.Compare(a.(string), b.(string)) }) //nolint:forcetypeassert // texts
		}
		text, err := json.Marshal(object)
		if err != nil {
			e.t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return strings.Join(all, "\n")
}

func TestSimContractQuarantineOfApplications(t *testing.T) {
	t.Parallel()
	platformtest.RunQuarantine(t, func(t *testing.T) platformtest.QuarantineEstate {
		t.Helper()
		e := openEstate(t)
		app := e.tenant.PutApplication(azuresim.Application{DisplayName: "nightly", Secrets: []azuresim.Secret{{}}, Tags: []string{"HideApp", "team=a_b"}, Permissions: []string{"User.Read.All"}})
		estate := e.quarantineEstate(governance.KindEntraApplication, app.ObjectID, app.Credentials(e.tenant, 0))
		estate.Picture = func() string {
			return e.picture("/applications/"+app.ObjectID, "/servicePrincipals/"+app.ServicePrincipalID)
		}
		return estate
	})
}

func TestSimContractQuarantineOfServicePrincipals(t *testing.T) {
	t.Parallel()
	platformtest.RunQuarantine(t, func(t *testing.T) platformtest.QuarantineEstate {
		t.Helper()
		e := openPartyEstate(t)
		offered := e.offer("collector")
		id := e.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "collector", HomeTenant: vendorTenant, AppID: offered.AppID, Permissions: []string{"User.Read.All"}})
		as := offered.Credentials(e.tenant, 0)
		as.ObjectID = id
		estate := e.quarantineEstate(governance.KindEntraServicePrincipal, id, as)
		estate.Picture = func() string { return e.picture("/servicePrincipals/" + id) }
		return estate
	})
}

func TestSimContractQuarantineOfManagedIdentities(t *testing.T) {
	t.Parallel()
	platformtest.RunQuarantine(t, func(t *testing.T) platformtest.QuarantineEstate {
		t.Helper()
		e := openIdentities(t, false)
		view := e.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "nightly", map[string]string{"Team": "billing"})
		id := governance.ID{Kind: governance.KindAzureManagedIdentity, Resource: view.ID}
		for scope, role := range map[string]string{e.group: "Reader", e.elsewhere: "Contributor", "/subscriptions/" + azuresim.DefaultSubscription: "Storage Blob Data Reader"} {
			e.tenant.AssignRole(view.PrincipalID, role, scope)
		}
		e.federate(id.Resource, "main", "repo:acme/app:ref:refs/heads/main")
		before := e.Writes()
		return platformtest.QuarantineEstate{
			ID: id, Absent: governance.ID{Kind: governance.KindAzureManagedIdentity, Resource: view.ID + "-2"},
			Quarantines: func() platform.Quarantines { return azure.NewTenant(e.config()).Quarantines() },
			Use: func() error {
				may, err := e.tenant.May(view.PrincipalID, readGroup, e.elsewhere)
				if err == nil && !may {
					err = errors.New("it may not read")
				}
				return err
			},
			Picture: func() string {
				now, _ := e.tenant.ManagedIdentity(id.Resource)
				text, _ := json.Marshal([]any{now, e.tenant.RoleAssignments(view.PrincipalID)}) //nolint:errchkjson // texts
				return string(text)
			},
			Weaken: func() { e.tenant.AssignRole(view.PrincipalID, "Owner", e.elsewhere) },
			Writes: func() int { return e.Writes() - before },
		}
	})
}

// federate lets a subject of GitHub's sign in as an identity.
func (e *identityEstate) federate(id, name, subject string) {
	e.t.Helper()
	parts := strings.Split(id, "/")
	_, err := e.msi.NewFederatedIdentityCredentialsClient().CreateOrUpdate(e.t.Context(), parts[4], parts[8], name, armmsi.FederatedIdentityCredential{
		Properties: &armmsi.FederatedIdentityCredentialProperties{Issuer: to.Ptr(githubIssuer), Subject: &subject, Audiences: []*string{to.Ptr(audience)}},
	}, nil)
	e.no(err)
}

// TestSimQuarantineGoverned governs a managed identity in quarantine without giving it anything, and without losing the record.
func TestSimQuarantineGoverned(t *testing.T) {
	t.Parallel()
	e := openIdentities(t, false)
	view := e.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", "nightly", nil)
	id := governance.ID{Kind: governance.KindAzureManagedIdentity, Resource: view.ID}
	_, err := azure.NewTenant(e.config()).Quarantines().Impose(t.Context(), id, governance.QuarantineOrder{Reason: "Nobody knows it"})
	e.no(err)
	_, err = e.Driver().Converge(t.Context(), id, e.Wanted("nightly"))
	e.no(err)
	read, err := azure.NewTenant(e.config()).Quarantines().Read(t.Context(), id)
	if now, _ := e.tenant.ManagedIdentity(view.ID); err != nil || !read.Complete || read.ManagedBy != governance.ManagedBy || len(now.Federated)+len(e.tenant.RoleAssignments(view.PrincipalID)) > 0 {
		t.Errorf("it is %+v, %+v, %v", read, now, err)
	}
}
