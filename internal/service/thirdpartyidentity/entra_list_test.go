package thirdpartyidentity_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestServicePrincipalListed finds governed and other service principals of third parties, but not those of Microsoft's and of
// this tenant's applications, and lists what an import would read.
func TestServicePrincipalListed(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	config := vendorApplication(graphRoles("User.Read.All"))
	r := d.resource(t, nil)
	r.Apply(config).Want(t)
	governed := d.principal(t)
	d.tenant.AssignRole(governed.ObjectID, "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
	d.server.Clock().Set(d.server.Clock().Now().Add(time.Hour))
	d.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Stray", Publisher: "Stray Ltd", HomeTenant: "99999999-2222-4333-8444-555555555555", Delegated: "Mail.Read"})
	d.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Office", HomeTenant: microsoftTenant})
	d.tenant.PutApplication(azuresim.Application{DisplayName: "own"})
	p := acctest.NewAzureProtocol(t, d.server, nil)
	found, diags := p.List(typeName, acctest.Query{Config: acctest.Values{"sort": "created_at"}, IncludeResource: true})
	diags.Want(t)
	if len(found) != 2 {
		t.Fatalf("found %v", found)
	}
	stray, _ := found[1].Resource.(acctest.Values)
	imported := d.resource(t, nil)
	imported.Import(principalID(governed), nil).Want(t)
	acctest.WantSame(t, "the listed resource", found[0].Resource, imported.State())
	if principal, _ := stray["entra_service_principal"].(acctest.Values); principal["verified_publisher"] != "Stray Ltd" || stray["managed_by"] != nil || stray["category"] != "external" {
		t.Errorf("listed %v", stray)
	}
	listing, more := p.ReadDataSource("governed_identities", acctest.Values{"kinds": []string{"entra_service_principal"}, "categories": []string{"external"}, "name_pattern": "Acme*"})
	more.Want(t)
	values, _ := listing.(acctest.Values)
	identities, _ := values["identities"].([]any)
	if len(identities) != 1 {
		t.Fatalf("the inventory has %v", identities)
	}
	one, _ := identities[0].(acctest.Values)
	for name, want := range map[string]any{"id": principalID(governed), "managed_by": governance.ManagedBy, "category": "external", "owner": "platform"} {
		if one[name] != want {
			t.Errorf("%s is %v, want %v", name, one[name], want)
		}
	}
}

// TestServicePrincipalListWarnings says of listed service principals what may not be read, and nothing that their resources show.
func TestServicePrincipalListWarnings(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.resource(t, nil).Apply(vendorApplication(nil)).Want(t)
	d.tenant.AssignRole(d.principal(t).ObjectID, "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
	d.tenant.SetEnabled(d.principal(t).ObjectID, false)
	list := func() acctest.Diagnostics {
		_, diags := acctest.NewAzureProtocol(t, d.server, nil).List(typeName, acctest.Query{IncludeResource: true})
		return diags
	}
	list().Want(t)
	d.tenant.DenyPermissions("Directory.Read.All", "Directory.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All")
	list().Want(t, "warning entra_service_principal: Delegated permissions are not known … lack the permission Directory.Read.All")
}

// TestServicePrincipalApproval approves a third party's permission by the id of its application, before it is there and after.
func TestServicePrincipalApproval(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	keys := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	r := d.resource(t, acctest.Values{"policy": acctest.Values{"approval_keys": []string{keys}}})
	const role, at = "Application.ReadWrite.All", `entra_service_principal.app_role_assignments["Application.ReadWrite.All"]: Identity could raise its own privileges`
	config := func(token any) acctest.Values {
		return vendorApplication(graphRoles(role)).With(acctest.Values{"approval": token})
	}
	r.Plan(config("requested")).Want(t, "warning "+at, "warning approval: Approval of permissions … "+role+" on "+graphApp)
	subject := "entra:" + azuresim.DefaultTenant + ":service_principal/app_id=" + vendorApp
	if identity := r.Planned("approval_needed", "identity"); identity != subject {
		t.Errorf("the plan asks for %v, want %s", identity, subject)
	}
	sign := func(subject string) string {
		now := d.server.Clock().Now()
		token, err := approval.Sign(approval.Claims{
			Subject: subject, Classes: []governance.Rule{governance.RulePrivilegeEscalation}, Grants: []approval.Grant{{Actions: []string{role}, Resources: []string{graphApp}}},
			Approver: "alice", Ticket: "SEC-1", IssuedAt: now.Unix(), Expiry: now.AddDate(0, 0, 60).Unix(),
		}, key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	r.Plan(config(sign(strings.Replace(subject, vendorApp, otherApp, 1)))).Want(t, "error "+at, "error approval: Approval of permissions … and this identity is "+subject)
	token := sign(subject)
	r.Apply(config(token)).Want(t, "warning approval: Approval takes effect")
	settled(t, r, config(token))
}
