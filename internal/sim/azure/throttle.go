package azuresim

import (
	"net/http"
	"strconv"
)

// budget is how many requests a service takes before it refuses some.
type budget struct {
	requests, refusals int
	retryAfter         int // seconds
	taken              int // of the present round
}

// SetBudget lets a service ("graph", "arm", "keyvault", "oauth") refuse refusals requests, after
// every so many that it took, with 429 and a Retry-After in seconds. What is in a
// batch counts. It goes by number and not by time, so that a test under a
// standing clock can get on. 0 requests takes the budget away.
func (s *Server) SetBudget(service string, requests, refusals, retryAfter int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.budgets, service)
	if requests > 0 {
		s.budgets[service] = &budget{requests: requests, refusals: max(refusals, 1), retryAfter: retryAfter}
	}
}

// spend counts a request against the budget of its service.
func (r *request) spend() error {
	if r.service.spend != nil {
		if err := r.service.spend(r); err != nil {
			return err
		}
	}
	b := r.server.budgets[r.service.name]
	if b == nil {
		return nil
	}
	b.taken++
	refused := b.taken > b.requests
	if b.taken == b.requests+b.refusals {
		b.taken = 0
	}
	if !refused {
		return nil
	}
	return errThrottled("", b.retryAfter)
}

// errThrottled is 429 with a Retry-After in seconds. Graph's code for it is
// TooManyRequests (Graph guide, "Microsoft Graph throttling guidance").
func errThrottled(message string, retryAfter int) *apiError {
	if message == "" {
		message = "Too many requests"
	}
	e := newError("TooManyRequests", http.StatusTooManyRequests, "%s", message)
	e.header = http.Header{"Retry-After": {strconv.Itoa(retryAfter)}}
	return e
}
