package grants

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

var today = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

const ownARN = "arn:aws:iam::111111111111:role/app"

// parse reads statements, with the brackets of the list or without.
func parse(t testing.TB, statements string) iampolicy.Document {
	t.Helper()
	if !strings.HasPrefix(statements, "[") {
		statements = "[" + statements + "]"
	}
	d, err := iampolicy.Parse(`{"Version":"2012-10-17","Statement":` + statements + `}`)
	if err != nil {
		t.Fatalf("%.200s: %s", statements, err)
	}
	return d
}

// identity has one inline policy for each of the texts.
func identity(t testing.TB, policies ...string) Identity {
	t.Helper()
	out := Identity{ARN: ownARN}
	for i, p := range policies {
		out.Policies = append(out.Policies, Policy{Name: fmt.Sprintf("p%d", i), Document: parse(t, p)})
	}
	return out
}

func bounded(t testing.TB, boundary string, policies ...string) Identity {
	t.Helper()
	out := identity(t, policies...)
	out.Boundary = &Policy{Kind: Boundary, Name: "limit", Document: parse(t, boundary)}
	return out
}

func allow(action, resource string, rest ...string) string {
	return statementText("Allow", action, resource, rest...)
}

func deny(action, resource string, rest ...string) string {
	return statementText("Deny", action, resource, rest...)
}

// statementText writes a statement; actions and resources are separated by spaces and a leading ! makes NotAction or
// NotResource of them.
func statementText(effect, action, resource string, condition ...string) string {
	element := func(name, values string) string {
		values, not := strings.CutPrefix(values, "!")
		if not {
			name = "Not" + name
		}
		return `"` + name + `":["` + strings.Join(strings.Fields(values), `","`) + `"]`
	}
	text := `{"Effect":"` + effect + `",` + element("Action", action) + `,` + element("Resource", resource)
	for _, c := range condition {
		text += `,"Condition":` + c
	}
	return text + "}"
}

// describe writes what is granted of an action: patterns, what is excepted, ? for conditions, and where.
func describe(accesses []Access) []string {
	var out []string
	for _, a := range accesses {
		text := strings.Join(a.Resources, " ")
		if len(a.Except) > 0 {
			text += " -" + strings.Join(a.Except, " -")
		}
		if a.Conditioned {
			text += " ?"
		}
		out = append(out, fmt.Sprintf("%s @%s/%d %s", text, a.Source.Policy, a.Source.Statement, a.Source.Action))
	}
	return out
}

