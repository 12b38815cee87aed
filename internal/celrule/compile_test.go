package celrule

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// problems are what is wrong with an expression.
func problems(expression string) string {
	return fmt.Sprint(Compile([]governance.RuleDocument{{Name: "first", Expression: "true"}, {Name: "rule", Expression: expression}}))
}

// TestCompileErrors points at the column and says what was meant.
func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`identiy.owner == "a"`:                   "line 1, column 1: undeclared reference to 'identiy' (did you mean 'identity'?); the variables are identity, old, operation, now, trust, classes, grants",
		"true &&\n  identity.ownr == \"a\"":      "line 2, column 11: undefined field 'ownr' (did you mean 'owner'?)",
		`trust.all(t, t.external_ids)`:           "line 1, column 15: undefined field 'external_ids' (did you mean 'external_id'?)",
		`identity.name.startWith("a")`:           "line 1, column 24: undeclared reference to 'startWith' (did you mean 'startsWith'?)",
		`identity.colour == "red"`:               "line 1, column 9: undefined field 'colour'",
		`"é" == xyz`:                             "line 1, column 8: undeclared reference to 'xyz'",
		`identity.owner`:                         "it is a string, but has to be a bool: true for what is allowed",
		`dyn(true)`:                              "it is a dyn, but has to be a bool: true for what is allowed",
		`null`:                                   "it is a null_type, but has to be a bool: true for what is allowed",
		`identity.owner == 1`:                    "line 1, column 16: found no matching overload for '_==_' applied to '(string, int)'",
		`identity.expiry < "2027-01-01"`:         "line 1, column 17: found no matching overload for '_<_' applied to '(timestamp, string)'",
		`identity.owner ==`:                      "line 1, column 18: Syntax error: the expression ends too early",
		`identity.name.matches("(")`:             "line 1, column 23: invalid matches argument",
		`now < timestamp("soon")`:                "line 1, column 17: invalid timestamp argument",
		`identity.name.replace("a", "b") == "b"`: "line 1, column 22: replace is not available, because nothing bounds its result",
		`lists.range(3) == [0, 1, 2]`:            "line 1, column 12: lists.range is not available",
		strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100): `expression: rule "rule": expression recursion limit exceeded: 50`,
		`http.get("https://evil.example") == "yes"`:                  "line 1, column 1: undeclared reference to 'http'",
		`a == b && c == d && e == f`:                                 "and 3 more errors",

		`grants.all(g, g.acions == [])`:           "line 1, column 16: undefined field 'acions' (did you mean 'actions'?)",
		`grants.exists(g, g.allows("iam:Pass*"))`: `line 1, column 27: "iam:Pass*" is not the name of one action, such as iam:PassRole`,
		"true ||\n 'x' == clases":                 "line 2, column 9: undeclared reference to 'clases' (did you mean 'classes'?); the variables are identity,",
		`"administrator" in classes[0]`:           "line 1, column 17: found no matching overload for '@in' applied to '(string, string)'",
		`identity.owner == "a" "b"`:               `line 1, column 23: Syntax error: extraneous input '"b"'`,
	} {
		got := problems(expression)
		if !strings.Contains(got, want) || !strings.HasPrefix(got, "rules[1].expression: ") {
			t.Errorf("%s: got %s, want %s", expression, got, want)
		}
	}
	for _, blank := range []string{"", " \n", strings.Repeat("(", governance.MaxExpressionLength+1)} {
		if got := problems(blank); got != "<nil>" {
			t.Errorf("%d characters are not left to the policy: %s", len(blank), got)
		}
	}
}

// TestHostileExpressions are refused when they are compiled, or stop when they are judged; none takes long.
func TestHostileExpressions(t *testing.T) {
	t.Parallel()
	ten := "[0,1,2,3,4,5,6,7,8,9]"
	loops := func(n int, of string) string {
		text := "true"
		for i := range n {
			text = fmt.Sprintf("%s.all(v%d, %s)", of, i, text)
		}
		return text
	}
	doubled := func(n int, text, by string) string { return text + strings.Repeat(by, n) }
	for name, expression := range map[string]string{
		"loops within loops":        loops(9, ten),
		"loops over a variable":     loops(6, "trust"),
		"deep parentheses":          strings.Repeat("(", 2000) + "true" + strings.Repeat(")", 2000),
		"deep lists":                "size(" + strings.Repeat("[", 1500) + strings.Repeat("]", 1500) + ") == 0",
		"long negation":             strings.Repeat("!", 3000) + "true",
		"long ternary":              strings.Repeat("true ? true : ", 250) + "true",
		"long chain":                "identity.name" + strings.Repeat(".trim()", 500) + ` == ""`,
		"huge regular expression":   `identity.purpose.matches("((((a{1,100}){1,100}){1,100}){1,100})$")`,
		"text that doubles":         doubled(14, `"0123456789"`, `.replace("", "0123456789")`) + ` == ""`,
		"joins":                     `identity.purpose.split("").map(c, "0123456789").join("0123456789") == ""`,
		"concatenations":            loops(3, `(trust + trust + trust + trust)`),
		"sets of sets":              `trust.all(t, sets.contains(t.subjects.map(s, s + s), t.audiences.map(s, s + s)))`,
		"text that grows in a loop": `[0,1,2,3,4,5,6,7,8,9].map(a, [0,1,2,3,4,5,6,7,8,9].map(b, identity.purpose + identity.purpose)).size() == trust.map(t, t.name + identity.purpose).size()`,
		"format":                    `"%1000000000d".format([1]) == ""`,
		"range":                     `lists.range(1000000000).size() == 0`,
		"reading a file":            `file("/etc/passwd") == ""`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			rules := []governance.RuleDocument{{Name: "rule", Expression: expression}}
			said := "compiled"
			if err := Compile(rules); err != nil {
				said = err.Error()
			} else if _, err := rules[0].Judge.Judge(export(), noon); err != nil {
				said = err.Error()
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if len(said) > 2000 {
				t.Errorf("the message has %d characters", len(said))
			}
			t.Log(said)
		})
	}
}

