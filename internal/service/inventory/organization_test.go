package inventory_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimOrganization lists an organization of three members through the real Terraform, of which the role of one cannot be
// assumed: the warning names the role and why, and the others are listed.
func TestSimOrganization(t *testing.T) {
	t.Parallel()
	const first, broken, last = "200000000001", "200000000002", "200000000003"
	server := acctest.NewSim(t)
	server.PutOrganization(sim.Organization{Members: map[string]string{first: "", broken: "", last: "", "200000000004": "SUSPENDED"}})
	for _, id := range []string{first, broken, last} {
		trusted := sim.DefaultAccount
		if id == broken {
			trusted = last
		}
		server.Account(id).PutRole(sim.Role{
			Name: "inventory", Path: "/audit/", InlinePolicies: map[string]string{"read": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetAccountAuthorizationDetails","iam:*CredentialReport"],"Resource":"*"}]}`},
			TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + trusted + `"}}]}`,
		})
	}
	c := acctest.NewCLI(t, server)
	c.Write("main.tf", "terraform {\n  required_providers {\n    governed = { source = \"nhi-governance/governed\" }\n  }\n}\n"+
		strings.Replace(acctest.ProviderConfig(server, ""), "  aws = {\n", "  aws = {\n    inventory = {\n      organization = true\n      role_name    = \"audit/inventory\"\n    }\n", 1)+`
data "governed_identities" "all" {}

output "all" {
  value = {
    ids      = data.governed_identities.all.identities[*].id
    complete = data.governed_identities.all.complete
    gaps     = data.governed_identities.all.gaps
  }
}
`)
	warned := strings.Join(strings.Fields(strings.ReplaceAll(c.Must("apply", "-auto-approve"), "│", "")), " ")
	const gap = "The identities of account " + broken + " are not listed: the role arn:aws:iam::" + broken + ":role/audit/inventory cannot be assumed: " +
		"User: arn:aws:iam::123456789012:user/sim-administrator is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::" + broken + ":role/audit/inventory."
	if !strings.Contains(warned, "Warning: Inventory has gaps") || !strings.Contains(warned, gap) {
		t.Errorf("Terraform said\n%s", warned)
	}
	var all struct {
		IDs      []string
		Complete bool
		Gaps     []string
	}
	if err := json.Unmarshal([]byte(c.Must("output", "-json", "all")), &all); err != nil {
		t.Fatal(err)
	}
	acctest.WantSame(t, "the result", fmt.Sprint(all), fmt.Sprint(struct {
		IDs      []string
		Complete bool
		Gaps     []string
	}{[]string{"aws:" + first + ":role/audit/inventory", "aws:" + last + ":role/audit/inventory"}, false, []string{gap}}))
}

// TestOrganizationHasNoStrangers blames no role for a trust in an account of the organization of which nothing could be read,
// or was to be.
func TestOrganizationHasNoStrangers(t *testing.T) {
	t.Parallel()
	const broken, suspended, stranger = "200000000002", "200000000003", "200000000004"
	server := acctest.NewSim(t)
	server.PutOrganization(sim.Organization{Members: map[string]string{broken: "", suspended: "SUSPENDED"}})
	for name, account := range map[string]string{"for-broken": broken, "for-suspended": suspended, "for-stranger": stranger} {
		server.Account(account)
		server.Account(sim.DefaultAccount).PutRole(sim.Role{
			Name: name, TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + account + `"}}]}`,
		})
	}
	aws := acctest.AWSArgument(server.URL()).With(acctest.Values{"inventory": acctest.Values{"organization": true, "role_name": "inventory"}})
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"aws": aws})
	found, diags := p.ReadDataSource("governed_identities", acctest.Values{"findings": []string{"external_without_external_id"}})
	diags.Want(t, "warning : Inventory has gaps…The identities of account "+broken+" are not listed")
	names := []string{}
	for _, one := range list(t, object(t, found)["identities"]) {
		names = append(names, fmt.Sprint(object(t, one)["name"]))
	}
	acctest.WantSame(t, "names", names, []string{"for-stranger"})
}
