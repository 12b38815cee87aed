package sim

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Call is one recorded request.
type Call struct {
	// Time is the simulator's time of the request.
	Time time.Time `json:"time"`
	// Service is "iam", "sts", "secretsmanager", "ssm" or "access-analyzer".
	Service string `json:"service"`
	// Action is the operation, for instance "CreateRole".
	Action string `json:"action"`
	// AccessKeyID is the key that signed the request; empty when unsigned.
	AccessKeyID string `json:"access_key_id"`
	// Account is the account of the caller.
	Account string `json:"account"`
	// Principal is the caller's ARN.
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
	return c
}

// Calls returns every request recorded since the start or the last
// [Server.ResetCalls], in order.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Call, len(s.calls))
	for i, c := range s.calls {
		out[i] = c.clone()
	}
	return out
}

// ResetCalls forgets the recorded requests.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// CountCalls counts the recorded requests of one action, written
// "iam:CreateRole" and without regard to case, or all of them for "".
func (s *Server) CountCalls(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if action == "" {
		return len(s.calls)
	}
	n := 0
	for _, c := range s.calls {
		if strings.EqualFold(c.name(), action) {
			n++
		}
	}
	return n
}

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
