package grants

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

func TestGains(t *testing.T) {
	t.Parallel()
	const (
		data = "arn:aws:s3:::data/*"
		logs = "arn:aws:s3:::logs/*"
		vpc  = `{"StringEquals":{"aws:SourceVpc":"vpc-1"}}`
		vpcs = `{"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}}`
	)
	for name, test := range map[string]struct {
		old, now Identity
		want     []string
	}{
		"nothing":                       {identity(t, allow("s3:*", "*")), identity(t, allow("s3:*", "*")), nil},
		"less":                          {identity(t, allow("s3:*", "*")), identity(t, allow("s3:Get*", data)), nil},
		"the same in other words":       {identity(t, allow("s3:GetObject s3:PutObject", data)), identity(t, allow("s3:putobject", data), allow("s3:GetObject", data)), nil},
		"an action":                     {Identity{}, identity(t, allow("iam:PassRole", "*")), []string{"gains iam:PassRole on *"}},
		"an action with a condition":    {Identity{}, identity(t, allow("iam:PassRole", "*", vpc)), []string{"gains iam:PassRole on *, under a condition"}},
		"an action that is not known":   {Identity{}, identity(t, allow("iam:FlyToTheMoon", "*")), []string{"gains iam:FlyToTheMoon on *"}},
		"two that are not known":        {Identity{}, identity(t, allow("iam:FlyToTheMoon iam:FlyBack", "*")), []string{"gains iam actions that AWS's table does not know (2 actions: iam:FlyToTheMoon, iam:FlyBack) on *"}},
		"several of a level":            {Identity{}, identity(t, allow("s3:PutObject s3:DeleteObject", data)), []string{"gains s3 Write (2 actions: s3:PutObject, s3:DeleteObject) on " + data}},
		"many of a level":               {Identity{}, identity(t, allow("s3:DeleteObject*Tagging", data)), []string{"gains s3 Tagging (2 actions: s3:DeleteObjectTagging, s3:DeleteObjectVersionTagging) on " + data}},
		"all of a service":              {Identity{}, identity(t, allow("rds-data:*", "*")), []string{"gains all of rds-data (6 actions, Write among them) on *"}},
		"the rest of a service":         {identity(t, allow("rds-data:ExecuteStatement", "*")), identity(t, allow("rds-data:*", "*")), []string{"gains rds-data Write (5 actions: rds-data:BatchExecuteStatement, rds-data:BeginTransaction, rds-data:CommitTransaction, …) on *"}},
		"another resource":              {identity(t, allow("s3:GetObject", data)), identity(t, allow("s3:GetObject", data+" "+logs)), []string{"gains s3:GetObject on " + logs + " as well"}},
		"a wider resource":              {identity(t, allow("s3:GetObject", data)), identity(t, allow("s3:GetObject", "arn:aws:s3:::*")), []string{"gains s3:GetObject on arn:aws:s3:::* as well"}},
		"many resources":                {Identity{}, identity(t, allow("s3:GetObject", "arn:a/1 arn:a/2 arn:a/3 arn:a/4 arn:a/5")), []string{"gains s3:GetObject on arn:a/1, arn:a/2, arn:a/3 and 2 more"}},
		"all but one resource":          {Identity{}, identity(t, allow("s3:GetObject", "!"+data)), []string{"gains s3:GetObject on * except " + data}},
		"the one resource left out":     {identity(t, allow("s3:GetObject", "!"+data)), identity(t, allow("s3:GetObject", "*")), []string{"gains s3:GetObject on " + data + " as well"}},
		"without the condition":         {identity(t, allow("s3:GetObject", data, vpc)), identity(t, allow("s3:GetObject", data)), []string{"gains s3:GetObject on " + data + " without the condition it had"}},
		"under a looser condition":      {identity(t, allow("s3:GetObject", data, vpc)), identity(t, allow("s3:GetObject", data, vpcs)), []string{"gains s3:GetObject on " + data + " under other conditions"}},
		"under a stricter condition":    {identity(t, allow("s3:GetObject", data, vpcs)), identity(t, allow("s3:GetObject", data, vpc)), nil},
		"less is excluded":              {identity(t, allow("s3:GetObject", data, `{"StringNotEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}}`)), identity(t, allow("s3:GetObject", data, `{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}`)), []string{"gains s3:GetObject on " + data + " under other conditions"}},
		"more is excluded":              {identity(t, allow("s3:GetObject", data, `{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}`)), identity(t, allow("s3:GetObject", data, `{"StringNotEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}}`)), nil},
		"a Deny is gone":                {identity(t, allow("s3:GetObject", data), deny("*", "*")), identity(t, allow("s3:GetObject", data)), []string{"gains s3:GetObject on " + data}},
		"a Deny is narrower":            {identity(t, allow("s3:GetObject", "*"), deny("s3:*", data+" "+logs)), identity(t, allow("s3:GetObject", "*"), deny("s3:*", logs)), []string{"gains s3:GetObject on " + data + " except " + logs + " as well"}},
		"a conditioned Deny is gone":    {identity(t, allow("s3:GetObject", data), deny("*", "*", vpc)), identity(t, allow("s3:GetObject", data)), []string{"gains s3:GetObject on " + data + " without the condition it had"}},
		"a conditioned Deny moved":      {identity(t, deny("*", "*", vpc)+","+allow("s3:GetObject", data)), identity(t, allow("s3:GetObject", data), deny("*", "*", vpc)), nil},
		"a boundary is gone":            {bounded(t, allow("s3:GetObject", "*"), allow("s3:GetObject iam:PassRole", "*")), identity(t, allow("s3:GetObject iam:PassRole", "*")), []string{"gains iam:PassRole on *"}},
		"a boundary comes":              {identity(t, allow("s3:*", "*")), bounded(t, allow("s3:GetObject", "*"), allow("s3:*", "*")), nil},
		"levels in order, grave first":  {Identity{}, identity(t, allow("s3:ListBucket s3:GetObject s3:PutObjectTagging s3:PutObject s3:PutBucketPolicy", "*")), []string{"gains s3:PutBucketPolicy on *", "gains s3:PutObject on *", "gains s3:PutObjectTagging on *", "gains s3:GetObject on *", "gains s3:ListBucket on *"}},
		"twice the same, granted twice": {Identity{}, identity(t, allow("s3:GetObject", data), allow("s3:Get*ct", data)), []string{"gains s3:GetObject on " + data}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, g := range Gains(New(test.old, today), New(test.now, today)) {
				got = append(got, g.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestGainsOfAll shows what a wildcard reads like; how many actions there are changes with the table.
func TestGainsOfAll(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		policy   string
		services bool
	}{"everything": {administratorAccess, false}, "all but IAM": {allow("!iam:*", "*"), true}} {
		got := Gains(&Set{}, New(identity(t, test.policy), today))
		if len(got) != 1 || !got[0].Whole || (len(got[0].Services) > 300) != test.services || len(got[0].Actions) < 15000 {
			t.Errorf("%s: %v", name, got)
		}
	}
	old := New(identity(t, allow("!iam:*", "*")), today)
	for _, g := range Gains(old, New(identity(t, administratorAccess), today)) {
		if g.Services[0] != "iam" || !g.Whole {
			t.Errorf("from all but IAM to everything: %s", g)
		}
	}
}

// TestExpiryIsNoGain keeps renewals out of what is gained.
func TestExpiryIsNoGain(t *testing.T) {
	t.Parallel()
	until := func(days int) *Set {
		have := identity(t, allow("s3:*", "*"))
		have.Policies = append(have.Policies, Policy{Name: "governed-expiry", Document: iampolicy.ExpiryDeny(today.AddDate(0, 0, days))})
		return New(have, today)
	}
	if got := Gains(until(1), until(100)); got != nil {
		t.Errorf("a renewal gains %v", got)
	}
	if got := Gains(until(-1), until(100)); len(got) != 1 || !got[0].Whole {
		t.Errorf("a renewal of what has expired gains %v", got)
	}
}
