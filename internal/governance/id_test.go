package governance_test

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

const tenant = "11111111-2222-3333-4444-555555555555"

func TestParseID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, name, path string
		kind             governance.Kind
	}{
		{"aws:123456789012:role/invoice-export", "invoice-export", "/", governance.KindAWSRole},
		{"aws:123456789012:role/teams/a/invoice-export", "invoice-export", "/teams/a/", governance.KindAWSRole},
		{"aws:123456789012:user/robot@corp", "robot@corp", "/", governance.KindAWSUser},
		{"entra:" + tenant + ":application/" + tenant, tenant, "/", governance.KindEntraApplication},
		{"entra:" + tenant + ":service_principal/" + tenant, tenant, "/", governance.KindEntraServicePrincipal},
		{armIDOf("größe_(1).x", "mi-2"), "mi-2", "", governance.KindAzureManagedIdentity},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			id, err := governance.ParseID(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if id.String() != test.text || id.Name() != test.name || id.Kind != test.kind {
				t.Errorf("got %q, name %q, kind %q", id, id.Name(), id.Kind)
			}
			if id.Kind.Platform() == governance.PlatformAWS && id.Path() != test.path {
				t.Errorf("path is %q", id.Path())
			}
		})
	}
}

func armIDOf(group, name string) string {
	return "azure:/subscriptions/s/resourceGroups/" + group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"":                                            "no platform",
		"invoice-export":                              "no platform",
		"aws:123456789012":                            "no account or tenant",
		"aws:12345:role/x":                            "12 digits",
		"aws:123456789012:role":                       "no kind and name",
		"aws:123456789012:role/":                      "not an IAM path and name",
		"aws:123456789012:role//x":                    "not an IAM path and name",
		"aws:123456789012:group/x":                    `no kind of identity called "group"`,
		"aws:123456789012:application/x":              `no kind of identity called "application"`,
		"arn:aws:iam::123456789012:role/ci/x":         "it is an ARN, and the canonical id of that identity is aws:123456789012:role/ci/x;",
		"arn:aws:sts::123456789012:assumed-role/x/me": `it is the ARN of a session, which the role "x" is behind: the id of that has its path too;`,
		"arn:aws:iam::123456789012:group/x":           "it is an ARN, and not that of an IAM role or user;",
		"gcp:project:role/x":                          `platform "gcp" is unknown`,
		"entra:contoso:application/" + tenant:         "not a GUID",
		"entra:" + tenant + ":application/x":          "not a GUID",
		"azure:/subscriptions/s":                      "not the ARM id",
		armIDOf("..", "mi"):                           "not the ARM id",
		armIDOf("g?x=", "mi"):                         "not the ARM id",
		armIDOf("g", "mi\n"):                          "not the ARM id",
	} {
		_, err := governance.ParseID(text)
		var invalid *governance.InvalidIDError
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: got %v, want %q", text, err, reason)
		}
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2027-03-31":                "2027-04-01T00:00:00Z",
		"2028-02-29":                "2028-03-01T00:00:00Z",
		"2027-03-31T18:00:00Z":      "2027-03-31T18:00:00Z",
		"2027-03-31T18:00:00.9Z":    "2027-03-31T18:00:00Z",
		"2027-03-31T18:00:00+02:00": "2027-03-31T16:00:00Z",
	} {
		expiry, err := governance.ParseExpiry(text)
		if err != nil {
			t.Errorf("%q: %s", text, err)
			continue
		}
		if got := expiry.End().Format(time.RFC3339); got != want {
			t.Errorf("%q ends at %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "soon", "2027-13-01", "2027-3-1", "2027-03-31 18:00", "2027-03-31T18:00:00", "2027-03-31T8:00:00Z", "2027-03-31T18:00:00,9Z", "2027-03-31T18:00:00+24:00", "0000-01-01T00:00:00+01:00", "9999-12-31"} {
		var invalid *governance.InvalidExpiryError
		if _, err := governance.ParseExpiry(text); !errors.As(err, &invalid) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// TestExpiryAfter counts calendar days in UTC, over leap years and the borders of days, and leaves at least as many days as were
// asked for.
func TestExpiryAfter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		start string
		days  int64
		want  string
	}{
		{"2026-11-22T08:00:00Z", 90, "2027-02-20"},
		{"2026-11-22T08:00:00Z", 0, "2026-11-22"},
		{"2026-11-22T00:00:00Z", 1, "2026-11-23"},
		{"2026-11-22T23:59:59.999999999Z", 1, "2026-11-23"},
		{"2026-11-22T23:30:00-05:00", 1, "2026-11-24"},
		{"2026-11-22T00:30:00+02:00", 1, "2026-11-22"},
		{"2028-02-28T12:00:00Z", 1, "2028-02-29"},
		{"2027-02-28T12:00:00Z", 1, "2027-03-01"},
		{"2100-02-28T12:00:00Z", 1, "2100-03-01"},
		{"2028-02-29T12:00:00Z", 365, "2029-02-28"},
		{"2026-12-31T12:00:00Z", 1, "2027-01-01"},
		{"2026-11-22T08:00:00Z", 36500, "2126-10-29"},
		{"9999-12-29T08:00:00Z", 1, "9999-12-30"},
		{"0001-01-01T00:00:00Z", 0, "0001-01-01"},
	} {
		start, err := time.Parse(time.RFC3339, test.start)
		if err != nil {
			t.Fatal(err)
		}
		got, err := governance.ExpiryAfter(start, test.days)
		if err != nil || got != test.want {
			t.Errorf("%d days after %s: %s, %v, want %s", test.days, test.start, got, err, test.want)
			continue
		}
		expiry, err := governance.ParseExpiry(got)
		if err != nil {
			t.Fatal(err)
		}
		lasts, atLeast := expiry.End().Sub(start), time.Duration(test.days)*24*time.Hour
		if lasts <= atLeast-time.Second || lasts > atLeast+24*time.Hour {
			t.Errorf("%d days after %s: %s leaves %s", test.days, test.start, got, lasts)
		}
	}
	for _, test := range []struct {
		start string
		days  int64
		says  string
	}{
		{"2026-11-22T08:00:00Z", -1, "-1 is not a number of days from 0 to 36500"},
		{"2026-11-22T08:00:00Z", 36501, "36501 is not a number of days from 0 to 36500"},
		{"2026-11-22T08:00:00Z", math.MaxInt64, "9223372036854775807 is not a number of days from 0 to 36500"},
		{"9999-12-30T08:00:00Z", 1, "1 days after 9999-12-30 is no date that an expiry can be"},
		{"9999-12-30T08:00:00Z", 36500, "36500 days after 9999-12-30 is no date that an expiry can be"},
	} {
		start, err := time.Parse(time.RFC3339, test.start)
		if err != nil {
			t.Fatal(err)
		}
		var invalid *governance.InvalidDaysError
		if got, err := governance.ExpiryAfter(start, test.days); !errors.As(err, &invalid) || !strings.HasPrefix(err.Error(), test.says) {
			t.Errorf("%d days after %s: %q, %v", test.days, test.start, got, err)
		}
	}
}

func TestStatusAt(t *testing.T) {
	t.Parallel()
	expiry, err := governance.ParseExpiry("2027-03-31")
	if err != nil {
		t.Fatal(err)
	}
	for instant, want := range map[string]governance.Status{
		"2027-03-01T23:59:59Z": governance.StatusActive,
		"2027-03-02T00:00:00Z": governance.StatusExpiring,
		"2027-03-31T23:59:59Z": governance.StatusExpiring,
		"2027-04-01T00:00:00Z": governance.StatusExpired,
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := expiry.StatusAt(at, 30); got != want {
			t.Errorf("at %s: %s, want %s", instant, got, want)
		}
	}
}

func TestMetadataKeys(t *testing.T) {
	t.Parallel()
	keys := governance.NewMetadataKeys(map[governance.Field]string{governance.FieldOwner: "Owner"})
	if keys.Key(governance.FieldOwner) != "Owner" || keys.Key(governance.FieldPurpose) != "nhi:purpose" || keys.ManagedByKey() != "nhi:managed_by" {
		t.Errorf("got %+v", keys)
	}
	if field, ok := keys.Field("OWNER"); !ok || field != governance.FieldOwner {
		t.Errorf("OWNER is %q, %t", field, ok)
	}
	if _, ok := keys.Field("nhi:owner"); ok {
		t.Error("the old key of a renamed field still counts")
	}
}

// forms are what the documentation says an id can be: what ParseID takes and these do not is one too many.
var forms = []*regexp.Regexp{
	regexp.MustCompile(`^aws:\d{12}:(role|user)/([!-~]+/)?[A-Za-z0-9_+=,.@-]{1,64}$`),
	regexp.MustCompile(`^entra:([0-9a-fA-F-]{36}):(application|service_principal)/([0-9a-fA-F-]{36})$`),
	regexp.MustCompile(`(?i)^azure:/subscriptions/[\w-]+/resourcegroups/[\pL\pN_().-]+/providers/microsoft\.managedidentity/userassignedidentities/[\w-]+$`),
}

// FuzzParseID has an id come back as it was written, and nothing taken that could lead a request elsewhere.
func FuzzParseID(f *testing.F) {
	f.Add("aws:123456789012:role/teams/a/invoice-export")
	f.Add("entra:" + tenant + ":application/" + tenant)
	f.Add(armIDOf("größe_(1).x", "mi-2"))
	f.Add(armIDOf("..", "..%2f"))
	f.Fuzz(func(t *testing.T, text string) {
		id, err := governance.ParseID(text)
		if err != nil {
			var invalid *governance.InvalidIDError
			if !errors.As(err, &invalid) || invalid.Text != text || invalid.Reason == "" || id != (governance.ID{}) {
				t.Fatalf("%q: %+v and %#v", text, id, err)
			}
			return
		}
		if !slices.ContainsFunc(forms, func(form *regexp.Regexp) bool { return form.MatchString(text) }) || slices.Contains(strings.Split(text, "/"), "..") {
			t.Errorf("%q is taken", text)
		}
		if again, err := governance.ParseID(id.String()); id.String() != text || again != id || err != nil {
			t.Errorf("%q came back as %q, and that as %+v, %v", text, id, again, err)
		}
		if id.Name() == "" || id.Home() == "" || !strings.HasSuffix(text, id.Name()) {
			t.Errorf("%q has the name %q and the home %q", text, id.Name(), id.Home())
		}
		if id.Kind.Platform() == governance.PlatformAWS && id.Path()+id.Name() != "/"+id.Resource {
			t.Errorf("%q has the path %q", text, id.Path())
		}
	})
}

var timeForm = regexp.MustCompile(`^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$`)

// FuzzParseExpiry takes the two forms that are documented and no other, and an end that every cloud can be told.
func FuzzParseExpiry(f *testing.F) {
	for _, seed := range []string{"2027-03-31", "2028-02-29", "2027-03-31T18:00:00Z", "2027-03-31T18:00:00.999999999+14:00", "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2027-02-29"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		expiry, err := governance.ParseExpiry(text)
		if err != nil {
			var invalid *governance.InvalidExpiryError
			if !errors.As(err, &invalid) || invalid.Text != text || expiry != (governance.Expiry{}) {
				t.Fatalf("%q: %+v and %#v", text, expiry, err)
			}
			return
		}
		if !timeForm.MatchString(text) {
			t.Errorf("%q is taken", text)
		}
		end := expiry.End()
		if end.Location() != time.UTC || end.Nanosecond() != 0 || len(end.Format(time.RFC3339)) != len("2027-03-31T18:00:00Z") {
			t.Errorf("%q ends at %s", text, end)
		}
		if again, err := governance.ParseExpiry(end.Format(time.RFC3339)); err != nil || again != expiry {
			t.Errorf("%q ends at %s, which ends at %+v, %v", text, end, again, err)
		}
		if !expiry.PassedAt(end) || expiry.PassedAt(end.Add(-1)) || expiry.StatusAt(end, 0) != governance.StatusExpired || expiry.StatusAt(end.Add(-1), 0) != governance.StatusActive {
			t.Errorf("%q does not end at its end", text)
		}
	})
}
