package aws_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const aggregator = "org-wide"

const (
	unknownUses   = " listed as AWS Config has recorded them for the aggregator org-wide: what it does not record is missing, and when roles were last used, and what passwords, access keys, MFA devices and certificates users have, is not known."
	notAggregated = "What AWS Config has recorded cannot be read from the aggregator org-wide, so accounts that are read in no other way are not listed: "
)

// recorded is an account with everything that AWS Config records of IAM, and no role for an auditor.
func (e *estate) recorded(id string) *sim.Account {
	account := e.sim.Account(id)
	administer := account.PutManagedPolicy(sim.ManagedPolicy{Name: "administer", Path: "/teams/", Document: allow("*")})
	boundary := account.PutManagedPolicy(sim.ManagedPolicy{Name: "boundary", Document: allow("s3:*")})
	account.PutGroup(sim.Group{Name: "admins", InlinePolicies: map[string]string{"iam": allow("iam:*")}})
	account.PutRole(sim.Role{
		Name: "deploy", Path: "/teams/", AttachedPolicyARNs: []string{administer}, LastUsedAt: e.Now().Add(-time.Hour), CreatedAt: e.Now().AddDate(-1, 0, 0),
		Tags:        map[string]string{"nhi:owner": "payments", "nhi:purpose": "Deploys =28all of it=29", "Team": "payments"},
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
	})
	account.PutRole(sim.Role{Name: "bounded", BoundaryARN: boundary, AttachedPolicyARNs: []string{administer}, InlinePolicies: map[string]string{"all": allow("*")}})
	account.PutUser(sim.User{Name: "robot", Path: "/bots/", Groups: []string{"admins"}, AccessKeys: []sim.AccessKey{{}}, Tags: map[string]string{"nhi:owner": "web"}})
	return account
}

func (e *estate) aggregating(organization bool, accounts ...string) aws.Config {
	config := e.auditing(accounts...)
	config.InventoryRole, config.InventoryAggregator, config.InventoryOrganization = "", aggregator, organization
	return config
}

// TestSimAggregator lists of AWS Config's records what the account itself would tell, but for what only that knows.
func TestSimAggregator(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.recorded(memberA).PutRole(sim.Role{
		Name: "inventory", Path: "/audit/", InlinePolicies: map[string]string{"read": allow("iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport", "iam:GenerateCredentialReport")},
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
	})
	e.account.PutAggregator(sim.Aggregator{Name: aggregator, Accounts: []string{sim.DefaultAccount, memberA, memberB}})
	e.recorded(memberB)
	direct, _ := e.listWith(e.auditing(memberA))
	e.sim.ResetCalls()
	listing, _ := e.listWith(e.aggregating(false, memberA))
	for i := range direct.Identities {
		identity := &direct.Identities[i]
		if identity.ID.Account == memberA {
			identity.LastUsedAt, identity.LastUsedRegion, identity.LastUsedKnown, identity.TrackedSince, identity.Credentials = time.Time{}, "", false, time.Time{}, nil
		}
	}
	if diff := cmp.Diff(direct.Identities, listing.Identities); diff != "" || len(listing.Identities) != 4 {
		t.Error(diff)
	}
	gap := "The identities of 1 account are" + unknownUses
	want := []platform.ListedAccount{{ID: sim.DefaultAccount}, {ID: memberA, Identities: 4, Gaps: []string{gap}}}
	if diff := cmp.Diff(want, listing.Accounts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{gap}, listing.Gaps); diff != "" {
		t.Error(diff)
	}
	// The caller, the own account, and a page of each type.
	if calls := e.sim.CountCalls(""); calls != 1+1+4 {
		t.Errorf("it took %d calls", calls)
	}
}

