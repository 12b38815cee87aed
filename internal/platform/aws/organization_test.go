package aws_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	memberA, memberB, memberC = "200000000001", "200000000002", "200000000003"
	trustAll                  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":["` + memberB + `","` + memberC + `"]}}]}`
)

func (e *estate) organizing() aws.Config {
	config := e.auditing()
	config.InventoryOrganization = true
	return config
}

func accountsOf(listing platform.Listing) (ids []string) {
	for _, account := range listing.Accounts {
		ids = append(ids, account.ID)
	}
	return ids
}

// TestSimInventoryOfOrganization lists the active accounts, in pages of which some are empty, and takes none of the others
// for a stranger.
func TestSimInventoryOfOrganization(t *testing.T) {
	t.Parallel()
	e := openEstate(t, sim.WithEmptyPages(2))
	members := map[string]string{memberC: "SUSPENDED", "200000000004": "PENDING_CLOSURE", "200000000005": "CLOSED", "200000000006": "PENDING_ACTIVATION"}
	want := []string{sim.DefaultAccount, memberA, memberB}
	for i := range 25 {
		id := fmt.Sprintf("3000000000%02d", i)
		members[id] = "ACTIVE"
		want = append(want, id)
		e.member(id, 1)
	}
	e.member(memberA, 1)
	e.member(memberB, 1)
	members[memberA], members[memberB] = "", "ACTIVE"
	e.sim.PutOrganization(sim.Organization{Members: members})
	e.account.PutRole(sim.Role{Name: "trusting", TrustPolicy: trustAll})
	listing, byID := e.listWith(e.organizing())
	if len(listing.Gaps) > 0 || len(listing.Identities) != 27*3+1 {
		t.Errorf("%d identities, gaps %q", len(listing.Identities), listing.Gaps)
	}
	if diff := cmp.Diff(want, accountsOf(listing)); diff != "" {
		t.Error(diff)
	}
	if role := byID["aws:"+sim.DefaultAccount+":role/trusting"]; role.Category != governance.CategoryShared {
		t.Errorf("a role for suspended accounts of the organization is %s", role.Category)
	}
}

// TestSimInventoryOfOrganizationIsBounded touches no account that is not allowed.
func TestSimInventoryOfOrganizationIsBounded(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	for _, id := range []string{memberA, memberB, memberC} {
		e.member(id, 1)
	}
	e.sim.PutOrganization(sim.Organization{Members: map[string]string{memberA: "", memberB: "", memberC: ""}})
	config := e.organizing()
	config.AllowedAccountIDs = []string{sim.DefaultAccount, memberA}
	listing, _ := e.listWith(config)
	want := []string{"2 accounts of the organization are not listed, because aws.allowed_account_ids does not name them: " + memberB + ", " + memberC + "."}
	if diff := cmp.Diff(want, listing.Gaps); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{sim.DefaultAccount, memberA}, accountsOf(listing)); diff != "" {
		t.Error(diff)
	}
	for _, call := range e.sim.Calls() {
		if strings.Contains(call.Params.Get("RoleArn"), memberB) {
			t.Error("a role of an account was asked for that may not be touched")
		}
	}
}

// TestSimInventoryNamesSomeAccounts of the many that are left out.
func TestSimInventoryNamesSomeAccounts(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	members, named := map[string]string{}, ""
	for i := range 25 {
		id := fmt.Sprintf("3000000000%02d", i)
		members[id] = ""
		if i < 20 {
			named += id + ", "
		}
	}
	e.sim.PutOrganization(sim.Organization{Members: members})
	config := e.organizing()
	config.AllowedAccountIDs = []string{sim.DefaultAccount}
	listing, _ := e.listWith(config)
	if want := "does not name them: " + strings.TrimSuffix(named, ", ") + " and 5 more."; len(listing.Gaps) != 1 || !strings.HasSuffix(listing.Gaps[0], want) {
		t.Errorf("the gaps are %q", listing.Gaps)
	}
}

// TestSimInventoryOfUnknownOrganization lists the own account and says why no other.
func TestSimInventoryOfUnknownOrganization(t *testing.T) {
	t.Parallel()
	const unknown = "Not all accounts of the organization are known: "
	for name, test := range map[string]struct {
		arrange func(*estate)
		gap     string
		listed  []string
	}{
		"in none": {func(*estate) {}, unknown + "the account is in no organization.", nil},
		"a member": {func(e *estate) {
			e.sim.PutOrganization(sim.Organization{Management: memberA, Members: map[string]string{sim.DefaultAccount: ""}})
		}, unknown + "the caller lacks the permission organizations:ListAccounts, which AWS gives only in the management account and to delegated administrators.", nil},
		"forbidden": {func(e *estate) {
			e.sim.PutOrganization(sim.Organization{})
			e.sim.DenyActions(sim.DefaultAccount, "organizations:ListAccounts")
		}, unknown + "the caller lacks the permission organizations:ListAccounts, which AWS gives only in the management account and to delegated administrators.", nil},
		"a delegate": {func(e *estate) {
			e.sim.PutOrganization(sim.Organization{Management: memberA, Delegated: []string{sim.DefaultAccount}, Members: map[string]string{sim.DefaultAccount: ""}})
		}, "", []string{memberA}},
		"breaks off": {func(e *estate) {
			e.sim.PutOrganization(sim.Organization{Members: map[string]string{memberA: "", memberB: ""}})
			e.sim.SetMaxPageSize(2)
			e.sim.InjectFault(sim.Fault{Service: "organizations", Kind: sim.FaultError, Code: "ServiceException", Status: 400, Message: "broken", Nth: 2, Times: 100})
		}, unknown + "organizations:ListAccounts: operation error Organizations: ListAccounts, ", []string{memberA}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.member(memberA, 1)
			test.arrange(e)
			e.account.PutRole(sim.Role{Name: "own"})
			listing, byID := e.listWith(e.organizing())
			gaps := strings.Join(listing.Gaps, "|")
			if !strings.HasPrefix(gaps, test.gap) || test.gap == "" && gaps != "" || strings.Contains(gaps, "|") {
				t.Errorf("the gaps are %q", listing.Gaps)
			}
			if _, ok := byID["aws:"+sim.DefaultAccount+":role/own"]; !ok {
				t.Errorf("the own account is not listed, but %v", listing.Identities)
			}
			if diff := cmp.Diff(append([]string{sim.DefaultAccount}, test.listed...), accountsOf(listing)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
