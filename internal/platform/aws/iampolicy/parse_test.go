package iampolicy

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t *testing.T, text string) Document {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return d
}

func TestParseKeepsEverything(t *testing.T) {
	t.Parallel()
	got := mustParse(t, `{
		"Version": "2012-10-17", "Id": "doc",
		"Statement": [
			{"Sid": "One", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
			{"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333", "Service": ["b.amazonaws.com", "a.amazonaws.com"],
				"Federated": "www.example.com", "CanonicalUser": ["79a59d"]},
			 "NotAction": ["s3:Put*", "s3:Get*"], "NotResource": ["arn:aws:s3:::b", "arn:aws:s3:::a"],
			 "Condition": {"Bool": {"aws:SecureTransport": false, "aws:MultiFactorAuthPresent": "true"},
				"NumericLessThan": {"aws:MultiFactorAuthAge": [3600, 1.50, 1e3]},
				"ForAnyValue:StringLikeIfExists": {}}}
		]}`)
	want := Document{Version: Version2012, ID: "doc", Statements: []Statement{
		{SID: "One", Effect: Allow, Principal: &Principal{Any: true}, Action: []string{"sts:AssumeRole"}},
		{
			Effect: Deny,
			NotPrincipal: &Principal{
				AWS: []string{"111122223333"}, Service: []string{"b.amazonaws.com", "a.amazonaws.com"},
				Federated: []string{"www.example.com"}, CanonicalUser: []string{"79a59d"},
			},
			NotAction:   []string{"s3:Put*", "s3:Get*"},
			NotResource: []string{"arn:aws:s3:::b", "arn:aws:s3:::a"},
			Condition: Condition{
				"Bool":                           {"aws:SecureTransport": {"false"}, "aws:MultiFactorAuthPresent": {"true"}},
				"NumericLessThan":                {"aws:MultiFactorAuthAge": {"3600", "1.50", "1e3"}},
				"ForAnyValue:StringLikeIfExists": {},
			},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	single := mustParse(t, `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}}`)
	if len(single.Statements) != 1 || single.Statements[0].Condition != nil {
		t.Errorf("a statement that is not in a list: %+v", single)
	}
}

type syntaxCase struct {
	name, text   string
	line, column int
	reason       string
}

func checkSyntax(t *testing.T, parse func(string) (Document, error), cases []syntaxCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := parse(c.text)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v, want a SyntaxError", err)
			}
			if syntax.Line != c.line || syntax.Column != c.column || !strings.Contains(syntax.Reason, c.reason) {
				t.Errorf("got %v, want line %d, column %d: …%s…", err, c.line, c.column, c.reason)
			}
			if diff := cmp.Diff(Document{}, d); diff != "" {
				t.Errorf("a document came with the error: %s", diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	const ok = `"Effect":"Allow","Action":"*"`
	checkSyntax(t, Parse, []syntaxCase{
		{"empty", "", 1, 1, "empty"},
		{"white space", " \n\t", 2, 2, "empty"},
		{"not an object", "\n  []", 2, 3, "must be an object, not a list"},
		{"byte order mark", "\ufeff{}", 1, 1, "invalid character"},
		{"cut off", "{\n\"Version\":", 2, 11, "unexpected end"},
		{"cut off in a string", `{"Versi`, 1, 8, "unexpected end"},
		{"trailing comma", "{\n \"Version\": \"2012-10-17\",\n}", 3, 1, "invalid character '}'"},
		{"trailing data", `{"Statement":{` + ok + "}}\n {}", 2, 2, "after top-level value"},
		{"bad escape", `{"V\q"`, 1, 5, "in string escape code"},
		{"bad literal", `{"Version": tru}`, 1, 16, "invalid character '}'"},
		{"wrong quotes", "{\n  'Version'", 2, 3, "invalid character"},
		{"columns are characters", `{"Id":"éé", x`, 1, 13, "invalid character 'x'"},
		{"not UTF-8", "{\"Id\":\"é\xff\"}", 1, 9, "not valid UTF-8"},
		{"replacement character is fine", "{\"Id\":\"\ufffd\"}", 1, 1, "no Statement"},
		{"duplicate element", "{\"Version\":\"2012-10-17\",\n\"Version\":\"2012-10-17\"}", 2, 1, `duplicate key "Version"`},
		{"duplicate by escape", `{"Id":"a","\u0049d":"b"}`, 1, 11, `duplicate key "Id"`},
		{"duplicate operator", `{"Statement":{` + ok + `,"Condition":{"Bool":{},"Bool":{}}}}`, 1, 68, `duplicate key "Bool"`},
		{"duplicate deep in what is unknown", `{"x":{"a":1,"a":2}}`, 1, 13, `duplicate key "a"`},
		{"unknown element", `{"Statment":[]}`, 1, 2, `did you mean "Statement"?`}, //nolint:misspell // on purpose
		{"wrong case", `{"statement":[]}`, 1, 2, `did you mean "Statement"?`},
		{"unknown without a near one", `{"Comment":""}`, 1, 2, `unknown policy element "Comment"`},
		{"unknown in a statement", "{\"Statement\":[{\n  \"Efect\":\"Allow\"}]}", 2, 3, `did you mean "Effect"?`},
		{"version", `{"Version": "2012-10-18"}`, 1, 13, `Version must be "2012-10-17"`},
		{"version as a number", `{"Version": 2012}`, 1, 13, "Version must be"},
		{"id", `{"Id": ["a"]}`, 1, 8, "Id must be a string, not a list"},
		{"no statement", `{"Version":"2012-10-17"}`, 1, 1, "no Statement"},
		{"empty statement", `{"Statement": []}`, 1, 15, "Statement is empty"},
		{"statement as a string", `{"Statement": "x"}`, 1, 15, "not a string"},
		{"statement in a list of lists", `{"Statement": [[]]}`, 1, 16, "not a list"},
		{"null statement", `{"Statement": [{` + ok + `}, null]}`, 1, 49, "not null"},
		{"no effect", `{"Statement":[{"Action":"*"}]}`, 1, 15, "no Effect"},
		{"effect", `{"Statement":[{"Effect":"allow","Action":"*"}]}`, 1, 25, `must be "Allow" or "Deny"`},
		{"effect as a list", `{"Statement":[{"Effect":["Allow"],"Action":"*"}]}`, 1, 25, "not a list"},
		{"no action", "{\"Statement\":\n [{\"Effect\":\"Allow\"}]}", 2, 3, "neither Action nor NotAction"},
		{"both actions", `{"Statement":[{"Effect":"Allow","NotAction":"*","Action":"*"}]}`, 1, 49, "both Action and NotAction"},
		{"both resources", `{"Statement":{` + ok + `,"Resource":"*","NotResource":"*"}}`, 1, 60, "both Resource and NotResource"},
		{"both principals", `{"Statement":{` + ok + `,"Principal":"*","NotPrincipal":"*"}}`, 1, 61, "both Principal"},
		{"empty action list", `{"Statement":{"Effect":"Allow","Action":[]}}`, 1, 41, "Action is empty"},
		{"empty action", `{"Statement":{"Effect":"Allow","Action":["*",""]}}`, 1, 46, "empty value"},
		{"action as an object", `{"Statement":{"Effect":"Allow","Action":{}}}`, 1, 41, "not an object"},
		{"number in a list", `{"Statement":{` + ok + `,"Resource":["*",1]}}`, 1, 61, "not a number"},
		{"sid", `{"Statement":{"Sid":1,` + ok + `}}`, 1, 21, "Sid must be a string"},
		{"principal as an ARN", `{"Statement":{` + ok + `,"Principal":"arn:x"}}`, 1, 57, `{"AWS": "arn:x"}`},
		{"principal as a list", `{"Statement":{` + ok + `,"Principal":["*"]}}`, 1, 57, "not a list"},
		{"empty principal", `{"Statement":{` + ok + `,"Principal":{}}}`, 1, 57, "Principal is empty"},
		{"kind of principal", `{"Statement":{` + ok + `,"Principal":{"Aws":"*"}}}`, 1, 58, `did you mean "AWS"?`},
		{"account id as a number", `{"Statement":{` + ok + `,"Principal":{"AWS":111122223333}}}`, 1, 64, "quotation marks"},
		{"condition as a list", `{"Statement":{` + ok + `,"Condition":[]}}`, 1, 57, "Condition must be an object"},
		{"unknown operator", `{"Statement":{` + ok + `,"Condition":{"StringEqual":{}}}}`, 1, 58, `did you mean "StringEquals"?`},
		{"null with a suffix", `{"Statement":{` + ok + `,"Condition":{"NullIfExists":{}}}}`, 1, 58, "unknown condition operator"},
		{"operator that only looks right", `{"Statement":{` + ok + `,"Condition":{"DateLeſſThan":{}}}}`, 1, 58, "unknown condition operator"},
		{"operator without keys", `{"Statement":{` + ok + `,"Condition":{"Bool":"x"}}}`, 1, 65, "must be an object of condition keys"},
		{"empty condition key", `{"Statement":{` + ok + `,"Condition":{"Bool":{"":"x"}}}}`, 1, 66, "key is empty"},
		{"null condition value", `{"Statement":{` + ok + `,"Condition":{"Bool":{"k":["x",null]}}}}`, 1, 75, "not null"},
		{"nested", strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), 1, 81, "nested more than 16 deep"},
		{"nested beyond the library", strings.Repeat("[", 20000), 1, 10001, "max depth"},
		{"too many values", "[" + strings.Repeat("1,", maxValues) + "1]", 1, 32768, "more than 16384 values"},
		{"too long", strings.Repeat(" ", maxBytes+1), 1, 1, "more than 1048576 are not read"},
		{"long names are cut", `{"` + strings.Repeat("x", 5000) + `":1}`, 1, 2, `xxx"…`},
	})
}

func TestSyntaxErrorMessage(t *testing.T) {
	t.Parallel()
	_, err := Parse("{\n\"Statement\": []}")
	if got, want := err.Error(), "line 2, column 14: Statement is empty"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseTrust(t *testing.T) {
	t.Parallel()
	const head = `{"Statement":[{"Effect":"Allow","Principal":"*",`
	for _, action := range []string{
		`"sts:AssumeRole"`, `"STS:assumerole"`, `["sts:AssumeRoleWithSAML","sts:TagSession"]`,
		`"sts:AssumeRoleWithWebIdentity"`, `"sts:SetSourceIdentity"`, `"sts:SetContext"`,
		`"sts:AssumeRole*"`, `"sts:AssumeRoleWith????"`, `"sts:TagS*"`,
	} {
		if _, err := ParseTrust(head + `"Action":` + action + `}]}`); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
	checkSyntax(t, ParseTrust, []syntaxCase{
		{"grammar first", `{`, 1, 2, "unexpected end"},
		{"no principal", `{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`, 1, 15, "needs a Principal"},
		{"resource", head + `"Action":"sts:AssumeRole","Resource":"*"}]}`, 1, 75, "cannot have Resource"},
		{"not resource", head + `"Action":"sts:AssumeRole","NotResource":"*"}]}`, 1, 75, "cannot have NotResource"},
		{"not action", head + `"NotAction":"s3:*"}]}`, 1, 49, "cannot have NotAction"},
		{"other service", head + `"Action":["sts:AssumeRole","s3:GetObject"]}]}`, 1, 76, "only STS AssumeRole actions"},
		{"typing error", head + `"Action":"sts:TagSessions"}]}`, 1, 58, `did you mean "sts:TagSession"?`},
		{"assume root", head + `"Action":"sts:AssumeRoot"}]}`, 1, 58, "only STS"},
		{"other STS action", head + `"Action":"sts:GetCallerIdentity"}]}`, 1, 58, "only STS"},
		{"all of STS", head + `"Action":"sts:*"}]}`, 1, 58, "only STS"},
		{"everything", head + `"Action":"*"}]}`, 1, 58, "only STS"},
		{"wildcard in the service", head + `"Action":"st*:AssumeRole"}]}`, 1, 58, "only STS"},
		{"same sid", `{"Statement":[{"Sid":"a","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"},` +
			"\n" + `{"Sid":"a","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}`, 2, 8, "used twice"},
	})
}

func TestParseIdentity(t *testing.T) {
	t.Parallel()
	const head = `{"Statement":[{"Effect":"Allow",`
	for _, rest := range []string{
		`"Action":"*","Resource":"*"`, `"Action":"*:*","Resource":"*"`, `"Action":["s3:Get*","execute-api:Invoke"],"NotResource":"arn:aws:s3:::a/*"`,
		`"NotAction":"iam:*","Resource":["arn:*","arn:aws:iam::111122223333:role/${aws:username}"]`,
		`"Sid":"","Action":"s3:?et*","Resource":"arn:aws:s3:::*"`,
	} {
		if _, err := ParseIdentity(head + rest + `}]}`); err != nil {
			t.Errorf("%s: %v", rest, err)
		}
	}
	checkSyntax(t, ParseIdentity, []syntaxCase{
		{"grammar first", `[`, 1, 2, "unexpected end"},
		{"principal", head + `"Principal":"*","Action":"*","Resource":"*"}]}`, 1, 33, "cannot have Principal"},
		{"not principal", head + `"NotPrincipal":"*","Action":"*","Resource":"*"}]}`, 1, 33, "cannot have NotPrincipal"},
		{"no resource", head + `"Action":"*"}]}`, 1, 15, "neither Resource nor NotResource"},
		{"bare action", head + `"Action":["s3:Get","GetObject"],"Resource":"*"}]}`, 1, 52, "of the form service:Action"},
		{"wildcard in the service", head + `"Action":"s*:Get","Resource":"*"}]}`, 1, 42, "of the form service:Action"},
		{"not action", head + `"NotAction":"s3","Resource":"*"}]}`, 1, 45, "NotAction must be"},
		{"resource", head + `"Action":"*","Resource":"my-bucket"}]}`, 1, 57, "Resource must be"},
		{"short ARN", head + `"Action":"*","Resource":"arn:aws:s3"}]}`, 1, 57, "Resource must be"},
		{"same sid", `{"Statement":[{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}`, 1, 78, "used twice"},
		{"sid", `{"Statement":[{"Sid":"a b","Effect":"Deny","Action":"*","Resource":"*"}]}`, 1, 22, "only letters and digits"},
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "{", "[]", `{"Statement":[]}`, `{"Statement":{"Effect":"Allow","Action":"*"}}`,
		`{"Version":"2008-10-17","Id":"\u00e9<&>\u2028\ud83d\ude00","Statement":[{"Sid":"\u0001","Effect":"Deny","NotPrincipal":{"AWS":["1","2"]},"NotAction":"a","NotResource":["b"],"Condition":{"Null":{"k":[]},"foranyvalue:bool":{"k":[true,1e9,"x"]}}}]}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Action":"*"}}`, "{\"\xff\":1}", `{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"\ud800"}}`,
		strings.Repeat("[", 100), `{"Statement":{"Effect":"Allow","Action":"a","Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-01"}}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 {
				t.Fatalf("not a SyntaxError with a position: %#v", err)
			}
			return
		}
		again, err := Parse(d.JSON())
		if err != nil {
			t.Fatalf("JSON() does not parse: %v\n%s", err, d.JSON())
		}
		if diff := cmp.Diff(d, again); diff != "" {
			t.Fatalf("round trip: %s", diff)
		}
		if again.JSON() != d.JSON() || !Equivalent(text, d.JSON()) {
			t.Fatalf("not stable: %s", d.JSON())
		}
		if boxed, err := TimeBox(d, fuzzEnd); err == nil && !IsTimeBoxed(boxed, fuzzEnd) {
			t.Fatalf("TimeBox leaves the policy open: %s", boxed.JSON())
		}
		if !IsClosed(Close(d)) {
			t.Fatalf("Close leaves the policy open: %s", d.JSON())
		}
		for _, stricter := range []func(string) (Document, error){ParseTrust, ParseIdentity} {
			var syntax *SyntaxError
			if same, err := stricter(text); err == nil {
				if diff := cmp.Diff(d, same); diff != "" {
					t.Fatalf("another document: %s", diff)
				}
			} else if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 {
				t.Fatalf("not a SyntaxError with a position: %#v", err)
			}
		}
		if size, written := Size(text), Size(d.JSON()); size < 1 || written < 1 || size > utf8.RuneCountInString(text) {
			t.Fatalf("the sizes are %d and %d", size, written)
		}
		for _, unknown := range UnknownActions(d) {
			if unknown.Value == unknown.Nearest || unknown.String() == "" {
				t.Fatalf("near to itself: %+v", unknown)
			}
		}
	})
}
