package provider_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	vendorTenant = "22222222-2222-4333-8444-555555555555"
	// microsoftTenant is the one of Microsoft's own applications.
	microsoftTenant = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
	ofSubscription  = "/subscriptions/" + azuresim.DefaultSubscription
)

// abandoned is a tenant with identities that nothing uses any more.
type abandoned struct {
	server                     *azuresim.Server
	tenant                     *azuresim.Tenant
	reports, legacy, unknown   azuresim.Registered
	collector                  string
	nightly, nothing, attached azuresim.ManagedIdentityView
}

// abandon makes one most of a year ago by a clock that shows the present, with a neighbour for every reason not to propose one.
func abandon(t *testing.T, clock *sim.Clock) abandoned {
	t.Helper()
	server := acctest.NewAzureSim(t, clock)
	clock.Advance(-300 * oneDay)
	a := abandoned{server: server, tenant: server.Tenant(azuresim.DefaultTenant)}
	subscription := a.tenant.Subscription(azuresim.DefaultSubscription)
	group := subscription.AddResourceGroup("workloads", "westeurope")
	managed := func(name string, tags map[string]string) azuresim.ManagedIdentityView {
		return subscription.AddManagedIdentity("workloads", name, tags)
	}
	a.nightly, a.nothing = managed("nightly", map[string]string{"Team": "billing"}), managed("nothing", nil)
	a.tenant.AssignRole(a.nightly.PrincipalID, "Reader", ofSubscription)
	a.tenant.AssignRole(a.nothing.PrincipalID, "Contributor", group)
	federate(t, server, a.nightly.ID)
	for _, id := range a.tenant.Applications() {
		if view, _ := a.tenant.Application(id); view.DisplayName == "somebody-else" {
			a.tenant.Delete(id) // who has made the federated credential
		}
	}
	if err := a.useNightly(t); err != nil {
		t.Fatal(err)
	}
	a.attached = managed("attached", nil)
	subscription.AddResource("workloads", "Microsoft.Web/sites", "shop", a.attached.ID)
	managed("declared", map[string]string{"nhi:managed_by": "terraform-provider-governed"})
	a.tenant.PutManagedIdentity(group+"/providers/Microsoft.Compute/virtualMachines/runner", "runner") // its own, which goes with the machine
	clock.Advance(300 * oneDay)
	ago := func(days int) time.Time { return clock.Now().AddDate(0, 0, -days) }
	application := func(name string, used int, tags ...string) azuresim.Registered {
		return a.tenant.PutApplication(azuresim.Application{
			DisplayName: name, CreatedAt: ago(500), Tags: tags, Secrets: []azuresim.Secret{{Start: ago(400), LastUsedAt: ago(used)}}, Permissions: []string{"Application.Read.All"},
		})
	}
	a.reports, a.legacy = application("reports", 250, "HideApp"), application("legacy", 350)
	application("daily", 1)
	application("declared", 250, "nhi:managed_by=terraform-provider-governed")
	a.unknown = a.tenant.PutApplication(azuresim.Application{DisplayName: "unknown", CreatedAt: ago(500), Secrets: []azuresim.Secret{{Start: ago(400)}}})
	a.collector = a.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "collector", HomeTenant: vendorTenant, CreatedAt: ago(500), LastSignInAt: ago(250)})
	a.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Microsoft's own", HomeTenant: microsoftTenant, CreatedAt: ago(500), LastSignInAt: ago(250)})
	suspect := application("suspect", 250)
	acctest.NewAzureProtocol(t, server, nil).Resource("governed_quarantine").Apply(acctest.Values{"identity": ofTenant("application", suspect.ObjectID), "reason": "Its secret was found in a log of the build"})
	return a
}

func ofTenant(kind, object string) string {
	return "entra:" + azuresim.DefaultTenant + ":" + kind + "/" + object
}

// ids are those of what is to be proposed, by name.
func (a abandoned) ids() map[string]string {
	return map[string]string{
		"reports": ofTenant("application", a.reports.ObjectID), "legacy": ofTenant("application", a.legacy.ObjectID), "collector": ofTenant("service_principal", a.collector),
		"nightly": ofSubscriptionID(a.nightly), "nothing": ofSubscriptionID(a.nothing),
	}
}

