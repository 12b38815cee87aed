package inventory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const listKeys = "iam:ListAccessKeys"

// keyed puts users into the account: with an old key each that nobody governs, with an inactive one, and with none.
func keyed(t *testing.T) *sim.Server {
	t.Helper()
	server := acctest.NewSim(t)
	account, now := server.Account(sim.DefaultAccount), server.Clock().Now()
	for i := range 3 {
		account.PutUser(sim.User{
			Name: fmt.Sprint("keyed-", i), CreatedAt: now.AddDate(-1, 0, 0), Login: &sim.Login{LastUsedAt: now.AddDate(0, 0, -1)},
			AccessKeys: []sim.AccessKey{{CreatedAt: now.AddDate(0, 0, -200), LastUsedAt: now.AddDate(0, 0, -150)}},
		})
	}
	account.PutUser(sim.User{Name: "locked", AccessKeys: []sim.AccessKey{{Inactive: true, LastUsedAt: now.AddDate(0, 0, -1)}}})
	account.PutUser(sim.User{Name: "keyless"})
	return server
}

// keysOf are the ids of the access keys among an item's credentials, each with the messages that name it.
func keysOf(t *testing.T, item any) (ids []string) {
	t.Helper()
	var messages []string
	for _, finding := range list(t, object(t, item)["findings"]) {
		messages = append(messages, fmt.Sprint(object(t, finding)["message"]))
	}
	for _, credential := range list(t, object(t, item)["credentials"]) {
		if one := object(t, credential); one["kind"] == "access_key" {
			id := "none"
			if one["id"] != nil {
				id = fmt.Sprint("named ", strings.Count(strings.Join(messages, " "), fmt.Sprint("access key ", one["id"])))
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// TestKeyIDs asks for the ids of access keys with findings, where the configuration says so and of those users alone.
func TestKeyIDs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config acctest.Values
		// keys are of the users keyed-0 to keyed-2 and locked.
		keys  []string
		calls int
	}{
		"by default":     {nil, []string{"none", "none", "none", "none"}, 0},
		"declined":       {acctest.Values{"access_key_ids": false}, []string{"none", "none", "none", "none"}, 0},
		"asked for":      {acctest.Values{"access_key_ids": true}, []string{"named 3", "named 3", "named 3", "none"}, 3},
		"of the first":   {acctest.Values{"access_key_ids": true, "limit": 2}, []string{"named 3", "named 3"}, 2},
		"of some":        {acctest.Values{"access_key_ids": true, "name_pattern": "*-1"}, []string{"named 3"}, 1},
		"of the summary": {acctest.Values{"access_key_ids": true, "limit": 0}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := keyed(t)
			found, diags := acctest.NewConfiguredProtocol(t, server, nil).ReadDataSource("governed_identities", test.config)
			diags.Want(t)
			var keys []string
			for _, one := range list(t, object(t, found)["identities"]) {
				keys = append(keys, keysOf(t, one)...)
			}
			acctest.WantSame(t, "keys", keys, test.keys)
			acctest.WantSame(t, "calls", server.CountCalls(listKeys), test.calls)
			if calls := server.CountCalls(""); calls > 10+test.calls {
				t.Errorf("%d calls were made", calls)
			}
		})
	}
}

// TestKeyIDsOfIdentity has governed_identity ask for the ids of its keys, and no other.
func TestKeyIDsOfIdentity(t *testing.T) {
	t.Parallel()
	server := keyed(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	for name, of := range map[string]struct {
		keys  []string
		calls int
	}{"keyed-0": {[]string{"named 3"}, 1}, "keyless": {nil, 0}} {
		server.ResetCalls()
		found, diags := p.ReadDataSource("governed_identity", acctest.Values{"id": "aws:" + sim.DefaultAccount + ":user/" + name})
		diags.Want(t)
		acctest.WantSame(t, name, keysOf(t, found), of.keys)
		acctest.WantSame(t, "calls for "+name, server.CountCalls(listKeys), of.calls)
	}
}

// TestKeyIDsDenied says what is missing, and lists the rest.
func TestKeyIDsDenied(t *testing.T) {
	t.Parallel()
	server := keyed(t)
	server.DenyActions(sim.DefaultAccount, listKeys)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	for name, of := range map[string]struct {
		config acctest.Values
		users  string
	}{
		"governed_identities": {acctest.Values{"access_key_ids": true}, "3 users"},
		"governed_identity":   {acctest.Values{"id": "aws:" + sim.DefaultAccount + ":user/keyed-0"}, "1 user"},
	} {
		found, diags := p.ReadDataSource(name, of.config)
		diags.Want(t, "warning : Inventory has gaps … The ids of the access keys of "+of.users+" in account "+sim.DefaultAccount+" are not known: the caller lacks the permission iam:ListAccessKeys.")
		acctest.WantSame(t, "complete", object(t, found)["complete"], false)
		acctest.WantSame(t, "gaps", len(list(t, object(t, found)["gaps"])), 1)
	}
}
