package inventory_test

import (
	"fmt"
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

// lived puts roles into the account that differ in their lives.
func lived(t *testing.T) *sim.Server {
	t.Helper()
	server := acctest.NewSim(t)
	account, now := server.Account(sim.DefaultAccount), server.Clock().Now()
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	tags := func(owner string, days int, further ...string) map[string]string {
		tags := map[string]string{"nhi:owner": owner, "nhi:purpose": "Exports invoices", "nhi:expiry": acctest.Date(server, days), "nhi:managed_by": "terraform-provider-governed"}
		for i := 0; i < len(further); i += 2 {
			tags[further[i]] = further[i+1]
		}
		return tags
	}
	for _, role := range []sim.Role{
		{Name: "busy", CreatedAt: ago(300), LastUsedAt: ago(1), Tags: tags("payments", 200, "nhi:environment", "prod", "Team", "Finance")},
		{Name: "idle", CreatedAt: ago(300), LastUsedAt: ago(100), Tags: tags("payments", 200)},
		{Name: "fresh", CreatedAt: ago(3), Tags: tags("web", 200)},
		{Name: "ending", CreatedAt: ago(300), LastUsedAt: ago(1), Tags: tags("web", 10)},
		{Name: "ended", CreatedAt: ago(300), LastUsedAt: ago(95), Tags: tags("web", -10)},
		{Name: "lost", Path: "/old/", CreatedAt: ago(350), LastUsedAt: ago(200)},
		{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/", CreatedAt: ago(350), LastUsedAt: ago(200)},
	} {
		account.PutRole(role)
	}
	return server
}

// TestLists asks every list in several ways, and wants names in an order.
func TestLists(t *testing.T) {
	t.Parallel()
	p := acctest.NewConfiguredProtocol(t, lived(t), nil)
	for name, of := range map[string]struct {
		dataSource string
		config     acctest.Values
		want       []string
		total      int64
	}{
		"all":             {"identities", nil, []string{"AWSServiceRoleForBackup", "busy", "ended", "ending", "fresh", "idle", "lost"}, 7},
		"ours":            {"identities", acctest.Values{"categories": []string{"shared"}, "platforms": []string{"aws"}, "kinds": []string{"aws_role"}, "accounts": []string{sim.DefaultAccount}, "sort": "created_at", "limit": 2}, []string{"lost", "busy"}, 6},
		"of an owner":     {"identities", acctest.Values{"owners": []string{"web"}, "sort": "expiry"}, []string{"ended", "ending", "fresh"}, 3},
		"of production":   {"identities", acctest.Values{"environments": []string{"prod"}, "labels": acctest.Values{"team": "F*"}}, []string{"busy"}, 1},
		"by name":         {"identities", acctest.Values{"name_pattern": "END??*"}, []string{"ended", "ending"}, 2},
		"with a finding":  {"identities", acctest.Values{"findings": []string{"expired", "no_purpose"}}, []string{"ended", "lost"}, 2},
		"with a class":    {"identities", acctest.Values{"classes": []string{"administrator", "data_exfiltration"}}, []string{}, 0},
		"nothing":         {"identities", acctest.Values{"minimum_score": 1000}, []string{}, 0},
		"no filter":       {"identities", acctest.Values{"owners": []string{}, "limit": 1}, []string{"AWSServiceRoleForBackup"}, 7},
		"summary":         {"identities", acctest.Values{"limit": 0}, []string{}, 7},
		"stale":           {"stale_identities", nil, []string{"lost", "idle", "ended"}, 3},
		"stale sooner":    {"stale_identities", acctest.Values{"unused_for_days": 2, "owners": []string{"web"}}, []string{"fresh", "ended"}, 2},
		"stale later":     {"stale_identities", acctest.Values{"unused_for_days": 100, "sort": "id"}, []string{"lost"}, 1},
		"unowned":         {"unowned_identities", nil, []string{"lost"}, 1},
		"expiring":        {"expiring_identities", nil, []string{"ended", "ending"}, 2},
		"expiring sooner": {"expiring_identities", acctest.Values{"within_days": 5}, []string{"ended"}, 1},
		"expiring later":  {"expiring_identities", acctest.Values{"within_days": 300, "limit": 3}, []string{"ended", "ending", "busy"}, 5},
		"high risk":       {"high_risk_identities", nil, []string{"lost"}, 1},
		"risk":            {"high_risk_identities", acctest.Values{"minimum_score": 15}, []string{"lost", "ended", "idle"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, diags := p.ReadDataSource("governed_"+of.dataSource, of.config)
			diags.Want(t)
			result := object(t, found)
			names := []string{}
			for _, one := range list(t, result["identities"]) {
				names = append(names, fmt.Sprint(object(t, one)["name"]))
			}
			acctest.WantSame(t, "names", names, of.want)
			acctest.WantSame(t, "total", object(t, result["summary"])["total"], of.total)
		})
	}
}

// TestListsRefuse says which argument is wrong and what may stand there.
func TestListsRefuse(t *testing.T) {
	t.Parallel()
	p := acctest.NewConfiguredProtocol(t, acctest.NewSim(t), nil)
	for name, of := range map[string]struct {
		config acctest.Values
		says   string
	}{
		"finding":        {acctest.Values{"findings": []string{"unowned", "lost"}}, `error findings: Query cannot be answered … governed_identities: findings: "lost" is unknown. … Write one of unowned, owner_gone, no_purpose, no_expiry, … credential_expired, quarantined.`},
		"class":          {acctest.Values{"classes": []string{"admin"}}, `error classes: Query cannot be answered … governed_identities: classes: "admin" is unknown. … Write one of administrator, privilege_escalation, … resource_wildcard_write.`},
		"negative score": {acctest.Values{"minimum_score": -1}, "error minimum_score: Query cannot be answered … -1 is negative. … Write 0 for all scores."},
		"negative days":  {acctest.Values{"unused_for_days": -1}, "error unused_for_days: Query cannot be answered … -1 is negative."},
		"negative limit": {acctest.Values{"limit": -1}, "error limit: Query cannot be answered … -1 is negative. … Write 0 for the summary alone, or leave it out for no limit."},
		"too many days":  {acctest.Values{"within_days": int64(1) << 60}, "error within_days: Query cannot be answered … is too large. … Write 1000000 at most."},
		"account":        {acctest.Values{"accounts": []string{"12345"}}, `error accounts: Query cannot be answered … "12345" is not an account id, so it would find nothing. … the 12 digits`},
		"order":          {acctest.Values{"sort": "size"}, `error sort: Query cannot be answered … "size" is unknown. … Write one of id, risk_score, last_used_at, created_at, expiry.`},
		"no order":       {acctest.Values{"sort": ""}, "error sort: Invalid Attribute Value Length"},
		"platform":       {acctest.Values{"platforms": []string{"gcp"}}, `error platforms: Query cannot be answered … "gcp" is unknown.`},
		"empty owner":    {acctest.Values{"owners": []string{""}}, "error owners[…: Invalid Attribute Value Length"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := p.ReadDataSource("governed_identities", of.config)
			diags.Want(t, of.says)
		})
	}
}

// TestListWithUnknownArguments refuses nothing that is not known yet.
func TestListWithUnknownArguments(t *testing.T) {
	t.Parallel()
	acctest.NewProtocol(t, acctest.NewSim(t)).ValidateDataSource("governed_identities", acctest.Values{
		"findings": []any{acctest.Unknown}, "owners": acctest.Unknown, "labels": acctest.Values{"team": acctest.Unknown}, "name_pattern": acctest.Unknown,
		"limit": acctest.Unknown, "sort": acctest.Unknown, "unused_for_days": acctest.Unknown,
	}).Want(t)
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	p := acctest.NewConfiguredProtocol(t, lived(t), nil)
	const id = "aws:" + sim.DefaultAccount + ":role/old/lost"
	for _, config := range []acctest.Values{{"id": id}, {"arn": "arn:aws:iam::" + sim.DefaultAccount + ":role/old/lost"}} {
		found, diags := p.ReadDataSource("governed_identity", config)
		diags.Want(t)
		identity := object(t, found)
		for name, value := range map[string]any{
			"id": id, "import_id": id, "name": "lost", "owner": nil, "risk_score": int64(20 + 10 + 10 + 5 + 15), "complete": true, "gaps": []any{}, "privileges": []any{},
		} {
			acctest.WantSame(t, name, identity[name], value)
		}
		findings := list(t, identity["findings"])
		acctest.WantSame(t, "the last finding", object(t, findings[len(findings)-1])["code"], "stale")
	}
	found, diags := p.ReadDataSource("governed_identity", acctest.Values{"id": id, "unused_for_days": 300})
	diags.Want(t)
	acctest.WantSame(t, "risk_score", object(t, found)["risk_score"], int64(45))

	for name, of := range map[string]struct {
		config acctest.Values
		says   string
	}{
		"neither":   {nil, "error : Missing Attribute Configuration"},
		"both":      {acctest.Values{"id": id, "arn": "arn:aws:iam::" + sim.DefaultAccount + ":role/old/lost"}, "error id: Invalid Attribute Combination"},
		"no id":     {acctest.Values{"id": "lost"}, `error id: Identity id is malformed … "lost" is not a canonical identity id … For an ARN, write arn instead of id.`},
		"no ARN":    {acctest.Values{"arn": "arn:aws:s3:::lost"}, `error arn: ARN is malformed … "arn:aws:s3:::lost" is not the ARN of an IAM role or user`},
		"not there": {acctest.Values{"id": "aws:" + sim.DefaultAccount + ":role/lost"}, "error id: Identity not found … aws:" + sim.DefaultAccount + ":role/lost: it is not among the 7 identities of account " + sim.DefaultAccount + ". … Check its path"},
		"negative":  {acctest.Values{"id": id, "within_days": -1}, "error within_days: Query cannot be answered … governed_identity: within_days: -1 is negative."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := p.ReadDataSource("governed_identity", of.config)
			diags.Want(t, of.says)
		})
	}
}

