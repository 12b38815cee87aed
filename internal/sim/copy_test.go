package sim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestCopy finds everything in a copy, the credentials included, and nothing in
// one of the two of what happens in the other.
func TestCopy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.SeedEstate(200)
	keys := s.Account(sim.DefaultAccount).PutUser(sim.User{Name: "robot", AccessKeys: []sim.AccessKey{{}}})
	asIs := func(text string) string { return text }
	before := s.Content(asIs)
	other := s.Copy(sim.NewClock(clockStart.Add(time.Hour), false))
	noError(t, other.Start())
	t.Cleanup(other.Close)
	if !slices.Equal(other.Content(asIs), before) {
		t.Error("the copy has other content")
	}
	if !other.Clock().Now().Equal(clockStart.Add(time.Hour)) || len(other.Calls()) > 0 {
		t.Errorf("the copy shows %s and has %d calls", other.Clock().Now(), len(other.Calls()))
	}
	_, err := clientsWith(other, keys[0]).STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	other.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "only-here", TrustPolicy: lambdaTrust})
	if _, there := s.Account(sim.DefaultAccount).Role("only-here"); there {
		t.Error("what was made in the copy is in the original")
	}
	s.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "only-there", TrustPolicy: lambdaTrust})
	if _, there := other.Account(sim.DefaultAccount).Role("only-there"); there {
		t.Error("what was made in the original is in the copy")
	}
}