func TestOf(t *testing.T) {
	t.Parallel()
	const (
		data  = "arn:aws:s3:::data/*"
		logs  = "arn:aws:s3:::logs/*"
		past  = `{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}`
		later = `{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}`
		mfa   = `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`
	)
	for name, test := range map[string]struct {
		of   string
		have Identity
		want []string
	}{
		"granted":                     {"s3:GetObject", identity(t, allow("s3:GetObject", data)), []string{data + " @p0/0 s3:GetObject"}},
		"in another case":             {"S3:getobject", identity(t, allow("s3:GETOBJECT", data)), []string{data + " @p0/0 s3:GETOBJECT"}},
		"not granted":                 {"s3:PutObject", identity(t, allow("s3:GetObject", data)), nil},
		"wildcard in the middle":      {"s3:PutObject", identity(t, allow("s3:*Object", data)), []string{data + " @p0/0 s3:*Object"}},
		"wildcard that does not fit":  {"s3:PutObjectAcl", identity(t, allow("s3:*Object", data)), nil},
		"one character":               {"s3:PutObject", identity(t, allow("s3:?utObject", data)), []string{data + " @p0/0 s3:?utObject"}},
		"wildcard in the service":     {"s3:PutObject", identity(t, allow("s?:Put*", data)), []string{data + " @p0/0 s?:Put*"}},
		"everything":                  {"made:Up", identity(t, allow("*", "*")), []string{"* @p0/0 *"}},
		"NotAction":                   {"s3:GetObject", identity(t, allow("!iam:*", "*")), []string{"* @p0/0 NotAction"}},
		"what NotAction leaves out":   {"iam:PassRole", identity(t, allow("!iam:*", "*")), nil},
		"NotResource":                 {"s3:GetObject", identity(t, allow("s3:*", "!"+data)), []string{"* -" + data + " @p0/0 s3:*"}},
		"several statements":          {"s3:GetObject", identity(t, allow("s3:Get*", data)+","+allow("s3:*", logs), allow("*", "*")), []string{data + " @p0/0 s3:Get*", logs + " @p0/1 s3:*", "* @p1/0 *"}},
		"denied":                      {"s3:GetObject", identity(t, allow("s3:*", data), deny("s3:Get*", "*")), nil},
		"denied by NotAction":         {"s3:GetObject", identity(t, allow("s3:*", data), deny("!s3:List*", "*")), nil},
		"spared by NotAction":         {"s3:ListBucket", identity(t, allow("s3:*", data), deny("!s3:List*", "*")), []string{data + " @p0/0 s3:*"}},
		"denied where it is allowed":  {"s3:GetObject", identity(t, allow("s3:*", data+" "+logs), deny("s3:Get*", "arn:aws:s3:::da*")), []string{logs + " -arn:aws:s3:::da* @p0/0 s3:*"}},
		"denied in part":              {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("s3:Get*", data)), []string{"* -" + data + " @p0/0 s3:*"}},
		"denied elsewhere":            {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("s3:Get*", "!"+data)), []string{data + " @p0/0 s3:*"}},
		"denied elsewhere altogether": {"s3:GetObject", identity(t, allow("s3:*", logs), deny("s3:Get*", "!"+data)), nil},
		"everything denied":           {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("*", "*")), nil},
		"another variable denied":     {"s3:GetObject", identity(t, allow("s3:*", "arn:aws:s3:::home/${aws:username}/*"), deny("s3:*", "arn:aws:s3:::home/${aws:userid}/*")), []string{"arn:aws:s3:::home/${aws:username}/* -arn:aws:s3:::home/${aws:userid}/* @p0/0 s3:*"}},
		"the same variable denied":    {"s3:GetObject", identity(t, allow("s3:*", "arn:aws:s3:::home/${aws:username}/*"), deny("s3:*", "arn:aws:s3:::home/${aws:username}/*")), nil},

		"condition narrows":                 {"s3:GetObject", identity(t, allow("s3:*", "*", mfa)), []string{"* ? @p0/0 s3:*"}},
		"conditioned Deny narrows":          {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("*", "*", mfa)), []string{"* ? @p0/0 s3:*"}},
		"conditioned Deny of other things":  {"s3:GetObject", identity(t, allow("s3:*", data), deny("*", logs, mfa)), []string{data + " @p0/0 s3:*"}},
		"time box to come":                  {"s3:GetObject", identity(t, allow("s3:*", "*", later)), []string{"* @p0/0 s3:*"}},
		"time box passed":                   {"s3:GetObject", identity(t, allow("s3:*", "*", past)), nil},
		"Deny until the past":               {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("*", "*", past)), []string{"* @p0/0 s3:*"}},
		"IfExists proves nothing":           {"s3:GetObject", identity(t, allow("s3:*", "*", `{"DateLessThanIfExists":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}`)), []string{"* @p0/0 s3:*"}},
		"own account":                       {"s3:GetObject", identity(t, allow("s3:*", "*", `{"StringEquals":{"aws:PrincipalAccount":"111111111111"}}`)), []string{"* ? @p0/0 s3:*"}},
		"another account":                   {"s3:GetObject", identity(t, allow("s3:*", "*", `{"StringEquals":{"aws:PrincipalAccount":["222222222222"]}}`)), nil},
		"any account but one's own":         {"s3:GetObject", identity(t, allow("s3:*", "*", `{"StringNotLike":{"aws:PrincipalAccount":"1*"}}`)), nil},
		"Deny to services of AWS":           {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("*", "*", `{"Bool":{"aws:PrincipalIsAWSService":"true"}}`)), []string{"* @p0/0 s3:*"}},
		"Deny to all but services of AWS":   {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("*", "*", `{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`)), nil},
		"time has to be absent":             {"s3:GetObject", identity(t, allow("s3:*", "*", `{"Null":{"aws:CurrentTime":"true"}}`)), nil},
		"key has to be absent and there":    {"s3:GetObject", identity(t, allow("s3:*", "*", `{"Null":{"aws:SourceVpc":"true"},"StringEquals":{"aws:SourceVpc":"vpc-1"}}`)), nil},
		"value is wanted and unwanted":      {"s3:GetObject", identity(t, allow("s3:*", "*", `{"StringEquals":{"aws:SourceVpc":"vpc-1"},"StringNotEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}}`)), nil},
		"one of two values is unwanted":     {"s3:GetObject", identity(t, allow("s3:*", "*", `{"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-3"]},"StringNotEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}}`)), []string{"* ? @p0/0 s3:*"}},
		"an empty list proves nothing":      {"s3:GetObject", identity(t, allow("s3:*", "*", `{"StringEquals":{"aws:SourceVpc":[]}}`)), []string{"* ? @p0/0 s3:*"}},
		"Deny where a key has any value":    {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("*", "*", `{"StringLikeIfExists":{"aws:SourceVpc":"*"}}`)), nil},
		"Deny where a key is there at all":  {"s3:GetObject", identity(t, allow("s3:*", "*"), deny("*", "*", `{"StringLike":{"aws:SourceVpc":"*"}}`)), []string{"* ? @p0/0 s3:*"}},
		"numbers of seconds":                {"s3:GetObject", identity(t, allow("s3:*", "*", `{"NumericLessThan":{"aws:EpochTime":"1700000000"}}`)), nil},
		"date that can be read in two ways": {"s3:GetObject", identity(t, allow("s3:*", "*", `{"DateLessThan":{"aws:CurrentTime":"2024"}}`)), []string{"* @p0/0 s3:*"}},

		"boundary allows":            {"s3:GetObject", bounded(t, allow("s3:*", "*"), allow("*", data)), []string{data + " @p0/0 *"}},
		"boundary does not allow":    {"iam:PassRole", bounded(t, allow("s3:*", "*"), allow("*", "*")), nil},
		"boundary alone":             {"s3:GetObject", bounded(t, allow("s3:*", "*")), nil},
		"boundary is narrower":       {"s3:GetObject", bounded(t, allow("s3:*", data), allow("*", "*")), []string{data + " @p0/0 *"}},
		"boundary overlaps":          {"s3:GetObject", bounded(t, allow("s3:*", "arn:aws:s3:::*/x"), allow("*", data)), []string{data + " @p0/0 *"}},
		"boundary is elsewhere":      {"s3:GetObject", bounded(t, allow("s3:*", logs), allow("*", data)), nil},
		"boundary denies":            {"s3:GetObject", bounded(t, allow("*", "*")+","+deny("s3:*", "*"), allow("*", "*")), nil},
		"boundary with a condition":  {"s3:GetObject", bounded(t, allow("*", "*", mfa), allow("*", "*")), []string{"* ? @p0/0 *"}},
		"boundary with NotAction":    {"iam:PassRole", bounded(t, allow("!iam:*", "*"), allow("*", "*")), nil},
		"boundary with NotResource":  {"s3:GetObject", bounded(t, allow("s3:*", "!"+data), allow("*", "*")), []string{"* -" + data + " @p0/0 *"}},
		"boundary of two statements": {"s3:GetObject", bounded(t, allow("s3:*", data)+","+allow("s3:Get*", logs), allow("*", "*")), []string{data + " @p0/0 *", logs + " @p0/0 *"}},
		"boundary takes all away":    {"s3:GetObject", bounded(t, allow("s3:*", "!arn:aws:s3:::*"), allow("*", data)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, action, _ := strings.Cut(test.of, ":")
			if diff := cmp.Diff(test.want, describe(New(test.have, today).Of(service, action))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExpiryDeny(t *testing.T) {
	t.Parallel()
	have := identity(t, allow("s3:*", "*"))
	have.Policies = append(have.Policies, Policy{Name: "governed-expiry", Document: iampolicy.ExpiryDeny(today.AddDate(0, 0, 1))})
	for days, want := range map[int][]string{0: {"* @p0/0 s3:*"}, 1: nil, 2: nil} {
		at := today.AddDate(0, 0, days)
		if diff := cmp.Diff(want, describe(New(have, at).Of("s3", "GetObject"))); diff != "" {
			t.Errorf("after %d days: %s", days, diff)
		}
		if empty := New(have, at).Empty(); empty != (want == nil) {
			t.Errorf("after %d days empty is %t", days, empty)
		}
	}
	if got := Classify(New(have, today.AddDate(1, 0, 0))); got != nil {
		t.Errorf("an expired identity has dangers: %+v", got)
	}
}

func TestSourceString(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Source{
		`inline policy "a", statement 1, s3:*`:                       {Policy: "a", Action: "s3:*"},
		`permissions boundary "b", statement 3 (Sid "X"), NotAction`: {Kind: Boundary, Policy: "b", Statement: 2, SID: "X", Action: "NotAction"},
		`managed policy "c", statement 1, iam:PassRole`:              {Kind: CustomerManaged, Policy: "c", Action: "iam:PassRole"},
		`AWS managed policy "d", statement 1, *`:                     {Kind: AWSManaged, Policy: "d", Action: "*"},
	} {
		if s.String() != want {
			t.Errorf("%s, want %s", s, want)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b            string
		covers, overlap bool
	}{
		{"*", "arn:x", true, true},
		{"arn:x*", "arn:xy*", true, true},
		{"arn:xy*", "arn:x*", false, true},
		{"arn:?x", "arn:*x", false, true},
		{"arn:*x", "arn:?x", true, true},
		{"a*b", "a*c", false, false},
		{"a*b*c", "abbc", true, true},
		{"a*b", "ab*b", true, true},
		{"*a", "b*", false, true},
		{"a?c", "abd", false, false},
		{"abc", "ABC", false, false},
		{"", "", true, true},
		{"a", "", false, false},
		{"home/?/x", "home/${aws:username}/x", false, true},
		{"home/*/x", "home/${aws:username}/x", true, true},
		{"home/${aws:username}/x", "home/${aws:username}/x", true, true},
		{"home/bob", "home/${aws:username}", false, true},
		{"${open", "${open", true, true},
		{"a??", "aé", false, true},
		{"a?", "aé", false, true},
		{"a*", "aé", true, true},
		{"aé?", "aéb", true, true},
	} {
		if got := covers(test.a, test.b); got != test.covers {
			t.Errorf("covers(%q, %q) is %t", test.a, test.b, got)
		}
		if got := overlap(test.a, test.b); got != test.overlap {
			t.Errorf("overlap(%q, %q) is %t", test.a, test.b, got)
		}
	}
}

// TestPatternsAgainstTexts tries all short patterns on all short texts: what is said of two patterns has to be so for each
// text.
func TestPatternsAgainstTexts(t *testing.T) {
	t.Parallel()
	words := func(letters string, length int) []string {
		all, last := []string{""}, []string{""}
		for range length {
			var next []string
			for _, word := range last {
				for _, letter := range letters {
					next = append(next, word+string(letter))
				}
			}
			all, last = append(all, next...), next
		}
		return all
	}
	patterns, texts := words("ab*?", 3), words("ab", 4)
	matched := map[string][]bool{}
	for _, p := range patterns {
		for _, text := range texts {
			matched[p] = append(matched[p], naiveGlob(p, text))
		}
	}
	for _, a := range patterns {
		for _, b := range patterns {
			within, both := true, false
			for i := range texts {
				within, both = within && (!matched[b][i] || matched[a][i]), both || matched[a][i] && matched[b][i]
			}
			if covers(a, b) && !within {
				t.Errorf("%q does not cover %q", a, b)
			}
			if overlap(a, b) != both {
				t.Errorf("overlap(%q, %q) is %t", a, b, !both)
			}
		}
	}
}

func TestWide(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		"*": true, "**": true, "arn:*": true, "arn:aws:s3:::*": true, "arn:aws:s3:::*/*": true, "arn:aws:s3*": true,
		"arn:aws:s3:::*-logs/*": true, "arn:aws:s3:::*/index.html": false, "arn:aws:s3:::data/*": false, "arn:aws:s3:::da*": false,
		"arn:aws:iam::*:role/*": true, "arn:aws:iam::111111111111:role/*": true, "arn:aws:iam::*:*": true, "arn:aws:iam::*:role*": true,
		"arn:aws:iam::*:role/app-*": false, "arn:aws:iam::*:role/service-role/*": false, "arn:aws:iam::*:role/*Admin*": true,
		"arn:aws:iam::*:role/*/app-*": false, "arn:aws:iam::*:role/app": false,
		"arn:aws:lambda:*:*:function:*": true, "arn:aws:lambda:*:*:function:app*": false, "arn:aws:dynamodb:*:*:table/*/index/*": true,
		"arn:aws:dynamodb:*:*:table/Orders/index/*": false, "arn:aws:sqs:*:*:*": true, "arn:aws:sqs:*:*:jobs": false,
		"arn:aws:sns:*:*:alerts:*": false, "arn:aws:logs:*:*:log-group:/aws/lambda/*": false, "arn:aws:logs:*:*:log-group:*": true,
		"arn:aws:apigateway:eu-west-1::/restapis/*": true, "arn:aws:apigateway:*::/*": true, "arn:aws:execute-api:*:*:abc/*": false,
		"arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/app-*": false, "nonsense": false, "": false,
	} {
		if got := wide(pattern); got != want {
			t.Errorf("wide(%q) is %t", pattern, got)
		}
	}
}

// TestAgainstNaive holds the set against an evaluator that tries each action on each resource, on all small policies
// without conditions that can be made of a few statements. Where the evaluator allows, the set must too.
func TestAgainstNaive(t *testing.T) {
	t.Parallel()
	statements := []string{}
	for _, effect := range []string{"Allow", "Deny"} {
		for _, action := range []string{"*", "s3:*", "s3:*Object", "!s3:Get*", "iam:PassRole"} {
			for _, resource := range []string{"*", "arn:a/*", "arn:*/y", "!arn:a/*", "!arn:*/y arn:b/x"} {
				statements = append(statements, statementText(effect, action, resource))
			}
		}
	}
	documents := make([]iampolicy.Statement, len(statements))
	for i, s := range statements {
		documents[i] = parse(t, s).Statements[0]
	}
	exact := 0
	checked := 0
	for i := range documents {
		for j := range documents {
			for _, k := range []int{-1, (i*7 + j*3) % len(documents), (i*5 + j*11 + 1) % len(documents)} {
				have := Identity{Policies: []Policy{{Document: iampolicy.Document{Statements: []iampolicy.Statement{documents[i], documents[j]}}}}}
				if k >= 0 {
					have.Boundary = &Policy{Kind: Boundary, Document: iampolicy.Document{Statements: []iampolicy.Statement{documents[k]}}}
				}
				loose, all := against(t, have)
				exact, checked = exact+all-loose, checked+all
			}
		}
	}
	if exact*100 < checked*99 {
		t.Errorf("only %d of %d answers are exact", exact, checked)
	}
}

// against counts where the set allows more than the evaluator, of how many.
func against(t *testing.T, have Identity) (loose, all int) {
	t.Helper()
	s := New(have, today)
	for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:PassRole"} {
		service, name, _ := strings.Cut(action, ":")
		accesses := s.Of(service, name)
		for _, resource := range []string{"arn:a/x", "arn:a/y", "arn:b/x", "arn:b/y"} {
			set := slices.ContainsFunc(accesses, func(a Access) bool {
				return coveredByAny(a.Resources, resource) && !coveredByAny(a.Except, resource)
			})
			naive := evaluate(have.Policies[0].Document, action, resource) && (have.Boundary == nil || evaluate(have.Boundary.Document, action, resource))
			all++
			if naive && !set {
				t.Fatalf("%s on %s is allowed by %s and %+v, and the set does not have it: %v", action, resource, have.Policies[0].Document.JSON(), have.Boundary, describe(accesses))
			}
			if set && !naive {
				loose++
			}
		}
	}
	return loose, all
}

// evaluate decides one request as the IAM User Guide has it, without conditions. It shares no code with the package.
func evaluate(d iampolicy.Document, action, resource string) bool {
	allowed := false
	for _, s := range d.Statements {
		fits := func(in, notIn []string, value string, fold bool) bool {
			matches := func(p string) bool {
				if fold {
					p, value = strings.ToLower(p), strings.ToLower(value)
				}
				return naiveGlob(p, value)
			}
			if len(notIn) > 0 {
				return !slices.ContainsFunc(notIn, matches)
			}
			return slices.ContainsFunc(in, matches)
		}
		if fits(s.Action, s.NotAction, action, true) && fits(s.Resource, s.NotResource, resource, false) {
			if s.Effect == iampolicy.Deny {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

func naiveGlob(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return naiveGlob(pattern[1:], text) || text != "" && naiveGlob(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && naiveGlob(pattern[1:], text[1:])
}
