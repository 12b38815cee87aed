package iampolicy

import "testing"

func TestLocate(t *testing.T) {
	t.Parallel()
	const text = `{
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    {"Effect": "Allow",
     "Action": ["s3:PutObject",
                "é", "iam:PassRole"], "Resource": "*"},
    {"Effect": "Allow", "Resource": "*", "NotAction": "iam:*"}
  ]
}`
	for _, test := range []struct {
		text         string
		statement    int
		action       string
		line, column int
		ok           bool
	}{
		{text, 0, "s3:GetObject", 3, 35, true},
		{text, 1, "s3:PutObject", 5, 17, true},
		{text, 1, "iam:PassRole", 6, 22, true},
		{text, 1, "s3:*", 4, 5, true},
		{text, 2, "iam:*", 7, 55, true},
		{text, 2, "NotAction", 7, 5, true},
		{text, 3, "iam:*", 0, 0, false},
		{text, -1, "iam:*", 0, 0, false},
		{"{", 0, "iam:*", 0, 0, false},
		{`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, 0, "s3:*", 1, 41, true},
	} {
		line, column, ok := Locate(test.text, test.statement, test.action)
		if line != test.line || column != test.column || ok != test.ok {
			t.Errorf("%s of statement %d is at %d:%d, %t; want %d:%d, %t", test.action, test.statement, line, column, ok, test.line, test.column, test.ok)
		}
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	c := Condition{
		"ForAllValues:StringLikeIfExists": {"AWS:TagKeys": {"A*"}},
		"DateLessThan":                    {"aws:CurrentTime": {"2026-01-01T00:00:00Z"}, "aws:TokenIssueTime": {"2026-01-01T00:00:00Z"}},
		"NumericGreaterThan":              {"aws:EpochTime": {"1700000000"}},
		"ForAnyValue:StringEquals":        {"x": {}},
	}
	for i, want := range []struct {
		operator, key    string
		skippable, reads bool
	}{
		{"datelessthan", "aws:currenttime", false, true},
		{"datelessthan", "aws:tokenissuetime", false, false},
		{"stringlike", "aws:tagkeys", true, false},
		{"stringequals", "x", false, false},
		{"numericgreaterthan", "aws:epochtime", false, true},
	} {
		got := c.Terms()[i]
		_, reads := got.Instants()
		if got.Operator != want.operator || got.Key != want.key || got.Skippable() != want.skippable || reads != want.reads {
			t.Errorf("term %d is %+v, reads %t", i, got, reads)
		}
	}
}
