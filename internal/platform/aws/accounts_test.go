package aws_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const auditor = "audit/inventory"

// member is a further account with the auditor's role, trusted by the estate's, and some roles.
func (e *estate) member(id string, roles int) *sim.Account {
	account := e.sim.Account(id)
	account.PutRole(sim.Role{
		Name: "inventory", Path: "/audit/", InlinePolicies: map[string]string{"read": allow("iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport", "iam:GenerateCredentialReport")},
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
	})
	for i := range roles {
		account.PutRole(sim.Role{Name: fmt.Sprintf("member-%d", i)})
	}
	account.PutUser(sim.User{Name: "member"})
	return account
}

func (e *estate) auditing(accounts ...string) aws.Config {
	config := e.config()
	config.Clock, config.InventoryAccounts, config.InventoryRole = e.sim.Clock(), accounts, auditor
	return config
}

func TestSimInventoryOfAccounts(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.robots()
	var ids []string
	for i := range 9 {
		id := fmt.Sprintf("2000000000%02d", i)
		e.member(id, i)
		ids = append(ids, id)
	}
	// Its own account among them is not read twice.
	listing, byID := e.listWith(e.auditing(append(slices.Clone(ids), sim.DefaultAccount)...))
	if len(listing.Gaps) > 0 || len(listing.Identities) != 3+9*2+36 {
		t.Errorf("%d identities, gaps %q", len(listing.Identities), listing.Gaps)
	}
	if len(listing.Accounts) != 10 || listing.Accounts[0].ID != sim.DefaultAccount || listing.Accounts[9].ID != ids[8] || listing.Accounts[9].Identities != 10 {
		t.Errorf("got %+v", listing.Accounts)
	}
	// The estate's own account is no stranger.
	if role := byID["aws:200000000000:role/audit/inventory"]; role.Category != governance.CategoryShared || !role.Trust[0].External {
		t.Errorf("got %+v", role)
	}
	// The caller, three calls for the own users' report, and, in each account, one to take the role.
	if got := e.sim.CountCalls(""); got != 1+4+9*5 {
		t.Errorf("it took %d calls", got)
	}
}

