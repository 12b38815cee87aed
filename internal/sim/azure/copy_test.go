package azuresim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestCopy finds everything in a copy, and nothing in one of the two of what
// happens in the other.
func TestCopy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.SeedEstate(100)
	asIs := func(text string) string { return text }
	before := s.Content(asIs)
	other := s.Copy(sim.NewClock(clockStart.Add(time.Hour), false))
	noError(t, other.Start())
	t.Cleanup(other.Close)
	if !slices.Equal(other.Content(asIs), before) {
		t.Error("the copy has other content")
	}
	if !other.Clock().Now().Equal(clockStart.Add(time.Hour)) {
		t.Errorf("the copy shows %s", other.Clock().Now())
	}
	made := defaultTenant(other).PutApplication(azuresim.Application{DisplayName: "only-here"})
	if _, there := defaultTenant(s).Application(made.ObjectID); there {
		t.Error("what was made in the copy is in the original")
	}
	if !slices.Equal(s.Content(asIs), before) {
		t.Error("the original has changed with the copy")
	}
}
