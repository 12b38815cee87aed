package governance

import "time"

// Clock tells the time. Everything that compares with an expiry takes one, so that a test can move it.
type Clock interface {
	// Now is the present instant; callers convert it to UTC.
	Now() time.Time
}

// SystemClock is the machine's own clock.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }
