package aws_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimLostAnswer loses the answer of CreateRole: the driver takes the role for its own, because nobody else made it.
func TestSimLostAnswer(t *testing.T) {
	t.Parallel()
	for name, times := range map[string]int{"of one try": 1, "of every try": retries + 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.sim.InjectFault(sim.Fault{Action: "CreateRole", Nth: 1, Times: times, Kind: sim.FaultDropAfter})
			id, err := e.Driver().Create(t.Context(), e.Wanted("lost"))
			if err != nil || id.String() != "aws:123456789012:role/governed/lost" {
				t.Fatalf("Create returned %v, %v", id, err)
			}
			if got := e.account.Roles(); len(got) != 1 {
				t.Errorf("the account has the roles %v", got)
			}
		})
	}
}

// TestSimNameTaken finds a role of the name that is not from this very call.
func TestSimNameTaken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*testing.T, *estate, platform.Desired[aws.RoleSpec])
		id      string
	}{
		"identical, without an uncertain try": {
			prepare: func(t *testing.T, e *estate, want platform.Desired[aws.RoleSpec]) {
				t.Helper()
				if _, err := e.Driver().Create(t.Context(), want); err != nil {
					t.Fatal(err)
				}
			}, id: "aws:123456789012:role/governed/taken",
		},
		"other tags, after an uncertain try": {
			prepare: func(_ *testing.T, e *estate, want platform.Desired[aws.RoleSpec]) {
				e.account.PutRole(sim.Role{Name: want.Name, Path: want.Spec.Path, Tags: map[string]string{"nhi:owner": "somebody"}})
				e.sim.InjectFault(sim.Fault{Action: "CreateRole", Nth: 1, Kind: sim.FaultDropBefore})
			}, id: "aws:123456789012:role/governed/taken",
		},
		"another path": {
			prepare: func(_ *testing.T, e *estate, want platform.Desired[aws.RoleSpec]) {
				e.account.PutRole(sim.Role{Name: want.Name, Path: "/else/"})
			}, id: "aws:123456789012:role/else/taken",
		},
		"another letter case": {
			prepare: func(_ *testing.T, e *estate, _ platform.Desired[aws.RoleSpec]) {
				e.account.PutRole(sim.Role{Name: "Taken"})
			}, id: "aws:123456789012:role/Taken",
		},
		"not readable": {
			prepare: func(_ *testing.T, e *estate, want platform.Desired[aws.RoleSpec]) {
				e.account.PutRole(sim.Role{Name: want.Name, Path: want.Spec.Path})
				e.sim.DenyActions(e.account.ID(), "iam:GetRole")
			}, id: "aws:123456789012:role/governed/taken",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			want := e.Wanted("taken")
			test.prepare(t, e, want)
			_, err := e.Driver().Create(t.Context(), want)
			var exists *platform.ErrAlreadyExists
			if !errors.As(err, &exists) || exists.ID != test.id {
				t.Fatalf("Create returned %v (%+v), want the id %s", err, exists, test.id)
			}
			if name := test.id[strings.LastIndex(test.id, "/")+1:]; exists.Object != "The IAM role "+name {
				t.Errorf("it is called %q", exists.Object)
			}
			if got := e.account.Roles(); len(got) != 1 {
				t.Errorf("the account has the roles %v", got)
			}
		})
	}
}

func TestSimCreateRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*estate, *platform.Desired[aws.RoleSpec])
		code   string
	}{
		"boundary that does not exist": {func(e *estate, want *platform.Desired[aws.RoleSpec]) {
			want.Spec.PermissionsBoundaryARN = e.policy("none")
		}, "NoSuchEntity"},
		"quota of roles": {func(e *estate, _ *platform.Desired[aws.RoleSpec]) { e.account.SetQuota("RolesQuota", 0) }, "LimitExceeded"},
		"service that does not exist": {func(_ *estate, want *platform.Desired[aws.RoleSpec]) {
			want.Spec.Trust = nil
			want.Spec.AssumeRolePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"nothing"},"Action":"sts:AssumeRole"}]}`
		}, "MalformedPolicyDocument"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			want := e.Wanted("refused")
			test.change(e, &want)
			_, err := e.Driver().Create(t.Context(), want)
			var invalid *platform.ErrInvalid
			if !errors.As(err, &invalid) || invalid.Code != test.code || errors.Is(err, platform.ErrNotFound) {
				t.Errorf("Create returned %v", err)
			}
			if got := e.sim.CountCalls("iam:CreateRole"); got != 1 {
				t.Errorf("it was tried %d times", got)
			}
		})
	}
}

// trusting is a role that trusts another one of the account.
func trusting(e *estate, role string) platform.Desired[aws.RoleSpec] {
	want := e.Wanted("trusting")
	want.Spec.Trust = nil
	want.Spec.AssumeRolePolicy = iampolicy.Document{Version: iampolicy.Version2012, Statements: []iampolicy.Statement{{
		Effect: iampolicy.Allow, Action: []string{"sts:AssumeRole"},
		Principal: &iampolicy.Principal{AWS: []string{"arn:aws:iam::" + e.account.ID() + ":role/" + role}},
	}}}.JSON()
	return want
}

// slowly is an account whose waits are counted instead of slept.
func slowly(e *estate, waited *time.Duration, each func()) *aws.Account {
	config := e.config()
	config.Wait = func(ctx context.Context, pause time.Duration) error {
		*waited += pause
		each()
		return ctx.Err()
	}
	return aws.NewAccount(config)
}

func TestSimPrincipalNeverAppears(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	var waited time.Duration
	_, err := slowly(e, &waited, func() {}).Roles().Create(t.Context(), trusting(e, "ghost"))
	var late *platform.ErrNotPropagated
	if !errors.As(err, &late) || late.Operation != "iam:CreateRole" || !strings.Contains(late.Detail, "role/ghost") {
		t.Fatalf("Create returned %v", err)
	}
	if late.Waited != waited || waited < 2*time.Minute || waited > 2*time.Minute+10*time.Second {
		t.Errorf("it waited %s and said %s", waited, late.Waited)
	}
	if got := e.account.Roles(); len(got) > 0 {
		t.Errorf("the account has the roles %v", got)
	}
}

func TestSimPrincipalAppears(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	var waited time.Duration
	account := slowly(e, &waited, func() { e.account.PutRole(sim.Role{Name: "fresh"}) })
	if _, err := account.Roles().Create(t.Context(), trusting(e, "fresh")); err != nil || waited != 500*time.Millisecond {
		t.Errorf("Create returned %v after %s", err, waited)
	}
}

func TestSimCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var waited time.Duration
	if _, err := slowly(e, &waited, cancel).Roles().Create(ctx, trusting(e, "ghost")); !errors.Is(err, context.Canceled) {
		t.Errorf("Create returned %v", err)
	}
	if got := e.sim.CountCalls("iam:CreateRole"); got != 1 {
		t.Errorf("it was tried %d times", got)
	}
}

// TestSimReplication gives every entity a lag: what has just been made is waited for.
func TestSimReplication(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.sim.SetReplicationLag(2)
	account := aws.NewAccount(e.config())
	want := e.Wanted("lagging")
	id, err := account.Roles().Create(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.Roles().Converge(t.Context(), id, want); err != nil {
		t.Fatal(err)
	}
	if _, err := account.Roles().Create(t.Context(), trusting(e, "governed/lagging")); err != nil {
		t.Errorf("a role that trusts the new one: %v", err)
	}
}

func TestSimConcurrentModification(t *testing.T) {
	t.Parallel()
	for code, tries := range map[string]int{"ConcurrentModification": 3, "MalformedPolicyDocument": 1} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.sim.InjectFault(sim.Fault{Action: "CreateRole", Nth: 1, Times: 2, Kind: sim.FaultError, Code: code})
			_, err := e.Driver().Create(t.Context(), e.Wanted("concurrent"))
			if (err == nil) != (tries > 1) || e.sim.CountCalls("iam:CreateRole") != tries {
				t.Errorf("Create returned %v after %d tries", err, e.sim.CountCalls("iam:CreateRole"))
			}
		})
	}
}
