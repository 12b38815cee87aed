package chaos_test

import (
	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// quarantines are those of identities on AWS, which nobody governs.
var quarantines = []scenario{
	quarantine("quarantine of aws_role", false, func(*world) string { return inAccount + "role/jobs/nightly" }, func(w *world) {
		w.account.PutRole(sim.Role{
			Name: "nightly", Path: "/jobs/", CreatedAt: start.AddDate(0, 0, -500), LastUsedAt: start.AddDate(0, 0, -300),
			TrustPolicy: lambdaTrust, InlinePolicies: map[string]string{"list": listUsers}, AttachedPolicyARNs: []string{readOnly}, Tags: map[string]string{"Team": "billing"},
		})
		w.account.PutInstanceProfile(sim.InstanceProfile{Name: "nightly", Path: "/jobs/", RoleName: "nightly"})
	}),
	quarantine("quarantine of aws_user", false, func(*world) string { return inAccount + "user/export" }, func(w *world) {
		w.account.PutUser(sim.User{
			Name: "export", CreatedAt: start.AddDate(0, 0, -500), Tags: map[string]string{"Team": "billing"}, InlinePolicies: map[string]string{"list": listUsers},
			AccessKeys: []sim.AccessKey{
				{CreatedAt: start.AddDate(0, 0, -400), LastUsedAt: start.AddDate(0, 0, -300)}, {CreatedAt: start.AddDate(0, 0, -450), Inactive: true},
			},
		})
		client := acctest.IAM(w.aws)
		acctest.RareCredentials(w.t, client, "export")
		acctest.ServiceCredential(w.t, client, "export")
	}),
}

// quarantine is the life of one: it is imposed, kept, changed, and released or, once its time has come, ends with the identity.
func quarantine(name string, azure bool, id func(*world) string, seed func(*world)) scenario {
	order := func(further acctest.Values) step {
		return step{config: func(w *world) acctest.Values {
			return acctest.Values{"identity": id(w), "reason": "Unused for 400 days, and nobody (really nobody) knows it", "ticket": "SEC-1234", "delete_after": date(40)}.With(further)
		}}
	}
	imposed := order(nil)
	return scenario{
		name: name, typeName: "governed_quarantine", azure: azure, seed: seed, importID: id,
		stages: []stage{
			{"create", nil, imposed},
			{"read", []step{imposed}, imposed},
			{"update", []step{imposed}, order(acctest.Values{"ticket": "SEC-5678", "reason": "Unused for 500 days"})},
			{"release", []step{imposed}, step{}},
			{"delete", []step{imposed}, imposed.after(50 * day)},
		},
	}
}
