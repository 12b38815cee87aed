package aws

import (
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
	iamgrants "github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// TestGrantedInParts has every action in exactly one of the grants, none of which names more than a hundred.
func TestGrantedInParts(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		statement string
		// allows tells whether the statement does.
		allows func(actions.Action) bool
		most   int
	}{
		"everything":      {`"Action":"*"`, func(actions.Action) bool { return true }, 1},
		"all but IAM":     {`"NotAction":["iam:*"]`, func(a actions.Action) bool { return a.Service != "iam" }, 10},
		"much of one":     {`"Action":["ec2:D*","ec2:C*","ec2:M*"]`, func(a actions.Action) bool { return a.Service == "ec2" && strings.ContainsAny(a.Name[:1], "DCM") }, 20},
		"a few of two":    {`"Action":["s3:GetObject","sqs:*"]`, func(a actions.Action) bool { return a.String() == "s3:GetObject" || a.Service == "sqs" }, 2},
		"all but one EC2": {`"NotAction":"ec2:RunInstances"`, func(a actions.Action) bool { return a.String() != "ec2:RunInstances" }, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := iampolicy.ParseIdentity(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + of.statement + `,"Resource":"*"}]}`)
			if err != nil {
				t.Fatal(err)
			}
			set := iamgrants.New(iamgrants.Identity{Policies: []iamgrants.Policy{{Name: "p", Document: document}}}, time.Time{})
			all := granted(set, nil)
			if len(all.Grants) > of.most {
				t.Errorf("%d grants", len(all.Grants))
			}
			seen := map[string]int{}
			for _, grant := range all.Grants {
				if len(grant.Actions) > mostActions || len(grant.Services) > mostActions || grant.Whole && len(grant.Services) > 0 && len(grant.Services) != len(grant.Actions) {
					t.Errorf("a grant of %d actions of %d services", len(grant.Actions), len(grant.Services))
				}
				for _, pattern := range grant.Actions {
					for _, action := range actions.Expand(pattern) {
						seen[action.String()]++
					}
				}
			}
			for _, action := range actions.All() {
				want := 0
				if of.allows(action) {
					want = 1
				}
				if got := seen[action.String()]; got != want {
					t.Fatalf("%s is in %d grants, not %d", action, got, want)
				}
			}
		})
	}
}
