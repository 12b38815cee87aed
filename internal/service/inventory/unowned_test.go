package inventory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const typeName = "governed_unowned_identities"

// estate puts roles of every sort into the account.
func estate(server *sim.Server) {
	account := server.Account(sim.DefaultAccount)
	governed := map[string]string{"nhi:owner": "payments", "nhi:purpose": "Exports invoices", "nhi:expiry": "2099-01-01", "nhi:managed_by": "terraform-provider-governed"}
	account.PutRole(sim.Role{Name: "governed", Tags: governed})
	account.PutRole(sim.Role{Name: "bare", Path: "/old/", LastUsedAt: server.Clock().Now().Add(-48 * time.Hour), Tags: map[string]string{"team": "finance"}})
	account.PutRole(sim.Role{Name: "half", Tags: map[string]string{"nhi:owner": "payments", "nhi:purpose": "   ", "nhi:systems": "billing-db data=20lake"}})
	account.PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/"})
	account.PutRole(sim.Role{Name: "AWSReservedSSO_Admin", Path: "/aws-reserved/sso.amazonaws.com/"})
}

func TestUnowned(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	estate(server)
	found, diags := acctest.NewConfiguredProtocol(t, server, nil).ReadDataSource(typeName, nil)
	diags.Want(t)
	result := object(t, found)
	want := acctest.Values{
		"total": int64(2), "by_finding": acctest.Values{"unowned": int64(1), "no_purpose": int64(2), "no_expiry": int64(2), "unmanaged": int64(2)},
		"by_owner": acctest.Values{"(none)": int64(1), "payments": int64(1)}, "by_platform": acctest.Values{"aws": int64(2)},
		"by_category": acctest.Values{"shared": int64(2)}, "by_severity": acctest.Values{"high": int64(1), "medium": int64(1)},
	}
	acctest.WantSame(t, "summary", result["summary"], want)
	acctest.WantSame(t, "gaps", result["gaps"], []any{})
	acctest.WantSame(t, "complete", result["complete"], true)
	identities := list(t, result["identities"])
	bare, half := object(t, identities[1]), object(t, identities[0])
	for name, value := range map[string]any{
		"id": "aws:123456789012:role/old/bare", "import_id": "aws:123456789012:role/old/bare", "name": "bare", "platform": "aws", "kind": "aws_role",
		"category": "shared", "account": "123456789012", "owner": nil, "purpose": nil, "expiry": nil, "managed_by": nil,
		"labels": acctest.Values{"team": "finance"}, "last_used_known": true,
		"last_used_at": server.Clock().Now().Add(-48 * time.Hour).Format(time.RFC3339), "created_at": server.Clock().Now().Format(time.RFC3339),
	} {
		acctest.WantSame(t, "bare."+name, bare[name], value)
	}
	for name, value := range map[string]any{"name": "half", "owner": "payments", "systems": []any{"billing-db", "data lake"}, "last_used_at": nil} {
		acctest.WantSame(t, "half."+name, half[name], value)
	}
	finding := object(t, list(t, bare["findings"])[0])
	for name, value := range map[string]any{"code": "unowned", "severity": "high", "owasp": "NHI1"} {
		acctest.WantSame(t, "finding."+name, finding[name], value)
	}
}

// TestUnownedInBulk asks in pages and never for one role.
func TestUnownedInBulk(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t, sim.WithEmptyPages(3))
	server.SeedEstate(500)
	server.SetMaxPageSize(100)
	found, diags := acctest.NewConfiguredProtocol(t, server, nil).ReadDataSource(typeName, nil)
	diags.Want(t)
	result := object(t, found)
	identities := list(t, result["identities"])
	if len(identities) < 50 || len(identities) >= 500 {
		t.Errorf("%d of 500 identities are unowned", len(identities))
	}
	for _, one := range identities {
		id := fmt.Sprint(object(t, one)["id"])
		if strings.Contains(id, "role/aws-service-role/") || strings.Contains(id, "role/aws-reserved/") {
			t.Errorf("%s is AWS's own", id)
		}
	}
	for _, call := range server.Calls() {
		if !slices.Contains([]string{"GetAccountAuthorizationDetails", "GetCredentialReport", "GenerateCredentialReport"}, call.Action) {
			t.Errorf("%s was called", call.Action)
		}
	}
	// Seven pages with empty ones between them, and the credential report.
	if calls := server.CountCalls(""); calls > 14 {
		t.Errorf("%d calls were made", calls)
	}
}

// TestUnownedFails is an error that says why, and never an empty list.
func TestUnownedFails(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	estate(server)
	server.DenyActions(sim.DefaultAccount, "iam:GetAccountAuthorizationDetails")
	found, diags := acctest.NewConfiguredProtocol(t, server, nil).ReadDataSource(typeName, nil)
	diags.Want(t, "error : Identities cannot be listed … lack the permission iam:GetAccountAuthorizationDetails")
	wantNoList(t, found)

	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{}).Want(t)
	found, diags = p.ReadDataSource(typeName, nil)
	diags.Want(t, "error : AWS is not configured … aws = {}")
	wantNoList(t, found)

	server.DenyActions(sim.DefaultAccount)
	server.SetMaxPageSize(2)
	server.InjectFault(sim.Fault{Action: "GetAccountAuthorizationDetails", Nth: 2, Times: 100, Kind: sim.FaultInternal})
	found, diags = acctest.NewConfiguredProtocol(t, server, nil).ReadDataSource(typeName, nil)
	diags.Want(t, "error : Identities cannot be listed")
	wantNoList(t, found)
}

func wantNoList(t *testing.T, found any) {
	t.Helper()
	if result, ok := found.(acctest.Values); ok && result["identities"] != nil {
		t.Errorf("the result is %v", result)
	}
}

func TestSimUnowned(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	estate(server)
	address := "data." + typeName + ".all"
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{
				Config: acctest.ProviderConfig(server, "") + `data "governed_unowned_identities" "all" {}`,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("summary").AtMapKey("total"), knownvalue.Int64Exact(2)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("identities"), knownvalue.ListSizeExact(2)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("gaps"), knownvalue.ListSizeExact(0)),
				},
			},
			{
				PreConfig:   func() { server.DenyActions(sim.DefaultAccount, "iam:GetAccountAuthorizationDetails") },
				Config:      acctest.ProviderConfig(server, "") + `data "governed_unowned_identities" "all" {}`,
				ExpectError: acctest.Says("Identities cannot be listed … iam:GetAccountAuthorizationDetails"),
			},
			{
				PreConfig: func() { server.DenyActions(sim.DefaultAccount) },
				Config:    acctest.ProviderConfig(server, ""),
			},
		},
	})
}

func object(t *testing.T, value any) acctest.Values {
	t.Helper()
	values, ok := value.(acctest.Values)
	if !ok {
		t.Fatalf("%v is no object", value)
	}
	return values
}

func list(t *testing.T, value any) []any {
	t.Helper()
	items, ok := value.([]any)
	if !ok {
		t.Fatalf("%v is no list", value)
	}
	return items
}