// ofSubscriptionID is the canonical id of a managed identity, whose resource group Azure writes in either case.
func ofSubscriptionID(view azuresim.ManagedIdentityView) string {
	return "azure:" + strings.Replace(view.ID, "/resourcegroups/", "/resourceGroups/", 1)
}

// signIn says why a credential gets no token.
func (a abandoned) signIn(t *testing.T, with func(azcore.ClientOptions) (azcore.TokenCredential, error), scope string) error {
	t.Helper()
	credential, err := with(azcore.ClientOptions{Transport: a.server.Client(), Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: a.server.AuthorityHost()}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	return err
}

// useNightly signs in with a token that the federated credential of the managed identity takes.
func (a abandoned) useNightly(t *testing.T) error {
	t.Helper()
	token := azuresim.WebIdentityToken("https://token.actions.githubusercontent.com", "api://AzureADTokenExchange", "repo:acme/app:ref:refs/heads/main", a.server.Clock().Now().Add(time.Hour))
	return a.signIn(t, func(options azcore.ClientOptions) (azcore.TokenCredential, error) {
		return azidentity.NewClientAssertionCredential(azuresim.DefaultTenant, a.nightly.ClientID, func(context.Context) (string, error) { return token, nil },
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	}, "https://management.core.windows.net//.default")
}

// use signs in with the secret of an application.
func (a abandoned) use(t *testing.T, one azuresim.Registered) error {
	t.Helper()
	return a.signIn(t, func(options azcore.ClientOptions) (azcore.TokenCredential, error) {
		return azidentity.NewClientSecretCredential(azuresim.DefaultTenant, one.AppID, one.Secrets[0], &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	}, "https://graph.microsoft.com/.default")
}

// wantAccess uses what is to be released and what is to be deleted, and so makes its last use now where it has access.
func (a abandoned) wantAccess(t *testing.T, released, deleted bool) {
	t.Helper()
	may := func(principal, action string) bool {
		allowed, err := a.tenant.May(principal, action, ofSubscription+"/resourceGroups/workloads")
		if err != nil {
			t.Fatal(err)
		}
		return allowed
	}
	collector, there := a.tenant.ServicePrincipal(a.collector)
	for name, of := range map[string]struct{ has, want bool }{
		"reports": {a.use(t, a.reports) == nil, released}, "nightly": {a.useNightly(t) == nil, released}, "roles of nightly": {may(a.nightly.PrincipalID, "Microsoft.Resources/subscriptions/resourceGroups/read"), released},
		"legacy": {a.use(t, a.legacy) == nil, deleted}, "collector": {there && collector.Enabled, deleted}, "roles of nothing": {may(a.nothing.PrincipalID, "Microsoft.Storage/storageAccounts/write"), deleted},
	} {
		if of.has != of.want {
			t.Errorf("%s has access: %v", name, of.has)
		}
	}
}

// picture is all of what is to be released that a quarantine may touch.
func (a abandoned) picture() string {
	app, _ := a.tenant.Application(a.reports.ObjectID)
	principal, _ := a.tenant.ServicePrincipal(a.reports.ServicePrincipalID)
	principal.LastSignInAt = time.Time{}
	managed, _ := a.tenant.ManagedIdentity(a.nightly.ID)
	return fmt.Sprintf("%+v\n%+v\n%+v\n%+v", app, principal, managed, a.tenant.RoleAssignments(a.nightly.PrincipalID))
}

// wantGone fails the test unless what was to be deleted is, as far as Microsoft lets it: an application and a service
// principal can be restored for 30 days, with nothing that would let anybody in.
func (a abandoned) wantGone(t *testing.T) {
	t.Helper()
	if _, there := a.tenant.ManagedIdentity(a.nothing.ID); there || len(a.tenant.RoleAssignments(a.nothing.PrincipalID)) > 0 {
		t.Error("the managed identity is there")
	}
	want := []string{a.legacy.ObjectID, a.legacy.ServicePrincipalID, a.collector}
	slices.Sort(want)
	if got := a.tenant.Deleted(); !slices.Equal(got, want) {
		t.Errorf("deleted are %v and not %v", got, want)
	}
	a.server.Clock().Advance(31 * oneDay)
	if got := a.tenant.Deleted(); len(got) > 0 {
		t.Errorf("after 31 days there are %v", got)
	}
}
