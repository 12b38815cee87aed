package governance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestEvaluateUnknownActions(t *testing.T) {
	t.Parallel()
	places := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprint("place ", i))
		}
		return all
	}
	of := governance.Entitlements{Unknown: []governance.UnknownActions{
		{Attribute: []string{"a"}, Policy: "one", Places: places(1), Since: "2026-09-23"},
		{Attribute: []string{"b"}, Policy: "many", Places: places(7), Since: "2026-09-23"},
	}}
	for enforcement, want := range map[governance.Enforcement][]string{
		governance.EnforceOff:  nil,
		governance.EnforceWarn: {"warn a", "warn b"},
		"error":                {"error a", "error b"},
	} {
		policy := mustPolicy(t, governance.PolicyDocument{Enforcement: map[governance.Rule]governance.Enforcement{governance.RuleUnknownAction: enforcement}})
		var got []string
		for _, v := range policy.EvaluateUnknownActions(of) {
			got = append(got, string(v.Enforcement)+" "+v.Attribute[0])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", enforcement, diff)
		}
	}
	policy := mustPolicy(t, governance.PolicyDocument{Enforcement: map[governance.Rule]governance.Enforcement{governance.RuleUnknownAction: "error"}})
	found := policy.EvaluateUnknownActions(of)
	if found[0].Message != `the policy "one": place 0` || !strings.Contains(found[0].Remedy, "after 2026-09-23,") {
		t.Errorf("got %+v", found[0])
	}
	if want := "the policy \"many\": 7 actions are not known:\n  - place 0\n  - place 1\n  - place 2\n  - place 3\n  - place 4\n  - and 2 more."; found[1].Message != want {
		t.Error(found[1].Message)
	}
	of.Narrows = true
	if got := policy.EvaluateUnknownActions(of); got[0].Enforcement != governance.EnforceWarn {
		t.Error("a change that only takes away is refused")
	}
}
