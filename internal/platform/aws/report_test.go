package aws

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

const reportHeader = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
	"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
	"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
	"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

func TestParseReport(t *testing.T) {
	t.Parallel()
	made, used, later := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2021, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC)
	const none = "false,N/A,N/A,N/A,N/A"
	const noCertificates = "false,N/A,false,N/A"
	const noPassword = "false,N/A,N/A,N/A,false"
	line := func(parts ...string) string {
		return strings.Join(append([]string{"u,arn:u,2019-01-01T00:00:00+00:00"}, parts...), ",")
	}
	password := governance.CredentialSummary{Kind: governance.CredentialPassword, Active: true, CreatedAt: made, LastUsedAt: used, LastUsedKnown: true}
	key := governance.CredentialSummary{Kind: governance.CredentialAccessKey, Active: true, CreatedAt: made, LastUsedAt: later, LastUsedKnown: true, LastUsedService: "s3", LastUsedRegion: "eu-west-1"}
	changed := func(summary governance.CredentialSummary, change func(*governance.CredentialSummary)) []governance.CredentialSummary {
		change(&summary)
		return []governance.CredentialSummary{summary}
	}
	for name, test := range map[string]struct {
		line string
		want reportRow
	}{
		"nothing":                 {line(noPassword, none, none, noCertificates), reportRow{}},
		"password and device":     {line("true,2021-01-02T03:04:05+00:00,2020-01-02T03:04:05+00:00,N/A,true", none, none, noCertificates), reportRow{credentials: []governance.CredentialSummary{password, {Kind: governance.CredentialMFADevice, Active: true}}, lastUsedAt: used, tracked: true}},
		"password never used":     {line("TRUE,no_information,2020-01-02T03:04:05+00:00,2020-04-02T03:04:05+00:00,false", none, none, noCertificates), reportRow{credentials: changed(password, func(c *governance.CredentialSummary) { c.LastUsedAt = time.Time{} }), tracked: true}},
		"password of the past":    {line("false,2021-01-02T03:04:05Z,N/A,N/A,false", none, none, noCertificates), reportRow{lastUsedAt: used}},
		"key":                     {line(noPassword, "true,2020-01-02T03:04:05Z,2022-01-02T03:04:05Z,eu-west-1,s3", none, noCertificates), reportRow{credentials: []governance.CredentialSummary{key}, lastUsedAt: later, lastUsedService: "s3", lastUsedRegion: "eu-west-1", tracked: true}},
		"key after password":      {line("true,2021-01-02T03:04:05Z,2020-01-02T03:04:05Z,N/A,false", none, "true,2020-01-02T03:04:05Z,2022-01-02T03:04:05Z,eu-west-1,s3", noCertificates), reportRow{credentials: []governance.CredentialSummary{password, key}, lastUsedAt: later, lastUsedService: "s3", lastUsedRegion: "eu-west-1", tracked: true}},
		"key never used":          {line(noPassword, "true,2020-01-02T03:04:05Z,N/A,N/A,N/A", none, noCertificates), reportRow{credentials: []governance.CredentialSummary{{Kind: governance.CredentialAccessKey, Active: true, CreatedAt: made, LastUsedKnown: true}}, tracked: true}},
		"inactive key":            {line(noPassword, "false,N/A,2022-01-02T03:04:05Z,eu-west-1,s3", none, noCertificates), reportRow{credentials: changed(key, func(c *governance.CredentialSummary) { c.Active, c.CreatedAt = false, time.Time{} }), lastUsedAt: later, lastUsedService: "s3", lastUsedRegion: "eu-west-1"}},
		"certificate":             {line(noPassword, none, none, "false,N/A,true,2020-01-02T03:04:05Z"), reportRow{credentials: []governance.CredentialSummary{{Kind: governance.CredentialCertificate, Active: true, CreatedAt: made}}}},
		"root":                    {line("not_supported,no_information,not_supported,not_supported,true", none, none, noCertificates), reportRow{credentials: []governance.CredentialSummary{{Kind: governance.CredentialMFADevice, Active: true}}}},
		"a use that is no date":   {line(noPassword, "true,2020-01-02T03:04:05Z,yesterday,N/A,N/A", none, noCertificates), reportRow{credentials: []governance.CredentialSummary{{Kind: governance.CredentialAccessKey, Active: true, CreatedAt: made}}, unread: true, tracked: true}},
		"a rotation that is none": {line(noPassword, "true,soon,2022-01-02T03:04:05Z,eu-west-1,s3", none, noCertificates), reportRow{credentials: changed(key, func(c *governance.CredentialSummary) { c.CreatedAt = time.Time{} }), lastUsedAt: later, lastUsedService: "s3", lastUsedRegion: "eu-west-1", unread: true, tracked: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := parseReport(strings.NewReader(reportHeader + "\n" + test.line + "\n"))
			if diff := cmp.Diff(map[string]reportRow{"arn:u": test.want}, rows, cmp.AllowUnexported(reportRow{})); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestParseReportMalformed(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"":                                   "the credential report has no header: EOF",
		"user,arn\nu,a":                      "the credential report has no column password_enabled",
		"<html></html>":                      "the credential report has no column arn",
		reportHeader + "\nu,arn:u":           "the credential report cannot be read: record on line 2: wrong number of fields",
		reportHeader + "\n\"u,arn:u,\n":      `the credential report cannot be read: parse error on line 2, column 11: extraneous or missing " in quoted-field`,
		reportHeader + "\nu\"x,arn:u,true\n": `the credential report cannot be read: parse error on line 2, column 2: bare " in non-quoted-field`,
	} {
		if rows, err := parseReport(strings.NewReader(content)); rows != nil || err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v", content, rows, err)
		}
	}
	reordered := "mfa_active,new_column," + strings.Join(reportColumns[:4], ",") + "," + strings.Join(reportColumns[5:], ",")
	rows, err := parseReport(strings.NewReader(reordered + "\ntrue,x,arn:u,false,N/A,N/A,false,N/A,N/A,false,N/A,N/A\n\n"))
	if err != nil || len(rows) != 1 || len(rows["arn:u"].credentials) != 1 {
		t.Errorf("other columns: %v, %v", rows, err)
	}
	if rows, err := parseReport(strings.NewReader(reportHeader)); err != nil || len(rows) != 0 {
		t.Errorf("no users: %v, %v", rows, err)
	}
}

// FuzzParseReport holds what is made of any report: rows or an error and never both, and nothing that the text does not say.
func FuzzParseReport(f *testing.F) {
	f.Add(reportHeader + "\nu,arn:u,2019-01-01T00:00:00+00:00,true,no_information,2020-01-02T03:04:05Z,N/A,true,true,2020-01-02T03:04:05Z,2022-01-02T03:04:05Z,eu-west-1,s3,false,N/A,N/A,N/A,N/A,true,2020-01-02T03:04:05Z,false,N/A\n")
	f.Add(reportHeader + "\n<root_account>,arn:root,2019-01-01T00:00:00+00:00,not_supported,N/A,not_supported,not_supported,TRUE,true,N/A,yesterday,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n")
	f.Add("\ufeff" + reportHeader + "\n\"u\n,\"\"\",a,")
	f.Fuzz(func(t *testing.T, content string) {
		rows, err := parseReport(strings.NewReader(content))
		if err != nil {
			if rows != nil {
				t.Fatalf("rows with the error %v: %+v", err, rows)
			}
			return
		}
		if len(rows) > strings.Count(content, "\n") {
			t.Errorf("%d rows of %d lines", len(rows), strings.Count(content, "\n"))
		}
		for arn, row := range rows {
			used := false
			for _, c := range row.credentials {
				used = used || !c.LastUsedAt.IsZero()
				if c.Kind == "" || c.LastUsedAt.After(row.lastUsedAt) {
					t.Errorf("%s was used at %s, and its credential is %+v", arn, row.lastUsedAt, c)
				}
				// Unknown is not unused.
				if c.Active && c.Kind == governance.CredentialAccessKey && !c.LastUsedKnown && !row.unread {
					t.Errorf("%s has a key of which nothing is known, and no gap: %+v", arn, c)
				}
			}
			if used && row.lastUsedAt.IsZero() {
				t.Errorf("%s is taken for unused: %+v", arn, row)
			}
		}
	})
}

// TestWithStores tells governed keys from others only where no key can be meant that is not.
func TestWithStores(t *testing.T) {
	t.Parallel()
	key := governance.CredentialSummary{Kind: governance.CredentialAccessKey, Active: true}
	password := governance.CredentialSummary{Kind: governance.CredentialPassword, Active: true}
	for name, test := range map[string]struct {
		credentials []governance.CredentialSummary
		stores      map[string]string
		want        []string // id and store of each
	}{
		"no key":             {[]governance.CredentialSummary{password}, nil, []string{" "}},
		"governed":           {[]governance.CredentialSummary{password, key}, map[string]string{"AKIA1": "here"}, []string{" ", "AKIA1 here"}},
		"not governed":       {[]governance.CredentialSummary{key}, nil, []string{" "}},
		"one of two":         {[]governance.CredentialSummary{key, key}, map[string]string{"AKIA1": "here"}, []string{" ", " "}},
		"rotated":            {[]governance.CredentialSummary{key, key}, map[string]string{"AKIA1": "here", "AKIA2": "here"}, []string{" here", " here"}},
		"two of their own":   {[]governance.CredentialSummary{key, key}, map[string]string{"AKIA1": "here", "AKIA2": "there"}, []string{" here or there", " here or there"}},
		"note of a gone key": {[]governance.CredentialSummary{key}, map[string]string{"AKIA1": "here", "AKIA2": "here"}, []string{" "}},
		"note without a key": {nil, map[string]string{"AKIA1": "here"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, one := range withStores(test.credentials, test.stores) {
				got = append(got, one.ID+" "+one.Store)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