// TestSimAggregatorOfOrganization reads in short and empty pages, in the second region, what the organization has, and the
// rest through the role.
func TestSimAggregatorOfOrganization(t *testing.T) {
	t.Parallel()
	e := openEstate(t, sim.WithEmptyPages(3))
	e.recorded(memberA)
	e.recorded(memberB)
	e.recorded("200000000009")
	e.member(memberC, 1)
	e.sim.SetMaxPageSize(2)
	e.sim.PutOrganization(sim.Organization{Members: map[string]string{memberA: "", memberB: "", memberC: ""}})
	// The last one has left the organization.
	e.account.PutAggregator(sim.Aggregator{Name: aggregator, Region: "eu-central-1", Accounts: []string{memberA, memberB, "200000000009"}})
	config := e.aggregating(true)
	config.InventoryRegions, config.InventoryRole = []string{"eu-west-1", "eu-central-1"}, auditor
	listing, byID := e.listWith(config)
	if diff := cmp.Diff([]string{"The identities of 2 accounts are" + unknownUses}, listing.Gaps); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{sim.DefaultAccount, memberA, memberB, memberC}, accountsOf(listing)); diff != "" || len(listing.Identities) != 3+3+3 {
		t.Errorf("%d identities: %s", len(listing.Identities), diff)
	}
	if role := byID["aws:"+memberC+":role/member-0"]; !role.LastUsedKnown {
		t.Error("the account that is not recorded was not read through its role")
	}
}

func TestSimAggregatorFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arrange  func(*estate)
		gaps     []string
		accounts []string
	}{
		"another name": {func(e *estate) {
			e.organize()
			e.account.PutAggregator(sim.Aggregator{Name: "other", Accounts: []string{memberA}})
		}, []string{notAggregated + "there is no aggregator of this name in eu-west-1."}, []string{memberA, memberB}},
		"forbidden": {func(e *estate) {
			e.organize(memberA)
			e.sim.DenyActions(sim.DefaultAccount, "config:*")
		}, []string{notAggregated + "the caller lacks the permission config:SelectAggregateResourceConfig."}, []string{memberA, memberB}},
		"not recorded": {func(e *estate) { e.organize(memberA) }, []string{"The identities of 1 account are" + unknownUses, "AWS Config has recorded no identities of 1 account in the aggregator org-wide, so they are not listed: " + memberB + "."}, []string{memberA, memberB}},
		"no organization": {
			func(e *estate) {
				e.account.PutAggregator(sim.Aggregator{Name: aggregator, Accounts: []string{memberA, memberB}})
			},
			[]string{"Not all accounts of the organization are known: the account is in no organization.", "The identities of 2 accounts are" + unknownUses},
			[]string{memberA, memberB},
		},
		"unreadable": {func(e *estate) {
			e.organize()
			e.account.PutAggregator(sim.Aggregator{Name: aggregator, Accounts: []string{memberA, memberB}, Further: map[string][]string{
				"AWS::IAM::Role": {`{`, `{"accountId":"` + memberA + `","arn":"x"}`, `{"accountId":"` + memberA + `","configuration":{"arn":"y"},"arn":"x"}`, `{"accountId":"` + memberA + `","arn":"x","configuration":{"createDate":"yesterday"}}`, `{"accountId":"` + memberC + `","arn":"not asked for"}`},
				"AWS::IAM::User": {`{"accountId":"` + memberA + `","arn":"x","configuration":{"arn":"x"}}`},
			}})
		}, []string{"5 configuration items of the aggregator org-wide cannot be read, so identities can be missing.", "The identities of 2 accounts are" + unknownUses}, []string{memberA, memberB}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.recorded(memberA)
			e.recorded(memberB)
			e.account.PutRole(sim.Role{Name: "own"})
			test.arrange(e)
			listing, byID := e.listWith(e.aggregating(true))
			if diff := cmp.Diff(test.gaps, listing.Gaps); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(append([]string{sim.DefaultAccount}, test.accounts...), accountsOf(listing)); diff != "" {
				t.Error(diff)
			}
			if own, ok := byID["aws:"+sim.DefaultAccount+":role/own"]; !ok || !own.LastUsedKnown {
				t.Errorf("the own account is not read directly: %+v", own)
			}
			for _, account := range listing.Accounts[1:] {
				if len(account.Gaps) != 1 {
					t.Errorf("the gaps of %s are %q", account.ID, account.Gaps)
				}
			}
		})
	}
}

