package inventory_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory/report"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// bothClouds are roles, an application, a third party and a managed identity that nothing uses.
func bothClouds(t *testing.T) (*sim.Server, *azuresim.Server) {
	t.Helper()
	server := lived(t)
	azure := acctest.NewAzureSim(t, server.Clock())
	tenant := azure.Tenant(azuresim.DefaultTenant)
	now := server.Clock().Now()
	made := tenant.PutApplication(azuresim.Application{
		DisplayName: "Export", UniqueName: "export", CreatedAt: now.AddDate(0, 0, -300), LastSignInAt: now.AddDate(0, 0, -100), Permissions: []string{"Directory.ReadWrite.All"},
		Owners: []string{tenant.PutUser(azuresim.User{DisplayName: "Left", Name: "left", Disabled: true})},
	})
	tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Monitoring", Publisher: "Acme", HomeTenant: "99999999-9999-9999-9999-999999999999"})
	subscription := tenant.Subscription(azuresim.DefaultSubscription)
	subscription.AddResourceGroup("workloads", "westeurope")
	subscription.AddManagedIdentity("workloads", "unused", nil)
	tenant.AssignRole(made.ServicePrincipalID, "Reader", "/subscriptions/"+azuresim.DefaultSubscription)
	return server, azure
}

// TestBothClouds asks lists over AWS and Azure together.
func TestBothClouds(t *testing.T) {
	t.Parallel()
	server, azure := bothClouds(t)
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"azure": acctest.AzureArgument(t, azure)})
	for name, of := range map[string]struct {
		dataSource string
		config     acctest.Values
		want       []string
	}{
		"of Entra ID":      {"identities", acctest.Values{"platforms": []string{"entra"}, "categories": []string{"enterprise_managed", "external"}}, []string{"Monitoring", "export"}},
		"of Azure":         {"identities", acctest.Values{"platforms": []string{"azure"}}, []string{"unused"}},
		"of kinds":         {"identities", acctest.Values{"kinds": []string{"aws_role", "entra_application"}, "name_pattern": "e*"}, []string{"ended", "ending", "export"}},
		"of a tenant":      {"identities", acctest.Values{"accounts": []string{azuresim.DefaultTenant}, "kinds": []string{"entra_application"}}, []string{"export"}},
		"escalating":       {"identities", acctest.Values{"classes": []string{"privilege_escalation"}, "kinds": []string{"entra_application"}}, []string{"export"}},
		"whose owner left": {"identities", acctest.Values{"findings": []string{"owner_gone"}}, []string{"export"}},
		"stale":            {"stale_identities", acctest.Values{"kinds": []string{"entra_application", "aws_role"}}, []string{"ended", "export", "idle", "lost"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, _ := p.ReadDataSource("governed_"+of.dataSource, of.config)
			acctest.WantSame(t, "names", names(t, found), of.want)
		})
	}
}

// TestAzureAlone lists without AWS, and says what is wrong without either.
func TestAzureAlone(t *testing.T) {
	t.Parallel()
	_, azure := bothClouds(t)
	p := acctest.NewAzureProtocol(t, azure, nil)
	found, diags := p.ReadDataSource("governed_identities", acctest.Values{"kinds": []string{"azure_managed_identity", "entra_application"}})
	diags.Want(t)
	acctest.WantSame(t, "names", names(t, found), []string{"export", "unused"})
	azure.Tenant(azuresim.DefaultTenant).DenyPermissions("AuditLog.Read.All")
	_, diags = acctest.NewAzureProtocol(t, azure, nil).ReadDataSource("governed_identities", nil)
	diags.Want(t, "warning : Inventory has gaps … When the identities of tenant … last signed in is not known: the caller lacks the permission AuditLog.Read.All")
}

// names are those of the identities of a result, sorted.
func names(t *testing.T, found any) []string {
	t.Helper()
	all := []string{}
	for _, one := range list(t, object(t, found)["identities"]) {
		all = append(all, fmt.Sprint(object(t, one)["name"]))
	}
	slices.Sort(all)
	return all
}

// TestHostileDisplayNames reports applications whose names, which anybody may choose who registers one, mean to be more than text.
func TestHostileDisplayNames(t *testing.T) {
	t.Parallel()
	_, azure := bothClouds(t)
	tenant := azure.Tenant(azuresim.DefaultTenant)
	tenant.PutApplication(azuresim.Application{DisplayName: `=HYPERLINK("http://evil.example","open")`})
	tenant.PutApplication(azuresim.Application{DisplayName: `<script>alert(1)</script> ![x](http://evil.example/x.png) | y`})
	group := tenant.PutGroup(`<img src=x onerror=alert(2)>`, tenant.PutApplication(azuresim.Application{DisplayName: "deployer"}).ServicePrincipalID)
	tenant.AssignRole(group, "Owner", "/subscriptions/"+azuresim.DefaultSubscription)
	found, diags := acctest.NewAzureProtocol(t, azure, nil).ReadDataSource("governed_identities", acctest.Values{"kinds": []string{"entra_application"}})
	diags.Want(t)
	text, err := json.Marshal(object(t, found)["identities"])
	if err != nil {
		t.Fatal(err)
	}
	var identities []report.Identity
	if err := json.Unmarshal(text, &identities); err != nil {
		t.Fatal(err)
	}
	for format, of := range map[report.Format]struct{ has, lacks string }{
		report.HTML:     {"&lt;script&gt;alert(1)", "<script>alert"},
		report.Markdown: {"`\"<img`", " <img"},
		report.CSV:      {`"'=HYPERLINK(`, `"=HYPERLINK(`},
		report.JSON:     {`\u003cscript\u003ealert(1)`, "<script>"},
		report.SARIF:    {`!\\[x\\](http://evil.example/x.png)`, "<script>"},
	} {
		page, err := report.Render(report.Inventory{Identities: identities}, format)
		if err != nil || !strings.Contains(page, of.has) || strings.Contains(page, of.lacks) {
			t.Errorf("%s: %v; has %v, lacks %v", format, err, strings.Contains(page, of.has), !strings.Contains(page, of.lacks))
		}
	}
}
