package provider_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

var codeName = regexp.MustCompile("`([a-z_0-9]+)`")

// TestOWASPGuide holds the guide's table against what there is: every rule and every finding stands in it, the latter with
// its own risk alone, and it names nothing that does not exist.
func TestOWASPGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../templates/guides/owasp.md")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := provider.NewServer("test").GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	// Those that hold under every policy stand there where they control a risk.
	rules := append([]governance.Rule{governance.RuleSafeTrust, governance.RuleCredential}, governance.Rules...)
	risks := map[string]string{}
	for _, kind := range inventory.Catalogue {
		risks[kind.Code] = kind.OWASP
	}
	namedRules, namedFindings, rows := map[governance.Rule]bool{}, map[string]int{}, 0
	for line := range strings.Lines(string(guide)) {
		cells := strings.Split(line, "|")
		if !strings.HasPrefix(line, "| NHI") || len(cells) != 6 {
			continue
		}
		rows++
		risk, _, _ := strings.Cut(strings.TrimSpace(cells[1]), " ")
		for _, name := range codeName.FindAllStringSubmatch(cells[2], -1) {
			if rule := governance.Rule(name[1]); slices.Contains(rules, rule) {
				namedRules[rule] = true
			} else {
				t.Errorf("%s: there is no rule %s", risk, rule)
			}
		}
		for _, name := range codeName.FindAllStringSubmatch(cells[3], -1) {
			if _, ok := schema.ResourceSchemas[name[1]]; !ok {
				t.Errorf("%s: there is no resource %s", risk, name[1])
			}
		}
		for _, name := range codeName.FindAllStringSubmatch(cells[4], -1) {
			namedFindings[name[1]]++
			if risks[name[1]] != risk {
				t.Errorf("the finding %s is of %q, not of %s", name[1], risks[name[1]], risk)
			}
		}
	}
	for _, rule := range rules {
		if !namedRules[rule] {
			t.Errorf("the guide lacks the rule %s", rule)
		}
	}
	for code := range risks {
		if namedFindings[code] != 1 {
			t.Errorf("the finding %s stands %d times in the guide", code, namedFindings[code])
		}
	}
	if rows != 10 {
		t.Errorf("the guide has %d risks", rows)
	}
}
