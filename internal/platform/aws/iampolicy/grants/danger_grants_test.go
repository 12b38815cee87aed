package grants

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestDangerGrants has everything that grants a danger, from whichever statement, as it is written: who approves that has
// approved all there is.
func TestDangerGrants(t *testing.T) {
	t.Parallel()
	many := make([]string, 2*maxTerms)
	for i := range many {
		many[i] = fmt.Sprintf("s3:P*%03d", i)
	}
	for name, c := range map[string]struct {
		class Class
		have  Identity
		want  []string
	}{
		"administrator": {Administrator, identity(t, allow("s3:Get* *", "*")), []string{"s3:Get* on *", "* on *"}},
		"administrator by what is left out": {
			Administrator, identity(t, `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`), []string{"* on *"},
		},
		"every statement that would do": {
			PrivilegeEscalation, identity(t, allow("iam:PutRolePolicy", "arn:aws:iam::*:role/*")+","+allow("iam:Put*Policy", "*")),
			[]string{"iam:PutRolePolicy on arn:aws:iam::*:role/*", "iam:Put*Policy on *"},
		},
		"not one that would not": {
			PrivilegeEscalation, identity(t, allow("iam:PutRolePolicy", "*")+","+allow("iam:PutRolePolicy", "arn:aws:iam::111111111111:role/other")),
			[]string{"iam:PutRolePolicy on *"},
		},
		"whatever a Deny takes away": {
			PrivilegeEscalation, identity(t, allow("iam:PutRolePolicy", "*")+`,{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/admin"}`),
			[]string{"iam:PutRolePolicy on *"},
		},
		"both of a pair": {
			PrivilegeEscalation, identity(t, allow("iam:PassRole", "arn:aws:iam::*:role/*")+","+allow("ec2:RunInstances", "*")),
			[]string{"iam:PassRole on arn:aws:iam::*:role/*", "ec2:RunInstances on *"},
		},
		"passing":     {PassRoleUnrestricted, identity(t, allow("iam:P*", "*")), []string{"iam:P* on *"}},
		"a service":   {ServiceWildcard, identity(t, allow("logs:*", "arn:aws:logs:*:*:log-group:x")), []string{"logs:* on arn:aws:logs:*:*:log-group:x"}},
		"writes":      {ResourceWildcardWrite, identity(t, allow("sqs:SendMessage s3:Put*", "*")), []string{"sqs:SendMessage on *", "s3:Put* on *"}},
		"data":        {DataExfiltration, identity(t, allow("s3:GetObject ssm:Get*", "*")), []string{"s3:GetObject on *", "ssm:Get* on *"}},
		"credentials": {CredentialExposure, identity(t, allow("ec2:GetPasswordData", "*")), []string{"ec2:GetPasswordData on *"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, danger := range Classify(New(c.have, today)) {
				if danger.Class != c.class {
					continue
				}
				for _, g := range danger.Grants {
					if text := g.Action + " on " + strings.Join(g.Resources, ", "); !slices.Contains(got, text) {
						got = append(got, text)
					}
				}
			}
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("%q lacks %s", got, want)
				}
			}
			if c.class != PrivilegeEscalation && len(got) != len(c.want) || name == "not one that would not" && len(got) != 1 {
				t.Errorf("%q", got)
			}
		})
	}
	t.Run("of too many, everything", func(t *testing.T) {
		t.Parallel()
		var grants []Grant
		for _, value := range many {
			grants = (&classifier{}).addGrant(grants, &statement{resources: []string{"*"}}, value)
		}
		if last := grants[len(grants)-1]; last.Action != "*" || len(grants) != maxTerms+1 {
			t.Errorf("%d grants, the last of which is %v", len(grants), last)
		}
	})
}
