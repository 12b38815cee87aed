package quarantine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	vendorTenant = "22222222-2222-4333-8444-555555555555"
	patchApp     = "PATCH /applications/{id}"
	patchSP      = "PATCH /servicePrincipals/{id}"
	stayInstead  = "secrets, certificates and federated credentials stay, because Entra ID could not give them back: with blocked sign-in they get no token"
	tokenInstead = "access tokens from before stay valid until they end by themselves, up to 90 minutes later"
)

// directory is a simulated tenant with a forgotten application and a third party's service principal.
type directory struct {
	server       *azuresim.Server
	tenant       *azuresim.Tenant
	app          azuresim.Registered
	appID, spID  string
	thirdPartySP string
}

func newDirectory(t testing.TB) directory {
	t.Helper()
	server := acctest.NewAzureSim(t, sim.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC), false))
	d := directory{server: server, tenant: server.Tenant(azuresim.DefaultTenant)}
	d.app = d.tenant.PutApplication(azuresim.Application{DisplayName: "nightly", Tags: []string{"HideApp"}, Secrets: []azuresim.Secret{{}}, LastSignInAt: server.Clock().Now().AddDate(0, 0, -300)})
	d.thirdPartySP = d.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "collector", HomeTenant: vendorTenant})
	d.appID = d.id("application", d.app.ObjectID)
	d.spID = d.id("service_principal", d.thirdPartySP)
	return d
}

func (directory) id(kind, object string) string {
	return "entra:" + azuresim.DefaultTenant + ":" + kind + "/" + object
}

func (d directory) date(days int) string {
	return d.server.Clock().Now().UTC().AddDate(0, 0, days).Format("2006-01-02")
}

func (d directory) resource(t testing.TB) *acctest.Resource {
	t.Helper()
	return acctest.NewAzureProtocol(t, d.server, nil).Resource(typeName)
}

// writes are the changes of the directory since the last ResetCalls.
func (d directory) writes() (actions []string) {
	for _, call := range d.server.Calls() {
		if call.Service == "graph" && !strings.HasPrefix(call.Action, "GET ") {
			actions = append(actions, call.Action)
		}
	}
	return actions
}

// principal is the service principal of an identity, as the simulator has it.
func (d directory) principal(t testing.TB, id string) azuresim.ServicePrincipalView {
	t.Helper()
	object := d.thirdPartySP
	if id == d.appID {
		object = d.app.ServicePrincipalID
	}
	view, ok := d.tenant.ServicePrincipal(object)
	if !ok {
		t.Fatalf("%s is gone", id)
	}
	return view
}

func (d directory) picture(t testing.TB) string {
	t.Helper()
	app, _ := d.tenant.Application(d.app.ObjectID)
	return fmt.Sprintf("%+v\n%+v\n%+v", app, d.principal(t, d.appID), d.principal(t, d.spID))
}