// TestNothingKnown judges what is empty or absent as such.
func TestNothingKnown(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		`size(identity.systems) == 0 && !has(identity.systems) && identity.systems.all(s, false)`,
		`size(identity.labels) == 0 && !has(identity.labels) && !("team" in identity.labels)`,
		`!trust.exists(t, true) && identity.environment == "" && identity.third_party == "" && identity.name == ""`,
	} {
		if allowed, err := compiled(t, expression).Judge(governance.Subject{Operation: governance.OperationCreate}, noon); !allowed || err != nil {
			t.Errorf("%s: %t, %v", expression, allowed, err)
		}
	}
}

// FuzzCompile has nothing panic, hang or grow, a judgement come out the same twice, and one of what is partly unknown stand when all
// is known.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`identity.owner == "payments"`, `old == null || old.owner != identity.owner`, `trust.all(t, t.external_id || t.kind in ["service"])`,
		`identity.expiry - now < duration("720h")`, `identity.labels.exists(k, k.matches("^[a-z]+$"))`, `sets.contains(identity.systems, ["a"])`,
		`"a".replace("", "b").split("").size() == 1`, `[1, 2].map(x, x * 2).sum() > 1`, `1 / 0 == 1`, `"%s".format([identity.name]) == ""`, "\x00", `"\u00e9`, `a.b.c[`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		rules := []governance.RuleDocument{{Name: "rule", Expression: expression}}
		var wrong *governance.PolicyError
		if err := Compile(rules); err != nil {
			if !errors.As(err, &wrong) || len(err.Error()) > 10_000 {
				t.Errorf("%q: %v", expression, err)
			}
			return
		}
		if rules[0].Judge == nil {
			return
		}
		if early, err := rules[0].Judge.Judge(unknown(export(), governance.FieldOwner, governance.FieldTrust), noon); err == nil {
			if late, err := rules[0].Judge.Judge(export(), noon); late != early || err != nil {
				t.Errorf("%q: %t while something is unknown, and then %t, %v", expression, early, late, err)
			}
		}
		for _, subject := range []governance.Subject{export(), created(), unknown(export(), governance.FieldOwner, governance.FieldTrust), {}} {
			allowed, err := rules[0].Judge.Judge(subject, noon)
			again, errAgain := rules[0].Judge.Judge(subject, noon)
			if allowed != again || (err == nil) != (errAgain == nil) {
				t.Errorf("%q: %t, %v and then %t, %v", expression, allowed, err, again, errAgain)
			}
		}
	})
}

// BenchmarkFiftyRules judges one identity by fifty rules.
func BenchmarkFiftyRules(b *testing.B) {
	document := governance.PolicyDocument{}
	for i := range 50 {
		document.Rules = append(document.Rules, governance.RuleDocument{
			Name: fmt.Sprintf("rule%d", i), Message: "broken",
			Expression: fmt.Sprintf(`identity.environment != "prod" || (identity.owner.matches("^[a-z]+$") && trust.all(t, t.kind != "anyone") && size(identity.systems) < %d)`, i+3),
		})
	}
	if err := Compile(document.Rules); err != nil {
		b.Fatal(err)
	}
	policy, err := governance.NewPolicy(document)
	if err != nil {
		b.Fatal(err)
	}
	subject := export()
	b.ReportAllocs()
	for b.Loop() {
		if found := policy.Evaluate(subject, noon); len(found) > 1 {
			b.Fatal(found)
		}
	}
}

// BenchmarkCompile compiles fifty rules.
func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		rules := make([]governance.RuleDocument, 50)
		for i := range rules {
			rules[i].Expression = `identity.environment != "prod" || (identity.owner.matches("^[a-z]+$") && trust.all(t, t.kind != "anyone"))`
		}
		if err := Compile(rules); err != nil {
			b.Fatal(err)
		}
	}
}
