package aws_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// asking lists with what service last accessed tells.
func (e *estate) asking() aws.Config {
	config := e.config()
	config.Clock, config.ServiceLastAccessed = e.sim.Clock(), true
	return config
}

// strangers puts users into the estate whose use no credential report tells: one that uses CodeCommit by an SSH key, one
// that uses nothing, and one that may use nothing. A user with a key and a role are known without.
func (e *estate) strangers() {
	may := map[string]string{"use": allow("codecommit:*", "s3:GetObject", "sqs:*")}
	old := e.Now().AddDate(0, 0, -700)
	for _, name := range []string{"committer", "dormant"} {
		e.account.PutUser(sim.User{Name: name, Path: "/ci/", CreatedAt: old, InlinePolicies: may})
	}
	e.account.PutUser(sim.User{Name: "powerless", CreatedAt: old})
	e.account.PutUser(sim.User{Name: "robot", AccessKeys: []sim.AccessKey{{LastUsedAt: e.Now().Add(-time.Hour)}}})
	e.account.PutRole(sim.Role{Name: "idle", CreatedAt: old, InlinePolicies: may})
	committer := "arn:aws:iam::" + e.account.ID() + ":user/ci/committer"
	e.account.RecordServiceUse(committer, "codecommit", "eu-central-1", e.Now().AddDate(0, 0, -30))
	e.account.RecordServiceUse(committer, "s3", "eu-west-1", e.Now().AddDate(0, 0, -31))
	e.account.RecordServiceUse("arn:aws:iam::"+e.account.ID()+":user/ci/dormant", "s3", "eu-west-1", e.Now().AddDate(0, 0, -500))
}

func TestSimServiceLastAccessed(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.strangers()
	e.sim.SetMaxPageSize(2)
	listing, byID := e.listWith(e.asking())
	if len(listing.Gaps) > 0 {
		t.Errorf("the gaps are %q", listing.Gaps)
	}
	type use struct {
		known           bool
		at, since       time.Time
		service, region string
	}
	tracked := e.Now().AddDate(0, 0, -400)
	want := map[string]use{
		"user/ci/committer": {true, e.Now().AddDate(0, 0, -30), tracked, "codecommit", "eu-central-1"},
		"user/ci/dormant":   {known: true, since: tracked},
		"user/powerless":    {},
		"user/robot":        {true, e.Now().Add(-time.Hour), time.Time{}, "s3", "eu-west-1"},
		"role/idle":         {known: true, since: tracked},
	}
	got := map[string]use{}
	for id, identity := range byID {
		got[id[len(here):]] = use{identity.LastUsedKnown, identity.LastUsedAt, identity.TrackedSince, identity.LastUsedService, identity.LastUsedRegion}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(use{})); diff != "" {
		t.Error(diff)
	}
	// For three of them: a job each, a look that finds it in progress, one at its end, and a second page for two of them.
	for action, calls := range map[string]int{"GenerateServiceLastAccessedDetails": 3, "GetServiceLastAccessedDetails": 3 + 3 + 2} {
		if got := e.sim.CountCalls("iam:" + action); got != calls {
			t.Errorf("%s was called %d times", action, got)
		}
	}
	e.sim.ResetCalls()
	e.list()
	if got := e.sim.CountCalls("iam:GenerateServiceLastAccessedDetails"); got != 0 {
		t.Errorf("%d jobs were started without being asked for", got)
	}
}

// TestSimServiceLastAccessedUnknown says of whom the last use stays unknown, and why.
func TestSimServiceLastAccessedUnknown(t *testing.T) {
	t.Parallel()
	of := func(whose, why string) string {
		return "When " + whose + " in account 123456789012 last accessed a service is not known: " + why + "."
	}
	for name, test := range map[string]struct {
		arrange func(*estate)
		gaps    []string
		// known is how many of the two users are known.
		known int
	}{
		"takes long":  {func(e *estate) { e.sim.SetServiceLastAccessedPolls(8) }, nil, 2},
		"never ready": {func(e *estate) { e.sim.SetServiceLastAccessedPolls(1000) }, []string{of("3 identities", "IAM was still finding it out after 5m0s")}, 0},
		"may not start": {func(e *estate) { e.sim.DenyActions(e.account.ID(), "iam:GenerateServiceLastAccessedDetails") }, []string{
			of("3 identities", "the caller lacks the permission iam:GenerateServiceLastAccessedDetails"),
		}, 0},
		"may not look": {func(e *estate) { e.sim.DenyActions(e.account.ID(), "iam:GetServiceLastAccessedDetails") }, []string{
			of("3 identities", "the caller lacks the permission iam:GetServiceLastAccessedDetails"),
		}, 0},
		"one throttled": {func(e *estate) {
			e.sim.InjectFault(sim.Fault{Action: "GenerateServiceLastAccessedDetails", Kind: sim.FaultThrottling})
		}, []string{of("3 identities", "iam:GenerateServiceLastAccessedDetails was throttled, also after all retries")}, 0},
		"one gone": {func(e *estate) {
			e.sim.InjectFault(sim.Fault{Action: "GenerateServiceLastAccessedDetails", Nth: 1, Kind: sim.FaultError, Code: "NoSuchEntity", Status: 404, Message: "ARN does not exist"})
		}, []string{of("1 identity", "iam:GenerateServiceLastAccessedDetails: ARN does not exist")}, -1},
		"a passing fault": {func(e *estate) {
			e.sim.InjectFault(sim.Fault{Action: "GetServiceLastAccessedDetails", Nth: 2, Times: retries, Kind: sim.FaultInternal})
		}, nil, 2},
		"a broken job": {func(e *estate) { e.sim.FailServiceLastAccessed("Service failure") }, []string{of("3 identities", "the job has failed: Service failure")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.strangers()
			test.arrange(e)
			listing, byID := e.listWith(e.asking())
			if diff := cmp.Diff(test.gaps, listing.Gaps); diff != "" {
				t.Error(diff)
			}
			known := 0
			for _, name := range []string{"committer", "dormant"} {
				if byID[here+"user/ci/"+name].LastUsedKnown {
					known++
				}
			}
			if test.known >= 0 && known != test.known || len(listing.Identities) != 5 || !byID[here+"user/robot"].LastUsedKnown {
				t.Errorf("%d of %d are known", known, len(listing.Identities))
			}
		})
	}
}

// TestSimServiceLastAccessedWaits waits longer each time, and stops at once when it is told to.
func TestSimServiceLastAccessedWaits(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.strangers()
	e.sim.SetServiceLastAccessedPolls(1000)
	ctx, cancel := context.WithCancel(t.Context())
	config := e.asking()
	var waits []time.Duration
	config.Wait = func(ctx context.Context, d time.Duration) error {
		// The first is for the credential report.
		if waits = append(waits, d); len(waits) == 7 {
			cancel()
		}
		return ctx.Err()
	}
	_, err := aws.NewAccount(config).Identities(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	const second = time.Second
	want := []time.Duration{2 * second, 2 * second, 4 * second, 8 * second, 16 * second, 30 * second, 30 * second}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Error(diff)
	}
}

// TestSimServiceLastAccessedOfMembers asks in each account with its own role, and not of those whom an analyzer has judged.
func TestSimServiceLastAccessedOfMembers(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	const id = "200000000001"
	e.member(id, 0).PutRole(sim.Role{
		Name: "inventory", Path: "/audit/", InlinePolicies: map[string]string{
			"read": allow("iam:GetAccountAuthorizationDetails", "iam:*CredentialReport", "iam:*ServiceLastAccessedDetails"),
		},
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
	})
	e.sim.Account(id).PutUser(sim.User{Name: "dormant", InlinePolicies: map[string]string{"use": allow("s3:*")}})
	config := e.auditing(id)
	config.ServiceLastAccessed = true
	listing, byID := e.listWith(config)
	dormant := byID["aws:"+id+":user/dormant"]
	if len(listing.Gaps) > 0 || !dormant.LastUsedKnown || dormant.Category != governance.CategoryEnterpriseManaged {
		t.Errorf("gaps %q, %+v", listing.Gaps, dormant)
	}
}
