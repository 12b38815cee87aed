package thirdpartyidentity_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	unverified      = "entra_service_principal.app_id: Publisher is not verified … comes from the tenant " + vendorTenant + " (OWASP NHI3) … publisher.tenant_id … Rule: publisher_unverified"
	unverifiedApp   = "55555555-2222-4333-8444-555555555555"
	spoofedApp      = "66666666-2222-4333-8444-555555555555"
	microsoftTenant = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
)

// TestPublisherRefused makes nothing of an application whose publisher the policy, or the configuration, does not let pass: it
// is known only once its service principal is there, which goes again without a trace.
func TestPublisherRefused(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		arguments acctest.Values
		says      []string
	}{
		"unverified":         {acctest.Values{"app_id": unverifiedApp}, []string{"error " + unverified + " (error)."}},
		"other tenant":       {acctest.Values{"publisher": acctest.Values{"tenant_id": microsoftTenant}}, []string{"error entra_service_principal.publisher.tenant_id: Trust is not safe … comes from the tenant " + vendorTenant + ", and not from " + microsoftTenant}},
		"other publisher":    {acctest.Values{"publisher": acctest.Values{"verified_publisher_id": "1"}}, []string{"error entra_service_principal.publisher.verified_publisher_id: Trust is not safe … its verified publisher is 5206095 (Acme), and not 1"}},
		"verified by nobody": {acctest.Values{"app_id": unverifiedApp, "publisher": acctest.Values{"verified_publisher_id": "1"}}, []string{"error " + unverified, "error entra_service_principal.publisher.verified_publisher_id: Trust is not safe … nobody is its verified publisher, and not 1"}},
		"tags of ours":       {acctest.Values{"app_id": spoofedApp}, []string{`error entra_service_principal.app_id: Trust is not safe … has the tag "nhi:expiry=2199-01-01" itself`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t)
			d.offer(azuresim.Application{DisplayName: "Nobody's", AppID: unverifiedApp})
			d.offer(azuresim.Application{DisplayName: "Spoofed", AppID: spoofedApp, Publisher: "Acme", Tags: []string{"nhi:expiry=2199-01-01"}})
			config := vendorApplication(of.arguments.With(graphRoles("User.Read.All")))
			r := d.resource(t, nil)
			r.Plan(config).Want(t)
			r.Apply(config).Want(t, of.says...)
			if r.Exists() {
				t.Error("what was refused is in the state")
			}
			d.wantNothing(t)
			for _, call := range d.server.Calls() {
				if strings.Contains(call.Action, "appRoleAssignments") && strings.HasPrefix(call.Action, "POST") {
					t.Error("it was given a role meanwhile")
				}
			}
		})
	}
}

// TestPublisherWarned says of a publisher who is not verified that it is not, where the policy only warns.
func TestPublisherWarned(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.offer(azuresim.Application{DisplayName: "Nobody's", AppID: unverifiedApp})
	config := vendorApplication(acctest.Values{"app_id": unverifiedApp, "publisher": acctest.Values{"tenant_id": vendorTenant}})
	r := d.resource(t, enforced("warn"))
	r.Apply(config).Want(t, "warning "+unverified+" (warn).")
	if !d.principal(t).Enabled || r.State("entra_service_principal", "verified_publisher") != nil {
		t.Errorf("state %v", r.State())
	}
	settled(t, r, config, "warning "+unverified+" (warn).")
	// What the policy has let pass once is no error under a stricter one, and an import has to pass.
	settled(t, r.Under(acctest.NewAzureProtocol(t, d.server, nil)), config, "warning "+unverified+" (warn).")
	imported := d.resource(t, nil)
	imported.Import(principalID(d.principal(t)), nil).Want(t)
	imported.Plan(config).Want(t, "error "+unverified+" (error).")
	settled(t, r.Under(acctest.NewAzureProtocol(t, d.server, enforced("off"))), config)
}

// TestPublisherGains judges anew an application that was let pass once its publisher is not verified and it is to get more.
func TestPublisherGains(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.offer(azuresim.Application{DisplayName: "Nobody's", AppID: unverifiedApp})
	config := func(roles ...string) acctest.Values {
		return vendorApplication(acctest.Values{"app_id": unverifiedApp}.With(graphRoles(roles...)))
	}
	r := d.resource(t, enforced("warn"))
	r.Apply(config("User.Read.All")).Want(t, "warning "+unverified+" (warn).")
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	settled(t, r, config("User.Read.All"), "warning "+unverified+" (warn).")
	const refused = "error entra_service_principal.app_id: Publisher is not verified … does not cover the permissions that it gains … Rule: publisher_unverified (error)."
	r.Plan(config("User.Read.All", "Group.Read.All")).Want(t, refused, "warning entra_service_principal: Identity gains permissions … Group.Read.All of Microsoft Graph")
	r.Apply(config("User.Read.All", "Group.Read.All").With(acctest.Values{"owner": "security"})).Want(t, refused, "warning entra_service_principal: Identity gains permissions")
	if roles := d.principal(t).Permissions; len(roles) != 1 {
		t.Errorf("it has %v", roles)
	}
	r.Apply(config()).Want(t, "warning "+unverified+" (warn).")
}

