package iampolicy

import "testing"

// TestShut closes texts as people write them, and gets the very text back.
func TestShut(t *testing.T) {
	t.Parallel()
	const allow = `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`
	const web = `{ "Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/x"}, "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"] }`
	const taken = `{"Sid":"GovernedQuarantine","Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}`
	for name, test := range map[string]struct {
		text, shut string
		wrapped    bool
	}{
		"a list": {
			text: `{"Version":"2012-10-17","Statement":[` + allow + `]}`,
			shut: `{"Version":"2012-10-17","Statement":[` + allow + `,{"Sid":"GovernedQuarantine","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}`,
		},
		"a single statement": {
			text:    `{"Statement": ` + allow + `, "Version":"2012-10-17"}`,
			shut:    `{"Statement": [` + allow + `,{"Sid":"GovernedQuarantine","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}], "Version":"2012-10-17"}`,
			wrapped: true,
		},
		"a list of one": {
			text: "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    " + allow + "\n  ]\n}\n",
			shut: "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    " + allow + "\n  ,{\"Sid\":\"GovernedQuarantine\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"}]\n}\n",
		},
		"other actions, and a statement that has the Sid": {
			text: `{"Version":"2012-10-17","Statement":[` + taken + `,` + web + `]}`,
			shut: `{"Version":"2012-10-17","Statement":[` + taken + `,` + web + `,{"Sid":"GovernedQuarantine2","Effect":"Deny","Principal":"*","Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"]}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shut, wrapped, err := Shut(test.text)
			if err != nil || shut != test.shut || wrapped != test.wrapped {
				t.Fatalf("Shut gives %s (%v, %v)", shut, wrapped, err)
			}
			if IsShut(test.text) || !IsShut(shut) {
				t.Error("IsShut does not tell them apart")
			}
			if again, _, err := Shut(shut); err != nil || again != shut {
				t.Errorf("shut twice it is %s (%v)", again, err)
			}
			if open, found := Unshut(shut, wrapped); !found || open != test.text {
				t.Errorf("Unshut gives %s", open)
			}
			if open, found := Unshut(test.text, wrapped); found || open != test.text {
				t.Errorf("Unshut of what is open gives %s", open)
			}
		})
	}
}

// TestUnshutOthers takes off nothing else than what Shut added, wherever it is by now.
func TestUnshutOthers(t *testing.T) {
	t.Parallel()
	const deny = `{"Action":"sts:AssumeRole","Effect":"Deny","Principal":"*","Sid":"GovernedQuarantine"}`
	const allow = `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`
	const web = `{"Effect":"Allow","Principal":{"Federated":"x"},"Action":"sts:AssumeRoleWithWebIdentity"}`
	for text, want := range map[string]string{
		`{"Statement":[` + deny + ` , ` + allow + `]}`:             `{"Statement":[` + allow + `]}`,
		`{"Statement":[` + allow + `, ` + deny + `, ` + web + `]}`: `{"Statement":[` + allow + `, ` + web + `]}`,
		`{"Statement":[` + deny + `]}`:                             `{"Statement":[` + deny + `]}`,
	} {
		if open, found := Unshut(text, false); !found || open != want {
			t.Errorf("Unshut of %s gives %s", text, open)
		}
	}
	if IsShut(`{"Statement":[` + allow + `,` + deny + `,` + web + `]}`) {
		t.Error("a statement for another action is not covered")
	}
	if _, _, err := Shut(`{}`); err == nil {
		t.Error("what is no policy can be shut")
	}
	for principal, ghost := range map[string]bool{"AROAIOSFODNN7EXAMPLE": true, "arn:aws:iam::123456789012:role/x": false, "123456789012": false} {
		d, err := Parse(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"}}`)
		if err != nil || HasGhosts(d) != ghost {
			t.Errorf("%s: %v %v", principal, HasGhosts(d), err)
		}
	}
}
