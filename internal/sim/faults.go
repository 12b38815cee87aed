package sim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of fault. Each is also its name at the control endpoint. The codes
// are those of IAM and STS; other services give the same in their own words,
// such as ThrottlingException or 429 TooManyRequests.
const (
	// FaultNone is no fault.
	FaultNone FaultKind = ""
	// FaultThrottling answers 400 Throttling without an effect.
	FaultThrottling FaultKind = "throttling"
	// FaultInternal answers 500 ServiceFailure without an effect.
	FaultInternal FaultKind = "internal"
	// FaultUnavailable answers 503 ServiceUnavailable without an effect.
	FaultUnavailable FaultKind = "unavailable"
	// FaultAccessDenied answers 403 AccessDenied without an effect.
	FaultAccessDenied FaultKind = "access_denied"
	// FaultDropBefore closes the connection before the request has an effect.
	FaultDropBefore FaultKind = "drop_before"
	// FaultDropAfter lets the request have its effect and closes the
	// connection before any answer.
	FaultDropAfter FaultKind = "drop_after"
	// FaultError answers with the fault's own Code and Status, without an
	// effect.
	FaultError FaultKind = "error"
	// FaultLag answers as ever, but what the request changes lags: the next
	// FaultReads reads of it see the state before.
	FaultLag FaultKind = "lag"
	// FaultShortPage answers with a page of one item, if it is a list.
	FaultShortPage FaultKind = "short_page"
	// FaultHoldBefore keeps the request waiting before it has an effect, until
	// the faults are cleared. It has none when its client has gone by then.
	FaultHoldBefore FaultKind = "hold_before"
	// FaultHoldAfter lets the request have its effect and keeps the answer until
	// the faults are cleared or the client has gone.
	FaultHoldAfter FaultKind = "hold_after"
)

// FaultReads is how many reads of what a request under FaultLag has changed
// still see the state before.
const FaultReads = 3

// Fault is a failure to inject into matching calls.
type Fault struct {
	// Service is one of those that [Call] names, such as "iam"; empty matches all.
	Service string `json:"service"`
	// Action is an operation as [Call] names it, such as "CreateRole"; empty
	// matches every one.
	Action string `json:"action"`
	// Nth is which matching call fails, counted from 1 since the injection; 0
	// fails every one.
	Nth int `json:"nth"`
	// Times is how many matching calls in a row fail from the Nth on; 0 is 1.
	// It has no meaning when Nth is 0.
	Times int `json:"times"`
	// Kind is what goes wrong.
	Kind FaultKind `json:"kind"`
	// Code is the wire code of a FaultError; empty is "ServiceFailure".
	Code string `json:"code"`
	// Status is the HTTP status of a FaultError; 0 is 400.
	Status int `json:"status"`
	// Message is the text of the error; empty is a text of the kind's own.
	Message string `json:"message"`
	// RetryAfter is the Retry-After of the answer, in seconds, in services that
	// send one; 0 is the service's own.
	RetryAfter int `json:"retry_after"`
	// Fired is called each time that it fires, before the call fails; nil is
	// nobody.
	Fired func() `json:"-"`
}

type faultState struct {
	Fault
	seen int
}

// validate reports a fault that could never fire.
func (f Fault) validate() error {
	switch f.Kind {
	case FaultThrottling, FaultInternal, FaultUnavailable, FaultAccessDenied,
		FaultDropBefore, FaultDropAfter, FaultError, FaultLag, FaultShortPage, FaultHoldBefore, FaultHoldAfter:
	default:
		return fmt.Errorf("unknown fault kind %q", f.Kind)
	}
	if f.Nth < 0 || f.Times < 0 || f.RetryAfter < 0 {
		return fmt.Errorf("nth, times and retry_after cannot be negative")
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("status %d is not an error", f.Status)
	}
	return nil
}

