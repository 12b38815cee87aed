package sim

import (
	"sync"
	"time"
)

// Clock is the simulator's own time, in UTC. It stands still unless it is
// moved, or runs along with real time when the server was made with
// [WithRunningClock]. Simulators of several clouds can share one. It is safe
// for concurrent use.
type Clock struct {
	mu      sync.Mutex
	running bool
	at      time.Time // the time at anchor
	anchor  time.Time // real time at which the clock showed at; used when running
}

// NewClock makes a clock that shows start, and runs on from there or stands.
func NewClock(start time.Time, running bool) *Clock {
	return &Clock{running: running, at: start.UTC(), anchor: time.Now()}
}

// Now returns the simulator's current time in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.running {
		return c.at.Add(time.Since(c.anchor))
	}
	return c.at
}

// Set moves the clock to t, forwards or backwards. A running clock runs on
// from there.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t.UTC()
	c.anchor = time.Now()
}

// Advance moves the clock by d, which may be negative, and returns the new
// time.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.now().Add(d)
	c.anchor = time.Now()
	return c.at
}