// TestListsShareOneRead asks all lists of an estate and AWS once.
func TestListsShareOneRead(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	server.SeedEstate(30)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	for _, name := range []string{"identities", "stale_identities", "unowned_identities", "expiring_identities", "high_risk_identities"} {
		_, diags := p.ReadDataSource("governed_"+name, nil)
		if name == "stale_identities" {
			// IAM does not track what some users of the estate are used by.
			diags.Want(t, "warning : Inventory has gaps…The last use is not known…user/BedrockAPIKey-2f99")
			continue
		}
		diags.Want(t)
	}
	calls := 0
	for _, call := range server.Calls() {
		// A connection that breaks on a busy machine makes the SDK repeat a call.
		if call.Action == "GetAccountAuthorizationDetails" && call.Attempt == 1 {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("%d bulk reads were made", calls)
	}
}

// TestSimLists asks what a review asks of an estate, and refuses what nobody can answer.
func TestSimLists(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	server.SeedEstate(40)
	const config = `
data "governed_identities" "all" {}
data "governed_identities" "worst" {
  sort  = "risk_score"
  limit = 1
}
data "governed_stale_identities" "all" {}
data "governed_expiring_identities" "all" {}
data "governed_high_risk_identities" "all" {}
data "governed_identities" "keyed" {
  findings       = ["long_lived_credential"]
  access_key_ids = true
}
data "governed_identity" "worst" { id = data.governed_identities.worst.identities[0].id }

output "facts" {
  value = {
    everything_is_counted = length(data.governed_identities.all.identities) == data.governed_identities.all.summary.total
    severities_add_up     = sum(values(data.governed_identities.all.summary.by_severity)) == data.governed_identities.all.summary.total
    stale_is_known        = alltrue([for i in data.governed_stale_identities.all.identities : i.last_used_known])
    lists_agree           = data.governed_stale_identities.all.summary.total == sum([for code in ["stale", "never_used"] : lookup(data.governed_identities.all.summary.by_finding, code, 0)])
    worst_is_the_worst    = max(data.governed_identities.all.identities[*].risk_score...) == data.governed_identity.worst.risk_score
    aws_is_not_blamed     = alltrue([for i in data.governed_identities.all.identities : length(i.findings) == 0 if i.category == "provider_managed"])
    high_risk_is_first    = data.governed_high_risk_identities.all.identities[0].risk_score == data.governed_identity.worst.risk_score
    expired_are_there     = contains(flatten(data.governed_expiring_identities.all.identities[*].findings[*].code), "expired")
    keys_are_named        = alltrue(flatten([for i in data.governed_identities.keyed.identities : [for c in i.credentials : c.id != null if c.kind == "access_key" && c.active]]))
    complete              = data.governed_identities.all.complete
  }
}
`
	facts := map[string]knownvalue.Check{}
	for _, fact := range []string{
		"everything_is_counted", "severities_add_up", "stale_is_known", "lists_agree", "worst_is_the_worst", "aws_is_not_blamed", "high_risk_is_first", "expired_are_there", "keys_are_named", "complete",
	} {
		facts[fact] = knownvalue.Bool(true)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{
				Config: acctest.ProviderConfig(server, "") + config,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownOutputValue("facts", knownvalue.ObjectExact(facts)),
					statecheck.ExpectKnownValue("data.governed_identities.worst", tfjsonpath.New("identities"), knownvalue.ListSizeExact(1)),
				},
			},
			{
				Config:      acctest.ProviderConfig(server, "") + `data "governed_identities" "all" { findings = ["rotten"] }`,
				ExpectError: acctest.Says(`Query cannot be answered … "rotten" is unknown`),
			},
			{
				Config: acctest.ProviderConfig(server, ""),
			},
		},
	})
}

