package azuresim

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// decision is the answer to whether a principal may do something.
type decision struct {
	allowed bool
	// conditional says that only role assignments with a condition would allow
	// it, which the simulator does not evaluate.
	conditional bool
}

// actionMatches compares an action with a pattern of a role definition, where
// "*" stands for any text, without regard to case.
func actionMatches(pattern, action string) bool {
	parts := strings.Split(strings.ToLower(pattern), "*")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(strings.ToLower(action))
}

func anyMatches(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return actionMatches(p, action) })
}

// grants reports whether one of the permissions has an action. What a
// notActions takes away is taken from its own permission only.
func (d *roleDefinition) grants(action string, data bool) bool {
	return slices.ContainsFunc(d.permissions, func(p rolePermission) bool {
		if data {
			return anyMatches(p.dataActions, action) && !anyMatches(p.notDataActions, action)
		}
		return anyMatches(p.actions, action) && !anyMatches(p.notActions, action)
	})
}

// identitiesOf returns a principal and the groups that it is in, also through
// other groups.
func (t *Tenant) identitiesOf(principal string) map[string]bool {
	out := map[string]bool{principal: true}
	for more := true; more; {
		more = false
		for _, g := range t.all(kindGroup) {
			if !out[g.id] && slices.ContainsFunc(g.members, func(m string) bool { return out[m] }) {
				out[g.id], more = true, true
			}
		}
	}
	return out
}

// decide evaluates the role assignments at a scope and above it. What is
// deleted may nothing.
func (t *Tenant) decide(principal, action string, at scope, data bool, now time.Time) decision {
	if t.get(principal) == nil {
		return decision{}
	}
	who, above := t.identitiesOf(strings.ToLower(principal)), t.above(at)
	var out decision
	for _, a := range t.arm.assignments {
		if !who[a.principalID] || !a.inForce(now) || !slices.Contains(above, a.scope.key()) || !t.definition(a.role).grants(action, data) {
			continue
		}
		if a.condition != "" {
			out.conditional = true
			continue
		}
		return decision{allowed: true}
	}
	return out
}

// seesSubscription reports whether a principal has any role that reaches a
// subscription or something in it.
func (t *Tenant) seesSubscription(principal string, s *Subscription, now time.Time) bool {
	who, above := t.identitiesOf(principal), t.above(scope{"/subscriptions/" + s.id, s})
	return slices.ContainsFunc(t.arm.live(now), func(a *assignment) bool {
		return who[a.principalID] && (slices.Contains(above, a.scope.key()) || a.scope.subscription == s)
	})
}

// ErrConditional is the answer of [Tenant.May] where only a role assignment with
// a condition would allow an action: the simulator does not evaluate conditions,
// and does not pretend that they are not there.
var ErrConditional = errors.New("only role assignments with a condition allow it, and conditions are not evaluated")

// May reports whether a principal may do an action of the control plane, such as
// "Microsoft.Compute/virtualMachines/start/action", at a scope now.
func (t *Tenant) May(principalID, action, at string) (bool, error) {
	return t.may(principalID, action, at, false)
}

// MayData is [Tenant.May] for an action of the data plane, such as
// "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read".
func (t *Tenant) MayData(principalID, action, at string) (bool, error) {
	return t.may(principalID, action, at, true)
}

func (t *Tenant) may(principalID, action, at string, data bool) (bool, error) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	r := &request{server: t.server, tenant: t, now: t.server.clock.Now()}
	where, err := r.scopeOf(at)
	if err != nil {
		return false, err
	}
	d := t.decide(principalID, action, where, data, r.now)
	if d.conditional {
		return false, ErrConditional
	}
	return d.allowed, nil
}
