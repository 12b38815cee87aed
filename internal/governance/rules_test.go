package governance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// verdict is a judge that has made up its mind.
type verdict struct {
	allowed bool
	err     error
	granted bool
}

func (v verdict) Judge(Subject, time.Time) (bool, error) { return v.allowed, v.err }
func (v verdict) Granted() bool                          { return v.granted }

func ruled(rules ...RuleDocument) PolicyDocument { return PolicyDocument{Rules: rules} }

func custom(name string, change func(*RuleDocument)) RuleDocument {
	rule := RuleDocument{Name: name, Expression: "false", Message: "no " + name, Judge: verdict{}}
	change(&rule)
	return rule
}

// TestCustomRules has a judge's answer become a violation, or none.
func TestCustomRules(t *testing.T) {
	t.Parallel()
	notKnown := fmt.Errorf("judging: %w", &NotKnownError{Values: []string{"trust", "old"}})
	judged := func(v Judge, enforcement Enforcement) RuleDocument {
		return custom("r", func(r *RuleDocument) { r.Judge, r.Enforcement = v, enforcement })
	}
	for name, of := range map[string]struct {
		rule  RuleDocument
		final bool
		want  string
	}{
		"allowed":            {judged(verdict{allowed: true}, ""), true, ""},
		"broken":             {judged(verdict{}, ""), false, "custom:r error []: no r"},
		"broken, a warning":  {judged(verdict{}, EnforceWarn), false, "custom:r warn []: no r"},
		"off":                {judged(verdict{}, EnforceOff), true, ""},
		"not known yet":      {judged(verdict{err: notKnown}, ""), false, ""},
		"never known":        {judged(verdict{err: notKnown}, ""), true, "custom:r error []: the policy's rule r cannot be judged, and so counts as broken: judging: it needs what is not known yet: trust, old. What it guards against: no r"},
		"fails":              {judged(verdict{allowed: true, err: errors.New("no such key: team")}, EnforceWarn), false, "custom:r warn []: the policy's rule r cannot be judged, and so counts as broken: no such key: team. What it guards against: no r"},
		"nobody compiled it": {judged(nil, ""), false, "custom:r error []: the policy's rule r cannot be judged, and so counts as broken: its expression has not been compiled. What it guards against: no r"},
		"on a label":         {custom("r", func(r *RuleDocument) { r.Attribute = "labels.team" }), false, "custom:r error [labels team]: no r"},
		"on a third party":   {custom("r", func(r *RuleDocument) { r.Attribute = "third_party_contact" }), false, "custom:r error [third_party contact]: no r"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, err := NewPolicy(ruled(of.rule))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range policy.checkRules(Subject{Final: of.final}, time.Time{}) {
				if !strings.HasSuffix(v.Remedy, "\n\n  false") || !v.Rule.IsCustom() {
					t.Errorf("%s has the remedy %q", v.Rule, v.Remedy)
				}
				got = append(got, fmt.Sprintf("%s %s %s: %s", v.Rule, v.Enforcement, v.Attribute, v.Message))
			}
			if strings.Join(got, "; ") != of.want {
				t.Errorf("got %q, want %q", got, of.want)
			}
			if policy.HasRules() == (name == "off") {
				t.Errorf("HasRules is %t", policy.HasRules())
			}
		})
	}
}

// TestGrantedRules leaves rules about what an identity may do to EvaluateGranted, where what may not be read is known never.
func TestGrantedRules(t *testing.T) {
	t.Parallel()
	classes := &NotKnownError{Values: []string{"classes"}}
	toCome := Unjudged{What: []string{"what the group a allows"}, Reason: "there is no such group yet", ToCome: true}
	forbidden := Unjudged{What: []string{"what the policy b allows"}, Reason: "nobody may read it"}
	const unjudgeable = "custom:r: the policy's rule r cannot be judged, and so counts as broken: it needs what is not known yet: classes"
	for name, of := range map[string]struct {
		judge    verdict
		final    bool
		unjudged []Unjudged
		want     string
	}{
		"allowed":                 {verdict{allowed: true}, false, nil, ""},
		"broken":                  {verdict{}, false, nil, "custom:r: no r"},
		"not known yet":           {verdict{err: classes}, false, nil, ""},
		"never known":             {verdict{err: classes}, true, nil, unjudgeable + ". What it guards against: no r"},
		"not there yet":           {verdict{err: classes}, false, []Unjudged{toCome}, ""},
		"never there":             {verdict{err: classes}, true, []Unjudged{toCome}, unjudgeable + "; what the group a allows is not judged, because there is no such group yet. What it guards against: no r"},
		"may not be read":         {verdict{err: classes}, false, []Unjudged{toCome, forbidden}, unjudgeable + "; what the group a allows is not judged, because there is no such group yet; what the policy b allows is not judged, because nobody may read it. What it guards against: no r"},
		"waits for what may come": {verdict{err: &NotKnownError{Values: []string{"classes", "identity.owner"}}}, false, []Unjudged{forbidden}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of.judge.granted = true
			policy, err := NewPolicy(ruled(custom("r", func(r *RuleDocument) { r.Judge = of.judge })))
			if err != nil {
				t.Fatal(err)
			}
			subject := Subject{Final: of.final}
			if found := policy.checkRules(subject, time.Time{}); len(found) > 0 || !policy.JudgesGranted() {
				t.Errorf("judged before it is known what the identity may do: %v", found)
			}
			got := ""
			for _, v := range policy.EvaluateGranted(subject, Entitlements{Unjudged: of.unjudged}, time.Time{}) {
				got += string(v.Rule) + ": " + v.Message
			}
			if got != of.want {
				t.Errorf("got %q, want %q", got, of.want)
			}
		})
	}
	for _, other := range []RuleDocument{custom("r", func(r *RuleDocument) { r.Judge, r.Enforcement = verdict{granted: true}, EnforceOff }), custom("r", func(*RuleDocument) {})} {
		if policy, _ := NewPolicy(ruled(other)); policy.JudgesGranted() || policy.EvaluateGranted(Subject{}, Entitlements{}, time.Time{}) != nil {
			t.Errorf("%v is about what an identity may do", other)
		}
	}
}

