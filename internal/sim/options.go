package sim

import "time"

// Option changes how a server is made.
type Option func(*config)

type config struct {
	start      time.Time
	running    bool
	clock      *Clock
	emptyPages int
	region     string
	quotas     map[string]map[string]int
}

// WithClock sets the time at which the simulator's clock starts. The default
// is the real time, cut to the second.
func WithClock(start time.Time) Option {
	return func(c *config) { c.start = start }
}

// WithRunningClock lets the simulator's clock run along with real time. The
// default is a clock that stands still unless it is moved.
func WithRunningClock() Option {
	return func(c *config) { c.running = true }
}

// WithSharedClock lets the simulator go by a clock that another one has as well.
// The other options about the clock then mean nothing.
func WithSharedClock(clock *Clock) Option {
	return func(c *config) { c.clock = clock }
}

// WithEmptyPages makes every n-th page of a list, per operation, an empty page
// that says IsTruncated, as AWS may answer ("IAM might return fewer than the
// MaxItems number of results, even when there are more results available",
// IAM API reference, MaxItems). 0, the default, means never; 1 is taken as 2,
// because a list of nothing but empty pages would never end.
func WithEmptyPages(n int) Option {
	return func(c *config) {
		if n == 1 {
			n = 2
		}
		c.emptyPages = n
	}
}

// WithQuota sets one quota of an account by its key in GetAccountSummary, for
// instance "RolesQuota" or "AssumeRolePolicySizeQuota".
func WithQuota(accountID, key string, value int) Option {
	return func(c *config) {
		if c.quotas[accountID] == nil {
			c.quotas[accountID] = map[string]int{}
		}
		c.quotas[accountID][key] = value
	}
}
