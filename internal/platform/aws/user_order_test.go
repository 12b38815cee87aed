package aws_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimUserOrderOfWrites holds the order in which a user changes against the promise that its access is never wider
// than before or after.
func TestSimUserOrderOfWrites(t *testing.T) {
	t.Parallel()
	type wanted = platform.Desired[aws.UserSpec]
	var many, others []string
	for i := range 10 {
		many, others = append(many, fmt.Sprint("many-", i)), append(others, fmt.Sprint("other-", i))
	}
	for name, test := range map[string]struct {
		before, after func(*userEstate, *wanted)
		writes        []string
	}{
		"disabled": {
			after:  func(_ *userEstate, d *wanted) { d.Disabled = true; d.Metadata.Ticket = "" },
			writes: []string{"TagUser", "UpdateAccessKey", "UntagUser"},
		},
		"enabled": {
			before: func(_ *userEstate, d *wanted) { d.Disabled = true },
			after:  func(_ *userEstate, d *wanted) { d.Disabled = false; d.Spec.InlinePolicies = nil },
			writes: []string{"DeleteUserPolicy list", "DeleteUserPolicy old", "UpdateAccessKey", "UntagUser"},
		},
		"renewed with less": {
			after: func(_ *userEstate, d *wanted) {
				d.Metadata.Expiry, d.Spec.InlinePolicies = "2090-01-01", map[string]string{"new": allow("s3:ListBucket")}
				d.Spec.Groups = []string{"readers"}
			},
			writes: []string{"TagUser", "PutUserPolicy new", "DeleteUserPolicy list", "DeleteUserPolicy old", "RemoveUserFromGroup", "PutUserPolicy governed-expiry"},
		},
		"ends earlier": {
			after: func(e *userEstate, d *wanted) {
				d.Metadata.Expiry, d.Spec.InlinePolicies = e.Now().AddDate(0, 0, 1).Format(time.DateOnly), map[string]string{"new": allow("s3:ListBucket")}
			},
			writes: []string{"TagUser", "PutUserPolicy governed-expiry", "PutUserPolicy new", "DeleteUserPolicy list", "DeleteUserPolicy old"},
		},
		"human use": {
			after: func(e *userEstate, d *wanted) {
				acctest.HumanUse(e.t, e.admin, d.Name)
				d.Spec.Groups = []string{"readers"}
				d.Metadata.Ticket = "CHG-2"
				e.sim.ResetCalls()
			},
			writes: []string{"DeleteLoginProfile", "TagUser", "DeactivateMFADevice", "DeleteVirtualMFADevice", "UntagUser", "TagUser", "RemoveUserFromGroup"},
		},
		"groups": {
			after:  func(_ *userEstate, d *wanted) { d.Spec.Groups = []string{"stray", "readers"} },
			writes: []string{"AddUserToGroup", "RemoveUserFromGroup"},
		},
		"groups among policies that deny": {
			before: func(_ *userEstate, d *wanted) { d.Spec.Groups, d.Spec.ManagedPolicyARNs = nil, nil },
			after: func(_ *userEstate, d *wanted) {
				d.Spec.InlinePolicies = map[string]string{"a": allow("s3:*"), "guard": deny("s3:*")}
				d.Spec.Groups = []string{"readers"}
			},
			writes: []string{"PutUserPolicy guard", "AddUserToGroup", "PutUserPolicy a", "DeleteUserPolicy list", "DeleteUserPolicy old"},
		},
		"groups among policies that no longer deny": {
			before: func(_ *userEstate, d *wanted) {
				d.Spec.InlinePolicies = map[string]string{"a": deny("s3:*"), "list": allow("s3:*")}
				d.Spec.Groups = []string{"readers"}
			},
			after:  func(_ *userEstate, d *wanted) { d.Spec.InlinePolicies, d.Spec.Groups = nil, nil },
			writes: []string{"DeleteUserPolicy list", "RemoveUserFromGroup", "DeleteUserPolicy a"},
		},
		"a policy that denies and has to wait for room": {
			before: func(_ *userEstate, d *wanted) { d.Spec.InlinePolicies = map[string]string{"a": sized(1500)} },
			after: func(_ *userEstate, d *wanted) {
				d.Spec.InlinePolicies = map[string]string{"a": allow("s3:*"), "guard": deny(slices.Repeat([]string{"s3:GetObject"}, 50)...)}
			},
			writes: []string{"PutUserPolicy a", "PutUserPolicy guard"},
		},
		"groups that do not fit together": {
			before: func(_ *userEstate, d *wanted) { d.Spec.Groups = many[:2] },
			after:  func(_ *userEstate, d *wanted) { d.Spec.Groups = others },
			writes: append(slices.Repeat([]string{"RemoveUserFromGroup"}, 2), slices.Repeat([]string{"AddUserToGroup"}, 10)...),
		},
		"other boundary": {
			after: func(e *userEstate, d *wanted) {
				d.Spec.PermissionsBoundaryARN = e.policy("boundary-b")
				d.Spec.Groups = []string{"stray"}
			},
			writes: []string{"RemoveUserFromGroup", "RemoveUserFromGroup", "PutUserPermissionsBoundary", "AddUserToGroup"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openUserEstate(t)
			for _, group := range slices.Concat(many, others) {
				e.account.PutGroup(sim.Group{Name: group})
			}
			want := e.Wanted("ordered")
			if test.before != nil {
				test.before(e, &want)
			}
			id, err := e.Driver().Create(t.Context(), want)
			if err != nil {
				t.Fatal(err)
			}
			want.Spec.Reactivate = []string{*acctest.AccessKey(t, e.admin, want.Name).AccessKeyId}
			if _, err := e.Driver().Converge(t.Context(), id, want); err != nil {
				t.Fatal(err)
			}
			e.sim.ResetCalls()
			test.after(e, &want)
			if _, err := e.Driver().Converge(t.Context(), id, want); err != nil {
				t.Fatal(err)
			}
			var writes []string
			for _, call := range e.sim.Calls() {
				if isWrite(call.Action) {
					writes = append(writes, strings.TrimSpace(call.Action+" "+call.Params.Get("PolicyName")))
				}
			}
			if !slices.Equal(writes, test.writes) {
				t.Errorf("the writes are %q\nwant %q", writes, test.writes)
			}
		})
	}
}

func deny(actions ...string) string { return strings.Replace(allow(actions...), "Allow", "Deny", 1) }

// TestValidateUserLabels keeps tags free for what an expired user has to take.
func TestValidateUserLabels(t *testing.T) {
	t.Parallel()
	labels := map[string]string{}
	for i := range 42 {
		labels[fmt.Sprint("label-", i)] = ""
	}
	want := platform.Desired[aws.UserSpec]{
		Name: "export", Metadata: governance.Metadata{Owner: "payments", Purpose: "Nightly export", Expiry: "2027-03-31", Labels: labels}, Spec: aws.UserSpec{Path: "/"},
	}
	one(t, aws.ValidateUser(want), "labels", "make 46 tags, 1 more than IAM's limit of 50, of which 5 are kept for what the provider has to note")
	delete(labels, "label-0")
	if found := aws.ValidateUser(want); len(found) > 0 {
		t.Errorf("found %+v", found)
	}
}
