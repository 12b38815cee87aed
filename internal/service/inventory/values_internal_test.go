package inventory

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

// TestValues writes everything that can be known of an identity, and nothing of what is not.
func TestValues(t *testing.T) {
	t.Parallel()
	object, _ := definition{}.listSchema().Type().TerraformType(t.Context()).(tftypes.Object)
	list, _ := object.AttributeTypes["identities"].(tftypes.List)
	item, _ := list.ElementType.(tftypes.Object)
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("CET", 3600))
	full := governance.Identity{
		ID: governance.ID{Kind: governance.KindAWSUser, Account: "123456789012", Resource: "relay"}, Name: "relay",
		Trust: []governance.Trustee{{
			Kind: governance.TrusteeWebIdentity, Name: "issuer.example", Account: "123456789012", External: true, ExternalID: true, Organization: "o-abc",
			Subjects: []string{"repo:a/b:*"}, Audiences: []string{"sts.amazonaws.com"}, Conditioned: true,
		}},
		Credentials: []governance.CredentialSummary{{
			Kind: governance.CredentialAccessKey, ID: "AKIAEXAMPLE", Active: true, CreatedAt: at, EndsAt: at.AddDate(0, 1, 0), LastUsedAt: at, LastUsedKnown: true,
			LastUsedService: "ses", LastUsedRegion: "eu-west-1", Store: "arn:store",
		}},
		Privileges: []governance.Privilege{{Class: "administrator", Reason: "managed policy AdministratorAccess"}, {Class: "data_exfiltration"}}, LastUsedService: "s3", LastUsedRegion: "us-east-1", RiskScore: 25, BreakGlass: true,
		UnusedAccess: []governance.UnusedAccess{{Kind: governance.UnusedPermissions, Watcher: "IAM Access Analyzer", Days: 90, AnalyzedAt: at}},
		Findings:     []governance.Finding{{Code: "privileged", Severity: governance.SeverityHigh, OWASP: "NHI5", Message: "why", Remedy: "how"}},
	}
	for name, of := range map[string]struct {
		identity governance.Identity
		says     []string
	}{
		"full": {full, []string{
			`"kind":tftypes.String<"web_identity">`, `"organization":tftypes.String<"o-abc">`, `"repo:a/b:*"`, `"external_id":tftypes.Bool<"true">`, `"conditioned":tftypes.Bool<"true">`,
			`"id":tftypes.String<"AKIAEXAMPLE">`, `"created_at":tftypes.String<"2026-11-22T11:00:00Z">`, `"expires_at":tftypes.String<"2026-12-22T11:00:00Z">`, `"store":tftypes.String<"arn:store">`, `"last_used_service":tftypes.String<"ses">`,
			`"last_used_region":tftypes.String<"us-east-1">`, `"privileges":tftypes.List[tftypes.String]<tftypes.String<"administrator by managed policy AdministratorAccess">>`, `"classes":tftypes.List[tftypes.String]<tftypes.String<"administrator">, tftypes.String<"data_exfiltration">>`, `"risk_score":tftypes.Number<"25">`, `"break_glass":tftypes.Bool<"true">`, `"owasp":tftypes.String<"NHI5">`,
			`"kind":tftypes.String<"permissions">`, `"days":tftypes.Number<"90">`, `"watcher":tftypes.String<"IAM Access Analyzer">`, `"analyzed_at":tftypes.String<"2026-11-22T11:00:00Z">`,
		}},
		"empty": {governance.Identity{ID: full.ID}, []string{
			`"owner":tftypes.String<null>`, `"created_at":tftypes.String<null>`, `"last_used_at":tftypes.String<null>`, `"last_used_known":tftypes.Bool<"false">`, `"privileges":tftypes.List[tftypes.String]<>`,
		}},
	} {
		values, err := itemOf(item, &of.identity)
		if err != nil {
			t.Fatal(err)
		}
		text := tftypes.NewValue(item, values).String()
		for _, want := range of.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s is not in %s", name, want, text)
			}
		}
	}
}

// TestUnknownUses names some of those that nobody can judge, and counts the rest.
func TestUnknownUses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var identities []governance.Identity
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		identities = append(identities, governance.Identity{ID: governance.ID{Kind: governance.KindAWSRole, Account: "123456789012", Resource: name}, CreatedAt: now.AddDate(-1, 0, 0)})
	}
	identities[0].LastUsedKnown = true // From the beginning.
	identities[1].CreatedAt = now
	options := inventory.Options{UnusedForDays: 90}
	gaps := unknownUses(identities[:3], options, now)
	if len(gaps) != 1 || gaps[0] != "The last use is not known, so they may be stale or not: aws:123456789012:role/c." {
		t.Errorf("gaps: %q", gaps)
	}
	identities[0].LastUsedKnown = false
	if gaps = unknownUses(identities, options, now); len(gaps) != 1 || !strings.HasSuffix(gaps[0], "role/f and 1 more.") {
		t.Errorf("gaps: %q", gaps)
	}
	if gaps = unknownUses(identities[1:2], options, now); gaps != nil {
		t.Errorf("gaps: %q", gaps)
	}

	for i := range identities {
		identities[i].ID.Account = "10000000000" + identities[i].ID.Resource
	}
	if named := accounts(identities); !strings.HasPrefix(named, "account 10000000000a, ") || !strings.HasSuffix(named, "e and 2 more") {
		t.Errorf("the accounts are named %q", named)
	}

	var diags diag.Diagnostics
	warnOfGaps(&diags, "governed_identities", nil)
	warnOfGaps(&diags, "governed_identities", []string{"One.", "Two."})
	if len(diags) != 1 || diags.HasError() || !strings.HasSuffix(diags[0].Detail(), "\n\n- One.\n- Two.") {
		t.Errorf("diagnostics: %v", diags)
	}
}
