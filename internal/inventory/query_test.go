package inventory_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

// listed are a few judged identities.
func listed() []governance.Identity {
	user := governance.ID{Kind: governance.KindAWSUser, Account: "222222222222", Resource: "ci/relay"}
	return []governance.Identity{
		{
			ID: user, Name: "relay", Category: governance.CategoryEnterpriseManaged, RiskScore: 30, LastUsedKnown: true, LastUsedAt: daysAgo(3), CreatedAt: daysAgo(50),
			Findings: []governance.Finding{{Code: "stale", Severity: governance.SeverityMedium}, {Code: "unowned", Severity: governance.SeverityHigh}}, Metadata: governance.Metadata{Expiry: "2027-01-02"},
		},
		{
			ID: role("Export-eu"), Name: "Export-eu", Category: governance.CategoryShared, RiskScore: 30, CreatedAt: daysAgo(10),
			Metadata:   governance.Metadata{Owner: "payments", Environment: "prod", Labels: map[string]string{"Team": "Finance"}, Expiry: "2027-01-01"},
			Findings:   []governance.Finding{{Code: "reused", Severity: governance.SeverityMedium}},
			Privileges: []governance.Privilege{{Class: governance.RuleAdministrator, Reason: "a policy"}, {Class: governance.RuleDataExfiltration}},
		},
		{ID: role("export-us"), Name: "export-us", Category: governance.CategoryExternal, LastUsedKnown: true, Metadata: governance.Metadata{Owner: "payments"}},
	}
}

func TestQueryFilter(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		query inventory.Query
		want  []string
	}{
		"nothing asked":   {inventory.Query{}, []string{"Export-eu", "export-us", "relay"}},
		"platform":        {inventory.Query{Platforms: []governance.Platform{governance.PlatformAzure}}, nil},
		"kind":            {inventory.Query{Kinds: []governance.Kind{governance.KindAWSUser}}, []string{"relay"}},
		"category":        {inventory.Query{Categories: []governance.Category{governance.CategoryExternal, governance.CategoryShared}}, []string{"Export-eu", "export-us"}},
		"owner":           {inventory.Query{Owners: []string{"payments"}}, []string{"Export-eu", "export-us"}},
		"environment":     {inventory.Query{Environments: []string{"prod"}}, []string{"Export-eu"}},
		"account":         {inventory.Query{Accounts: []string{"222222222222"}}, []string{"relay"}},
		"label":           {inventory.Query{Labels: map[string]string{"team": "fin*"}}, []string{"Export-eu"}},
		"label missing":   {inventory.Query{Labels: map[string]string{"team": "*", "cost": "*"}}, nil},
		"findings":        {inventory.Query{Findings: []string{"stale", "reused"}}, []string{"Export-eu", "relay"}},
		"class":           {inventory.Query{Classes: []governance.Rule{governance.RuleDataExfiltration, governance.RuleServiceWildcard}}, []string{"Export-eu"}},
		"name":            {inventory.Query{NamePattern: "EXPORT-?u"}, []string{"Export-eu"}},
		"name as written": {inventory.Query{NamePattern: "export.*"}, nil},
		"score":           {inventory.Query{MinimumScore: 30}, []string{"Export-eu", "relay"}},
		"all together":    {inventory.Query{Owners: []string{"payments"}, MinimumScore: 1}, []string{"Export-eu"}},
		"by score":        {inventory.Query{Sort: inventory.SortRiskScore}, []string{"Export-eu", "relay", "export-us"}},
		"by last use":     {inventory.Query{Sort: inventory.SortLastUsed}, []string{"export-us", "relay", "Export-eu"}},
		"by age":          {inventory.Query{Sort: inventory.SortCreated}, []string{"relay", "Export-eu", "export-us"}},
		"by expiry":       {inventory.Query{Sort: inventory.SortExpiry}, []string{"Export-eu", "relay", "export-us"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, one := range of.query.Filter(listed()) {
				got = append(got, one.Name)
			}
			if diff := cmp.Diff(of.want, got); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSortByCredential takes the end of a credential that works for an end.
func TestSortByCredential(t *testing.T) {
	t.Parallel()
	all := listed()
	all[2].Credentials = []governance.CredentialSummary{{EndsAt: daysAgo(400)}, {Active: true, EndsAt: daysAgo(-300)}, {Active: true, EndsAt: daysAgo(-7)}}
	if found := (inventory.Query{Sort: inventory.SortExpiry}).Filter(all); found[0].Name != "export-us" {
		t.Errorf("the first is %s", found[0].Name)
	}
}

func TestQueryProblems(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	query := inventory.Query{
		Platforms: []governance.Platform{"gcp"}, Kinds: []governance.Kind{"aws_group"}, Categories: []governance.Category{"ours"},
		Accounts: []string{"12345"}, Findings: []string{"unowned", "lost"}, Sort: "size",
		MinimumScore: -1, UnusedForDays: number(-2), WithinDays: number(1_000_001), Limit: number(-4),
	}
	var got []string
	for _, problem := range query.Problems() {
		if problem.Remedy == "" {
			t.Errorf("no remedy: %+v", problem)
		}
		got = append(got, problem.Argument+": "+problem.Message)
	}
	want := []string{
		`platforms: "gcp" is unknown`, `kinds: "aws_group" is unknown`, `categories: "ours" is unknown`, `findings: "lost" is unknown`, `sort: "size" is unknown`,
		`accounts: "12345" is not an account id, so it would find nothing`,
		"minimum_score: -1 is negative", "unused_for_days: -2 is negative", "within_days: 1000001 is too large", "limit: -4 is negative",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	fine := inventory.Query{Accounts: []string{account, "11111111-2222-3333-4444-555555555555"}, Findings: inventory.FindingCodes(), Sort: inventory.SortExpiry}
	if problems := fine.Problems(); len(problems) > 0 {
		t.Errorf("problems: %+v", problems)
	}
}

func TestSummarise(t *testing.T) {
	t.Parallel()
	want := inventory.Summary{
		Total: 3, ByFinding: map[string]int{"stale": 1, "unowned": 1, "reused": 1}, ByOwner: map[string]int{"payments": 2, "(none)": 1},
		ByPlatform: map[string]int{"aws": 3}, ByCategory: map[string]int{"enterprise_managed": 1, "shared": 1, "external": 1},
		BySeverity: map[string]int{"high": 1, "medium": 1, "(none)": 1},
	}
	if diff := cmp.Diff(want, inventory.Summarise(listed())); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

// TestJudge leaves what it is given as it is.
func TestJudge(t *testing.T) {
	t.Parallel()
	policy, err := governance.NewPolicy(governance.PolicyDocument{BreakGlass: []string{"aws:*/BARE"}})
	if err != nil {
		t.Fatal(err)
	}
	given := []governance.Identity{{ID: role("bare"), Name: "bare", Category: governance.CategoryShared, CreatedAt: now}}
	judged := inventory.Judge(given, policy, inventory.DefaultOptions(policy), now.Add(time.Hour))
	if given[0].Findings != nil || given[0].RiskScore != 0 {
		t.Error("the given identity has changed")
	}
	if codes := slices.Collect(func(yield func(string) bool) {
		for _, finding := range judged[0].Findings {
			yield(finding.Code)
		}
	}); !slices.Equal(codes, []string{"unowned", "no_purpose", "no_expiry", "unmanaged"}) || judged[0].RiskScore != 45 || !judged[0].BreakGlass || given[0].BreakGlass {
		t.Errorf("judged: %+v", judged[0])
	}
}