// organize makes an organization of two accounts, and an aggregator of those that are named.
func (e *estate) organize(recorded ...string) {
	e.sim.PutOrganization(sim.Organization{Members: map[string]string{memberA: "", memberB: ""}})
	if len(recorded) > 0 {
		e.account.PutAggregator(sim.Aggregator{Name: aggregator, Accounts: recorded})
	}
}

// TestSimAggregatorTakesTheYoungest where several regions have recorded a role.
func TestSimAggregatorTakesTheYoungest(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	account := e.sim.Account(memberA)
	account.PutRole(sim.Role{Name: "deploy", Tags: map[string]string{"nhi:owner": "now"}})
	item := func(at, owner string) string {
		return `{"accountId":"` + memberA + `","arn":"arn:aws:iam::` + memberA + `:role/deploy","configurationItemCaptureTime":"` + at + `","tags":[{"tag":"nhi:owner=` + owner + `","key":"nhi:owner","value":"` + owner + `"}],` +
			`"configuration":{"path":"/","roleName":"deploy","roleId":"AROAEXAMPLE","arn":"arn:aws:iam::` + memberA + `:role/deploy","createDate":"2020-01-01T00:00:00.000Z","assumeRolePolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D","instanceProfileList":[],"rolePolicyList":[],"attachedManagedPolicies":[],"permissionsBoundary":null,"tags":[]}}`
	}
	older, younger := item("2020-01-02T00:00:00.000Z", "before"), item("2099-01-02T00:00:00.000Z", "later")
	e.account.PutAggregator(sim.Aggregator{Name: aggregator, Accounts: []string{memberA}, Further: map[string][]string{"AWS::IAM::Role": {older, younger, older}}})
	_, byID := e.listWith(e.aggregating(false, memberA))
	if role := byID["aws:"+memberA+":role/deploy"]; len(byID) != 1 || role.Metadata.Owner != "later" || role.LastUsedKnown {
		t.Errorf("got %+v of %d", role, len(byID))
	}
}

// TestSimAggregatorIsBounded lists no account that is not allowed, also where nothing but the aggregator tells of accounts.
func TestSimAggregatorIsBounded(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.recorded(memberA)
	e.recorded(memberB)
	e.account.PutAggregator(sim.Aggregator{Name: aggregator, Accounts: []string{memberA, memberB}})
	config := e.aggregating(true)
	config.AllowedAccountIDs = []string{sim.DefaultAccount, memberB}
	listing, _ := e.listWith(config)
	if diff := cmp.Diff([]string{sim.DefaultAccount, memberB}, accountsOf(listing)); diff != "" || len(listing.Identities) != 3 {
		t.Errorf("%d identities: %s", len(listing.Identities), diff)
	}
}

// TestSimAggregatorOfNothing fails only where nothing at all can be read.
func TestSimAggregatorOfNothing(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.organize()
	e.sim.DenyActions(sim.DefaultAccount, "iam:*")
	_, err := aws.NewAccount(e.aggregating(true)).Identities(t.Context())
	if forbidden := (*platform.ErrForbidden)(nil); !errors.As(err, &forbidden) || !strings.Contains(err.Error(), "there is no aggregator of this name") {
		t.Errorf("got %v", err)
	}
	e.recorded(memberA)
	e.organize(memberA)
	listing, _ := e.listWith(e.aggregating(true))
	if len(listing.Identities) != 3 {
		t.Errorf("got %+v", listing)
	}
}

