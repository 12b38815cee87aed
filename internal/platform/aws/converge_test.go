package aws_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimOrderOfWrites holds the order in which a role changes against the promise that its access is never wider than
// before or after.
func TestSimOrderOfWrites(t *testing.T) {
	t.Parallel()
	const (
		tag, untag, expiry, put, remove = "TagRole", "UntagRole", "PutRolePolicy governed-expiry", "PutRolePolicy", "DeleteRolePolicy"
		attach, detach, trust           = "AttachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy"
		bound, unbound, session         = "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "UpdateRole"
	)
	others := []iampolicy.Preset{iampolicy.AWSServices{Services: []string{"lambda.amazonaws.com"}}}
	for name, test := range map[string]struct {
		before, after func(*estate, *desired)
		writes        []string
	}{
		"policies": {
			after: func(_ *estate, d *desired) {
				d.Spec.InlinePolicies = map[string]string{"new": allow("s3:*")}
				d.Spec.ManagedPolicyARNs = []string{managedPrefix + "ReadOnlyAccess"}
			},
			writes: []string{put + " new", attach, remove + " list", remove + " old", detach, detach},
		},
		"policies that do not fit together": {
			before: func(_ *estate, d *desired) { d.Spec.InlinePolicies = map[string]string{"old": sized(9000)} },
			after:  func(_ *estate, d *desired) { d.Spec.InlinePolicies = map[string]string{"new": sized(9000)} },
			writes: []string{remove + " old", put + " new"},
		},
		"policies that swap their sizes": {
			before: func(_ *estate, d *desired) {
				d.Spec.InlinePolicies = map[string]string{"a": sized(1000), "b": sized(9000)}
			},
			after: func(_ *estate, d *desired) {
				d.Spec.InlinePolicies = map[string]string{"a": sized(9000), "b": sized(1000)}
			},
			writes: []string{put + " b", put + " a"},
		},
		"expiry": {
			after:  func(_ *estate, d *desired) { d.Metadata.Expiry = "2030-01-01" },
			writes: []string{tag, expiry, trust},
		},
		"renewed with less": {
			after: func(_ *estate, d *desired) {
				d.Metadata.Expiry, d.Spec.InlinePolicies = "2090-01-01", map[string]string{"new": allow("s3:*")}
			},
			writes: []string{tag, put + " new", remove + " list", remove + " old", expiry, trust},
		},
		"disabled": {
			after: func(_ *estate, d *desired) {
				d.Disabled = true
				d.Metadata.Ticket = ""
				d.Metadata.Expiry = "2030-01-01"
			},
			writes: []string{trust, untag, tag, expiry},
		},
		"enabled": {
			before: func(_ *estate, d *desired) { d.Disabled = true },
			after:  func(_ *estate, d *desired) { d.Spec.InlinePolicies = nil; d.Spec.MaxSessionDuration = 3600 },
			writes: []string{remove + " list", remove + " old", session, trust},
		},
		"other principals": {
			after: func(_ *estate, d *desired) {
				d.Spec.Trust = others
				d.Spec.InlinePolicies = map[string]string{"list": allow("iam:*"), "new": allow("s3:*")}
			},
			writes: []string{remove + " old", trust, put + " list", put + " new"},
		},
		"first boundary": {
			before: func(_ *estate, d *desired) { d.Spec.PermissionsBoundaryARN = "" },
			after: func(e *estate, d *desired) {
				d.Spec.PermissionsBoundaryARN = e.policy("boundary-a")
				d.Spec.InlinePolicies = map[string]string{"list": allow("iam:*")}
			},
			writes: []string{bound, put + " list", remove + " old"},
		},
		"other boundary": {
			after: func(e *estate, d *desired) {
				d.Spec.PermissionsBoundaryARN = e.policy("boundary-b")
				d.Spec.InlinePolicies = map[string]string{"new": allow("iam:*")}
			},
			writes: []string{remove + " list", remove + " old", bound, put + " new"},
		},
		"no boundary": {
			after: func(_ *estate, d *desired) {
				d.Spec.PermissionsBoundaryARN = ""
				d.Spec.InlinePolicies = map[string]string{"list": allow("iam:*")}
			},
			writes: []string{put + " list", remove + " old", unbound},
		},
		"no boundary and other principals": {
			after: func(_ *estate, d *desired) {
				d.Spec.PermissionsBoundaryARN = ""
				d.Spec.Trust = others
				d.Spec.InlinePolicies = map[string]string{"new": allow("iam:*")}
			},
			writes: []string{remove + " list", remove + " old", trust, put + " new", unbound},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			want := e.Wanted("ordered")
			want.Spec.InstanceProfile = false
			if test.before != nil {
				test.before(e, &want)
			}
			id, _ := create(t, e.Driver(), want)
			test.after(e, &want)
			if name == "enabled" {
				want.Disabled = false
			}
			e.sim.ResetCalls()
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

// TestSimLargerQuota takes the account's own quota for what fits together.
func TestSimLargerQuota(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.account.SetQuota("RolePolicySizeQuota", 20000)
	want := e.Wanted("large")
	want.Spec.InlinePolicies = map[string]string{"old": sized(9000)}
	id, _ := create(t, e.Driver(), want)
	want.Spec.InlinePolicies = map[string]string{"new": sized(9000)}
	e.sim.InjectFault(sim.Fault{Action: "DeleteRolePolicy", Kind: sim.FaultAccessDenied})
	if _, err := e.Driver().Converge(t.Context(), id, want); err == nil {
		t.Fatal("nothing failed")
	}
	if role, _ := e.account.Role("large"); role.InlinePolicies["new"] == "" {
		t.Error("what grants did not come first")
	}
}

func TestSimConvergeRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*estate, *desired)
		check  func(error) bool
	}{
		"managed policy that does not exist": {func(e *estate, d *desired) { d.Spec.ManagedPolicyARNs = []string{e.policy("none")} }, invalid("NoSuchEntity")},
		"boundary that does not exist":       {func(e *estate, d *desired) { d.Spec.PermissionsBoundaryARN = e.policy("none") }, invalid("NoSuchEntity")},
		"another name":                       {func(_ *estate, d *desired) { d.Name = "else" }, func(err error) bool { return strings.Contains(err.Error(), "keeps its name and path") }},
		"another path":                       {func(_ *estate, d *desired) { d.Spec.Path = "/else/" }, func(err error) bool { return strings.Contains(err.Error(), "role/else/refused") }},
		"no trust":                           {func(_ *estate, d *desired) { d.Spec.Trust = nil }, func(err error) bool { return strings.Contains(err.Error(), "no trust policy") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			want := e.Wanted("refused")
			id, _ := create(t, e.Driver(), want)
			e.account.PutRole(sim.Role{Name: "else"})
			test.change(e, &want)
			_, err := e.Driver().Converge(t.Context(), id, want)
			if err == nil || errors.Is(err, platform.ErrNotFound) || !test.check(err) {
				t.Errorf("Converge returned %v", err)
			}
			if role, _ := e.account.Role("else"); len(role.Tags) > 0 {
				t.Error("another role was changed")
			}
		})
	}
}

