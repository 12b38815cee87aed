package provider_test

import (
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// longPolicy is a policy that leaves no room for another one.
func longPolicy(size int) map[string]string {
	return map[string]string{"long": strings.Replace(readInvoices, `"Effect"`, `"Sid":"`+strings.Repeat("x", size-len(readInvoices)-20)+`","Effect"`, 1)}
}

// quarantineLife locks roles and users in every way, releases them, and deletes one of each in the end.
func quarantineLife(l *life) []step {
	account := l.server.Account(sim.DefaultAccount)
	many := manyPolicies(account, 10)
	const boundary = managedPrefix + "ReadOnlyAccess"
	var ids []string
	for _, one := range []struct {
		name     string
		long     bool
		attached []string
		boundary string
	}{
		{"plain", false, nil, ""}, {"long", true, nil, ""}, {"many", true, many, ""}, {"bound", true, many, boundary},
	} {
		role := sim.Role{Name: one.name, AttachedPolicyARNs: one.attached, BoundaryARN: one.boundary}
		user := sim.User{Name: one.name, AttachedPolicyARNs: one.attached, BoundaryARN: one.boundary, AccessKeys: []sim.AccessKey{{}}}
		if one.long {
			role.InlinePolicies, user.InlinePolicies = longPolicy(10200), longPolicy(2000)
		}
		account.PutRole(role)
		account.PutUser(user)
		ids = append(ids, "aws:"+sim.DefaultAccount+":role/"+one.name, "aws:"+sim.DefaultAccount+":user/"+one.name)
	}
	acctest.HumanUse(l.t, l.admin, "plain")
	if l.may("OptionalInstanceProfiles") {
		account.PutInstanceProfile(sim.InstanceProfile{Name: "plain", RoleName: "plain"})
		account.PutInstanceProfile(sim.InstanceProfile{Name: "web", RoleName: "plain"})
	}
	if l.may("OptionalGroups") {
		account.PutGroup(sim.Group{Name: "mail"})
		user, _ := account.User("long")
		account.PutUser(sim.User{Name: "grouped", Groups: []string{"mail"}, InlinePolicies: user.InlinePolicies})
		ids = append(ids, "aws:"+sim.DefaultAccount+":user/grouped")
	}
	if l.may("OptionalRareCredentials") {
		acctest.RareCredentials(l.t, l.admin, "plain")
		acctest.ServiceCredential(l.t, l.admin, "plain")
	}
	config := func(id string, further acctest.Values) acctest.Values {
		return acctest.Values{"identity": id, "reason": "Nobody knows what this one is for", "ticket": "SEC-1"}.With(further)
	}
	quarantines := map[string]*acctest.Resource{}
	each := func(do func(id string, r *acctest.Resource) acctest.Diagnostics) acctest.Diagnostics {
		var all acctest.Diagnostics
		run := l.run()
		for _, id := range ids {
			if quarantines[id] == nil {
				quarantines[id] = run.Resource("governed_quarantine")
			}
			quarantines[id] = quarantines[id].Under(run)
			if all = append(all, do(id, quarantines[id])...); all.Failed() {
				break
			}
		}
		return all
	}
	last := acctest.Values{"delete_after": acctest.Date(l.server, 5), "ticket": nil}
	return []step{
		{"lock", func() acctest.Diagnostics {
			return each(func(id string, r *acctest.Resource) acctest.Diagnostics { return r.Apply(config(id, nil)) })
		}},
		{"refresh", func() acctest.Diagnostics {
			return each(func(_ string, r *acctest.Resource) acctest.Diagnostics { return r.Refresh() })
		}},
		{"release", func() acctest.Diagnostics {
			return each(func(_ string, r *acctest.Resource) acctest.Diagnostics { return r.Apply(nil) })
		}},
		{"lock again", func() acctest.Diagnostics {
			return each(func(id string, r *acctest.Resource) acctest.Diagnostics { return r.Apply(config(id, last)) })
		}},
		{"delete", func() acctest.Diagnostics {
			l.server.Clock().Advance(6 * oneDay)
			return each(func(id string, r *acctest.Resource) acctest.Diagnostics {
				return append(r.Refresh(), r.Apply(config(id, last))...)
			})
		}},
		{"be gone", func() acctest.Diagnostics {
			if users := account.Users(); len(account.Roles()) > 0 || len(users) != 1 {
				l.t.Errorf("left are %v and %v", account.Roles(), users)
			}
			return nil
		}},
	}
}