func TestSimInventoryAccountFails(t *testing.T) {
	t.Parallel()
	const good, bad = "200000000001", "200000000002"
	const role = "the role arn:aws:iam::" + bad + ":role/" + auditor
	for name, test := range map[string]struct {
		arrange func(*estate)
		gap     string
		listed  int
	}{
		"no role": {func(e *estate) {
			e.sim.Account(bad)
		}, "The identities of account " + bad + " are not listed: " + role + " cannot be assumed: User: arn:aws:iam::123456789012:user/sim-administrator is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::" + bad + ":role/" + auditor, 0},
		"no permission": {func(e *estate) {
			e.member(bad, 1).PutRole(sim.Role{
				Name: "inventory", Path: "/audit/",
				TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
			})
		}, "The identities of account " + bad + " are not listed through " + role + ": the caller lacks the permission iam:GetAccountAuthorizationDetails.", 0},
		"no report": {func(e *estate) {
			e.member(bad, 1).PutRole(sim.Role{
				Name: "inventory", Path: "/audit/", InlinePolicies: map[string]string{"read": allow("iam:GetAccountAuthorizationDetails")},
				TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
			})
		}, "The passwords, access keys, MFA devices and certificates of 1 user in account " + bad + " are not known, and so not their last uses: the caller lacks the permission iam:GetCredentialReport.", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.member(good, 1)
			test.arrange(e)
			listing, _ := e.listWith(e.auditing(bad, good))
			if len(listing.Gaps) != 1 || !strings.HasPrefix(listing.Gaps[0], test.gap) {
				t.Errorf("the gaps are %q", listing.Gaps)
			}
			if len(listing.Accounts) != 3 {
				t.Fatalf("the accounts are %+v", listing.Accounts)
			}
			own, fine, failed := listing.Accounts[0], listing.Accounts[1], listing.Accounts[2]
			if own.Identities != 0 || own.Gaps != nil || fine.Identities != 3 || fine.Gaps != nil || failed.Identities != test.listed {
				t.Errorf("the accounts are %+v", listing.Accounts)
			}
			if diff := cmp.Diff(listing.Gaps, failed.Gaps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSimInventoryAccountVanishes loses the role of an account between two of its pages, and hides no other account.
func TestSimInventoryAccountVanishes(t *testing.T) {
	t.Parallel()
	const good, bad = "200000000001", "200000000002"
	e := openEstate(t)
	e.member(good, 1)
	admin := e.client(e.member(bad, 10).Administrator())
	e.sim.PutOrganization(sim.Organization{Members: map[string]string{good: "", bad: ""}})
	e.sim.SetMaxPageSize(3)
	// The other accounts have one page each.
	e.intercept(func(form url.Values) bool {
		if form.Get("Action") == "GetAccountAuthorizationDetails" && form.Has("Marker") {
			name := awssdk.String("inventory")
			_, err := admin.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: awssdk.String("read")})
			if err == nil {
				_, err = admin.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name})
			}
			if err != nil {
				t.Error(err)
			}
		}
		return false
	})
	listing, _ := e.listWith(e.organizing())
	want := []string{"The identities of account " + bad + " are not listed through the role arn:aws:iam::" + bad + ":role/" + auditor + ": AWS refused the credentials with InvalidClientTokenId: The security token included in the request is invalid."}
	if diff := cmp.Diff(want, listing.Gaps); diff != "" || len(listing.Identities) != 3 {
		t.Errorf("%d identities: %s", len(listing.Identities), diff)
	}
	wanted := []platform.ListedAccount{{ID: sim.DefaultAccount}, {ID: good, Identities: 3}, {ID: bad, Gaps: want}}
	if diff := cmp.Diff(wanted, listing.Accounts, cmpopts.IgnoreFields(platform.ListedAccount{}, "Err")); diff != "" || listing.Accounts[2].Err == nil {
		t.Error(listing.Accounts[2].Err, diff)
	}
}

// TestSimInventoryOfNoAccount fails where nothing at all can be read, and stops where it is told to.
func TestSimInventoryOfNoAccount(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.sim.DenyActions(e.account.ID(), "iam:*", "sts:AssumeRole")
	_, err := aws.NewAccount(e.auditing("200000000001")).Identities(t.Context())
	if err == nil || !strings.Contains(err.Error(), "lacks the permission iam:GetAccountAuthorizationDetails") || !strings.Contains(err.Error(), "role arn:aws:iam::200000000001:role/audit/inventory cannot be assumed") {
		t.Errorf("got %v", err)
	}
	e.sim.DenyActions(e.account.ID())
	ctx, cancel := context.WithCancel(t.Context())
	account := aws.NewAccount(e.auditing("200000000001"))
	cancel()
	if _, err := account.Identities(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("what is cancelled returned %v", err)
	}
}

// lockedBuffer is a log that is written and read at the same time.
type lockedBuffer struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

// TestSimInventoryTellsProgress while it reads, and not only once it has begun with the last account.
func TestSimInventoryTellsProgress(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	var ids []string
	for i := range 12 {
		ids = append(ids, fmt.Sprintf("2000000000%02d", i))
		e.member(ids[i], 1)
	}
	var log lockedBuffer
	halfway := make(chan string, 1)
	e.intercept(func(form url.Values) bool {
		if strings.Contains(form.Get("RoleArn"), ids[8]) {
			halfway <- log.String()
		}
		return false
	})
	if _, err := aws.NewAccount(e.auditing(ids...)).Identities(tflogtest.RootLogger(t.Context(), &log)); err != nil {
		t.Fatal(err)
	}
	if before := <-halfway; !strings.Contains(before, `"accounts_done":1,`) {
		t.Errorf("half way, the log was\n%s", before)
	}
	if !strings.Contains(log.String(), `"accounts":13,"accounts_done":13,`) {
		t.Errorf("at the end, the log was\n%s", log.String())
	}
}
