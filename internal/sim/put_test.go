package sim_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// A role that is seeded again is another role: its references are gone.
func TestPutRoleReplaces(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.Account(sim.DefaultAccount)
	policy := a.PutManagedPolicy(sim.ManagedPolicy{Name: "p", Document: allow(`"s3:*"`)})
	a.PutRole(sim.Role{Name: "r", AttachedPolicyARNs: []string{policy}, BoundaryARN: policy})
	a.PutInstanceProfile(sim.InstanceProfile{Name: "web", RoleName: "r"})
	first, _ := a.Role("r")
	a.PutRole(sim.Role{Name: "r"})
	second, _ := a.Role("r")
	profile, _ := a.InstanceProfile("web")
	if first.ID == second.ID || len(first.InstanceProfiles) != 1 || len(second.InstanceProfiles) != 0 || len(profile.Roles) != 0 {
		t.Errorf("first %+v, second %+v, profile %+v", first, second, profile)
	}
	if p := a.Policies(); len(p) != 1 || p[0].Attachments != 0 || p[0].Boundaries != 0 {
		t.Errorf("policies %+v", p)
	}
	for name, seed := range map[string]sim.Role{
		"trust":    {Name: "x", TrustPolicy: "{}"},
		"inline":   {Name: "x", InlinePolicies: map[string]string{"p": "{}"}},
		"attached": {Name: "x", AttachedPolicyARNs: []string{"arn:aws:iam::123456789012:policy/none"}},
		"boundary": {Name: "x", BoundaryARN: "arn:aws:iam::123456789012:policy/none"},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: a bad seed was accepted", name)
				}
			}()
			a.PutRole(seed)
		}()
	}
	if _, ok := a.Role("x"); ok {
		t.Error("a refused seed was made")
	}
}