// TestListsTellUnknownUse has a gap wherever somebody asks for what is unused, and what the platform knows does not go so far.
func TestListsTellUnknownUse(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account, now := server.Account(sim.DefaultAccount), server.Clock().Now()
	account.PutUser(sim.User{Name: "committer", CreatedAt: now.AddDate(0, 0, -300)})
	account.PutUser(sim.User{Name: "owned", CreatedAt: now.AddDate(0, 0, -300), Tags: map[string]string{"nhi:owner": "web", "nhi:purpose": "Commits", "nhi:expiry": "2099-01-01"}})
	account.PutRole(sim.Role{Name: "ancient", CreatedAt: now.AddDate(0, 0, -900)})
	p := acctest.NewConfiguredProtocol(t, server, nil)
	const here = "aws:" + sim.DefaultAccount + ":"
	gap := func(ids ...string) string {
		return "warning : Inventory has gaps … The last use is not known, so they may be stale or not: " + strings.Join(ids, ", ") + "."
	}
	for name, of := range map[string]struct {
		dataSource string
		config     acctest.Values
		says       []string
	}{
		"stale":                   {"stale_identities", nil, []string{gap(here+"user/committer", here+"user/owned")}},
		"by its finding":          {"identities", acctest.Values{"findings": []string{"stale"}}, []string{gap(here+"user/committer", here+"user/owned")}},
		"by the other":            {"identities", acctest.Values{"findings": []string{"expired", "never_used"}, "name_pattern": "c*"}, []string{gap(here + "user/committer")}},
		"of those without owner":  {"unowned_identities", acctest.Values{"findings": []string{"stale"}}, []string{gap(here + "user/committer")}},
		"stale and without owner": {"stale_identities", acctest.Values{"findings": []string{"unowned"}}, []string{gap(here + "user/committer")}},
		"not asked":               {"identities", acctest.Values{"findings": []string{"unowned"}}, nil},
		"beyond what IAM knows":   {"stale_identities", acctest.Values{"unused_for_days": 500, "kinds": []string{"aws_role"}}, []string{gap(here + "role/ancient")}},
		"as far as IAM knows":     {"stale_identities", acctest.Values{"unused_for_days": 399, "kinds": []string{"aws_role"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := p.ReadDataSource("governed_"+of.dataSource, of.config)
			diags.Want(t, of.says...)
		})
	}
}
