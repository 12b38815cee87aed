package aws

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrivileges(t *testing.T) {
	t.Parallel()
	const awsOwn, local = "arn:aws:iam::aws:policy/", "arn:aws:iam::111111111111:policy/team/"
	everything := grants{administers: []string{"every action"}}
	managed := map[string]grants{local + "all": everything, local + "some": {}, local + "none": {refuses: true}}
	groups := map[string]policies{
		"admins": {attached: []string{awsOwn + "AdministratorAccess"}, inline: []namedGrants{{"iam", grants{administers: []string{"every action of IAM"}}}}},
		"closed": {attached: []string{awsOwn + "AWSDenyAll"}},
	}
	for name, test := range map[string]struct {
		holder policies
		want   []string
	}{
		"nothing":               {policies{}, nil},
		"administrator":         {policies{attached: []string{awsOwn + "ReadOnlyAccess", awsOwn + "AdministratorAccess"}}, []string{"managed policy AdministratorAccess"}},
		"name of its own":       {policies{attached: []string{"arn:aws:iam::111111111111:policy/AdministratorAccess"}}, nil},
		"another of AWS":        {policies{attached: []string{awsOwn + "AdministratorAccess-Amplify"}}, nil},
		"China":                 {policies{attached: []string{"arn:aws-cn:iam::aws:policy/IAMFullAccess"}}, []string{"managed policy IAMFullAccess"}},
		"power user":            {policies{attached: []string{awsOwn + "PowerUserAccess"}}, nil},
		"power user with IAM":   {policies{attached: []string{awsOwn + "PowerUserAccess", awsOwn + "IAMFullAccess"}}, []string{"managed policy IAMFullAccess"}},
		"customer-managed":      {policies{attached: []string{local + "some", local + "all"}}, []string{"managed policy all allows every action"}},
		"gone meanwhile":        {policies{attached: []string{local + "gone"}}, nil},
		"inline":                {policies{inline: []namedGrants{{"x", everything}}}, []string{"inline policy x allows every action"}},
		"group":                 {policies{groups: []string{"unknown", "admins"}}, []string{"group admins: managed policy AdministratorAccess", "group admins: inline policy iam allows every action of IAM"}},
		"boundary":              {policies{boundary: local + "some", inline: []namedGrants{{"x", everything}}}, nil},
		"boundary of AWS":       {policies{boundary: awsOwn + "ReadOnlyAccess", inline: []namedGrants{{"x", everything}}}, nil},
		"boundary that is wide": {policies{boundary: local + "all", inline: []namedGrants{{"x", everything}}}, []string{"inline policy x allows every action"}},
		"refused":               {policies{attached: []string{local + "none"}, inline: []namedGrants{{"x", everything}}}, nil},
		"refused by a group":    {policies{groups: []string{"admins", "closed"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, privileges(test.holder, groups, managed)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
