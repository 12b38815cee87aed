package governance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "été": "été", "étés": "été…", "e\u0301tés": "e\u0301t…"} {
		if got := governance.Excerpt(text, 3); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestEvaluateRetirement(t *testing.T) {
	t.Parallel()
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	key := governance.Use{Credential: "access key AKIA1", At: ago(3), Service: "s3", Region: "eu-west-1", Never: "none so far"}
	untold := governance.Use{Credential: "SSH key APKA1", Unknown: "IAM does not track it"}
	days := func(n int) governance.PolicyDocument { return governance.PolicyDocument{RetireInUseDays: &n} }
	for name, c := range map[string]struct {
		policies []governance.PolicyDocument
		uses     []governance.Use
		want     string // enforcement and part of the message; empty for none
	}{
		"never":         {nil, []governance.Use{{Never: "none in the 400 days that IAM tracks"}}, ""},
		"no credential": {nil, nil, ""},
		"lately":        {nil, []governance.Use{key}, "warn it was used within the last 30 days (access key AKIA1: 2026-11-19T13:30:00Z, by the service s3, in eu-west-1), and what uses it will fail"},
		"long ago":      {nil, []governance.Use{{At: ago(30)}}, ""},
		"just inside":   {nil, []governance.Use{{At: ago(30).Add(time.Second)}}, "warn it was used within the last 30 days (2026-10-23T13:30:01Z)"},
		"clock ahead":   {nil, []governance.Use{{At: ago(-1)}}, "warn it was used"},
		"the latest first": {
			nil,
			[]governance.Use{{Credential: "a", At: ago(9)}, {Credential: "b", At: ago(2)}, untold},
			"warn (b: 2026-11-20T13:30:00Z; a: 2026-11-13T13:30:00Z)",
		},
		"unknown":         {nil, []governance.Use{untold, {Credential: "access key AKIA2", Never: "none so far"}}, "warn is not known (SSH key APKA1: not known, because IAM does not track it), and unknown is not unused"},
		"as an error":     {[]governance.PolicyDocument{enforce(governance.RuleRetireInUse, "error")}, []governance.Use{key}, "error it was used within"},
		"unknown, error":  {[]governance.PolicyDocument{enforce(governance.RuleRetireInUse, "error")}, []governance.Use{untold}, "error unknown is not unused"},
		"off":             {[]governance.PolicyDocument{enforce(governance.RuleRetireInUse, "off")}, []governance.Use{key, untold}, ""},
		"shorter":         {[]governance.PolicyDocument{days(2)}, []governance.Use{key}, ""},
		"none held to be": {[]governance.PolicyDocument{days(0)}, []governance.Use{key, untold}, ""},
		"strictest":       {[]governance.PolicyDocument{days(90), enforce(governance.RuleRetireInUse, "error"), days(1)}, []governance.Use{{At: ago(80)}}, "error within the last 90 days"},
		"last word":       {[]governance.PolicyDocument{days(1), governance.PolicyDocument{}.Complete()}, []governance.Use{{At: ago(20)}}, "warn within the last 30 days"},
		"hostile texts":   {nil, []governance.Use{{Credential: "a\x1b[2J", At: ago(1), Service: "s\n3", Region: "\u202eeu"}}, `warn a\u001b[2J: 2026-11-21T13:30:00Z, by the service s\u000a3, in \u202eeu)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := mustPolicy(t, c.policies...).EvaluateRetirement(c.uses, now)
			if c.want == "" {
				if len(found) > 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			enforcement, message, _ := strings.Cut(c.want, " ")
			if len(found) != 1 || found[0].Rule != governance.RuleRetireInUse || string(found[0].Enforcement) != enforcement || !strings.Contains(found[0].Message, message) || found[0].Remedy == "" {
				t.Errorf("found %+v", found)
			}
			if refused := enforcement == "error"; strings.Contains(found[0].Remedy, "lower retire_in_use_days") != refused {
				t.Errorf("the remedy is %s", found[0].Remedy)
			}
		})
	}
}