// TestEntra blocks the sign-in, records that on the object, and gives back what was there.
func TestEntra(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"application", "service_principal"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t)
			id, patch := d.appID, patchApp
			if kind != "application" {
				id, patch = d.spID, patchSP
			}
			before := d.picture(t)
			r := d.resource(t)
			config := order(id, acctest.Values{"delete_after": d.date(9)})
			r.Plan(config).Want(t, announced(id)+" … Afterwards: … - sign-in is blocked … - "+stayInstead+" … - "+tokenInstead+" … Last use:")
			d.server.ResetCalls()
			r.ApplyPlanned(config).Want(t)
			if got := d.writes(); !slices.Equal(got, []string{patch, patchSP, patch}) {
				t.Errorf("writes were %v", got)
			}
			if d.principal(t, id).Enabled {
				t.Error("the sign-in is open")
			}
			acctest.WantSame(t, "status", r.State("status"), "quarantined")
			acctest.WantSame(t, "changes", r.State("changes"), []any{"sign-in is blocked"})
			acctest.WantSame(t, "instead", r.State("instead"), []any{stayInstead, tokenInstead})
			r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
			r.Refresh().Want(t)
			r.Plan(config).Want(t)
			if r.Changes() {
				t.Error("the second plan changes something")
			}
			d.resource(t).Plan(config).Want(t, `error identity: Identity is in quarantine already … by another resource or another state`)

			// Somebody opens it: that is shown, and mended.
			d.tenant.SetEnabled(d.principal(t, id).ObjectID, true)
			r.Refresh().Want(t)
			acctest.WantSame(t, "drift", r.State("drift"), []any{"sign-in is not blocked any more"})
			open := *r
			r.Apply(config).Want(t, "warning identity: Quarantine is not whole: "+id)
			if d.principal(t, id).Enabled {
				t.Error("the sign-in is open")
			}

			// The state is lost, and an import takes the quarantine over.
			imported := d.resource(t)
			imported.Import(id, nil).Want(t)
			imported.Plan(config).Want(t)
			if imported.Changes() {
				t.Error("the plan after the import changes something")
			}
			imported.Apply(nil).Want(t)
			if after := d.picture(t); after != before {
				t.Errorf("before it was\n%s\nand now it is\n%s", before, after)
			}
			open.Apply(nil).Want(t, "warning identity: Not everything was put back: "+id+" … nothing on it records a quarantine any more")
		})
	}
}

// TestAzureInventory shows what is in quarantine, on both of Microsoft's platforms.
func TestAzureInventory(t *testing.T) {
	t.Parallel()
	d, l := newDirectory(t), newLandscape(t)
	d.resource(t).Apply(order(d.appID, nil))
	l.resource(t).Apply(order(l.id, nil))
	for id, server := range map[string]*azuresim.Server{d.appID: d.server, l.id: l.server} {
		found, diags := acctest.NewAzureProtocol(t, server, nil).ReadDataSource("governed_identities", acctest.Values{"findings": []string{"quarantined"}})
		if text := fmt.Sprint(found); diags.Failed() || !strings.Contains(strings.ToLower(text), strings.ToLower(id)) {
			t.Errorf("%s is not among %s; %s", id, text, diags)
		}
	}
}

// TestEntraDeletion retires what is in quarantine when its time has come.
func TestEntraDeletion(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	for _, id := range []string{d.appID, d.spID} {
		config := order(id, acctest.Values{"delete_after": d.date(9)})
		r := d.resource(t)
		r.Apply(config)
		d.server.Clock().Advance(10 * oneDay)
		r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
		r.Refresh().Want(t)
		_, object, _ := strings.Cut(id, "/")
		diags := r.Apply(config)
		diags.Want(t, "warning identity: Identity will be retired: "+id+" … It can be restored for 30 days, without any credential … To have it deleted for good sooner, "+
			"remove it from the deleted objects of Entra ID afterwards, by DELETE /directory/deletedItems/"+object+" of Microsoft Graph.")
		if strings.Contains(diags.String(), "purge_on_destroy") {
			t.Errorf("it speaks of an argument that there is not: %s", diags)
		}
		acctest.WantSame(t, "status", r.State("status"), "deleted")
	}
	if left := d.tenant.Applications(); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
	if _, there := d.tenant.ServicePrincipal(d.thirdPartySP); there {
		t.Error("the service principal is left")
	}
}

// TestEntraBlockedBefore leaves blocked what was blocked before, and a release as somebody else has it.
func TestEntraBlockedBefore(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.tenant.SetEnabled(d.app.ServicePrincipalID, false)
	before := d.picture(t)
	r := d.resource(t)
	d.server.ResetCalls()
	r.Apply(order(d.appID, nil)).Want(t, announced(d.appID)+" … - sign-in was blocked already, and stays so")
	if got := d.writes(); !slices.Equal(got, []string{patchApp, patchApp}) {
		t.Errorf("writes were %v", got)
	}
	r.Apply(nil).Want(t)
	if after := d.picture(t); after != before {
		t.Errorf("before it was\n%s\nand now it is\n%s", before, after)
	}
	r = d.resource(t)
	r.Apply(order(d.appID, nil))
	d.tenant.SetEnabled(d.app.ServicePrincipalID, true)
	r.Apply(nil).Want(t, "warning identity: Not everything was put back: "+d.appID+" … sign-in stays open, as somebody has opened it")
}

