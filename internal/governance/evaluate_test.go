package governance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

var now = time.Date(2026, 11, 22, 13, 30, 0, 0, time.UTC)

func valid() governance.Subject {
	return governance.Subject{
		Name:     "invoice-export",
		Category: governance.CategoryShared,
		Metadata: governance.Metadata{Owner: "payments", Purpose: "Nightly export of invoices (EU) to the data lake", Expiry: "2027-03-31"},
	}
}

func mustPolicy(t *testing.T, documents ...governance.PolicyDocument) governance.Policy {
	t.Helper()
	policy, err := governance.NewPolicy(documents...)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func ptr(n int) *int { return &n }

func TestEvaluate(t *testing.T) {
	t.Parallel()
	strict := governance.PolicyDocument{
		RequiredMetadata: []string{"environment", "labels.cost-center", "systems"},
		Owners:           governance.OwnersDocument{Pattern: `team-[a-z]+`},
		Purpose:          governance.PurposeDocument{MinLength: ptr(30), FillerWords: []string{"Legacy"}},
	}
	tests := map[string]struct {
		policy  governance.PolicyDocument
		change  func(*governance.Subject)
		want    []string // rule enforcement attribute
		message string   // part of the first message or remedy
	}{
		"valid":                  {},
		"empty owner":            {change: func(s *governance.Subject) { s.Metadata.Owner = "" }, want: []string{"text error owner"}, message: "owner is empty"},
		"blank owner":            {change: func(s *governance.Subject) { s.Metadata.Owner = " \u00a0" }, want: []string{"text error owner"}, message: "white space only"},
		"line break":             {change: func(s *governance.Subject) { s.Metadata.Purpose += "\n" }, want: []string{"text error purpose"}, message: "U+000A at position 49"},
		"control in a label":     {change: func(s *governance.Subject) { s.Metadata.Labels = map[string]string{"team": "a\tb"} }, want: []string{"text error labels.team"}, message: "U+0009 at position 2"},
		"blank system":           {change: func(s *governance.Subject) { s.Metadata.Systems = []string{"db", ""} }, want: []string{"text error systems"}},
		"blank optional":         {change: func(s *governance.Subject) { s.Metadata.Ticket = " " }, want: []string{"text error ticket"}},
		"placeholder owner":      {change: func(s *governance.Subject) { s.Metadata.Owner = "N/A" }, want: []string{"owner error owner"}, message: `owner is "N/A", which names nobody`},
		"generic word as owner":  {change: func(s *governance.Subject) { s.Metadata.Owner = "iam" }},
		"pattern broken":         {policy: strict, change: compliant("Owner", "payments"), want: []string{"owner error owner"}, message: "team-[a-z]+"},
		"pattern is anchored":    {policy: strict, change: compliant("Owner", "x-team-a-x"), want: []string{"owner error owner"}},
		"filler purpose":         {change: func(s *governance.Subject) { s.Metadata.Purpose = "Test role for testing." }, want: []string{"purpose_quality error purpose"}, message: "filler"},
		"a word among filler":    {change: func(s *governance.Subject) { s.Metadata.Purpose = "Runs the nightly regression test" }},
		"name repeated":          {change: func(s *governance.Subject) { s.Metadata.Purpose = "The Invoice Export service" }, want: []string{"purpose_quality error purpose"}, message: `only repeats the name "invoice-export"`},
		"name joined":            {change: func(s *governance.Subject) { s.Metadata.Purpose = "InvoiceExport" }, want: []string{"purpose_quality error purpose"}, message: "only repeats"},
		"short purpose":          {change: func(s *governance.Subject) { s.Metadata.Purpose = "Billing" }, want: []string{"purpose_quality error purpose"}, message: "7 characters; the policy wants at least 10"},
		"characters, not bytes":  {change: func(s *governance.Subject) { s.Metadata.Purpose = "每晚将发票导出到数据湖" }},
		"policy filler":          {policy: strict, change: compliant("Purpose", "legacy legacy legacy legacy legacy"), want: []string{"purpose_quality error purpose"}, message: "filler"},
		"malformed expiry":       {change: expiry("31.03.2027"), want: []string{"expiry_format error expiry"}, message: `at the latest 2027-11-22 (365 days from today, 2026-11-22)`},
		"no such day":            {change: expiry("2027-02-30"), want: []string{"expiry_format error expiry"}},
		"past expiry":            {change: expiry("2026-11-21"), want: []string{"expiry_in_past error expiry"}, message: "2026-11-22T00:00:00Z, and now it is 2026-11-22T13:30:00Z"},
		"today is not past":      {change: expiry("2026-11-22"), want: []string{"warn_before_days warn expiry"}, message: "in less than 1 day: "},
		"this instant is past":   {change: expiry("2026-11-22T13:30:00Z"), want: []string{"expiry_in_past error expiry"}},
		"the last date":          {change: expiry("2027-11-22")},
		"a day too far":          {change: expiry("2027-11-23"), want: []string{"max_lifetime_days error expiry"}, message: "to 2027-11-22"},
		"shorter for a category": {policy: governance.PolicyDocument{MaxLifetimeDaysByCategory: map[governance.Category]int{"shared": 90}}, want: []string{"max_lifetime_days error expiry"}, message: "90 days at most, to 2027-02-20"},
		"other category":         {policy: governance.PolicyDocument{MaxLifetimeDaysByCategory: map[governance.Category]int{"external": 90}}},
		"missing metadata": {policy: strict, change: func(s *governance.Subject) {
			compliant("Owner", "team-a")(s)
			s.Metadata.Environment, s.Metadata.Systems, s.Metadata.Labels = "", nil, nil
		}, want: []string{"required_metadata error environment", "required_metadata error labels", "required_metadata error systems"}},
		"unknown is neither missing nor wrong": {policy: strict, change: func(s *governance.Subject) {
			s.Metadata = governance.Metadata{}
			s.Unknown = map[governance.Field]bool{governance.FieldLabels: true}
			for _, field := range governance.Fields {
				s.Unknown[field] = true
			}
		}},
		"all at once": {change: func(s *governance.Subject) {
			s.Metadata = governance.Metadata{Owner: "tbd", Purpose: "misc", Expiry: "soon"}
		}, want: []string{"owner error owner", "purpose_quality error purpose", "expiry_format error expiry"}},
		"a warning": {policy: enforce(governance.RulePurposeQuality, "warn"), change: func(s *governance.Subject) { s.Metadata.Purpose = "misc" }, want: []string{"purpose_quality warn purpose"}},
		"off":       {policy: enforce(governance.RulePurposeQuality, "off"), change: func(s *governance.Subject) { s.Metadata.Purpose = "misc" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := valid()
			if test.change != nil {
				test.change(&subject)
			}
			found := mustPolicy(t, test.policy).Evaluate(subject, now)
			var got []string
			for _, v := range found {
				got = append(got, string(v.Rule)+" "+string(v.Enforcement)+" "+strings.Join(v.Attribute, "."))
				if v.Message == "" || v.Remedy == "" {
					t.Errorf("violation without message or remedy: %+v", v)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			if len(found) > 0 && !strings.Contains(found[0].Message+found[0].Remedy, test.message) {
				t.Errorf("%q is not in %q", test.message, found[0].Message+" "+found[0].Remedy)
			}
		})
	}
}

func expiry(text string) func(*governance.Subject) {
	return func(s *governance.Subject) { s.Metadata.Expiry = text }
}

func enforce(rule governance.Rule, enforcement governance.Enforcement) governance.PolicyDocument {
	return governance.PolicyDocument{Enforcement: map[governance.Rule]governance.Enforcement{rule: enforcement}}
}

// compliant satisfies the strict policy but for one field.
func compliant(field, value string) func(*governance.Subject) {
	return func(s *governance.Subject) {
		s.Metadata.Owner = "team-payments"
		s.Metadata.Environment, s.Metadata.Systems, s.Metadata.Labels = "prod", []string{"db"}, map[string]string{"cost-center": "7"}
		switch field {
		case "Owner":
			s.Metadata.Owner = value
		case "Purpose":
			s.Metadata.Purpose = value
		}
	}
}

func TestEvaluateExisting(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prior, planned string
		policy         governance.PolicyDocument
		want           []string
	}{
		"unchanged":                   {prior: "2027-03-31", planned: "2027-03-31"},
		"inside the warning window":   {prior: "2026-12-01", planned: "2026-12-01", want: []string{"warn_before_days warn"}},
		"window's first instant":      {prior: "2026-12-22T13:30:00Z", planned: "2026-12-22T13:30:00Z", want: []string{"warn_before_days warn"}},
		"just before the window":      {prior: "2026-12-22T13:30:01Z", planned: "2026-12-22T13:30:01Z"},
		"expired":                     {prior: "2026-11-01", planned: "2026-11-01", want: []string{"expiry_in_past warn"}},
		"expired, written otherwise":  {prior: "2026-11-01", planned: "2026-11-02T01:00:00+01:00", want: []string{"expiry_in_past warn"}},
		"renewed into the past":       {prior: "2026-10-01", planned: "2026-11-01", want: []string{"expiry_in_past error"}},
		"renewed too far":             {prior: "2026-11-01", planned: "2029-01-01", want: []string{"max_lifetime_days error"}},
		"renewed":                     {prior: "2026-11-01", planned: "2027-06-30"},
		"renewed by a short time":     {prior: "2026-11-23", planned: "2026-11-25", want: []string{"warn_before_days warn"}},
		"a stricter policy came":      {prior: "2027-09-30", planned: "2027-09-30", policy: governance.PolicyDocument{MaxLifetimeDays: ptr(90)}, want: []string{"max_lifetime_days warn"}},
		"a stricter policy, rule off": {prior: "2027-09-30", planned: "2027-09-30", policy: governance.PolicyDocument{MaxLifetimeDays: ptr(90), Enforcement: map[governance.Rule]governance.Enforcement{"max_lifetime_days": "off"}}},
		"imported without an expiry":  {prior: "", planned: "2026-11-01", want: []string{"expiry_in_past error"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := valid()
			subject.Metadata.Expiry = test.planned
			prior := subject.Metadata
			prior.Expiry = test.prior
			subject.Prior = &prior
			var got []string
			for _, v := range mustPolicy(t, test.policy).Evaluate(subject, now) {
				got = append(got, string(v.Rule)+" "+string(v.Enforcement))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEvaluateTexts(t *testing.T) {
	t.Parallel()
	subject := valid()
	subject.Metadata.Owner, subject.Metadata.Expiry = "", "never"
	found := governance.EvaluateTexts(subject, now)
	if len(found) != 2 || found[0].Rule != governance.RuleText || found[1].Rule != governance.RuleExpiryFormat || found[1].Enforcement != governance.EnforceError {
		t.Errorf("got %+v", found)
	}
}