// TestPublisherRefusalInterrupted leaves what was refused in the state where it cannot be removed, and removes it next time.
func TestPublisherRefusalInterrupted(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.offer(azuresim.Application{DisplayName: "Nobody's", AppID: unverifiedApp})
	config := vendorApplication(acctest.Values{"app_id": unverifiedApp})
	d.server.InjectFault(sim.Fault{Service: "graph", Action: "DELETE /servicePrincipals/{id}", Kind: sim.FaultAccessDenied})
	r := d.resource(t, nil)
	r.Apply(config).Want(t, "error "+unverified, "error entra_service_principal: Refused identity cannot be removed … It can do nothing.")
	if !r.Exists() || d.principal(t).Enabled {
		t.Fatalf("state %v, %+v", r.State(), d.principals())
	}
	d.server.ClearFaults()
	r.Apply(nil).Want(t)
	d.wantNothing(t)
}

// TestPublisherRefusalUntainted refuses what was refused also where it is to be completed instead of replaced: that it was made
// has let nothing pass.
func TestPublisherRefusalUntainted(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.offer(azuresim.Application{DisplayName: "Nobody's", AppID: unverifiedApp})
	config := vendorApplication(acctest.Values{"app_id": unverifiedApp})
	d.server.InjectFault(sim.Fault{Service: "graph", Action: "DELETE /servicePrincipals/{id}", Kind: sim.FaultAccessDenied})
	r := d.resource(t, nil)
	r.Apply(config).Want(t, "error "+unverified, "error entra_service_principal: Refused identity cannot be removed")
	d.server.ClearFaults()
	r = r.Under(acctest.NewAzureProtocol(t, d.server, nil))
	r.Refresh().Want(t)
	r.Apply(config).Want(t, "error "+unverified+" (error).")
	if d.principal(t).Enabled {
		t.Error("it can sign in")
	}
}

// TestPublisherForeseen says at plan what is known by then: an application of the tenant's own, and of Microsoft's.
func TestPublisherForeseen(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	own := d.tenant.PutApplication(azuresim.Application{DisplayName: "own"})
	bare := d.tenant.PutApplication(azuresim.Application{DisplayName: "bare", WithoutServicePrincipal: true})
	for appID, says := range map[string]string{
		own.AppID:  "error entra_service_principal.app_id: Trust is not safe … is an application of this tenant itself … governed_service_identity with entra_application",
		bare.AppID: "error entra_service_principal.app_id: Trust is not safe … is an application of this tenant itself",
		graphApp:   "error entra_service_principal.app_id: Trust is not safe … is one of Microsoft's own applications … azuread_service_principal",
	} {
		d.resource(t, nil).Plan(vendorApplication(acctest.Values{"app_id": appID})).Want(t, says)
	}
	d.resource(t, nil).Apply(vendorApplication(acctest.Values{"app_id": "77777777-2222-4333-8444-555555555555"})).Want(t,
		"error entra_service_principal.app_id: Identity cannot be created … does not reference a valid application … one that every tenant can have")
}

func TestServicePrincipalViolations(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	for name, of := range map[string]struct {
		wrong acctest.Values
		says  []string
	}{
		"app id":      {vendorApplication(acctest.Values{"app_id": "acme"}), []string{`error entra_service_principal.app_id: The platform would refuse this … "acme" is no GUID`}},
		"tenant":      {vendorApplication(acctest.Values{"publisher": acctest.Values{"tenant_id": "acme.example"}}), []string{`error entra_service_principal.publisher.tenant_id: The platform would refuse this … not one of its domains`}},
		"notes":       {vendorApplication(acctest.Values{"notes": strings.Repeat("x", 1025)}), []string{"error entra_service_principal.notes: The platform would refuse this … 1 more than the limit of 1024"}},
		"role":        {vendorApplication(graphRoles("User.Reed.All")), []string{`error entra_service_principal.app_role_assignments["User.Reed.All"].role: The platform would refuse this … The nearest ones are: User.Read.All`}},
		"accounts":    {vendorApplication(nil).With(withParty(nil)), []string{"error third_party.account_ids: The platform would refuse this … account_ids is about AWS"}},
		"third party": {vendorApplication(nil).With(acctest.Values{"third_party": acctest.Values{"name": "Vendor", "contact": "soc@acme.example"}}), []string{`error third_party.name: Third party cannot be reached`}},
		"two":         {vendorApplication(nil).With(acctest.Values{"aws_role": acctest.Values{}}), []string{"error aws_role: More than one platform", "error entra_service_principal: More than one platform"}},
		"label":       {vendorApplication(nil).With(acctest.Values{"labels": acctest.Values{"team": "a b"}}), []string{`error labels["team"]: The platform would refuse this … has white space`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.resource(t, nil).Plan(of.wrong).Want(t, of.says...)
		})
	}
}

// TestServicePrincipalDangers judges what a third party is given as it does what an application is given.
func TestServicePrincipalDangers(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	for permission, says := range map[string]string{
		"RoleManagement.ReadWrite.Directory": `error entra_service_principal.app_role_assignments["RoleManagement.ReadWrite.Directory"]: Identity would be an administrator … it can make itself`,
		"Application.ReadWrite.All":          `error entra_service_principal.app_role_assignments["Application.ReadWrite.All"]: Identity could raise its own privileges`,
		"Mail.Read":                          `warning entra_service_principal.app_role_assignments["Mail.Read"]: Identity could read or give away any data`,
	} {
		d.resource(t, nil).Plan(vendorApplication(graphRoles(permission))).Want(t, says)
	}
	r := d.resource(t, nil)
	r.Apply(vendorApplication(graphRoles("User.Read.All"))).Want(t)
	r.Plan(vendorApplication(graphRoles("User.Read.All", "Group.Read.All"))).Want(t, "warning entra_service_principal: Identity gains permissions … Group.Read.All of Microsoft Graph")
	r.Apply(vendorApplication(nil)).Want(t)
}
