package aws_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// robots puts users of several sorts into the estate: one with a used key, one with a password, one with nothing.
func (e *estate) robots() {
	used := e.Now().Add(-48 * time.Hour)
	e.account.PutGroup(sim.Group{Name: "admins", AttachedPolicyARNs: []string{managedPrefix + "AdministratorAccess"}})
	e.account.PutUser(sim.User{Name: "robot", Path: "/ci/", Groups: []string{"admins"}, AccessKeys: []sim.AccessKey{{LastUsedAt: used, LastUsedService: "sts"}, {Inactive: true, LastUsedAt: used.Add(-time.Hour)}}})
	e.account.PutUser(sim.User{Name: "person", MFA: true, Login: &sim.Login{LastUsedAt: used}, AttachedPolicyARNs: []string{managedPrefix + "IAMFullAccess"}, BoundaryARN: managedPrefix + "ReadOnlyAccess"})
	e.account.PutUser(sim.User{Name: "nothing", InlinePolicies: map[string]string{"all": allow("iam:*")}})
}

func (e *estate) list() (platform.Listing, map[string]governance.Identity) {
	e.t.Helper()
	config := e.config()
	config.Clock = e.sim.Clock()
	return e.listWith(config)
}

func (e *estate) listWith(config aws.Config) (platform.Listing, map[string]governance.Identity) {
	e.t.Helper()
	listing, err := aws.NewAccount(config).Identities(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	if !slices.IsSortedFunc(listing.Identities, func(a, b governance.Identity) int { return strings.Compare(a.ID.String(), b.ID.String()) }) {
		e.t.Error("the identities are not in the order of their ids")
	}
	byID := map[string]governance.Identity{}
	for _, identity := range listing.Identities {
		byID[identity.ID.String()] = identity
	}
	if len(byID) != len(listing.Identities) {
		e.t.Errorf("%d identities, of which %d differ", len(listing.Identities), len(byID))
	}
	return listing, byID
}

const here = "aws:" + sim.DefaultAccount + ":"

// administrators are the privileges of one, and of what somebody who has only IAM lacks those that are named.
func administrators(reason string, more ...governance.Rule) (all []governance.Privilege) {
	for _, class := range governance.DangerRules {
		if class != governance.RuleDataExfiltration || slices.Contains(more, class) {
			all = append(all, governance.Privilege{Class: class})
		}
	}
	all[0].Reason = reason
	return all
}

func TestSimInventoryOfUsers(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.robots()
	listing, byID := e.list()
	if len(listing.Gaps) > 0 || len(listing.Identities) != 3 {
		t.Fatalf("got %+v", listing)
	}
	used, made := e.Now().Add(-48*time.Hour), e.Now()
	want := map[string]governance.Identity{
		here + "user/ci/robot": {
			Name: "robot", LastUsedAt: used, LastUsedService: "sts", LastUsedRegion: "eu-west-1", Privileges: administrators("AWS managed policy AdministratorAccess of group admins, statement 1", governance.RuleDataExfiltration),
			Credentials: []governance.CredentialSummary{
				{Kind: governance.CredentialAccessKey, Active: true, CreatedAt: made, LastUsedAt: used, LastUsedKnown: true, LastUsedService: "sts", LastUsedRegion: "eu-west-1"},
				{Kind: governance.CredentialAccessKey, LastUsedAt: used.Add(-time.Hour), LastUsedKnown: true, LastUsedService: "s3", LastUsedRegion: "eu-west-1"},
			},
		},
		here + "user/person": {
			Name: "person", LastUsedAt: used,
			Credentials: []governance.CredentialSummary{
				{Kind: governance.CredentialPassword, Active: true, CreatedAt: made, LastUsedAt: used, LastUsedKnown: true},
				{Kind: governance.CredentialMFADevice, Active: true},
			},
		},
		here + "user/nothing": {Name: "nothing", Credentials: []governance.CredentialSummary{}, Privileges: administrators("inline policy all, statement 1")},
	}
	for id, identity := range want {
		parsed, err := governance.ParseID(id)
		if err != nil {
			t.Fatal(err)
		}
		identity.ID, identity.ImportID, identity.Category, identity.CreatedAt = parsed, id, governance.CategoryEnterpriseManaged, made
		// What a user without password and key is used by, if it is, no report tells.
		identity.LastUsedKnown = identity.Name != "nothing"
		if diff := cmp.Diff(identity, byID[id]); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	if got := e.sim.CountCalls(""); got != 4 {
		t.Errorf("it took %d calls: %v", got, e.sim.Calls())
	}
}

func TestSimInventoryOfTrust(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	trust := func(principal string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}]}`
	}
	const stranger = "222222222222"
	e.sim.Account(stranger)
	e.account.PutRole(sim.Role{Name: "party", TrustPolicy: trust(`{"AWS":"` + stranger + `"}`)})
	e.account.PutRole(sim.Role{Name: "marked", TrustPolicy: trust(`{"AWS":"` + stranger + `"}`), Tags: map[string]string{"nhi:managed_by": governance.ManagedBy}})
	e.account.PutRole(sim.Role{Name: "public", TrustPolicy: trust(`"*"`), LastUsedAt: e.Now().Add(-time.Hour), LastUsedRegion: "eu-central-1"})
	_, byID := e.list()
	for name, category := range map[string]governance.Category{"party": governance.CategoryExternal, "marked": governance.CategoryShared, "public": governance.CategoryShared} {
		role := byID[here+"role/"+name]
		if role.Category != category || len(role.Trust) != 1 || !role.Trust[0].External || !role.LastUsedKnown || !role.TrackedSince.Equal(e.Now().AddDate(0, 0, -400)) {
			t.Errorf("%s is %+v", name, role)
		}
	}
	if role := byID[here+"role/public"]; role.LastUsedRegion != "eu-central-1" || !role.LastUsedAt.Equal(e.Now().Add(-time.Hour)) || role.Trust[0].Kind != governance.TrusteeAnyone {
		t.Errorf("got %+v", role)
	}
}

// TestSimInventoryGaps lists an account while one of its sources fails.
func TestSimInventoryGaps(t *testing.T) {
	t.Parallel()
	const unknown = "The passwords, access keys, MFA devices and certificates of 3 users in account 123456789012 are not known, and so not their last uses: "
	for name, test := range map[string]struct {
		arrange func(*estate)
		gaps    []string
		known   bool
	}{
		"report denied":      {func(e *estate) { e.sim.DenyActions(e.account.ID(), "iam:GetCredentialReport") }, []string{unknown + "the caller lacks the permission iam:GetCredentialReport."}, false},
		"making it denied":   {func(e *estate) { e.sim.DenyActions(e.account.ID(), "iam:GenerateCredentialReport") }, []string{unknown + "the caller lacks the permission iam:GenerateCredentialReport."}, false},
		"report in the make": {func(e *estate) { e.sim.SetCredentialReportPolls(5) }, nil, true},
		"report never made":  {func(e *estate) { e.sim.SetCredentialReportPolls(1000) }, []string{unknown + "iam:GetCredentialReport: AWS was still making the credential report after 2m14s."}, false},
		"report throttled": {func(e *estate) {
			e.sim.InjectFault(sim.Fault{Action: "GetCredentialReport", Kind: sim.FaultThrottling, Nth: 1, Times: retries + 1})
		}, []string{unknown + "iam:GetCredentialReport was throttled, also after all retries."}, false},
		"bulk read throttled": {func(e *estate) {
			e.sim.InjectFault(sim.Fault{Action: "GetAccountAuthorizationDetails", Kind: sim.FaultThrottling, Nth: 1, Times: retries})
		}, nil, true},
		"old report": {func(e *estate) {
			e.list()
			e.MoveTo(e.Now().Add(5 * time.Hour))
		}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.robots()
			test.arrange(e)
			listing, byID := e.list()
			if diff := cmp.Diff(test.gaps, listing.Gaps); diff != "" {
				t.Error(diff)
			}
			if robot := byID[here+"user/ci/robot"]; len(listing.Identities) != 3 || robot.LastUsedKnown != test.known || (len(robot.Credentials) == 2) != test.known {
				t.Errorf("got %+v", robot)
			}
		})
	}
}

// TestSimInventoryOfYoungUsers lists users whom the credential report is too old to know.
func TestSimInventoryOfYoungUsers(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.robots()
	e.list()
	made := e.Now()
	e.MoveTo(made.Add(time.Hour))
	e.account.PutUser(sim.User{Name: "young", AccessKeys: []sim.AccessKey{{}}})
	listing, byID := e.list()
	want := fmt.Sprintf("The credential report of account 123456789012, which was made at %s, lacks 1 user: what credentials they have and when those were last used is not known. AWS makes another report after 4 hours.", made.Format(time.RFC3339))
	if diff := cmp.Diff([]string{want}, listing.Gaps); diff != "" {
		t.Error(diff)
	}
	if byID[here+"user/young"].LastUsedKnown || !byID[here+"user/person"].LastUsedKnown {
		t.Errorf("got %+v", byID)
	}
}

// TestSimInventoryOfAnOldReport takes a report that AWS does not replace for what it is.
func TestSimInventoryOfAnOldReport(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arrange func(*estate)
		age     time.Duration
		gap     bool
	}{
		"recent":            {nil, time.Hour, false},
		"still the old one": {nil, 50 * time.Hour, true},
		"none may be made":  {func(e *estate) { e.sim.DenyActions(e.account.ID(), "iam:GenerateCredentialReport") }, 50 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.account.PutUser(sim.User{Name: "robot"})
			if test.arrange != nil {
				test.arrange(e)
			}
			made := e.Now().Add(-test.age).UTC().Truncate(time.Second)
			content := "arn,password_enabled,password_last_used,password_last_changed,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n" +
				"arn:aws:iam::" + e.account.ID() + ":user/robot,true,no_information,2020-01-01T00:00:00Z,false,false,N/A,N/A,false,N/A,N/A\n"
			config := e.looping("GetCredentialReport", "<GetCredentialReportResponse><GetCredentialReportResult><Content>"+base64.StdEncoding.EncodeToString([]byte(content))+
				"</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>"+made.Format(time.RFC3339)+"</GeneratedTime></GetCredentialReportResult></GetCredentialReportResponse>")
			config.Clock = e.sim.Clock()
			listing, byID := e.listWith(config)
			var want []string
			if test.gap {
				want = []string{"The credential report of account 123456789012 was made at " + made.Format(time.RFC3339) + ", and no younger one could be had: which passwords, access keys, MFA devices and certificates users have got, lost or used since then is not known."}
			}
			if diff := cmp.Diff(want, listing.Gaps); diff != "" || len(byID[here+"user/robot"].Credentials) != 1 {
				t.Errorf("%+v: %s", byID, diff)
			}
		})
	}
}

func TestSimInventoryFails(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.robots()
	e.sim.DenyActions(e.account.ID(), "iam:GetAccountAuthorizationDetails")
	account := aws.NewAccount(e.config())
	var forbidden *platform.ErrForbidden
	if _, err := account.Identities(t.Context()); !errors.As(err, &forbidden) || forbidden.Permission != "iam:GetAccountAuthorizationDetails" {
		t.Errorf("without the bulk read: %v", err)
	}
	e.sim.DenyActions(e.account.ID())
	if listing, err := account.Identities(t.Context()); err != nil || len(listing.Identities) != 3 {
		t.Errorf("a failure was kept: %v, %v", listing, err)
	}
	before := e.sim.CountCalls("")
	again, err := account.Identities(t.Context())
	if err != nil || len(again.Identities) != 3 || e.sim.CountCalls("") != before {
		t.Errorf("what was read is read again: %v, %v", again, err)
	}
	again.Identities[0].Name = "changed"
	if third, err := account.Identities(t.Context()); err != nil || third.Identities[0].Name == "changed" {
		t.Errorf("a caller changed what others share: %v", err)
	}
	e.sim.SetCredentialReportPolls(1000)
	e.MoveTo(e.Now().Add(5 * time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	config := e.config()
	config.Wait = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	if _, err := aws.NewAccount(config).Identities(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("what is cancelled returned %v", err)
	}
}

// TestSimInventoryInShortPages has every page short and every second one empty.
func TestSimInventoryInShortPages(t *testing.T) {
	t.Parallel()
	e := openEstate(t, sim.WithEmptyPages(2))
	e.sim.SeedEstate(100)
	e.sim.SetMaxPageSize(7)
	_, byID := e.list()
	if got, want := len(byID), len(e.account.Roles())+len(e.account.Users()); got != want {
		t.Errorf("%d identities, not %d", got, want)
	}
}