// TestEntraRefused names why an identity cannot be quarantined, at plan, before anything is changed.
func TestEntraRefused(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	abroad := d.tenant.PutApplication(azuresim.Application{DisplayName: "abroad", SignInAudience: "AzureADMultipleOrgs"})
	managed := d.tenant.PutManagedIdentity("/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/m", "m")
	microsoft := ""
	for _, id := range d.tenant.ServicePrincipals() {
		if view, _ := d.tenant.ServicePrincipal(id); view.DisplayName == "Microsoft Graph" {
			microsoft = id
		}
	}
	environment := acctest.Values{"policy": acctest.Values{"break_glass": []string{"entra:*:application/" + abroad.ObjectID}}}
	d.server.ResetCalls()
	for name, test := range map[string]struct {
		identity string
		further  acctest.Values
		want     string
	}{
		"absent":           {identity: d.id("application", "99999999-2222-4333-8444-555555555555"), want: "error identity: Identity does not exist"},
		"another tenant":   {identity: "entra:" + vendorTenant + ":application/" + d.app.ObjectID, want: "error identity: Quarantine cannot be planned … is in the tenant " + vendorTenant},
		"Microsoft's own":  {identity: d.id("service_principal", microsoft), want: "error identity: Quarantine is not possible … is one of Microsoft's own applications"},
		"a managed one":    {identity: d.id("service_principal", managed), want: "error identity: Quarantine is not possible … is the service principal of a managed identity, which Microsoft lets nobody change"},
		"an own one":       {identity: d.id("service_principal", d.app.ServicePrincipalID), want: `error identity: Quarantine is not possible … belongs to an application of this tenant, which is what is quarantined. … Write identity = "` + d.appID + `".`},
		"for emergencies":  {identity: d.id("application", abroad.ObjectID), want: "error identity: Quarantine is not possible … for emergencies"},
		"too long a story": {identity: d.appID, further: acctest.Values{"reason": strings.Repeat("Leaked, again. ", 200)}, want: "error reason: The platform would refuse this … reason takes 3000 characters as it is stored"},
	} {
		r := acctest.NewAzureProtocol(t, d.server, environment).Resource(typeName)
		t.Log(name)
		r.Plan(order(test.identity, test.further)).Want(t, test.want)
	}
	const issuer, subject = "https://token.actions.githubusercontent.com", "repo:acme/infra:ref:refs/heads/main"
	deployer := d.tenant.PutApplication(azuresim.Application{
		DisplayName: "deployer", Permissions: []string{"Application.ReadWrite.All"},
		Federated: []azuresim.FederatedCredential{{Name: "ci", Issuer: issuer, Subject: subject, Audience: "api://AzureADTokenExchange"}},
	})
	token := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(token, []byte(azuresim.WebIdentityToken(issuer, "api://AzureADTokenExchange", subject, d.server.Clock().Now().Add(time.Hour))), 0o600))
	r := acctest.NewAzureProtocol(t, d.server, acctest.Values{"azure": acctest.AzureArgument(t, d.server).With(acctest.Values{
		"client_id": deployer.AppID, "use_oidc": true, "oidc_token_file": token,
	})}).Resource(typeName)
	r.Plan(order(d.id("application", deployer.ObjectID), nil)).Want(t, "error identity: Quarantine is not possible … is what Terraform runs as (service principal "+deployer.ServicePrincipalID+"), and could not release itself")
	r.Plan(order(d.id("application", abroad.ObjectID), nil)).Want(t, "warning identity: Identity will be quarantined: … - other tenants can have service principals of the application, which only they can block")
	if got := d.writes(); len(got) > 0 {
		t.Errorf("writes were %v", got)
	}
}
