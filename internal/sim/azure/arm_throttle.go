package azuresim

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// armLimit is a token bucket of a subscription and a caller (Resource Manager,
// "Understand how Azure Resource Manager throttles requests").
type armLimit struct {
	name   string // as the header has it
	size   float64
	refill float64 // a second
}

var (
	armReads   = armLimit{"reads", 250, 25}
	armWrites  = armLimit{"writes", 200, 10}
	armDeletes = armLimit{"deletes", 200, 10}
	// armIdentities are the managed identities that can be made in a
	// subscription: 80 in 20 seconds (managed identities FAQ).
	armIdentities = armLimit{"identities", 80, 4}
)

// armBucket is what is left of a limit.
type armBucket struct {
	left float64
	at   time.Time
}

// SetSubscriptionThrottling lets Resource Manager refuse what exceeds the limits
// of a subscription and caller, by the simulator's clock: under a standing one
// nothing is given back until it moves. It is off from the start.
func (s *Server) SetSubscriptionThrottling(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttling = on
	for _, t := range s.tenants {
		clear(t.arm.buckets)
	}
}

// bucket is what is left of a limit for the caller in the subscription of the
// path. It is nil for a request that is about none.
func (r *request) bucket(limit armLimit) *armBucket {
	parts := strings.Split(strings.Trim(r.http.URL.Path, "/"), "/")
	if r.caller == nil || len(parts) < 2 || !strings.EqualFold(parts[0], "subscriptions") {
		return nil
	}
	key := strings.ToLower(parts[1]) + "/" + r.caller.objectID + "/" + limit.name
	b := r.tenant.arm.buckets[key]
	if b == nil {
		b = &armBucket{limit.size, r.now}
		r.tenant.arm.buckets[key] = b
	}
	if passed := r.now.Sub(b.at).Seconds(); passed > 0 {
		b.left = min(limit.size, b.left+passed*limit.refill)
	}
	b.at = r.now
	return b
}

// limit is the one that a request counts against.
func (r *request) limit() armLimit {
	switch r.http.Method {
	case http.MethodGet, http.MethodHead:
		return armReads
	case http.MethodDelete:
		return armDeletes
	}
	return armWrites
}

// charge counts a request against the limits of its subscription.
func (r *request) charge() error {
	limits := []armLimit{r.limit()}
	if r.route.pattern == putIdentityPattern {
		limits = append(limits, armIdentities)
	}
	for _, limit := range limits {
		b := r.bucket(limit)
		switch {
		case b == nil || !r.server.throttling:
		case b.left < 1:
			wait := int((1-b.left)/limit.refill) + 1
			e := errThrottled("Number of requests for subscription '"+strings.Split(strings.Trim(r.http.URL.Path, "/"), "/")[1]+"' and operation '"+
				strings.ToUpper(r.route.pattern)+"' exceeded the limit. Please try again after '"+strconv.Itoa(wait)+"' seconds.", wait)
			e.code = "SubscriptionRequestsThrottled"
			return e
		default:
			b.left--
		}
	}
	return nil
}

// limitHeader tells what is left.
func (r *request) limitHeader(h http.Header) {
	limit := r.limit()
	if b := r.bucket(limit); b != nil {
		h.Set("x-ms-ratelimit-remaining-subscription-"+limit.name, strconv.Itoa(int(b.left)))
	}
}