// TestCustomRulesOfSeveralPolicies keeps all rules, and of one that two documents have the hardest enforcement.
func TestCustomRulesOfSeveralPolicies(t *testing.T) {
	t.Parallel()
	enforced := func(name string, enforcement Enforcement) RuleDocument {
		return custom(name, func(r *RuleDocument) { r.Enforcement = enforcement })
	}
	loose := ruled(enforced("same", EnforceOff), enforced("other", EnforceWarn), custom("namesake", func(r *RuleDocument) { r.Expression, r.Judge = "true", verdict{allowed: true} }))
	strict := ruled(enforced("same", EnforceWarn), enforced("namesake", EnforceError))
	for _, documents := range [][]PolicyDocument{{loose, strict}, {strict, loose}, {loose, strict.Complete(), strict, loose}} {
		policy, err := NewPolicy(documents...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range policy.checkRules(Subject{}, time.Time{}) {
			got = append(got, string(v.Rule)+" "+string(v.Enforcement))
		}
		slices.Sort(got)
		if want := []string{"custom:namesake error", "custom:other warn", "custom:same warn"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestCustomRuleProblems has each mistake in a rule on its own path.
func TestCustomRuleProblems(t *testing.T) {
	t.Parallel()
	for want, rules := range map[string][]RuleDocument{
		"": {custom("a", func(*RuleDocument) {}), custom("b-2_C", func(r *RuleDocument) { r.Attribute, r.Enforcement = "labels", EnforceOff })},
		`rules[1].name: "a" is the name of rules[0] too; give each rule its own`:                           {custom("a", func(*RuleDocument) {}), custom("a", func(r *RuleDocument) { r.Expression = "true" })},
		`rules[0].name: "" is not a name of letters`:                                                       {custom("", func(*RuleDocument) {})},
		`rules[0].name: "2 b" is not a name of letters`:                                                    {custom("2 b", func(*RuleDocument) {})},
		`rules[0].expression: it is blank; write what is true`:                                             {custom("a", func(r *RuleDocument) { r.Expression = " \n" })},
		`rules[0].expression: it has 4097 characters; an expression has 4096 at most`:                      {custom("a", func(r *RuleDocument) { r.Expression = strings.Repeat("é", 4097) })},
		`rules[0].message: it is blank; write what is wrong`:                                               {custom("a", func(r *RuleDocument) { r.Message = "\t" })},
		`rules[0].message: it has the control character U+001B at position 1; write it`:                    {custom("a", func(r *RuleDocument) { r.Message = "\x1b[2J" })},
		`rules[0].message: it has 501 characters; a message has 500 at most`:                               {custom("a", func(r *RuleDocument) { r.Message = strings.Repeat("m", 501) })},
		`rules[0].enforcement: "deny" is not an enforcement; it can be error, warn`:                        {custom("a", func(r *RuleDocument) { r.Enforcement = "deny" })},
		`rules[0].attribute: "aws_role" is not an argument that every identity has; it can be name, owner`: {custom("a", func(r *RuleDocument) { r.Attribute = "aws_role" })},
		`rules[0].attribute: "labels." is not an argument`:                                                 {custom("a", func(r *RuleDocument) { r.Attribute = "labels." })},
		`rules: 101 rules; a policy has 100 at most`: func() (many []RuleDocument) {
			for i := range MaxRules + 1 {
				many = append(many, custom(fmt.Sprintf("r%d", i), func(*RuleDocument) {}))
			}
			return many
		}(),
	} {
		_, err := NewPolicy(ruled(rules...))
		if got := fmt.Sprint(err); (err == nil) != (want == "") || (err != nil && (!strings.HasPrefix(got, want) || strings.Contains(got, "\n"))) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
