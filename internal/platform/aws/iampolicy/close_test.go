package iampolicy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestClose(t *testing.T) {
	t.Parallel()
	const service = `{"Effect":"Allow","Principal":{"Service":"a.amazonaws.com"},"Action":`
	const closing = `,{"Sid":"GovernedExpired","Effect":"Deny","Principal":"*","Action":`
	const all = `["sts:AssumeRole","sts:AssumeRoleWithSAML","sts:AssumeRoleWithWebIdentity","sts:SetContext","sts:SetSourceIdentity","sts:TagSession"]`
	for _, c := range []struct{ name, statements, want string }{
		{"one", service + `"sts:AssumeRole"}`, closing + `"sts:AssumeRole"}`},
		{
			"union, sorted", service + `["sts:TagSession","sts:AssumeRole"]},` + service + `["sts:AssumeRoleWithSAML","sts:AssumeRole"]}`,
			closing + `["sts:AssumeRole","sts:AssumeRoleWithSAML","sts:TagSession"]}`,
		},
		{"wildcard", service + `"sts:AssumeRole*"}`, closing + `"sts:AssumeRole*"}`},
		{"nothing allowed", `{"Effect":"Deny","Principal":"*","Action":"sts:TagSession"}`, closing + `"sts:AssumeRole"}`},
		{"too wide for a trust policy", service + `"*"}`, closing + all + `}`},
		{"not action", `{"Effect":"Allow","Principal":"*","NotAction":"s3:*"}`, closing + all + `}`},
		{
			"the Sid is taken", `{"Sid":"GovernedExpired","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`,
			`,{"Sid":"GovernedExpired2","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}`,
		},
		{
			"the Sid is taken by a narrower Deny", service + `"sts:AssumeRole"},{"Sid":"GovernedExpired","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
			`,{"Sid":"GovernedExpired2","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := mustParse(t, `{"Version":"2012-10-17","Statement":[`+c.statements+`]}`)
			before := d.JSON()
			if IsClosed(d) {
				t.Error("closed before")
			}
			closed := Close(d)
			want := before[:len(before)-2] + c.want + "]}"
			if got := closed.JSON(); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if _, err := ParseTrust(closed.JSON()); err != nil && c.name != "too wide for a trust policy" && c.name != "not action" {
				t.Error(err)
			}
			if !IsClosed(closed) || d.JSON() != before {
				t.Error("not closed, or the argument changed")
			}
			if diff := cmp.Diff(closed, Close(closed)); diff != "" {
				t.Errorf("not idempotent: %s", diff)
			}
			if diff := cmp.Diff(d, Reopen(closed)); diff != "" {
				t.Errorf("reopened: %s", diff)
			}
			if !IsClosed(closed) {
				t.Error("Reopen changed its argument")
			}
		})
	}
}

func TestCloseAfterDrift(t *testing.T) {
	t.Parallel()
	closed := Close(mustParse(t, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`))
	drifted := closed.clone()
	drifted.Statements = append(drifted.Statements, Statement{
		Effect: Allow, Principal: &Principal{Any: true}, Action: []string{"sts:AssumeRoleWithSAML"},
	})
	if IsClosed(drifted) {
		t.Error("an action added since is not covered")
	}
	again := Close(drifted)
	if !IsClosed(again) || len(again.Statements) != 3 {
		t.Errorf("got %s", again.JSON())
	}
}

// TestCloseAndTimeBox checks that the two can be combined in either order.
func TestCloseAndTimeBox(t *testing.T) {
	t.Parallel()
	d := shapeDocument(t, "")
	boxed, err := TimeBox(d, boxEnd)
	if err != nil {
		t.Fatal(err)
	}
	closedThenBoxed, err := TimeBox(Close(d), boxEnd)
	if diff := cmp.Diff(Close(boxed), closedThenBoxed); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if diff := cmp.Diff(d, StripTimeBox(Reopen(closedThenBoxed), boxEnd)); diff != "" {
		t.Error(diff)
	}
}

func TestExpiryDeny(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 4, 1, 1, 59, 59, 5e8, time.FixedZone("", 7200))
	text := ExpiryDeny(end).JSON()
	want := `{"Version":"2012-10-17","Statement":[{"Sid":"GovernedExpiry","Effect":"Deny","Action":"*","Resource":"*",` +
		`"Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2027-03-31T23:59:59Z"}}}]}`
	if text != want {
		t.Errorf("got %s", text)
	}
	got, ok := ParseExpiryDeny(text)
	if !ok || !got.Equal(end.Truncate(time.Second)) || got.Location() != time.UTC {
		t.Errorf("got %v %v", got, ok)
	}
}

func TestParseExpiryDeny(t *testing.T) {
	t.Parallel()
	const good = `{"Statement":[{"Sid":"GovernedExpiry","Effect":"Deny","Action":["*"],"Resource":["*"],` +
		`"Condition":{"DateGreaterThanEquals":{"AWS:currenttime":["2027-04-01T02:00:00+02:00"]}}}]}`
	if end, ok := ParseExpiryDeny(good); !ok || !end.Equal(boxEnd) {
		t.Errorf("got %v %v", end, ok)
	}
	const head = `{"Statement":[{"Sid":"GovernedExpiry","Effect":"Deny","Action":"*","Resource":"*"`
	const condition = `"Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2027-04-01T00:00:00Z"}}`
	for name, text := range map[string]string{
		"not a policy":     `x`,
		"no condition":     head + `}]}`,
		"two statements":   head + `,` + condition + `},{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"another sid":      `{"Statement":{"Sid":"X","Effect":"Deny","Action":"*","Resource":"*",` + condition + `}}`,
		"allow":            `{"Statement":{"Sid":"GovernedExpiry","Effect":"Allow","Action":"*","Resource":"*",` + condition + `}}`,
		"fewer actions":    `{"Statement":{"Sid":"GovernedExpiry","Effect":"Deny","Action":"s3:*","Resource":"*",` + condition + `}}`,
		"fewer resources":  `{"Statement":{"Sid":"GovernedExpiry","Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::a",` + condition + `}}`,
		"not action":       `{"Statement":{"Sid":"GovernedExpiry","Effect":"Deny","NotAction":"s3:*","Resource":"*",` + condition + `}}`,
		"another operator": head + `,"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2027-04-01T00:00:00Z"}}}]}`,
		"another key":      head + `,"Condition":{"DateGreaterThanEquals":{"aws:TokenIssueTime":"2027-04-01T00:00:00Z"}}}]}`,
		"one more key":     head + `,"Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2027-04-01T00:00:00Z","a:b":"2027-04-01"}}}]}`,
		"one more test":    head + `,"Condition":{"Bool":{"a:b":"true"},"DateGreaterThanEquals":{"aws:CurrentTime":"2027-04-01T00:00:00Z"}}}]}`,
		"two values":       head + `,"Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":["2027-04-01","2028-04-01"]}}}]}`,
		"not a date":       head + `,"Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"soon"}}}]}`,
	} {
		if end, ok := ParseExpiryDeny(text); ok || !end.IsZero() {
			t.Errorf("%s: got %v %v", name, end, ok)
		}
	}
}
