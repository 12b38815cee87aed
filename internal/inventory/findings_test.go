package inventory_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

func TestFindings(t *testing.T) {
	t.Parallel()
	stranger := external(governance.TrusteeAccount, "999988887777")
	stranger.ExternalID = false
	ours := stranger
	ours.Account = "222222222222"
	unread := stranger
	unread.Account = "333333333333"
	inOrganization := stranger
	inOrganization.Organization = "o-abc"
	anyAudience := federated("repo:acme/shop:ref:refs/heads/main")
	anyAudience.Audiences = nil
	wildAudience := federated("repo:acme/shop:ref:refs/heads/main")
	wildAudience.Audiences = []string{"*"}
	password := governance.CredentialSummary{Kind: governance.CredentialPassword, Active: true, CreatedAt: daysAgo(10), LastUsedKnown: true, LastUsedAt: daysAgo(1)}
	old, inactive, undated, unknownUse := accessKey(91, 0, "s"), accessKey(900, -1, ""), accessKey(0, 0, "s"), accessKey(89, 0, "s")
	inactive.Active = false
	undated.CreatedAt, undated.LastUsedAt = time.Time{}, time.Time{}
	unknownUse.LastUsedAt, unknownUse.LastUsedKnown = time.Time{}, false
	for name, of := range map[string]struct {
		change func(*governance.Identity)
		want   []string
	}{
		"flawless":                   {func(*governance.Identity) {}, nil},
		"bare":                       {func(i *governance.Identity) { i.Metadata, i.ManagedBy = governance.Metadata{}, "" }, []string{"unowned: nobody is named", "no_purpose: nothing says what it is for", "no_expiry: its access never ends", "unmanaged: no tool's mark is on it"}},
		"blank":                      {func(i *governance.Identity) { i.Metadata.Owner = " " }, []string{"unowned: "}},
		"other tool":                 {func(i *governance.Identity) { i.ManagedBy = "terraform" }, []string{`unmanaged: its mark says "terraform"`}},
		"expiry no time":             {expiry("soon"), []string{`no_expiry: its expiry is "soon", which is no time`}},
		"expired":                    {expiry("2026-11-19"), []string{"expired: its access ended on 2026-11-20 (2 days ago), and it is still there"}},
		"expired, nobody enforces":   {func(i *governance.Identity) { i.ManagedBy = ""; i.Metadata.Expiry = "2026-11-19" }, []string{"expired: its expiry was 2026-11-20 (2 days ago), and nothing here", "unmanaged: "}},
		"expires today":              {expiry("2026-11-22"), []string{"expiring: it expires on 2026-11-23T00:00:00Z, in less than 1 day"}},
		"expires in 30 days":         {expiry("2026-12-21"), []string{"expiring: it expires on 2026-12-22T00:00:00Z, in less than 30 days"}},
		"expires in 31 days":         {expiry("2026-12-22"), nil},
		"stale":                      {used(700, 91, 400, true), []string{"stale: it was last used on 2026-08-23 (91 days ago); the limit is 90 days"}},
		"used at the limit":          {used(700, 90, 400, true), nil},
		"never used":                 {used(91, -1, 400, true), []string{"never_used: it was made on 2026-08-23 (91 days ago) and never used"}},
		"never used without bound":   {used(900, -1, -1, true), []string{"never_used: "}},
		"unused since tracking":      {used(900, -1, 400, true), []string{"stale: it was not used since 2025-10-18 (400 days ago); the platform does not know of what was before"}},
		"too young":                  {used(89, -1, 400, true), nil},
		"tracked for too short":      {used(900, -1, 10, true), nil},
		"made nobody knows when":     {used(-1, -1, -1, true), nil},
		"last use unknown":           {used(900, -1, -1, false), nil},
		"last use known to be stale": {used(900, 500, -1, false), nil},
		"privileged": {func(i *governance.Identity) {
			i.Privileges = []governance.Privilege{{Class: governance.RuleAdministrator, Reason: "managed policy AdministratorAccess"}}
		}, []string{"privileged: it is privileged: administrator by managed policy AdministratorAccess"}},
		"privileged and broad": {may("privilege_escalation: a (b + c)", "pass_role_unrestricted: d", "data_exfiltration: e", "service_wildcard: ", "resource_wildcard_write: f"), []string{
			"privileged: it is privileged: privilege_escalation by a (b + c); pass_role_unrestricted by d", "broad_permissions: its permissions are broad: data_exfiltration by e",
		}},
		"writes anywhere":         {may("resource_wildcard_write: f"), nil},
		"public":                  {trustees(governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*"}), []string{"publicly_assumable: anyone can assume it"}},
		"public with conditions":  {trustees(governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*", Conditioned: true}), []string{`publicly_assumable: its trust names "*": strangers can assume it unless its conditions`}},
		"public with external id": {trustees(governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*", ExternalID: true}), []string{"publicly_assumable: anyone who knows its external id"}},
		"an organisation":         {trustees(governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*", Organization: "o-abc"}), nil},
		"external":                {trustees(stranger), []string{"external_without_external_id: arn:aws:iam::999988887777:root can assume it from outside without"}},
		"external, account id": {
			trustees(governance.Trustee{Kind: governance.TrusteeAccount, Name: "999988887777", Account: "999988887777", External: true}),
			[]string{"external_without_external_id: account 999988887777 can assume it from outside without an external id"},
		},
		"external with id":         {trustees(external(governance.TrusteeAccount, "999988887777")), nil},
		"external, own account":    {trustees(ours), nil},
		"external, own, not read":  {trustees(unread), nil},
		"external, organisation":   {trustees(inOrganization), nil},
		"federated":                {trustees(federated("repo:acme/shop:ref:refs/heads/main")), nil},
		"federated, any subject":   {trustees(federated()), []string{"weak_federation: every subject of token.actions.githubusercontent.com can assume it"}},
		"federated, wildcard":      {trustees(federated("repo:acme/*")), []string{"weak_federation: every subject of token.actions.githubusercontent.com that fits repo:acme/* can assume it"}},
		"federated, branches":      {trustees(federated("repo:acme/shop:ref:refs/heads/release/*")), nil},
		"federated, any branch":    {trustees(federated("repo:acme/shop:ref:refs/heads/*")), []string{"weak_federation: every subject of token.actions.githubusercontent.com that fits repo:acme/shop:ref:refs/heads/* can assume it"}},
		"federated, wild audience": {trustees(wildAudience), []string{"weak_federation: tokens of token.actions.githubusercontent.com for any audience are taken"}},
		"public twice": {
			trustees(governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*", Conditioned: true}, governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*"}),
			[]string{"publicly_assumable: anyone can assume it, strangers included"},
		},
		"federated, any audience": {trustees(anyAudience), []string{"weak_federation: tokens of token.actions.githubusercontent.com for any audience are taken"}},
		"console":                 {credentials(password), []string{"human_use: it has a console password"}},
		"MFA":                     {credentials(governance.CredentialSummary{Kind: governance.CredentialMFADevice, Active: true, CreatedAt: daysAgo(900)}), []string{"human_use: it has an MFA device"}},
		"people": {
			trustees(governance.Trustee{Kind: governance.TrusteeUser, Name: "arn:aws:iam::123456789012:user/alice"}, governance.Trustee{Kind: governance.TrusteeSAML, Name: "okta"}),
			[]string{"human_use: its trust names users, who may be people: arn:aws:iam::123456789012:user/alice; people who sign in through okta can assume it"},
		},
		"services":             {trustees(governance.Trustee{Kind: governance.TrusteeService, Name: "ec2.amazonaws.com"}, governance.Trustee{Kind: governance.TrusteeService, Name: "lambda.amazonaws.com"}), []string{"reused: 2 clients share it, so a leak in one is a leak in all: ec2.amazonaws.com, lambda.amazonaws.com"}},
		"parts of one service": {trustees(governance.Trustee{Kind: governance.TrusteeService, Name: "edgelambda.amazonaws.com"}, governance.Trustee{Kind: governance.TrusteeService, Name: "lambda.amazonaws.com"}), nil},
		"one repository":       {trustees(federated("repo:acme/shop:ref:refs/heads/main", "repo:acme/shop:environment:eu")), nil},
		"repositories":         {trustees(federated("repo:acme/shop:ref:refs/heads/main", "repo:acme/site:ref:refs/heads/main")), []string{"reused: 2 clients share it"}},
		"accounts":             {trustees(external(governance.TrusteeAccount, "999988887777"), external(governance.TrusteeRole, "999988887776")), []string{"reused: 2 clients share it, so a leak in one is a leak in all: account 999988887776, account 999988887777"}},
		"accounts of a third party": {func(i *governance.Identity) {
			i.Metadata.ThirdParty = "Acme"
			trustees(external(governance.TrusteeAccount, "999988887777"), external(governance.TrusteeAccount, "999988887776"))(i)
		}, nil},
		"own roles": {trustees(ownRole("a"), ownRole("b")), nil},
		"in quarantine, unused before": {func(i *governance.Identity) {
			i.LastUsedAt = daysAgo(300)
			i.Quarantine = &governance.Quarantine{Since: daysAgo(5), QuarantineOrder: governance.QuarantineOrder{Reason: "Nobody knows it", Ticket: "SEC-1", ReleaseAfter: "2026-12-01", DeleteAfter: "2027-01-01"}}
		}, []string{
			"stale: it was last used on " + daysAgo(300).Format(time.DateOnly) + " (295 days ago)",
			"quarantined: it is in quarantine since " + daysAgo(5).Format(time.DateOnly) + ` (5 days ago), for the reason "Nobody knows it"; ticket SEC-1; release_after 2026-12-01; delete_after 2027-01-01`,
		}},
		"in quarantine, used before": {func(i *governance.Identity) {
			i.LastUsedAt = daysAgo(200)
			i.Quarantine = &governance.Quarantine{Since: daysAgo(190), QuarantineOrder: governance.QuarantineOrder{Reason: "Leaked key"}}
			i.Credentials = nil
		}, []string{"quarantined: it is in quarantine since " + daysAgo(190).Format(time.DateOnly) + ` (190 days ago), for the reason "Leaked key"`}},
		"other environment": {func(i *governance.Identity) {
			i.Metadata.Environment = "Production"
			i.Trust = []governance.Trustee{ownRole("tagged")}
		}, []string{"crosses_environments: its environment is Production, but the environment of arn:aws:iam::123456789012:role/tagged is dev"}},
		"same environment": {func(i *governance.Identity) {
			i.Metadata.Environment = "development"
			i.Trust = []governance.Trustee{ownRole("tagged")}
		}, nil},
		"other environment by name": {func(i *governance.Identity) {
			i.Name = "export-prod"
			i.Trust = []governance.Trustee{ownRole("ci/build-staging")}
		}, []string{"crosses_environments: its name says prod, but arn:aws:iam::123456789012:role/ci/build-staging says staging"}},
		"job's environment": {func(i *governance.Identity) {
			i.Metadata.Environment = "prod"
			i.Trust = []governance.Trustee{federated("repo:acme/dev-tools:environment:dev")}
		}, []string{"crosses_environments: its environment is prod, but repo:acme/dev-tools:environment:dev says dev"}},
		"branch": {func(i *governance.Identity) {
			i.Metadata.Environment = "prod"
			i.Trust = []governance.Trustee{federated("repo:acme/dev-tools:ref:refs/heads/fix-dev-login")}
		}, nil},
		"service account": {func(i *governance.Identity) {
			i.Metadata.Environment = "prod"
			i.Trust = []governance.Trustee{federated("system:serviceaccount:staging:api")}
		}, []string{"crosses_environments: its environment is prod, but system:serviceaccount:staging:api says staging"}},
		"resources of two groups": {func(i *governance.Identity) {
			i.Trust = []governance.Trustee{machine("rg-shop", "a"), machine("RG-shop", "b"), machine("rg-mail", "c")}
		}, []string{"reused: 2 clients share it, so a leak in one is a leak in all: /subscriptions/s/resourcegroups/rg-mail, /subscriptions/s/resourcegroups/rg-shop"}},
		"resource of another environment": {func(i *governance.Identity) {
			i.Metadata.Environment = "prod"
			i.Trust = []governance.Trustee{machine("rg-shop", "shop-dev"), machine("rg-shop", "shop-prod"), machine("rg-shop", "shop")}
		}, []string{"crosses_environments: its environment is prod, but /subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/shop-dev says dev"}},
		"no evidence": {func(i *governance.Identity) {
			i.Metadata.Environment = "prod"
			i.Trust = []governance.Trustee{ownRole("contest"), ownRole("dev-to-prod")}
		}, nil},
		"old key":             {credentials(old), []string{"credential_not_rotated: the access key AKIAEXAMPLE is from 2026-08-23 (91 days ago); the policy's credential_max_age_days is 90"}},
		"nobody's key":        {credentials(accessKey(5, 1, "")), []string{"long_lived_credential: the access key AKIAEXAMPLE was made on 2026-11-17 (5 days ago) and works until somebody revokes it, and no governed_credential is known to have it"}},
		"unused key":          {credentials(accessKey(90, 90, "s"), old), []string{"credential_not_rotated: "}},
		"long unused key":     {credentials(accessKey(300, 200, "s")), []string{"credential_not_rotated: ", "unused_credential: the access key AKIAEXAMPLE was last used on 2026-05-06 (200 days ago); the limit is 90 days"}},
		"never used key":      {credentials(accessKey(300, -1, "s")), []string{"credential_not_rotated: ", "unused_credential: the access key AKIAEXAMPLE is from 2026-01-26 (300 days ago) and was not used since"}},
		"secret that ends":    {credentials(clientSecret(5, "")), []string{"long_lived_credential: the client secret k1 was made on 2026-10-23 (30 days ago) and works until 2026-11-27, and no governed_credential", "credential_expiring: the client secret k1 ends on 2026-11-27T12:00:00Z, in less than 5 days"}},
		"secret that rotates": {credentials(clientSecret(5, "kv")), nil},
		"secret that stays":   {credentials(clientSecret(31, "")), []string{"long_lived_credential: "}},
		"secrets that ended":  {credentials(clientSecret(-5, ""), clientSecret(0, "kv"), clientSecret(60, "kv")), []string{"credential_expired: it still has credentials that have ended: the client secret k1 of 2026-11-17 (5 days ago), the client secret k1 of 2026-11-22 (0 days ago)"}},
		"key of a stale identity": {func(i *governance.Identity) {
			used(700, 300, -1, true)(i)
			i.Credentials = []governance.CredentialSummary{accessKey(301, 300, "s")}
		}, []string{"stale: ", "credential_not_rotated: "}},
		"unused role": {func(i *governance.Identity) {
			used(700, 91, 400, true)(i)
			unused(governance.UnusedIdentity)(i)
		}, []string{"stale: it was last used on 2026-08-23 (91 days ago); the limit is 90 days; IAM Access Analyzer saw no use of it in the 60 days before 2026-11-20"}},
		"role unused since tracking": {func(i *governance.Identity) {
			used(900, -1, 400, true)(i)
			unused(governance.UnusedIdentity)(i)
		}, []string{"stale: it was not used since 2025-10-18 (400 days ago); the platform does not know of what was before, and the limit is 90 days; IAM Access Analyzer saw"}},
		"role never used": {func(i *governance.Identity) {
			used(91, -1, 400, true)(i)
			unused(governance.UnusedIdentity)(i)
		}, []string{"never_used: it was made on 2026-08-23 (91 days ago) and never used; the limit is 90 days; IAM Access Analyzer saw no use of it in the 60 days before 2026-11-20"}},
		"unused for less than the limit": {unused(governance.UnusedIdentity), nil},
		"unused permissions of an administrator": {func(i *governance.Identity) {
			i.Privileges = []governance.Privilege{{Class: governance.RuleAdministrator, Reason: "managed policy AdministratorAccess"}}
			unused(governance.UnusedPermissions)(i)
		}, []string{"privileged: it is privileged: administrator by managed policy AdministratorAccess; IAM Access Analyzer saw no use of some of its permissions in the 60 days before 2026-11-20"}},
		"unused permissions of others": {unused(governance.UnusedPermissions), nil},
		"unused keys": {func(i *governance.Identity) {
			i.Credentials = []governance.CredentialSummary{accessKey(89, 0, "s"), accessKey(300, 200, "s"), accessKey(300, 201, "s")}
			unused(governance.UnusedAccessKey)(i)
		}, []string{
			"credential_not_rotated: ",
			"unused_credential: the access key AKIAEXAMPLE was last used on 2026-05-06 (200 days ago); the limit is 90 days; the access key AKIAEXAMPLE was last used on 2026-05-05 (201 days ago); the limit is 90 days; " +
				"IAM Access Analyzer saw no use of an active access key in the 60 days before 2026-11-20",
		}},
		"unused password, used keys": {func(i *governance.Identity) {
			i.Credentials = []governance.CredentialSummary{accessKey(80, 79, "s")}
			unused(governance.UnusedPassword)(i)
		}, nil},
		"what is not known": {credentials(undated, unknownUse, inactive), nil},
		"service-linked": {func(i *governance.Identity) {
			*i = governance.Identity{ID: i.ID, Category: governance.CategoryProviderManaged, Privileges: []governance.Privilege{{Class: governance.RuleAdministrator, Reason: "x"}}, LastUsedKnown: true, CreatedAt: daysAgo(900)}
		}, nil},
		"service-linked, due": {func(i *governance.Identity) {
			i.Category = governance.CategoryProviderManaged
			i.Metadata.Expiry = "2026-11-19"
		}, []string{"expired: its review was due on 2026-11-20 (2 days ago), and only its removal ends its access"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			identity := flawless()
			of.change(&identity)
			var got []string
			for _, finding := range findings(t, identity) {
				got = append(got, finding.Code+": "+finding.Message)
			}
			if !slices.EqualFunc(got, of.want, strings.HasPrefix) {
				t.Errorf("findings (-want +got):\n%s", cmp.Diff(of.want, got))
			}
		})
	}
}

// findings judges under the default policy.
func findings(t *testing.T, identity governance.Identity) []governance.Finding {
	t.Helper()
	policy, err := governance.NewPolicy()
	if err != nil {
		t.Fatal(err)
	}
	options := inventory.DefaultOptions(policy)
	options.Neighbours = neighbours
	return inventory.Findings(identity, policy, options, now)
}

// TestOwnerGone judges owners under a policy that has a directory of them, and under one that has none.
func TestOwnerGone(t *testing.T) {
	t.Parallel()
	directory := governance.NewOwnerDirectory("owners.yaml", []governance.Owner{
		{Name: "payments", Aliases: []string{"payments@acme.example"}}, {Name: "alice", Left: daysAgo(10)}, {Name: "bob", Left: daysAgo(-1)}, {Name: "legacy", Inactive: true},
	})
	policy, err := governance.NewPolicy(governance.PolicyDocument{Owners: governance.OwnersDocument{Directory: directory}})
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		change func(*governance.Identity)
		want   []string
	}{
		"there":        {func(*governance.Identity) {}, nil},
		"by an alias":  {func(i *governance.Identity) { i.Metadata.Owner = "payments@acme.example" }, nil},
		"leaves soon":  {func(i *governance.Identity) { i.Metadata.Owner = "bob" }, nil},
		"unknown":      {func(i *governance.Identity) { i.Metadata.Owner = "ops" }, []string{`owner_gone: its owner is "ops", which is not in the owner directory owners.yaml`}},
		"left":         {func(i *governance.Identity) { i.Metadata.Owner = "alice" }, []string{`owner_gone: its owner is "alice", which the owner directory owners.yaml marks as gone since 2026-11-12`}},
		"inactive":     {func(i *governance.Identity) { i.Metadata.Owner = "legacy" }, []string{`owner_gone: its owner is "legacy", which the owner directory owners.yaml marks as inactive`}},
		"letter case":  {func(i *governance.Identity) { i.Metadata.Owner = "Payments" }, []string{`owner_gone: its owner is "Payments", which is not in`}},
		"unowned":      {func(i *governance.Identity) { i.Metadata.Owner = " " }, []string{"unowned: "}},
		"not the main": {func(i *governance.Identity) { i.Metadata.BusinessOwner, i.Metadata.TechnicalOwner = "finance", "alice" }, []string{`owner_gone: its business owner is "finance", which is not in the owner directory owners.yaml; its technical owner is "alice", which the owner directory owners.yaml marks as gone since 2026-11-12`}},
		"AWS's own": {func(i *governance.Identity) {
			i.Category, i.Metadata = governance.CategoryProviderManaged, governance.Metadata{Owner: "alice"}
		}, []string{`owner_gone: its owner is "alice"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			identity := flawless()
			of.change(&identity)
			found := inventory.Findings(identity, policy, inventory.DefaultOptions(policy), now)
			if len(found) != len(of.want) {
				t.Fatalf("findings: %+v", found)
			}
			for i, want := range of.want {
				if got := found[i].Code + ": " + found[i].Message; !strings.HasPrefix(got, want) {
					t.Errorf("%s\ndoes not begin with\n%s", got, want)
				}
			}
			if without := findings(t, identity); slices.ContainsFunc(without, func(f governance.Finding) bool { return f.Code == inventory.FindingOwnerGone }) {
				t.Errorf("without a directory: %+v", without)
			}
		})
	}
}

// TestCatalogue holds the table against itself and against the guide.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../templates/guides/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	severities := []governance.Severity{governance.SeverityCritical, governance.SeverityHigh, governance.SeverityMedium, governance.SeverityLow}
	weight := map[governance.Severity][2]int{}
	for _, kind := range inventory.Catalogue {
		row := fmt.Sprintf("\n| `%s` | %s | %s | %d | %s |\n", kind.Code, kind.Severity, kind.OWASP, kind.Weight, kind.Means)
		if strings.Count(string(guide), row) != 1 {
			t.Errorf("the guide lacks the row%s", row)
		}
		if !slices.Contains(severities, kind.Severity) || !strings.HasPrefix(kind.OWASP, "NHI") || !strings.HasSuffix(kind.Remedy, ".") || strings.Contains(kind.Means, "|") {
			t.Errorf("malformed: %+v", kind.Code)
		}
		bounds, seen := weight[kind.Severity]
		if !seen {
			bounds = [2]int{kind.Weight, kind.Weight}
		}
		weight[kind.Severity] = [2]int{min(bounds[0], kind.Weight), max(bounds[1], kind.Weight)}
	}
	if rows := strings.Count(string(guide), "\n| `"); rows != len(inventory.Catalogue) {
		t.Errorf("the guide has %d rows for %d findings", rows, len(inventory.Catalogue))
	}
	for i, severity := range severities[1:] {
		if weight[severity][1] >= weight[severities[i]][0] {
			t.Errorf("what is %s weighs as much as what is %s", severity, severities[i])
		}
	}
	codes := inventory.FindingCodes()
	if slices.Sort(codes); len(slices.Compact(codes)) != len(inventory.Catalogue) {
		t.Error("a code stands twice")
	}
}

func TestRiskScore(t *testing.T) {
	t.Parallel()
	bare := flawless()
	bare.Metadata, bare.Privileges = governance.Metadata{}, []governance.Privilege{{Class: governance.RuleAdministrator, Reason: "inline policy all"}}
	if score := inventory.RiskScore(findings(t, bare)); score != 20+10+10+25 {
		t.Errorf("the score is %d", score)
	}
	if score := inventory.RiskScore([]governance.Finding{{Code: "made_up"}}); score != 0 {
		t.Errorf("an unknown finding weighs %d", score)
	}
}

// TestMessagesAreBounded names a few of many.
func TestMessagesAreBounded(t *testing.T) {
	t.Parallel()
	identity := flawless()
	identity.Trust = nil
	for i := range 7 {
		identity.Trust = append(identity.Trust, governance.Trustee{Kind: governance.TrusteeService, Name: fmt.Sprintf("s%d.amazonaws.com", i)})
	}
	found := findings(t, identity)
	if len(found) != 1 || !strings.HasSuffix(found[0].Message, "s4.amazonaws.com and 2 more") {
		t.Errorf("findings: %+v", found)
	}
}
