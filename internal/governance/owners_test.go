package governance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func directory(source string, owners ...governance.Owner) governance.PolicyDocument {
	return governance.PolicyDocument{Owners: governance.OwnersDocument{Directory: governance.NewOwnerDirectory(source, owners)}}
}

// staff is a directory with everybody that the tests speak of.
func staff() governance.PolicyDocument {
	return directory("owners.yaml",
		governance.Owner{Name: "payments", Aliases: []string{"payments@acme.example"}},
		governance.Owner{Name: "Data-Platform"},
		governance.Owner{Name: "alice", Left: time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC)},
		governance.Owner{Name: "bob", Left: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)},
		governance.Owner{Name: "carol", Left: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)},
		governance.Owner{Name: "legacy", Inactive: true},
		governance.Owner{Name: "search", Inactive: true, Left: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
	)
}

func TestOwnerDirectory(t *testing.T) {
	t.Parallel()
	for owner, want := range map[string]string{
		"payments":              "",
		"payments@acme.example": "",
		"bob":                   "",
		"alice":                 `owner is "alice", which the owner directory owners.yaml marks as gone since 2026-09-30, so nobody could tell who answers for the identity | Hand it over: write an owner that is still there.`,
		"carol":                 `owner is "carol", which the owner directory owners.yaml marks as gone since 2026-11-22, so nobody could tell who answers for the identity | Hand it over: write an owner that is still there.`,
		"legacy":                `owner is "legacy", which the owner directory owners.yaml marks as inactive, so nobody could tell who answers for the identity | Hand it over: write an owner that is still there.`,
		"search":                `owner is "search", which the owner directory owners.yaml marks as inactive, so nobody could tell who answers for the identity | Hand it over: write an owner that is still there.`,
		"paymets":               `owner is "paymets", which is not in the owner directory owners.yaml, so nobody could tell who answers for the identity | Write an owner that is in the directory; the nearest is "payments".`,
		"Payments":              `owner is "Payments", which is not in the owner directory owners.yaml, so nobody could tell who answers for the identity | Write it as "payments": letter case counts.`,
		"data-platfom":          `owner is "data-platfom", which is not in the owner directory owners.yaml, so nobody could tell who answers for the identity | Write an owner that is in the directory; the nearest is "Data-Platform".`,
		"legaci":                `owner is "legaci", which is not in the owner directory owners.yaml, so nobody could tell who answers for the identity | Write an owner that is in the directory, or have this one added to it.`,
		"marketing":             `owner is "marketing", which is not in the owner directory owners.yaml, so nobody could tell who answers for the identity | Write an owner that is in the directory, or have this one added to it.`,
	} {
		subject := valid()
		subject.Metadata.Owner = owner
		var got []string
		for _, v := range mustPolicy(t, staff()).Evaluate(subject, now) {
			got = append(got, v.Message+" | "+v.Remedy)
			if v.Rule != "owner_unknown" || v.Enforcement != "error" || strings.Join(v.Attribute, ".") != "owner" {
				t.Errorf("%s: %+v", owner, v)
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", owner, diff)
		}
	}
}

func TestOwnerDirectoryEvaluate(t *testing.T) {
	t.Parallel()
	change := func(change func(m *governance.Metadata)) func(*governance.Subject) {
		return func(s *governance.Subject) { change(&s.Metadata) }
	}
	existing := func(prior, planned string) func(*governance.Subject) {
		return func(s *governance.Subject) {
			had := s.Metadata
			had.Owner, s.Metadata.Owner, s.Prior = prior, planned, &had
		}
	}
	for name, of := range map[string]struct {
		policies []governance.PolicyDocument
		change   func(*governance.Subject)
		want     []string
	}{
		"no directory": {nil, existing("", "nobody-knows"), nil},
		"all three": {[]governance.PolicyDocument{staff()}, change(func(m *governance.Metadata) {
			m.Owner, m.BusinessOwner, m.TechnicalOwner = "x-team", "finance", "alice"
		}), []string{
			"owner_unknown error owner", "owner_unknown error business_owner", "owner_unknown error technical_owner",
		}},
		"optional and left out": {[]governance.PolicyDocument{staff()}, change(func(*governance.Metadata) {}), nil},
		"not known yet": {[]governance.PolicyDocument{staff()}, func(s *governance.Subject) {
			s.Metadata.Owner, s.Unknown = "", map[governance.Field]bool{governance.FieldOwner: true}
		}, nil},
		"blank is the text rule's":  {[]governance.PolicyDocument{staff()}, change(func(m *governance.Metadata) { m.Owner = " " }), []string{"text error owner"}},
		"placeholder breaks both":   {[]governance.PolicyDocument{staff()}, change(func(m *governance.Metadata) { m.Owner = "tbd" }), []string{"owner error owner", "owner_unknown error owner"}},
		"unchanged":                 {[]governance.PolicyDocument{staff()}, existing("alice", "alice"), []string{"owner_unknown warn owner"}},
		"unchanged and off":         {[]governance.PolicyDocument{staff(), {Enforcement: map[governance.Rule]governance.Enforcement{"owner_unknown": "off"}}}, existing("alice", "alice"), []string{"owner_unknown warn owner"}},
		"handed to another one":     {[]governance.PolicyDocument{staff()}, existing("payments", "alice"), []string{"owner_unknown error owner"}},
		"handed over":               {[]governance.PolicyDocument{staff()}, existing("alice", "payments"), nil},
		"imported without an owner": {[]governance.PolicyDocument{staff()}, existing("", "alice"), []string{"owner_unknown error owner"}},
		"a warning":                 {[]governance.PolicyDocument{owned(staff(), "warn")}, existing("payments", "alice"), []string{"owner_unknown warn owner"}},
		"off":                       {[]governance.PolicyDocument{owned(staff(), "off")}, existing("payments", "alice"), nil},
		"cannot be turned off":      {[]governance.PolicyDocument{owned(staff(), "off"), directory("hr.csv", governance.Owner{Name: "payments"})}, existing("payments", "alice"), []string{"owner_unknown error owner", "owner_unknown error owner"}},
		"in both directories":       {[]governance.PolicyDocument{staff(), directory("hr.csv", governance.Owner{Name: "payments"})}, existing("", "payments"), nil},
		"in one directory":          {[]governance.PolicyDocument{staff(), directory("hr.csv", governance.Owner{Name: "payments"})}, existing("", "Data-Platform"), []string{"owner_unknown error owner"}},
		"an empty directory":        {[]governance.PolicyDocument{directory("none.txt")}, existing("", "payments"), []string{"owner_unknown error owner"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := valid()
			of.change(&subject)
			var got []string
			for _, v := range mustPolicy(t, of.policies...).Evaluate(subject, now) {
				got = append(got, string(v.Rule)+" "+string(v.Enforcement)+" "+strings.Join(v.Attribute, "."))
			}
			if diff := cmp.Diff(of.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func owned(document governance.PolicyDocument, enforcement governance.Enforcement) governance.PolicyDocument {
	document.Enforcement = map[governance.Rule]governance.Enforcement{governance.RuleOwnerUnknown: enforcement}
	return document
}

// TestNearestOwnerIsInAll suggests nobody whom another directory would refuse.
func TestNearestOwnerIsInAll(t *testing.T) {
	t.Parallel()
	policy := mustPolicy(t, staff(), directory("hr.csv", governance.Owner{Name: "paymentx"}))
	subject := valid()
	subject.Metadata.Owner = "paymenty"
	found := policy.Evaluate(subject, now)
	if len(found) != 2 || strings.Contains(found[0].Remedy+found[1].Remedy, "nearest") {
		t.Errorf("found %+v", found)
	}
}

func TestOwnerAbsence(t *testing.T) {
	t.Parallel()
	policy := mustPolicy(t, staff())
	for owner, want := range map[string]string{
		"": "", " ": "", "payments": "", "nobody": "is not in the owner directory owners.yaml",
		"alice": "the owner directory owners.yaml marks as gone since 2026-09-30",
	} {
		if got := policy.OwnerAbsence(owner, now); got != want {
			t.Errorf("%q: %q", owner, got)
		}
	}
	if got := mustPolicy(t).OwnerAbsence("nobody", now); got != "" {
		t.Errorf("without a directory: %q", got)
	}
}
