package actions

import (
	"slices"
	"strings"
	"testing"
)

// small is a table with what makes patterns hard: shared beginnings, other cases, digits and hyphens.
const small = `a:
R A
R AA
W aab
W AB
ec2:
L* DescribeA
L* DescribeAB
L* describeabc
W Run-Instances
ec2-connect:
W Open
R OpenA
s3:
R GetObject
R GetObjectAcl
R GetObjectV2
P PutBucketAcl
T PutObjectTagging
sts:
W AssumeRole
`

func names(all []Action) string {
	var out []string
	for _, a := range all {
		out = append(out, a.String())
	}
	return strings.Join(out, " ")
}

func TestExpand(t *testing.T) {
	t.Parallel()
	table, err := decode(small)
	if err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string]string{
		"sts:*":            "sts:AssumeRole",
		"STS:assumeROLE":   "sts:AssumeRole",
		"sts:AssumeRole*":  "sts:AssumeRole",
		"sts:?ssumeRol?":   "sts:AssumeRole",
		"sts:AssumeRole?":  "",
		"s3:GetObject":     "s3:GetObject",
		"s3:GetObject*":    "s3:GetObject s3:GetObjectAcl s3:GetObjectV2",
		"s3:GetObject?*":   "s3:GetObjectAcl s3:GetObjectV2",
		"s3:getobject??":   "s3:GetObjectV2",
		"s3:*Acl":          "s3:GetObjectAcl s3:PutBucketAcl",
		"s3:*ob*":          "s3:GetObject s3:GetObjectAcl s3:GetObjectV2 s3:PutObjectTagging",
		"s3:P*t*":          "s3:PutBucketAcl s3:PutObjectTagging",
		"s3:**":            "s3:GetObject s3:GetObjectAcl s3:GetObjectV2 s3:PutBucketAcl s3:PutObjectTagging",
		"s?:*Acl":          "s3:GetObjectAcl s3:PutBucketAcl",
		"s*:*e":            "sts:AssumeRole",
		"*:Open":           "ec2-connect:Open",
		"*:*n":             "ec2-connect:Open",
		"ec2*:*A":          "ec2:DescribeA ec2-connect:OpenA",
		"ec2:*":            "ec2:DescribeA ec2:DescribeAB ec2:describeabc ec2:Run-Instances",
		"ec2:describeAB*":  "ec2:DescribeAB ec2:describeabc",
		"ec2:run-*":        "ec2:Run-Instances",
		"a:a*":             "a:A a:AA a:aab a:AB",
		"a:?":              "a:A",
		"a:a?":             "a:AA a:AB",
		"*":                names(table.actions),
		"**":               names(table.actions),
		"*:*":              names(table.actions),
		"**:**":            names(table.actions),
		"?*:?*":            names(table.actions),
		"s4:*":             "",
		"s3:GetObjekt":     "",
		"s3:GetObj\u00e9*": "",
		// What IAM does not take for an action grants nothing.
		"":                    "",
		":":                   "",
		"s3":                  "",
		"s3:":                 "",
		":*":                  "",
		"*:":                  "",
		"?":                   "",
		"*Object":             "",
		"s3*":                 "",
		"s3?GetObject":        "",
		"s3::GetObject":       "",
		"s3:GetObject:*":      "",
		"*:*:*":               "",
		" s3:GetObject":       "",
		"s3:GetObject ":       "",
		"s3:Get[A-Z]*":        "",
		"s3:Get\x00*":         "",
		"\xff:\xff*":          "",
		"\u017f3:GetObject":   "", // a long s is no s
		"sts:A\u017fsumeRole": "",
	} {
		if got := names(table.expand(pattern)); got != want {
			t.Errorf("%q: %s, want %s", pattern, got, want)
		}
	}
}

// TestExpandTable holds the indexed search against the naive one over the embedded table.
func TestExpandTable(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"*", "s3:*", "S3:Get*", "iam:?assRole", "*:*Policy*", "iam:*policy", "ec2:Describe*", "e*2:*", "*:Get*", "iam:PassRole"} {
		got := Expand(pattern)
		if want := naive(All(), pattern); len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s: %d actions, want %d", pattern, len(got), len(want))
		}
		if appended := append(got, Action{Service: "x"}); len(appended) != len(got)+1 || load().actions[len(load().actions)-1].Service == "x" || !slices.Equal(Expand(pattern), got) {
			t.Errorf("%s: appending to a result changes the table", pattern)
		}
	}
}

// naive matches as IAM says it does: the pattern is held against each whole action.
func naive(all []Action, pattern string) []Action {
	if !strings.Contains(pattern, ":") && (pattern == "" || strings.ReplaceAll(pattern, "*", "") != "") {
		return nil
	}
	var found []Action
	for _, a := range all {
		if naiveMatch(pattern, a.String()) {
			found = append(found, a)
		}
	}
	return found
}

// naiveMatch fills the table of which beginning of the pattern matches which beginning of the text.
func naiveMatch(pattern, text string) bool {
	letter := func(b byte) string {
		if b < 'A' || b > 'Z' {
			return string([]byte{b})
		}
		return strings.ToLower(string(rune(b)))
	}
	matches := make([]bool, len(text)+1)
	matches[0] = true
	for _, p := range []byte(pattern) {
		next := make([]bool, len(text)+1)
		for i := range next {
			switch {
			case p == '*':
				next[i] = matches[i] || i > 0 && next[i-1]
			case i > 0:
				next[i] = matches[i-1] && (p == '?' || letter(p) == letter(text[i-1]))
			}
		}
		matches = next
	}
	return matches[len(text)]
}

func FuzzExpand(f *testing.F) {
	for _, pattern := range []string{
		"*", "*:*", "s3:*", "s3:Get*", "S3:gEtObject?*", "a:?", "a:*a*b", "ec2*:*A*", "?c2:D*A?", "*ec*:*n*", "s3", "", ":", "s3:Get:*",
		"*:**?**", "ec2:\xff*", "s3:" + strings.Repeat("*e", 40), "\u212a:*", "A:AA", "a:a*A*",
	} {
		f.Add(pattern)
	}
	table, err := decode(small)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if len(pattern) > 1<<12 {
			return
		}
		if got, want := names(table.expand(pattern)), names(naive(table.actions, pattern)); got != want {
			t.Errorf("%q: %s, want %s", pattern, got, want)
		}
		for _, a := range table.actions {
			if got, want := Match(pattern, a.Name), naiveMatch(pattern, a.Name); got != want {
				t.Errorf("%q matches %s: %v, want %v", pattern, a.Name, got, want)
			}
		}
	})
}

func BenchmarkExpand(b *testing.B) {
	for _, pattern := range []string{
		"*", "s3:*", "s3:Get*", "iam:PassRole", "iam:*Policy", "*:Get*", "*:*Policy*", "*:*a*a*a*a*a*a*a*z",
	} {
		b.Run(pattern, func(b *testing.B) {
			Expand(pattern)
			b.ReportAllocs()
			for b.Loop() {
				Expand(pattern)
			}
		})
	}
}
