package sim

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Call is one recorded request.
type Call struct {
	// Time is the simulator's time of the request.
	Time time.Time `json:"time"`
	// Service is that of the request, for instance "iam" or "graph".
	Service string `json:"service"`
	// Action is the operation, for instance "CreateRole"; of a service that names
	// things by path, its method and the pattern of the path, for instance
	// "PATCH /applications/{id}".
	Action string `json:"action"`
	// Path is the path that was asked for, of such a service.
	Path string `json:"path,omitempty"`
	// AccessKeyID is the key that signed the request; empty when unsigned.
	AccessKeyID string `json:"access_key_id"`
	// Account is the account of the caller, or its tenant.
	Account string `json:"account"`
	// Principal is the caller's ARN, or its object id.
	Principal string `json:"principal"`
	// Params are the request's parameters, without Action and Version. Of a
	// service that speaks JSON they are the top-level members, those that are not
	// strings as JSON. Secrets show as "(sensitive)".
	Params url.Values `json:"params"`
	// Attempt is 1 for a call, and more for one that the SDK repeats because it
	// got no answer or one that may pass; 0 when the client does not tell.
	Attempt int `json:"attempt,omitempty"`
	// Status is the HTTP status, 0 when the connection was dropped.
	Status int `json:"status"`
	// ErrorCode is the wire code of an error answer, "ConnectionDropped" when
	// the connection was dropped, or empty.
	ErrorCode string `json:"error_code,omitempty"`
	// Permissions are those that were decided for the request, in order, up to
	// the first that was refused.
	Permissions []Permission `json:"permissions,omitempty"`
	// Batch are the requests that were sent as one, where a service offers that.
	Batch []Call `json:"batch,omitempty"`
}

// Permission is one permission that a request needed, and how it was decided.
type Permission struct {
	// Action is for instance "iam:CreateRole".
	Action string `json:"action"`
	// Resource is the ARN that was evaluated, or "*".
	Resource string `json:"resource"`
	Allowed  bool   `json:"allowed"`
	// Sids are those of the statements of the caller's identity-based policies
	// that allow it, in the order of the policies.
	Sids []string `json:"sids,omitempty"`
}

func (c Call) name() string { return c.Service + ":" + c.Action }

func (c Call) clone() Call {
	params := maps.Clone(c.Params)
	for k, v := range params {
		params[k] = slices.Clone(v)
	}
	c.Params = params
	c.Permissions = slices.Clone(c.Permissions)
	for i, p := range c.Permissions {
		c.Permissions[i].Sids = slices.Clone(p.Sids)
	}
	c.Batch = slices.Clone(c.Batch)
	for i, b := range c.Batch {
		c.Batch[i] = b.clone()
	}
	return c
}

// Recorder keeps the requests of one simulator, in order. The zero value has
// none. It is safe for concurrent use.
type Recorder struct {
	mu    sync.Mutex
	calls []Call
}

// Record adds a request.
func (r *Recorder) Record(c Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c.clone())
}

// Calls returns every request recorded since the start or the last reset.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Call, len(r.calls))
	for i, c := range r.calls {
		out[i] = c.clone()
	}
	return out
}

// Reset forgets the recorded requests.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = nil
}

// Count counts the recorded requests of one action, written "service:action"
// and without regard to case, or all of them for "".
func (r *Recorder) Count(action string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if action == "" {
		return len(r.calls)
	}
	n := 0
	for _, c := range r.calls {
		if strings.EqualFold(c.name(), action) {
			n++
		}
	}
	return n
}

// Calls returns every request recorded since the start or the last
// [Server.ResetCalls], in order.
func (s *Server) Calls() []Call { return s.calls.Calls() }

// ResetCalls forgets the recorded requests.
func (s *Server) ResetCalls() { s.calls.Reset() }

// CountCalls counts the recorded requests of one action, written
// "iam:CreateRole" and without regard to case, or all of them for "".
func (s *Server) CountCalls(action string) int { return s.calls.Count(action) }

// attempt reads what the SDKs say in Amz-Sdk-Request, such as
// "attempt=2; max=3".
func attempt(header string) int {
	for _, part := range strings.Split(header, ";") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(part), "attempt="); ok {
			n, _ := strconv.Atoi(value)
			return n
		}
	}
	return 0
}
