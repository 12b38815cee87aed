package aws_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const listKeys = "iam:ListAccessKeys"

// keyed is an estate with so many users that have an active key each, one that has none, and a role; listed by an account.
func keyed(t *testing.T, users int) (*estate, *aws.Account, []governance.Identity) {
	t.Helper()
	e := openEstate(t)
	for i := range users {
		e.account.PutUser(sim.User{Name: fmt.Sprint("keyed-", i), AccessKeys: []sim.AccessKey{{}}})
	}
	e.account.PutUser(sim.User{Name: "keyless"})
	e.account.PutRole(sim.Role{Name: "a-role"})
	account, identities := e.listed(e.config())
	return e, account, identities
}

// listed are the identities that an account of a configuration lists.
func (e *estate) listed(config aws.Config) (*aws.Account, []governance.Identity) {
	e.t.Helper()
	account := aws.NewAccount(config)
	listing, err := account.Identities(e.t.Context())
	if err != nil || len(listing.Gaps) > 0 {
		e.t.Fatalf("the listing has the gaps %q (%v)", listing.Gaps, err)
	}
	e.sim.ResetCalls()
	return account, listing.Identities
}

// keyIDs are the ids of the identities' credentials.
func keyIDs(identities []governance.Identity) (ids []string) {
	for _, identity := range identities {
		for _, credential := range identity.Credentials {
			ids = append(ids, credential.ID)
		}
	}
	return ids
}

// TestSimIdentifyKeys asks for the keys of those users who have some, once.
func TestSimIdentifyKeys(t *testing.T) {
	t.Parallel()
	e, account, identities := keyed(t, 20)
	for range 2 {
		asked := slices.Clone(identities)
		gaps, err := account.IdentifyKeys(t.Context(), asked)
		if err != nil || len(gaps) > 0 {
			t.Errorf("got the gaps %q, %v", gaps, err)
		}
		if ids := keyIDs(asked); len(ids) != 20 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 20 || !strings.HasPrefix(ids[0], "AKIA") {
			t.Errorf("the ids are %q", ids)
		}
	}
	if got := e.sim.CountCalls(listKeys); got != 20 {
		t.Errorf("%d calls were made for 20 users", got)
	}
	if ids := slices.Compact(keyIDs(identities)); !slices.Equal(ids, []string{""}) {
		t.Errorf("the listing itself has the ids %q", ids)
	}
}

// TestSimIdentifyKeysOfAccounts asks another account through the role that the inventory takes there.
func TestSimIdentifyKeysOfAccounts(t *testing.T) {
	t.Parallel()
	const good, bad = "200000000001", "200000000002"
	e := openEstate(t)
	for _, id := range []string{good, bad} {
		e.member(id, 0).PutUser(sim.User{Name: "keyed", AccessKeys: []sim.AccessKey{{}}})
	}
	e.sim.Account(good).PutRole(sim.Role{
		Name: "inventory", Path: "/audit/", InlinePolicies: map[string]string{"read": allow(bulkAction, "iam:GetCredentialReport", "iam:GenerateCredentialReport", listKeys)},
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
	})
	account, identities := e.listed(e.auditing(good, bad))
	gaps, err := account.IdentifyKeys(t.Context(), identities)
	want := []string{"The ids of the access keys of 1 user in account 200000000002 are not known: the caller lacks the permission iam:ListAccessKeys."}
	if diff := cmp.Diff(want, gaps); diff != "" || err != nil {
		t.Errorf("%s (%v)", diff, err)
	}
	if ids := keyIDs(identities); len(ids) != 2 || ids[0] == "" || ids[1] != "" {
		t.Errorf("the ids are %q", ids)
	}
}

// TestSimIdentifyKeysFails tells what could not be read, and asks no more than it has to.
func TestSimIdentifyKeysFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arrange    func(*estate)
		gaps       []string
		ids, calls int
	}{
		"denied": {
			func(e *estate) { e.sim.DenyActions(e.account.ID(), listKeys) },
			[]string{"The ids of the access keys of 50 users in account 123456789012 are not known: the caller lacks the permission iam:ListAccessKeys."},
			0, 16,
		},
		"throttled for a while": {func(e *estate) {
			e.sim.InjectFault(sim.Fault{Action: "ListAccessKeys", Kind: sim.FaultThrottling, Nth: 1, Times: retries})
		}, nil, 50, 50 + retries},
		"one has gone": {func(e *estate) {
			if _, err := aws.NewAccount(e.config()).Users().Delete(e.t.Context(), userID("keyed-7")); err != nil {
				e.t.Fatal(err)
			}
		}, nil, 49, 50},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, account, identities := keyed(t, 50)
			test.arrange(e)
			e.sim.ResetCalls()
			gaps, err := account.IdentifyKeys(t.Context(), identities)
			if diff := cmp.Diff(test.gaps, gaps); diff != "" || err != nil {
				t.Errorf("%s (%v)", diff, err)
			}
			ids := slices.DeleteFunc(keyIDs(identities), func(id string) bool { return id == "" })
			if len(ids) != test.ids || e.sim.CountCalls(listKeys) > test.calls {
				t.Errorf("%d ids after %d calls", len(ids), e.sim.CountCalls(listKeys))
			}
		})
	}
	_, account, identities := keyed(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := account.IdentifyKeys(ctx, identities); !errors.Is(err, context.Canceled) {
		t.Errorf("what is cancelled returned %v", err)
	}
}
