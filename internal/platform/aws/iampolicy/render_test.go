package iampolicy

import (
	"encoding/json"
	"testing"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{
			"order and scalars",
			`{"Statement":{"Condition":{"StringLike":{"b":["x"],"a":["y","z"]},"Bool":{"k":true}},"Resource":["*"],
			  "Action":["b:c","a:b"],"Effect":"Allow","Sid":"S"},"Id":"i","Version":"2012-10-17"}`,
			`{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"S","Effect":"Allow","Action":["b:c","a:b"],"Resource":"*",` +
				`"Condition":{"Bool":{"k":"true"},"StringLike":{"a":["y","z"],"b":"x"}}}]}`,
		},
		{
			"principals",
			`{"Statement":[{"Effect":"Allow","Action":"a","Principal":{"CanonicalUser":"c","Federated":"f","Service":["s"],"AWS":["1","2"]}},
			  {"NotAction":"a","Effect":"Deny","NotPrincipal":"*","NotResource":["r"]}]}`,
			`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["1","2"],"Service":"s","Federated":"f","CanonicalUser":"c"},"Action":"a"},` +
				`{"Effect":"Deny","NotPrincipal":"*","NotAction":"a","NotResource":"r"}]}`,
		},
		{
			"characters",
			`{"Statement":{"Effect":"Allow","Action":"<&>\u00e9\u2028\ud83d\ude00\"\\\n\r\t\u0001\/"}}`,
			`{"Statement":[{"Effect":"Allow","Action":"<&>é\u2028\ud83d\ude00\"\\\n\r\t\u0001/"}]}`,
		},
		{
			"empty condition values",
			`{"Statement":{"Effect":"Allow","Action":"a","Condition":{"Bool":{"k":[]},"Null":{}}}}`,
			`{"Statement":[{"Effect":"Allow","Action":"a","Condition":{"Bool":{"k":[]},"Null":{}}}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := mustParse(t, c.text).JSON()
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !json.Valid([]byte(got)) {
				t.Error("not JSON")
			}
			if again := mustParse(t, got).JSON(); again != got {
				t.Errorf("not stable: %s", again)
			}
		})
	}
	if got := (Document{}).JSON(); got != `{"Statement":[]}` {
		t.Errorf("zero document: %s", got)
	}
}

func TestEquivalent(t *testing.T) {
	t.Parallel()
	const base = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["a:b","a:c"]},{"Effect":"Deny","Principal":"*","Action":"a:d"}]}`
	for _, c := range []struct {
		name, other string
		want        bool
	}{
		{"itself", base, true},
		{"order, scalars, root ARN, empty condition", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":["a:d"],"Condition":{}},
			{"Action":["a:c","a:b"],"Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Effect":"Allow"}]}`, true},
		{"another action", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["a:b","a:x"]},{"Effect":"Deny","Principal":"*","Action":"a:d"}]}`, false},
		{"a statement less", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"a:d"}]}`, false},
		{"not a policy", `{}`, false},
		{"in a list", `[` + base + `]`, false},
		{"nothing", ``, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if Equivalent(base, c.other) != c.want || Equivalent(c.other, base) != c.want {
				t.Errorf("want %v", c.want)
			}
		})
	}
	if Equivalent("", "") {
		t.Error("two texts that do not parse are equivalent")
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, " \t\r\n": 0, `{"a": "b c"}`: 10, "é é": 2, "\u00a0": 1, "{\n}\n": 2,
	} {
		if got := Size(text); got != want {
			t.Errorf("Size(%q) = %d, want %d", text, got, want)
		}
	}
}