// TestSimAggregatorWithAnalyzer takes what the organization's analyzer has found of the accounts that are recorded, and
// says so where only the account's own could tell.
func TestSimAggregatorWithAnalyzer(t *testing.T) {
	t.Parallel()
	const organization = "o-a1b2c3d4e5"
	notKnown := "What is unused in the accounts that are read from AWS Config is not known from IAM Access Analyzer: that takes an active analyzer of the type ORGANIZATION_UNUSED_ACCESS in the provider's own account"
	const closed = "the analyzer all in eu-west-1 cannot be read: the caller lacks the permission access-analyzer:ListFindings."
	for name, test := range map[string]struct {
		analyzer sim.Analyzer
		denied   []string
		gaps     []string
		known    bool
	}{
		"of the organization": {sim.Analyzer{Name: "all", Type: sim.AnalyzerOfOrganization}, nil, []string{"The identities of 2 accounts are" + unknownUses}, true},
		"of the account":      {sim.Analyzer{Name: "own"}, nil, []string{"The identities of 2 accounts are" + unknownUses, notKnown + "."}, false},
		"which is closed": {sim.Analyzer{Name: "all", Type: sim.AnalyzerOfOrganization}, []string{"access-analyzer:ListFindings"}, []string{
			"What is unused in account " + sim.DefaultAccount + " is not known from IAM Access Analyzer: " + closed, "The identities of 2 accounts are" + unknownUses, notKnown + ", and " + closed,
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.account.SetOrigin(organization, "")
			e.idlers(e.account)
			for _, id := range []string{memberA, memberB} {
				member := e.recorded(id)
				member.SetOrigin(organization, "")
				e.idlers(member)
			}
			e.account.PutAggregator(sim.Aggregator{Name: aggregator, Accounts: []string{memberA, memberB}})
			e.account.PutAnalyzer(test.analyzer)
			e.sim.DenyActions(sim.DefaultAccount, test.denied...)
			config := e.aggregating(false, memberA, memberB)
			config.UnusedAccessFindings = true
			listing, byID := e.listWith(config)
			if diff := cmp.Diff(test.gaps, listing.Gaps); diff != "" {
				t.Error(diff)
			}
			for _, id := range []string{memberA, memberB} {
				if idle := byID["aws:"+id+":role/batch/idle"]; idle.LastUsedKnown != test.known || (len(idle.UnusedAccess) == 1) != test.known {
					t.Errorf("%s: known is %v, unused is %v", idle.ID, idle.LastUsedKnown, idle.UnusedAccess)
				}
			}
		})
	}
}

// TestSimAggregatorLacksPolicies says what it cannot know of the privileges of identities whose policies or groups are not
// recorded.
func TestSimAggregatorLacksPolicies(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	const prefix = "arn:aws:iam::" + memberA + ":"
	const dated = `"createDate":"2020-01-01T00:00:00.000Z"`
	item := func(name, configuration string) string {
		return `{"accountId":"` + memberA + `","arn":"` + prefix + name + `","configurationItemCaptureTime":"2026-01-02T00:00:00.000Z","tags":[],"configuration":{"arn":"` + prefix + name + `","path":"/",` + dated + `,` + configuration + `}}`
	}
	const shared = `{"policyName":"shared","policyArn":"` + prefix + `policy/shared"}`
	e.account.PutAggregator(sim.Aggregator{Name: aggregator, Further: map[string][]string{
		"AWS::IAM::Role": {
			item("role/deploy", `"roleName":"deploy","attachedManagedPolicies":[`+shared+`,{"policyName":"ReadOnlyAccess","policyArn":"`+managedPrefix+`ReadOnlyAccess"}]`),
			item("role/bounded", `"roleName":"bounded","attachedManagedPolicies":[`+shared+`],"permissionsBoundary":{"permissionsBoundaryType":"Policy","permissionsBoundaryArn":"`+prefix+`policy/boundary"}`),
		},
		"AWS::IAM::User":  {item("user/robot", `"userName":"robot","groupList":["gone","known"]`)},
		"AWS::IAM::Group": {item("group/known", `"groupName":"known","attachedManagedPolicies":[{"policyName":"other","policyArn":"`+prefix+`policy/other"}]`)},
	}})
	listing, _ := e.listWith(e.aggregating(false, memberA))
	want := []string{
		"AWS Config has not recorded 4 policies and groups of identities of account " + memberA + ", so privileges that those give or take are not known.",
		"The documents of 1 managed policy of AWS's own that identities of account " + memberA + " have were not read, so privileges that they give or take are not known.",
		"The identities of 1 account are" + unknownUses,
	}
	if diff := cmp.Diff(want, listing.Gaps); diff != "" || len(listing.Identities) != 3 {
		t.Errorf("%d identities: %s", len(listing.Identities), diff)
	}
}
