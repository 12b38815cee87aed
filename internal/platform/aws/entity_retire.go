package aws

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// deleteRounds is how often a retirement starts again because somebody attached something meanwhile, or because a replica
// did not know the entity.
const deleteRounds = 3

// retire repeats a retirement until nothing stands in its way, and names what does when that does not help. That the
// entity is not found on the way does not tell that it is gone.
func (d driver[S]) retire(ctx context.Context, id governance.ID, retire func(S) ([]string, error)) (removed []string, err error) {
	d.recent.recall(id.Name())
	for round := 1; ; round++ {
		state, err := d.readDirect(ctx, id)
		if errors.Is(err, platform.ErrNotFound) {
			return removed, nil
		}
		if err != nil {
			return removed, err
		}
		names, err := retire(state)
		removed = append(removed, missingFrom(names, removed)...)
		if round < deleteRounds && errors.Is(err, platform.ErrNotFound) {
			continue
		}
		var conflict *platform.ErrConflict
		if errors.As(err, &conflict) && apiCode(err) == codeDeleteConflict {
			if round < deleteRounds {
				continue
			}
			if state, readErr := d.readDirect(ctx, id); readErr == nil {
				conflict.Blockers = state.Common().Attachments
			}
		}
		return removed, err
	}
}

// removal runs one step of a retirement after the other, and notes what each has removed.
type removal struct {
	removed []string
	err     error
	// denied says that denyAll has put its policy on the entity.
	denied bool
}

// do removes something, unless an earlier step has failed. What is gone already counts as removed.
func (r *removal) do(name, operation string, call func() error) {
	if r.err != nil {
		return
	}
	if r.err = ignoreNotFound(mapError(operation, call())); r.err == nil && name != "" {
		r.removed = append(r.removed, name)
	}
}

// ignoreNotFound takes what is gone for what should go.
func ignoreNotFound(err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	return err
}

// policies deletes inline policies and detaches managed ones.
func (r *removal) policies(ctx context.Context, kind entityKind, api entityAPI, inline, managed []string) {
	for _, name := range inline {
		r.do("inline policy "+name, kind.operation("Delete*Policy"), func() error { return api.deleteInlinePolicy(ctx, name) })
	}
	for _, policy := range managed {
		r.do("managed policy "+policy, kind.operation("Detach*Policy"), func() error { return api.detachPolicy(ctx, policy) })
	}
}

// allPolicies takes every policy off the entity.
func (r *removal) allPolicies(ctx context.Context, kind entityKind, api entityAPI, state EntityState) {
	r.policies(ctx, kind, api, nil, state.ManagedPolicyARNs)
	r.policies(ctx, kind, api, slices.Sorted(maps.Keys(state.InlinePolicies)), nil)
	if state.blocked.attached != "" {
		r.do("", kind.operation("Detach*Policy"), func() error { return api.detachPolicy(ctx, state.blocked.attached) })
	}
	if state.blocked.inline != "" {
		r.do("", kind.operation("Delete*Policy"), func() error { return api.deleteInlinePolicy(ctx, QuarantinePolicyName) })
	}
	// What denies goes last.
	if state.SessionsPolicy != "" {
		r.policies(ctx, kind, api, []string{SessionsPolicyName}, nil)
	}
	for _, name := range state.sessionDenials {
		r.do("", kind.operation("Delete*Policy"), func() error { return api.deleteInlinePolicy(ctx, name) })
	}
	switch {
	case state.ExpiryPolicy != "":
		r.policies(ctx, kind, api, []string{ExpiryPolicyName}, nil)
	case r.denied:
		r.do("", kind.operation("Delete*Policy"), func() error { return api.deleteInlinePolicy(ctx, ExpiryPolicyName) })
	}
}

// denyAll ends what live sessions may do before any policy goes, so that no order of removal widens it for a moment: an
// entity could otherwise lose its denials first. It is an expiry in the far past. Without room for it, the order has to
// do.
func (r *removal) denyAll(ctx context.Context, kind entityKind, api entityAPI, state EntityState) {
	document := iampolicy.ExpiryDeny(time.Unix(0, 0)).JSON()
	if iampolicy.Equivalent(state.ExpiryPolicy, document) {
		return
	}
	r.do("", kind.operation("Put*Policy"), func() error {
		err := api.putInlinePolicy(ctx, ExpiryPolicyName, document)
		if apiCode(err) == codeLimitExceeded {
			return nil
		}
		r.denied = err == nil
		return err
	})
}
