package azuresim

import (
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Option changes how a server is made.
type Option func(*config)

type config struct {
	clock *sim.Clock
}

// WithClock sets the time at which the simulator's clock stands. The default
// is the real time, cut to the second.
func WithClock(start time.Time) Option {
	return func(c *config) { c.clock = sim.NewClock(start, false) }
}

// WithSharedClock lets the simulator go by a clock that another one has as
// well, so that one move moves both clouds.
func WithSharedClock(clock *sim.Clock) Option {
	return func(c *config) { c.clock = clock }
}
