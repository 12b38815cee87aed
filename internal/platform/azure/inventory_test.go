package azure_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// listingDay is today in the tests of the inventory.
var listingDay = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// inventoried is a tenant to list, and a provider that lists it.
func inventoried(t *testing.T) (*azuresim.Server, *azuresim.Tenant, *azure.Tenant) {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(listingDay, false))
	return server, server.Tenant(azuresim.DefaultTenant), lister(t, server)
}

func lister(t *testing.T, server *azuresim.Server) *azure.Tenant {
	t.Helper()
	return azure.NewTenant(azure.Config{
		TenantID: azuresim.DefaultTenant, SubscriptionID: azuresim.DefaultSubscription, CustomCABundle: acctest.AzureCA(t, server), Clock: server.Clock(), MaxBackoff: time.Millisecond,
		Endpoints:    azure.Endpoints{Authority: server.URL(), Graph: server.GraphURL(), ResourceManager: server.ResourceManagerURL()},
		MetadataKeys: governance.NewMetadataKeys(nil),
	})
}

func list(t *testing.T, tenant *azure.Tenant) (platform.Listing, map[string]governance.Identity) {
	t.Helper()
	listing, err := tenant.Identities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]governance.Identity{}
	for _, one := range listing.Identities {
		byName[one.Name] = one
	}
	return listing, byName
}

