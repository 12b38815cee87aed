package sim_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func TestSeedEstate(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 12, 3000} {
		s := newServer(t)
		s.SeedEstate(n)
		a := s.Account(sim.DefaultAccount)
		if got := len(a.Roles()); got != n {
			t.Errorf("%d roles, want %d", got, n)
		}
		again := sim.New(sim.WithClock(clockStart))
		again.SeedEstate(n)
		if diff := cmp.Diff(a.Roles(), again.Account(sim.DefaultAccount).Roles()); diff != "" {
			t.Errorf("two estates differ: %s", diff)
		}
		for _, name := range a.Roles() {
			if len(name) > 64 {
				t.Errorf("%s is longer than 64 characters", name)
			}
		}
	}
}

// A small estate already holds every interesting kind of role.
func TestSeedEstateIsVaried(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.SeedEstate(12)
	out, err := newClients(t, s).IAM.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{})
	noError(t, err)
	have := map[string]int{}
	for _, r := range out.RoleDetailList {
		trust := *r.AssumeRolePolicyDocument
		for kind, is := range map[string]bool{
			"service-linked":   strings.HasPrefix(*r.Path, "/aws-service-role/"),
			"identity center":  strings.HasPrefix(*r.Path, "/aws-reserved/"),
			"untagged":         len(r.Tags) == 0,
			"tagged":           len(r.Tags) > 0,
			"never used":       r.RoleLastUsed.LastUsedDate == nil,
			"used":             r.RoleLastUsed.LastUsedDate != nil,
			"github":           strings.Contains(trust, "token.actions.githubusercontent.com"),
			"external id":      strings.Contains(trust, "sts%3AExternalId"),
			"lambda":           strings.Contains(trust, "lambda.amazonaws.com"),
			"instance profile": len(r.InstanceProfileList) > 0,
		} {
			if is {
				have[kind]++
			}
		}
	}
	if len(have) != 10 {
		t.Errorf("the estate has only %v", have)
	}
}

// Users come on top of the roles, one of each kind at least.
func TestSeedEstateUsers(t *testing.T) {
	t.Parallel()
	for n, users := range map[int]int{0: 0, 12: 8, 200: 25} {
		s := newServer(t)
		s.SeedEstate(n)
		a := s.Account(sim.DefaultAccount)
		have := map[string]int{}
		for _, name := range a.Users() {
			u, _ := a.User(name)
			for kind, is := range map[string]bool{
				"password": u.HasPassword, "MFA": len(u.MFADevices) > 0, "two keys": len(u.AccessKeys) == 2,
				"governed": u.Tags["nhi:owner"] != "" && u.BoundaryARN != "", "group": len(u.Groups) > 0,
				"never used": len(u.AccessKeys) == 1 && u.AccessKeys[0].LastUsedAt.IsZero(),
				"inactive":   len(u.AccessKeys) == 1 && !u.AccessKeys[0].Active, "API key": len(u.ServiceCredentials) > 0,
			} {
				if is {
					have[kind]++
				}
			}
		}
		if got := len(a.Users()); got != users || n > 0 && len(have) != 8 {
			t.Errorf("%d users, want %d; kinds %v", got, users, have)
		}
	}
}