// Faults are the failures injected into one simulator. The zero value has none.
// It is safe for concurrent use.
type Faults struct {
	mu      sync.Mutex
	list    []*faultState
	held    chan struct{} // gets one for each request that begins to wait
	release chan struct{} // closed by Clear
}

// Inject adds a fault, or says why it could never fire.
func (f *Faults) Inject(fault Fault) error {
	if err := fault.validate(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &faultState{Fault: fault})
	return nil
}

// Clear removes every fault, and lets go on what waits.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
	if f.release != nil {
		close(f.release)
		f.release = nil
	}
}

// Held gets one for each request that a fault keeps waiting.
func (f *Faults) Held() <-chan struct{} { return f.waiting() }

func (f *Faults) waiting() chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == nil {
		f.held = make(chan struct{}, 1000)
	}
	return f.held
}

// Hold waits until the faults are cleared, which it reports, or the client has
// gone.
func (f *Faults) Hold(client context.Context) bool {
	f.mu.Lock()
	if f.release == nil {
		f.release = make(chan struct{})
	}
	release := f.release
	f.mu.Unlock()
	f.waiting() <- struct{}{}
	select {
	case <-release:
		return true
	case <-client.Done():
		return false
	}
}

// Match counts a call against every fault and returns the first that fires, or
// nil.
func (f *Faults) Match(service, action string) *Fault {
	fired := f.match(service, action)
	if fired != nil && fired.Fired != nil {
		fired.Fired()
	}
	return fired
}

func (f *Faults) match(service, action string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var fired *Fault
	for _, state := range f.list {
		if state.Service != "" && !strings.EqualFold(state.Service, service) {
			continue
		}
		if state.Action != "" && !strings.EqualFold(state.Action, action) {
			continue
		}
		state.seen++
		fires := state.Nth == 0 || (state.seen >= state.Nth && state.seen < state.Nth+max(state.Times, 1))
		if fires && fired == nil {
			fired = &state.Fault
		}
	}
	return fired
}

// InjectFault lets matching calls fail from now on. Faults add up; the first
// injected one that matches a call wins. It panics on a fault that could never
// fire: that is a mistake in a test.
func (s *Server) InjectFault(f Fault) {
	if err := s.faults.Inject(f); err != nil {
		panic("sim: " + err.Error())
	}
}

// ClearFaults removes every injected fault, and lets go on what waits.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Held gets one for each request that a fault keeps waiting. Until it goes on,
// every other request waits as well.
func (s *Server) Held() <-chan struct{} { return s.faults.Held() }

// Refuses tells whether the request is to fail before it has an effect.
func (f *Fault) Refuses() bool {
	switch f.Kind {
	case FaultNone, FaultDropAfter, FaultLag, FaultShortPage, FaultHoldBefore, FaultHoldAfter:
		return false
	}
	return true
}

// asError is the error answer of a fault, or nil for a dropped connection.
func (f *Fault) asError(r *request) *apiError {
	switch f.Kind {
	case FaultThrottling:
		return newError("Throttling", http.StatusBadRequest, "%s", cmp.Or(f.Message, "Rate exceeded"))
	case FaultInternal:
		return newError("ServiceFailure", http.StatusInternalServerError, "%s",
			cmp.Or(f.Message, "The request processing has failed because of an unknown error, exception or failure."))
	case FaultUnavailable:
		return newError("ServiceUnavailable", http.StatusServiceUnavailable, "%s",
			cmp.Or(f.Message, "The request has failed due to a temporary failure of the server."))
	case FaultAccessDenied:
		return newError("AccessDenied", http.StatusForbidden, "%s",
			cmp.Or(f.Message, deniedMessage(r.caller.arn, r.service+":"+r.action, "*", denyImplicit)))
	case FaultError:
		e := newError(cmp.Or(f.Code, "ServiceFailure"), cmp.Or(f.Status, http.StatusBadRequest), "%s",
			cmp.Or(f.Message, "An injected error."))
		e.verbatim = true
		return e
	}
	return nil
}
