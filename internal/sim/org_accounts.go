package sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// organizationsOperations are the operations of AWS Organizations that the
// simulator offers.
var organizationsOperations map[string]operation

func init() {
	organizationsOperations = map[string]operation{
		"ListAccounts": {json: listAccounts, needs: onAnything},
	}
}

// Organization is an organization to make with [Server.PutOrganization].
type Organization struct {
	// ID is "o-exampleorg1" by default.
	ID string
	// Management is the id of the management account; [DefaultAccount] by
	// default.
	Management string
	// Delegated are the ids of accounts that are delegated administrators of some
	// service.
	Delegated []string
	// Members are the other accounts by their ids, with their states, such as
	// "SUSPENDED"; empty is "ACTIVE".
	Members map[string]string
}

// organization is an organization of accounts.
type organization struct {
	id, management string
	delegated      []string
	accounts       map[string]organizationAccount
}

type organizationAccount struct {
	id, state string
	joined    time.Time
}

// PutOrganization makes an organization, or replaces the one with that id.
// Members that do not exist yet are made.
func (s *Server) PutOrganization(seed Organization) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := &organization{id: seed.ID, management: seed.Management, delegated: slices.Clone(seed.Delegated), accounts: map[string]organizationAccount{}}
	if o.id == "" {
		o.id = "o-exampleorg1"
	}
	if o.management == "" {
		o.management = DefaultAccount
	}
	for _, a := range s.accounts {
		if a.origin.organization == o.id {
			a.origin.organization = ""
		}
	}
	join := func(id, state string) {
		if state == "" {
			state = "ACTIVE"
		}
		s.account(id).origin.organization = o.id
		o.accounts[id] = organizationAccount{id: id, state: state, joined: s.clock.Now()}
	}
	join(o.management, "")
	for id, state := range seed.Members {
		join(id, state)
	}
	s.organizations[o.id] = o
}

// listAccounts gives the accounts of the caller's organization, by page, to its
// management account and to delegated administrators only. Status is retired
// (Organizations API reference, ListAccounts and Account).
func listAccounts(r *request) (object, error) {
	o := r.server.organizations[r.account.origin.organization]
	if o == nil {
		return nil, newError("AWSOrganizationsNotInUseException", http.StatusBadRequest, "Your account is not a member of an organization.")
	}
	if r.account.id != o.management && !slices.Contains(o.delegated, r.account.id) {
		return nil, errAccessDenied("You don't have permissions to access this resource.")
	}
	p, err := r.jsonPage(20, 20, "InvalidInputException")
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(o.accounts))
	for id := range o.accounts {
		if id > p.after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	accounts := []object{}
	pagedKeys(p, ids, func(id string) bool {
		a := o.accounts[id]
		entry := object{
			"Id": id, "Arn": "arn:aws:organizations::" + o.management + ":account/" + o.id + "/" + id,
			"Email": "aws+" + id + "@example.com", "Name": "account-" + strings.TrimLeft(id, "0"), "State": a.state, "JoinedMethod": "CREATED",
		}
		entry.time("JoinedTimestamp", a.joined)
		accounts = append(accounts, entry)
		return true
	})
	out := object{"Accounts": accounts}
	p.nextToken(out)
	return out, nil
}
