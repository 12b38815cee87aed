package credential_test

import (
	"context"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// watched is an issuer that knows whether it is locked when it is read.
type watched struct {
	platform.Issuer
	t      *testing.T
	locked *bool
}

func (w watched) Lock(ctx context.Context) (func(), error) {
	unlock, err := w.Issuer.Lock(ctx)
	*w.locked = true
	return func() {
		*w.locked = false
		unlock()
	}, err
}

func (w watched) Holder(ctx context.Context) (platform.Holder, error) {
	if !*w.locked {
		w.t.Error("the identity is read while another credential of it may be half made")
	}
	return w.Issuer.Holder(ctx)
}

// TestObserveWaits has a plan not see another credential of the same apply in the making, which it would take for an
// interrupted one.
func TestObserveWaits(t *testing.T) {
	t.Parallel()
	life, locked := newCloud().life("a"), false
	life.Issuer = watched{life.Issuer, t, &locked}
	if _, err := life.Observe(t.Context()); err != nil || locked {
		t.Errorf("it stays locked: %t (%v)", locked, err)
	}
}

// TestObserveLeavesOthersAlone takes no credential for its own that is kept in another store, whatever its own store says.
func TestObserveLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	c := newCloud()
	for _, store := range []string{"smtp", "api"} {
		_, err := c.life(store).Apply(t.Context(), want(c, store, false), agree)
		must(t, err)
	}
	theirs := c.stores["api"].Current
	c.stores["smtp"].Current = theirs
	removed, err := c.life("smtp").Retire(t.Context(), c.stores["smtp"].ARN)
	must(t, err)
	if c.find(theirs) < 0 {
		t.Errorf("with %v the credential of another store was removed", removed)
	}
}