// TestInventoryApplications lists what an inventory tells of applications and of others' service principals.
func TestInventoryApplications(t *testing.T) {
	t.Parallel()
	_, tenant, lists := inventoried(t)
	ago := func(days int) time.Time { return listingDay.AddDate(0, 0, -days) }
	left := tenant.PutUser(azuresim.User{DisplayName: "Left", Name: "left", Disabled: true})
	var many []string
	for range 25 {
		many = append(many, tenant.PutUser(azuresim.User{DisplayName: "Someone"}))
	}
	made := tenant.PutApplication(azuresim.Application{
		DisplayName: "Export", UniqueName: "export", Owners: append(many, left), CreatedAt: ago(300), LastSignInAt: ago(3), // before its secret
		Tags:        []string{"nhi:owner=payments", "nhi:managed_by=terraform-provider-governed"},
		Permissions: []string{"RoleManagement.ReadWrite.Directory", "User.Read.All", "Mail.Read"}, DirectoryRoles: []string{"Application Administrator", "Directory Readers"},
		Secrets:   []azuresim.Secret{{DisplayName: "used", Start: ago(200), End: ago(-100), LastUsedAt: ago(2)}, {Start: ago(200), End: ago(100)}},
		Federated: []azuresim.FederatedCredential{{Name: "main", Issuer: githubIssuer, Subject: "repo:acme/shop:ref:refs/heads/main", Audience: audience}},
	})
	tenant.AssignRole(made.ServicePrincipalID, "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
	const home = "99999999-9999-9999-9999-999999999999"
	tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Monitoring", Publisher: "Acme", HomeTenant: home})
	listing, byName := list(t, lists)
	if len(listing.Gaps) != 0 {
		t.Errorf("gaps: %q", listing.Gaps)
	}
	one := byName["export"]
	if want := "entra:" + azuresim.DefaultTenant + ":application/" + made.ObjectID; one.ImportID != want || one.ID.String() != want {
		t.Errorf("got %s, want %s", one.ImportID, want)
	}
	if one.Metadata.Owner != "payments" || one.ManagedBy != governance.ManagedBy || !one.CreatedAt.Equal(ago(300)) || one.Category != governance.CategoryEnterpriseManaged {
		t.Errorf("got %+v", one)
	}
	if !one.LastUsedKnown || !one.LastUsedAt.Equal(ago(2)) {
		t.Errorf("last used %v (%v)", one.LastUsedAt, one.LastUsedKnown)
	}
	if len(one.OwnersGone) != 1 || !strings.HasPrefix(one.OwnersGone[0], "left@") {
		t.Errorf("owners that are gone: %q", one.OwnersGone)
	}
	var classes []governance.Rule
	for _, privilege := range one.Privileges {
		classes = append(classes, privilege.Class)
	}
	if want := []governance.Rule{governance.RuleAdministrator, governance.RulePrivilegeEscalation, governance.RuleDataExfiltration}; !slices.Equal(classes, want) {
		t.Errorf("classes %v, want %v", classes, want)
	}
	if got, want := one.Privileges[0].String(), "administrator by RoleManagement.ReadWrite.Directory of Microsoft Graph"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(one.Credentials) != 2 || !one.Credentials[0].Active || !one.Credentials[0].LastUsedKnown || one.Credentials[1].Active || one.Credentials[1].LastUsedKnown || !one.Credentials[1].EndsAt.Equal(ago(100)) {
		t.Errorf("credentials %+v", one.Credentials)
	}
	if len(one.Trust) != 1 || one.Trust[0].Kind != governance.TrusteeWebIdentity || one.Trust[0].Subjects[0] != "repo:acme/shop:ref:refs/heads/main" {
		t.Errorf("trust %+v", one.Trust)
	}
	third := byName["Monitoring"]
	if third.ID.Kind != governance.KindEntraServicePrincipal || third.Category != governance.CategoryExternal || third.Metadata.ThirdParty != "Acme" || third.Trust[0].Account != home {
		t.Errorf("third party %+v", third)
	}
	if third.LastUsedKnown {
		t.Error("a missing row says that something is unused")
	}
}

// TestInventoryManagedIdentities tells those that nothing could use from those that something uses.
func TestInventoryManagedIdentities(t *testing.T) {
	t.Parallel()
	_, tenant, lists := inventoried(t)
	subscription := tenant.Subscription(azuresim.DefaultSubscription)
	group := subscription.AddResourceGroup("workloads", "westeurope")
	idle := subscription.AddManagedIdentity("workloads", "idle", map[string]string{"nhi:owner": "payments", "Team": "Finance"})
	busy := subscription.AddManagedIdentity("workloads", "busy", nil)
	subscription.AddResource("workloads", "Microsoft.Web/sites", "shop", busy.ID)
	tenant.AssignRole(busy.PrincipalID, "Contributor", "/subscriptions/"+azuresim.DefaultSubscription)
	tenant.AssignRole(idle.PrincipalID, "Reader", group)
	listing, byName := list(t, lists)
	if len(listing.Gaps) != 0 {
		t.Errorf("gaps: %q", listing.Gaps)
	}
	one, other := byName["idle"], byName["busy"]
	if one.NoClient == "" || other.NoClient != "" {
		t.Errorf("idle: %q; busy: %q", one.NoClient, other.NoClient)
	}
	if one.Metadata.Owner != "payments" || one.Metadata.Labels["Team"] != "Finance" || one.ID.Home() != azuresim.DefaultSubscription || one.CreatedAt.IsZero() {
		t.Errorf("idle: %+v", one)
	}
	if len(one.Privileges) != 0 || len(other.Privileges) == 0 || other.Privileges[0].Class != governance.RulePrivilegeEscalation {
		t.Errorf("privileges %v and %v", one.Privileges, other.Privileges)
	}
	if len(other.Trust) != 1 || other.Trust[0].Kind != governance.TrusteeResource {
		t.Errorf("trust %+v", other.Trust)
	}
}

// TestInventoryQuarantinedIdentities finds a managed identity in quarantine as unused as it was before.
func TestInventoryQuarantinedIdentities(t *testing.T) {
	t.Parallel()
	e := openIdentities(t, false)
	subscription := e.tenant.Subscription(azuresim.DefaultSubscription)
	idle, trusting := subscription.AddManagedIdentity("workloads", "idle", nil), subscription.AddManagedIdentity("workloads", "trusting", nil)
	busy := subscription.AddManagedIdentity("workloads", "busy", nil)
	subscription.AddResource("workloads", "Microsoft.Web/sites", "shop", busy.ID)
	e.federate(trusting.ID, "main", "repo:acme/app:ref:refs/heads/main")
	for _, view := range []azuresim.ManagedIdentityView{idle, trusting, busy} {
		id := governance.ID{Kind: governance.KindAzureManagedIdentity, Resource: view.ID}
		_, err := azure.NewTenant(e.config()).Quarantines().Impose(t.Context(), id, governance.QuarantineOrder{Reason: "Nobody knows it"})
		e.no(err)
	}
	// What is assigned since is for nothing, and no use from before.
	for range 2 {
		_, byName := list(t, azure.NewTenant(e.config()))
		if one, other := byName["idle"], byName["trusting"]; one.NoClient == "" || other.NoClient != "" || one.Quarantine == nil || other.Quarantine == nil {
			t.Errorf("idle: %+v; trusting: %+v", one, other)
		}
		if one := byName["busy"]; one.NoClient != "" || one.Quarantine == nil {
			t.Errorf("busy: %+v", one)
		}
		subscription.AddResource("workloads", "Microsoft.Compute/virtualMachines", "later", idle.ID, trusting.ID)
	}
}

// TestInventoryGaps takes permissions away one by one: what is missing is named, and everything else is there.
func TestInventoryGaps(t *testing.T) {
	t.Parallel()
	for permission, of := range map[string]struct {
		denied []string
		want   []string
	}{
		"reports":          {[]string{"AuditLog.Read.All"}, []string{"last signed in is not known: the caller lacks the permission AuditLog.Read.All with a licence of Microsoft Entra ID P1 or P2.", "were last used is not known: the caller lacks the permission AuditLog.Read.All"}},
		"directory roles":  {[]string{"RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All"}, []string{"The directory roles of the identities of tenant " + azuresim.DefaultTenant + " are not known, and so not privileges that they give: the caller lacks the permission RoleManagement.Read.Directory."}},
		"role assignments": {[]string{"Microsoft.Authorization/roleAssignments/read"}, []string{"The Azure roles of the identities of tenant " + azuresim.DefaultTenant + " are not known, and so not privileges that they give: the caller lacks the permission Microsoft.Authorization/roleAssignments/read."}},
		"subscriptions":    {[]string{"Microsoft.Resources/subscriptions/read"}, []string{"are not listed: the caller lacks the permission Reader of at least one subscription.", "assigned is not known", "The Azure roles"}},
	} {
		t.Run(permission, func(t *testing.T) {
			t.Parallel()
			server, tenant, lists := inventoried(t)
			tenant.PutApplication(azuresim.Application{DisplayName: "Export", UniqueName: "export"})
			server.SeedEstate(5)
			tenant.DenyPermissions(of.denied...)
			listing, byName := list(t, lists)
			if _, there := byName["export"]; !there {
				t.Error("the application is not listed")
			}
			if len(listing.Gaps) != len(of.want) {
				t.Errorf("gaps %q, want %d", listing.Gaps, len(of.want))
			}
			for _, want := range of.want {
				if !slices.ContainsFunc(listing.Gaps, func(gap string) bool { return strings.Contains(gap, want) }) {
					t.Errorf("no gap says %q among %q", want, listing.Gaps)
				}
			}
		})
	}
}

// TestInventoryRefused is an error where nothing could be listed, and never an empty list.
func TestInventoryRefused(t *testing.T) {
	t.Parallel()
	_, tenant, lists := inventoried(t)
	tenant.DenyPermissions("Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All", "Directory.ReadWrite.All", "Microsoft.Resources/subscriptions/read")
	if listing, err := lists.Identities(t.Context()); err == nil || !strings.Contains(err.Error(), "Application.Read.All") {
		t.Errorf("got %d identities and %v", len(listing.Identities), err)
	}
}

// TestInventoryCalls lists ten thousand applications in a hundred calls.
func TestInventoryCalls(t *testing.T) {
	t.Parallel()
	server, _, lists := inventoried(t)
	server.SeedEstate(10_000)
	server.ResetCalls()
	listing, _ := list(t, lists)
	if calls := len(server.Calls()); calls > 100 {
		t.Errorf("%d calls", calls)
	} else {
		t.Logf("%d identities in %d calls", len(listing.Identities), calls)
	}
	applications := 0
	for _, one := range listing.Identities {
		if one.ID.Kind == governance.KindEntraApplication {
			applications++
		}
	}
	if applications < 10_000 || len(listing.Gaps) != 0 {
		t.Errorf("%d applications; gaps %q", applications, listing.Gaps)
	}
	calls := len(server.Calls())
	if list(t, lists); len(server.Calls()) != calls {
		t.Error("a second list makes calls")
	}
}

// TestInventoryWeather lists the same through throttling and short pages.
func TestInventoryWeather(t *testing.T) {
	t.Parallel()
	server, _, lists := inventoried(t)
	server.SeedEstate(40)
	want, _ := list(t, lists)
	server.SetMaxPageSize(7)
	server.InjectFault(sim.Fault{Nth: 3, Times: 2, Kind: sim.FaultThrottling})
	got, _ := list(t, lister(t, server))
	if len(got.Identities) != len(want.Identities) || len(got.Gaps) != 0 {
		t.Errorf("got %d of %d identities; gaps %q", len(got.Identities), len(want.Identities), got.Gaps)
	}
}

// TestInventoryTagsOfTheThirdParty takes no governance from what a third party, who may use this provider as well, says of its own
// application: its tags show on the service principal.
func TestInventoryTagsOfTheThirdParty(t *testing.T) {
	t.Parallel()
	_, tenant, lists := inventoried(t)
	const home = "99999999-9999-9999-9999-999999999999"
	for name, tags := range map[string][]string{
		"Theirs": {"nhi:owner=acme-sre", "nhi:expiry=2199-01-01", "nhi:managed_by=terraform-provider-governed"},
		"Ours":   {"nhi:owner=platform", "nhi:third_party=Acme", "nhi:managed_by=terraform-provider-governed"},
	} {
		tenant.SetTags(tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: name, HomeTenant: home}), tags...)
	}
	_, byName := list(t, lists)
	if theirs := byName["Theirs"]; theirs.Metadata.Owner != "" || theirs.Metadata.Expiry != "" || theirs.ManagedBy != "" {
		t.Errorf("it passes for governed: %+v", theirs.Metadata)
	}
	if ours := byName["Ours"]; ours.Metadata.Owner != "platform" || ours.ManagedBy != governance.ManagedBy {
		t.Errorf("what governs it is lost: %+v", ours.Metadata)
	}
}
