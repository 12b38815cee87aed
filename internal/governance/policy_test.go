package governance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestNewPolicyTakesTheStrictest(t *testing.T) {
	t.Parallel()
	security := governance.PolicyDocument{
		MaxLifetimeDays:           ptr(365),
		MaxLifetimeDaysByCategory: map[governance.Category]int{"external": 90},
		WarnBeforeDays:            ptr(14),
		RequiredMetadata:          []string{"environment"},
		Owners:                    governance.OwnersDocument{Pattern: "team-.*"},
		Purpose:                   governance.PurposeDocument{MinLength: ptr(20)},
		Enforcement:               map[governance.Rule]governance.Enforcement{"owner": "error", "purpose_quality": "warn", "warn_before_days": "off"},
	}
	team := governance.PolicyDocument{
		MaxLifetimeDays:           ptr(730),
		MaxLifetimeDaysByCategory: map[governance.Category]int{"shared": 30, "external": 3650},
		WarnBeforeDays:            ptr(60),
		RequiredMetadata:          []string{"ticket", "environment"},
		Owners:                    governance.OwnersDocument{Pattern: ".*-a"},
		Purpose:                   governance.PurposeDocument{MinLength: ptr(5)},
		Enforcement:               map[governance.Rule]governance.Enforcement{"owner": "off", "purpose_quality": "error", "warn_before_days": "warn"},
	}
	for name, policy := range map[string]governance.Policy{"security first": mustPolicy(t, security, team), "team first": mustPolicy(t, team, security)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lifetimes := map[governance.Category]int{}
			for _, category := range governance.Categories {
				lifetimes[category] = policy.MaxLifetimeDays(category)
			}
			want := map[governance.Category]int{"provider_managed": 365, "shared": 30, "enterprise_managed": 365, "external": 90}
			if diff := cmp.Diff(want, lifetimes); diff != "" {
				t.Errorf("lifetimes (-want +got):\n%s", diff)
			}
			if policy.WarnBeforeDays() != 60 {
				t.Errorf("warn_before_days is %d", policy.WarnBeforeDays())
			}
			for rule, want := range map[governance.Rule]governance.Enforcement{"owner": "error", "purpose_quality": "error", "warn_before_days": "warn", "expiry_in_past": "error"} {
				if got := policy.Enforcement(rule); got != want {
					t.Errorf("enforcement of %s is %s, want %s", rule, got, want)
				}
			}
			for owner, ok := range map[string]bool{"team-a": true, "team-b": false, "squad-a": false} {
				subject := valid()
				subject.Metadata.Owner, subject.Metadata.Environment, subject.Metadata.Ticket, subject.Metadata.Expiry = owner, "prod", "X-1", "2026-12-01"
				if found := policy.Evaluate(subject, now); (len(found) == 1 && found[0].Rule == "warn_before_days") != ok {
					t.Errorf("owner %s: %+v", owner, found)
				}
			}
		})
	}
}

func TestNewPolicyDefaults(t *testing.T) {
	t.Parallel()
	policy := mustPolicy(t)
	if policy.MaxLifetimeDays("shared") != 365 || policy.MaxLifetimeDays("external") != 180 || policy.WarnBeforeDays() != 30 || policy.Enforcement("warn_before_days") != "warn" || policy.Enforcement("owner") != "error" {
		t.Errorf("defaults are %+v", policy)
	}
	if got := mustPolicy(t, governance.PolicyDocument{MaxLifetimeDays: ptr(730), WarnBeforeDays: ptr(0)}); got.MaxLifetimeDays("shared") != 730 || got.WarnBeforeDays() != 0 {
		t.Errorf("a single document must be able to replace the defaults, got %+v", got)
	}
}

// TestExternalLifetime has a third party's identities live longer than half a year only where a policy says so for them.
func TestExternalLifetime(t *testing.T) {
	t.Parallel()
	external := func(days int) governance.PolicyDocument {
		return governance.PolicyDocument{MaxLifetimeDaysByCategory: map[governance.Category]int{"external": days}}
	}
	for name, c := range map[string]struct {
		documents []governance.PolicyDocument
		want      int
	}{
		"default":               {nil, 180},
		"longer for all":        {[]governance.PolicyDocument{{MaxLifetimeDays: ptr(730)}}, 180},
		"shorter for all":       {[]governance.PolicyDocument{{MaxLifetimeDays: ptr(90)}}, 90},
		"longer for it":         {[]governance.PolicyDocument{external(365)}, 365},
		"strictest":             {[]governance.PolicyDocument{external(365), external(120)}, 120},
		"longer, against all":   {[]governance.PolicyDocument{external(365), {MaxLifetimeDays: ptr(300)}}, 180},
		"silent last word":      {[]governance.PolicyDocument{external(365), governance.PolicyDocument{}.Complete()}, 180},
		"last word lets it":     {[]governance.PolicyDocument{external(365), external(400).Complete()}, 365},
		"last word is stricter": {[]governance.PolicyDocument{external(365), external(60).Complete()}, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := mustPolicy(t, c.documents...).MaxLifetimeDays("external"); got != c.want {
				t.Errorf("it is %d, not %d", got, c.want)
			}
		})
	}
}

func TestNewPolicyReportsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := governance.NewPolicy(governance.PolicyDocument{
		MaxLifetimeDays:           ptr(0),
		MaxLifetimeDaysByCategory: map[governance.Category]int{"humans": 3, "shared": -1},
		WarnBeforeDays:            ptr(-1),
		RetireInUseDays:           ptr(-2),
		RequiredMetadata:          []string{"colour", "labels."},
		Owners:                    governance.OwnersDocument{Pattern: "("},
		Purpose:                   governance.PurposeDocument{MinLength: ptr(999), FillerWords: []string{"two words"}},
		Enforcement:               map[governance.Rule]governance.Enforcement{"owners": "error", "owner": "fatal", "warn_before_days": "error"},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"max_lifetime_days: 0 is not a number of days from 1 to 36500",
		"max_lifetime_days_by_category.humans: unknown category; the categories are provider_managed, shared, enterprise_managed, external",
		"max_lifetime_days_by_category.shared: -1",
		"warn_before_days: -1",
		"retire_in_use_days: -2 is not a number of days from 0 to 36500",
		`required_metadata: "colour" is not metadata`,
		`required_metadata: "labels." is not metadata`,
		"owners.pattern: not an RE2 regular expression",
		"purpose.min_length: 999",
		`purpose.filler_words: "two words"`,
		"enforcement.owners: unknown rule; the rules are owner, owner_unknown, purpose_quality, max_lifetime_days, expiry_in_past, required_metadata, warn_before_days, third_party, publisher_unverified, third_party_trust, environment_isolation, reuse, application_owners, retire_in_use, justification_quality, credential_max_age_days, administrator, privilege_escalation, pass_role_unrestricted, permissions_management, credential_exposure, data_exfiltration, service_wildcard, resource_wildcard_write, unknown_action, escalation_needs_ticket, purpose_follows_permissions",
		"enforcement.warn_before_days: an identity that expires soon is legal, so this rule can only be warn or off",
		`enforcement.owner: "fatal" is not an enforcement; it can be error, warn, off`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%s", want, err)
		}
	}
}

// TestNewPolicyCannotBeLoosened turns everything off against a policy that says nothing of enforcement.
func TestNewPolicyCannotBeLoosened(t *testing.T) {
	t.Parallel()
	off := governance.PolicyDocument{
		MaxLifetimeDays: ptr(36500), WarnBeforeDays: ptr(0), Purpose: governance.PurposeDocument{MinLength: ptr(0)},
		Enforcement: map[governance.Rule]governance.Enforcement{},
	}
	for _, rule := range governance.Rules {
		off.Enforcement[rule] = governance.EnforceOff
	}
	security := governance.PolicyDocument{
		MaxLifetimeDays: ptr(90), RequiredMetadata: []string{"ticket"}, Owners: governance.OwnersDocument{Pattern: "team-.*", Directory: governance.NewOwnerDirectory("owners.yaml", nil)},
		Purpose: governance.PurposeDocument{MinLength: ptr(20)}, WarnBeforeDays: ptr(14), CredentialMaxAgeDays: ptr(30),
	}
	for _, rule := range governance.Rules {
		want := governance.EnforceError
		switch rule {
		case governance.RuleWarnBefore:
			want = governance.EnforceWarn
		case governance.RuleExpiryInPast, governance.RuleThirdParty, governance.RulePublisherUnverified, governance.RuleThirdPartyTrust, governance.RuleEnvironmentIsolation, governance.RuleReuse, governance.RuleApplicationOwners, governance.RuleRetireInUse:
			want = governance.EnforceOff // the rules that the document gives no value to
		}
		if slices.Contains(governance.DangerRules, rule) || rule == governance.RuleUnknownAction || rule == governance.RuleEscalationTicket || rule == governance.RulePurposeFollows {
			want = governance.EnforceOff
		}
		if got := mustPolicy(t, security, off).Enforcement(rule); got != want {
			t.Errorf("%s is %s", rule, got)
		}
	}
	silent := mustPolicy(t, off, governance.PolicyDocument{}.Complete())
	if silent.MaxLifetimeDays("shared") != 365 || silent.WarnBeforeDays() != 30 || silent.Enforcement("expiry_in_past") != "error" || silent.Enforcement("owner") != "error" {
		t.Errorf("a complete policy was loosened: %+v", silent)
	}
	subject := valid()
	subject.Metadata.Owner, subject.Metadata.Purpose, subject.Metadata.Expiry = "test", "x", "2099-01-01"
	if found := silent.Evaluate(subject, now); len(found) != 3 {
		t.Errorf("found %+v", found)
	}
}

func TestOwnerPatternIsAnchored(t *testing.T) {
	t.Parallel()
	if _, err := governance.NewPolicy(governance.PolicyDocument{Owners: governance.OwnersDocument{Pattern: "a)|(?:b"}}); err == nil {
		t.Error("a pattern that closes its anchoring group is accepted")
	}
}
