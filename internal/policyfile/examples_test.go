package policyfile

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

var (
	explainedRule       = regexp.MustCompile(`(?m)^  # .+\n  (\w+): "?(\w+)"?$`)
	explainedCustomRule = regexp.MustCompile(`(?m)^  # .+\n  - name: `)
	guideRule           = regexp.MustCompile("(?m)^### `(\\w+)`\n\nDefault: `(\\w+)`")
)

// TestExamples reads the policies that users begin with: they name the schema, and explain and set every rule, in the order of
// the documentation.
func TestExamples(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]governance.Enforcement{"starter": governance.EnforceWarn, "strict": governance.EnforceError} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "../../examples/policy/" + name + ".yaml"
			text := readText(t, file)
			if schema := "# yaml-language-server: $schema=" + SchemaURL + "\n"; !strings.HasPrefix(text, schema) {
				t.Errorf("the first line is not %s", schema)
			}
			document, err := Read(file)
			if err != nil {
				t.Fatal(err)
			}
			var explained []governance.Rule
			for _, match := range explainedRule.FindAllStringSubmatch(text, -1) {
				rule := governance.Rule(match[1])
				explained = append(explained, rule)
				if got := string(document.Enforcement[rule]); got != match[2] {
					t.Errorf("%s is %s in the text, and %q once it is read", rule, match[2], got)
				}
			}
			if !slices.Equal(explained, governance.Rules) || len(document.Enforcement) != len(governance.Rules) {
				t.Errorf("the rules with a comment above them are\n%v\nand those there are\n%v", explained, governance.Rules)
			}
			custom := explainedCustomRule.FindAllString(text, -1)
			if len(custom) == 0 || len(custom) != len(document.Rules) {
				t.Errorf("%d of %d custom rules have a comment above them", len(custom), len(document.Rules))
			}
			for _, rule := range document.Rules {
				if rule.Enforcement != rest {
					t.Errorf("%s is %s, not %s", rule.Name, rule.Enforcement, rest)
				}
			}
			exceptions := map[governance.Rule]governance.Enforcement{governance.RuleWarnBefore: governance.EnforceWarn}
			if rest == governance.EnforceWarn {
				for _, rule := range append([]governance.Rule{governance.RuleOwnerUnknown}, governance.SilentRules...) {
					exceptions[rule] = governance.EnforceOff
				}
			}
			for _, rule := range slices.Sorted(maps.Keys(document.Enforcement)) {
				want, ok := exceptions[rule]
				if !ok {
					want = rest
				}
				if got := document.Enforcement[rule]; got != want {
					t.Errorf("%s is %s, not %s", rule, got, want)
				}
			}
		})
	}
}

// TestGuide finds every rule in the guide, in the order of the documentation, with the enforcement that it has by default.
func TestGuide(t *testing.T) {
	t.Parallel()
	var got, want []string
	for _, match := range guideRule.FindAllStringSubmatch(readText(t, "../../templates/guides/policies.md"), -1) {
		got = append(got, match[1]+" "+match[2])
	}
	enforcement := governance.PolicyDocument{}.Complete().Enforcement
	for _, rule := range governance.Rules {
		want = append(want, fmt.Sprintf("%s %s", rule, enforcement[rule]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the guide has the rules\n%v\nand those there are\n%v", got, want)
	}
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
