package chaos_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// reading is something that only reads: a data source, a list resource, or an ephemeral resource.
type reading struct {
	name string
	read func(*world, *acctest.Protocol) (any, acctest.Diagnostics)
}

var readings = []reading{
	dataSource("identities", nil), dataSource("stale_identities", nil), dataSource("unowned_identities", nil), dataSource("expiring_identities", nil),
	dataSource("high_risk_identities", nil),
	dataSource("identity", func(*world) acctest.Values { return acctest.Values{"id": inAccount + "role/busy"} }),
	listResource("governed_service_identity"), listResource("governed_service_linked_identity"), listResource("governed_third_party_identity"),
	ephemeral("governed_aws_session", func(*world) acctest.Values { return acctest.Values{"identity": inAccount + "role/busy"} }),
	ephemeral("governed_azure_token", func(w *world) acctest.Values {
		proof := azuresim.WebIdentityToken("https://token.actions.githubusercontent.com", "api://AzureADTokenExchange", "repo:acme/app:ref:refs/heads/main", w.aws.Clock().Now().Add(10*time.Minute))
		return acctest.Values{"identity": inTenant + "application/" + w.seeded["app"], "scope": "https://graph.microsoft.com/.default", "web_identity": acctest.Values{"token": proof}}
	}),
}

func dataSource(name string, config func(*world) acctest.Values) reading {
	return reading{"data source " + name, func(w *world, p *acctest.Protocol) (any, acctest.Diagnostics) {
		var values acctest.Values
		if config != nil {
			values = config(w)
		}
		return p.ReadDataSource("governed_"+name, values)
	}}
}

func listResource(typeName string) reading {
	return reading{"list resource " + typeName, func(_ *world, p *acctest.Protocol) (any, acctest.Diagnostics) {
		return p.List(typeName, acctest.Query{IncludeResource: true})
	}}
}

// ephemeral opens an ephemeral resource and closes it. What it gives is another thing every time, so only that it gives
// something is compared.
func ephemeral(typeName string, config func(*world) acctest.Values) reading {
	return reading{"ephemeral resource " + typeName, func(w *world, p *acctest.Protocol) (any, acctest.Diagnostics) {
		opened, diags := p.Open(typeName, config(w))
		if diags.Failed() {
			return nil, diags
		}
		return opened.Value("expires_at") != nil || opened.Value("expiration") != nil, append(diags, opened.Close()...)
	}}
}

// estate puts identities of all kinds into both clouds.
func estate(w *world) {
	ago := func(days int) time.Time { return start.AddDate(0, 0, -days) }
	governed := func(owner string, days int) map[string]string {
		return map[string]string{"nhi:owner": owner, "nhi:purpose": "Exports invoices", "nhi:expiry": date(days), "nhi:managed_by": "terraform-provider-governed"}
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + sim.DefaultAccount + `:root"},"Action":"sts:AssumeRole"}]}`
	for _, role := range []sim.Role{
		{Name: "busy", CreatedAt: ago(300), LastUsedAt: ago(1), Tags: governed("payments", 200), TrustPolicy: trust, InlinePolicies: map[string]string{"list": listUsers}},
		{Name: "ended", CreatedAt: ago(300), LastUsedAt: ago(95), Tags: governed("web", -10), AttachedPolicyARNs: []string{readOnly}},
		{Name: "lost", Path: "/old/", CreatedAt: ago(350), LastUsedAt: ago(200), AttachedPolicyARNs: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}},
		{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/", CreatedAt: ago(350), LastUsedAt: ago(200)},
	} {
		w.account.PutRole(role)
	}
	for _, name := range []string{"mailer", "robot"} {
		w.account.PutUser(sim.User{
			Name: name, CreatedAt: ago(500), Tags: governed("mail", 100), InlinePolicies: map[string]string{"list": listUsers},
			AccessKeys: []sim.AccessKey{{CreatedAt: ago(400), LastUsedAt: ago(300)}, {CreatedAt: ago(450), Inactive: true}},
		})
	}
	owner := w.tenant.PutUser(azuresim.User{DisplayName: "Left", Name: "left", Disabled: true})
	for _, name := range []string{"export", "robot"} {
		made := w.tenant.PutApplication(azuresim.Application{
			DisplayName: name, UniqueName: name, CreatedAt: ago(300), LastSignInAt: ago(100), Permissions: []string{"Directory.ReadWrite.All"}, Owners: []string{owner},
			Secrets: []azuresim.Secret{{}}, Tags: []string{"nhi:owner=web", "nhi:purpose=Exports", "nhi:expiry=" + date(200), "nhi:managed_by=terraform-provider-governed"},
			Federated: []azuresim.FederatedCredential{{Name: "main", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:acme/app:ref:refs/heads/main", Audience: "api://AzureADTokenExchange"}},
		})
		w.seeded["app"] = made.ObjectID
		w.tenant.AssignRole(made.ServicePrincipalID, "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
	}
	w.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Monitoring", Publisher: "Acme", HomeTenant: vendorTenant})
	addGroup(w)
	for _, name := range []string{"unused", "nightly"} {
		w.tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("workloads", name, governed("ops", 50))
	}
}

// TestReads fails each call of whatever only reads in every way. It says so, by an error, a warning or a gap, or the result is
// the same as ever: never a list that is shorter and does not say why. Afterwards everything is as it was.
func TestReads(t *testing.T) {
	t.Parallel()
	for _, r := range readings {
		if !tally.takesStage(t.Name() + "/" + r.name) {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			from := newWorld(t, true)
			estate(from)
			w := from.copied(t)
			want, diags := r.read(w, w.protocol())
			if diags.Failed() {
				t.Fatal(diags)
			}
			said := diags.String()
			all := points(w.calls())
			for at := range all {
				for _, f := range append(faults, staying...) {
					one := &trial{fault: f, at: all[at]}
					if f.dies || writes(one.at.Call) && f.kind == sim.FaultLag || f.meets != nil && !f.meets(one.at.Call) || !tally.takes(t.Name()+"/"+one.name()) {
						continue
					}
					t.Run(one.name(), func(t *testing.T) {
						t.Parallel()
						v := &verdict{name: t.Name()}
						defer tally.count(t, v)
						w := from.copied(t)
						before := w.content()
						f.inject(w, one.at)
						found, diags := r.read(w, w.protocol())
						w.calm()
						told := diags.Failed() || diags.String() != said || !reflect.DeepEqual(gaps(found), gaps(want))
						if !told && !reflect.DeepEqual(found, want) {
							v.add(notConverged, "it says nothing, and the result is another: %v", found)
						}
						found, diags = r.read(w, w.protocol())
						if diags.Failed() || !reflect.DeepEqual(found, want) {
							v.add(notConverged, "the next read is not as it should be: %v %s", found, diags)
						}
						v.compare(w.content(), before)
						v.search(w)
					})
				}
			}
		})
	}
}

// gaps are those of a data source's result.
func gaps(result any) string {
	values, _ := result.(acctest.Values)
	return fmt.Sprint(values["gaps"])
}