func invalid(code string) func(error) bool {
	return func(err error) bool {
		var invalid *platform.ErrInvalid
		return errors.As(err, &invalid) && invalid.Code == code
	}
}

// TestSimPassRole names the permission that AWS missed, which is not the one of the operation.
func TestSimPassRole(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	want := e.Wanted("passed")
	id, err := e.Driver().Create(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	e.sim.DenyActions(e.account.ID(), "iam:PassRole")
	_, err = e.Driver().Converge(t.Context(), id, want)
	var forbidden *platform.ErrForbidden
	if !errors.As(err, &forbidden) || forbidden.Permission != "iam:PassRole" {
		t.Errorf("Converge returned %v", err)
	}
}

// TestSimPolicyGoneMeanwhile removes an inline policy between the list and its own read: the role is still there.
func TestSimPolicyGoneMeanwhile(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	id, _ := create(t, e.Driver(), e.Wanted("raced"))
	e.sim.DenyActions(e.account.ID(), "iam:GetAccountAuthorizationDetails")
	e.sim.InjectFault(sim.Fault{Action: "GetRolePolicy", Nth: 1, Kind: sim.FaultError, Code: "NoSuchEntity", Status: 404})
	state, err := e.Driver().Read(t.Context(), id)
	if err != nil || len(state.Attachments) != 5 {
		t.Errorf("Read returned %v, %v", state.Attachments, err)
	}
}
