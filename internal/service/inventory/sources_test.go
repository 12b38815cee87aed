package inventory_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimOptionalSources lists what is stale with the optional sources, without them, and without a permission for one.
func TestSimOptionalSources(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account, now := server.Account(sim.DefaultAccount), server.Clock().Now()
	old := now.AddDate(0, 0, -300)
	account.PutRole(sim.Role{Name: "batch", CreatedAt: old, LastUsedAt: now.AddDate(0, 0, -200)})
	account.PutUser(sim.User{Name: "committer", CreatedAt: old, InlinePolicies: map[string]string{
		"push": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codecommit:GitPush","Resource":"*"}]}`,
	}})
	account.RecordServiceUse("arn:aws:iam::123456789012:user/committer", "codecommit", "eu-central-1", now.AddDate(0, 0, -120))
	account.PutAnalyzer(sim.Analyzer{Name: "unused", Region: "us-east-1"})
	with := func(sources string) string {
		return strings.Replace(acctest.ProviderConfig(server, ""), "aws = {", "aws = {\n    inventory = { "+sources+" }", 1) + `data "governed_stale_identities" "all" { sort = "id" }`
	}
	const (
		address = "data.governed_stale_identities.all"
		all     = `regions = ["eu-west-1", "us-east-1"], unused_access_findings = true, service_last_accessed = true`
	)
	identity := func(i int, name string) tfjsonpath.Path {
		return tfjsonpath.New("identities").AtSliceIndex(i).AtMapKey(name)
	}
	day := now.Format("2006-01-02")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{
				Config: with(""),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("identities"), knownvalue.ListSizeExact(1)),
					statecheck.ExpectKnownValue(address, identity(0, "unused_access"), knownvalue.ListSizeExact(0)),
				},
			},
			{
				Config: with(all),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("gaps"), knownvalue.ListSizeExact(0)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("identities"), knownvalue.ListSizeExact(2)),
					statecheck.ExpectKnownValue(address, identity(0, "unused_access"), knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(map[string]knownvalue.Check{
						"kind": knownvalue.StringExact("identity"), "watcher": knownvalue.StringExact("IAM Access Analyzer"),
						"days": knownvalue.Int64Exact(90), "analyzed_at": knownvalue.StringExact(now.UTC().Format("2006-01-02T15:04:05Z")),
					})})),
					statecheck.ExpectKnownValue(address, identity(0, "findings"), knownvalue.ListPartial(map[int]knownvalue.Check{4: knownvalue.ObjectPartial(map[string]knownvalue.Check{
						"code": knownvalue.StringExact("stale"),
						"message": knownvalue.StringExact("it was last used on " + now.AddDate(0, 0, -200).Format("2006-01-02") + " (200 days ago) in eu-west-1; the limit is 90 days; " +
							"IAM Access Analyzer saw no use of it in the 90 days before " + day),
					})})),
					statecheck.ExpectKnownValue(address, identity(1, "name"), knownvalue.StringExact("committer")),
					statecheck.ExpectKnownValue(address, identity(1, "last_used_known"), knownvalue.Bool(true)),
					statecheck.ExpectKnownValue(address, identity(1, "last_used_service"), knownvalue.StringExact("codecommit")),
					statecheck.ExpectKnownValue(address, identity(1, "last_used_region"), knownvalue.StringExact("eu-central-1")),
				},
			},
			{
				PreConfig: func() {
					server.DenyActions(sim.DefaultAccount, "access-analyzer:ListFindings", "iam:GenerateServiceLastAccessedDetails")
				},
				Config: with(all),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("complete"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("gaps"), knownvalue.ListPartial(map[int]knownvalue.Check{
						0: knownvalue.StringExact("What is unused in account 123456789012 is not known from IAM Access Analyzer: the analyzer unused in us-east-1 cannot be read: the caller lacks the permission access-analyzer:ListFindings."),
						1: knownvalue.StringExact("When 1 identity in account 123456789012 last accessed a service is not known: the caller lacks the permission iam:GenerateServiceLastAccessedDetails."),
					})),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("identities"), knownvalue.ListSizeExact(1)),
				},
			},
		},
	})
}
