package aws

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// entityWriter brings what roles and users have in common from what it is to what it is to be.
type entityWriter struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call of Converge
	account *Account
	kind    entityKind
	api     entityAPI
	// is changes as it is written.
	is, to *EntityState
	// fresh says that the entity has just been made, so that replicas may not know it yet.
	fresh bool
}

// course is what the steps of one kind of entity add to those that all have. Steps without a difference write nothing.
type course struct {
	// gate closes or opens the way in.
	gate func() error
	// evict takes away what nobody should have.
	evict []func() error
	// tags, grant and revoke are the kind's own, of which the entity's are a part.
	tags, grant, revoke func() error
	// othersTakeOver says that the entity passes to other principals.
	othersTakeOver bool
	// sizes are further quotas that old and new have to fit together.
	sizes []measure
	// settings grant nothing.
	settings []func() error
}

// steps are in an order in which access is never wider than before or after. A way in that closes goes first, one that
// opens last, and so does a later expiry; a boundary is put on before anything is granted, and taken off after everything
// else is taken away. Between these, what grants comes before what takes away, so that a running workload never loses what it keeps; but
// where other principals or another boundary take over, or where old and new together do not fit the quotas, taking
// away comes first, so that the old ones never get what only the new ones may have.
func (w *entityWriter) steps(c course) ([]func() error, error) {
	fits, err := w.oldAndNewFit(c.sizes)
	if err != nil {
		return nil, err
	}
	revokeSessions, admitSessions := w.sessionSteps()
	expire, prolong := w.writeExpiryPolicy, func() error { return nil }
	if w.endsLater() {
		expire, prolong = prolong, expire
	}
	var steps []func() error
	if w.to.Disabled {
		steps = append(steps, c.gate)
	}
	steps = append(append(append(steps, revokeSessions), c.evict...), c.tags)
	old, next := w.is.PermissionsBoundaryARN, w.to.PermissionsBoundaryARN
	if old == "" {
		steps = append(steps, w.writeBoundary)
	}
	switch {
	case c.othersTakeOver, old != "" && next != "" && old != next:
		steps = append(steps, c.revoke, expire)
		if next != "" {
			steps = append(steps, w.writeBoundary)
		}
		if c.othersTakeOver {
			steps = append(steps, c.gate)
		}
		steps = append(steps, c.grant)
	case !fits:
		steps = append(steps, c.revoke, expire, c.grant)
	default:
		steps = append(steps, expire, c.grant, c.revoke)
	}
	steps = append(append(steps, w.writeBoundary), c.settings...)
	return append(steps, admitSessions, prolong, c.gate), nil
}

// endsLater tells whether the entity has an expiry policy already, and will have a later one: until that is written,
// nothing is allowed that an expired entity could not do.
func (w *entityWriter) endsLater() bool {
	is, ended := iampolicy.ParseExpiryDeny(w.is.ExpiryPolicy)
	to, ends := iampolicy.ParseExpiryDeny(w.to.ExpiryPolicy)
	return ended && ends && to.After(is)
}

// run takes the steps until one fails.
func run(steps []func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// try writes, and waits for replicas where that is what is missing. The kind stands for the asterisk of the operation.
func (w *entityWriter) try(operation string, call func() error) error {
	return w.account.untilPropagated(w.ctx, w.kind.operation(operation), w.fresh, call)
}

func (w *entityWriter) untag(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return w.try("Untag*", func() error { return w.api.untag(w.ctx, keys) })
}

func (w *entityWriter) tag(tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	return w.try("Tag*", func() error { return w.api.tag(w.ctx, sdkTags(tags)) })
}

// writeTags removes first: a key may change only its letter case, and fifty is the limit.
func (w *entityWriter) writeTags() error {
	set, remove := w.account.tagging.changes(w.is.tags, w.to.tags)
	if err := w.untag(remove); err != nil {
		return err
	}
	if err := w.tag(set); err != nil {
		return err
	}
	written := maps.Clone(set)
	for key, value := range w.is.tags {
		if _, changed := set[key]; !changed && !slices.Contains(remove, key) {
			written[key] = value
		}
	}
	w.is.tags = written
	return nil
}

func (w *entityWriter) writeBoundary() error {
	boundary := w.to.PermissionsBoundaryARN
	if boundary == w.is.PermissionsBoundaryARN {
		return nil
	}
	if w.is.blocked.bounded {
		return &platform.ErrConflict{Detail: w.kind.object(w.to.Name) + " is in quarantine, which stands in the place of its permissions boundary. Release it before it gets another boundary"}
	}
	var err error
	if boundary == "" {
		// A try whose answer got lost has taken it off.
		err = ignoreNotFound(w.try("Delete*PermissionsBoundary", func() error { return w.api.deleteBoundary(w.ctx) }))
	} else {
		err = missingReference(w.kind.operation("Put*PermissionsBoundary"), w.try("Put*PermissionsBoundary", func() error { return w.api.putBoundary(w.ctx, boundary) }))
	}
	if err == nil {
		w.is.PermissionsBoundaryARN = boundary
	}
	return err
}

func (w *entityWriter) writeExpiryPolicy() error {
	if iampolicy.Equivalent(w.is.ExpiryPolicy, w.to.ExpiryPolicy) {
		return nil
	}
	return w.putPolicy(ExpiryPolicyName, w.to.ExpiryPolicy)
}

func (w *entityWriter) putPolicy(name, document string) error {
	return w.try("Put*Policy", func() error { return w.api.putInlinePolicy(w.ctx, name, document) })
}

// oldAndNewFit asks for the account's quotas only when IAM's defaults do not settle it.
func (w *entityWriter) oldAndNewFit(further []measure) (bool, error) {
	together := maps.Clone(w.is.InlinePolicies)
	maps.Copy(together, w.to.InlinePolicies)
	over, err := w.account.beyondQuota(w.ctx, append([]measure{
		{quota: w.kind.inlineQuota, size: inlineSize(together) + w.to.reservedSize()},
		{quota: w.kind.attachedQuota, size: len(w.to.ManagedPolicyARNs) + len(missingFrom(w.is.ManagedPolicyARNs, w.to.ManagedPolicyARNs))},
	}, further...))
	return len(over) == 0, err
}

// addPolicies writes what denies before what allows, so that nothing is allowed on the way that is not allowed then.
func (w *entityWriter) addPolicies() error {
	return run([]func() error{w.addDenials, w.addAllowances})
}

// addDenials writes the inline policies that deny, if there is room for them already; otherwise addAllowances does.
func (w *entityWriter) addDenials() error {
	names := slices.DeleteFunc(w.changedPolicies(), func(name string) bool { return !hasDeny(w.to.InlinePolicies[name]) })
	size := inlineSize(w.is.InlinePolicies) + w.to.reservedSize()
	for _, name := range names {
		size += max(0, w.growth(name))
	}
	if over, err := w.account.beyondQuota(w.ctx, []measure{{quota: w.kind.inlineQuota, size: size}}); err != nil || len(over) > 0 {
		return err
	}
	return w.putPolicies(names)
}

// addAllowances writes all other policies.
func (w *entityWriter) addAllowances() error {
	if err := w.putPolicies(w.changedPolicies()); err != nil {
		return err
	}
	for _, policy := range missingFrom(w.to.ManagedPolicyARNs, w.is.ManagedPolicyARNs) {
		if err := w.try("Attach*Policy", func() error { return w.api.attachPolicy(w.ctx, policy) }); err != nil {
			return fmt.Errorf("attach %s: %w", policy, missingReference(w.kind.operation("Attach*Policy"), err))
		}
	}
	return nil
}

// changedPolicies are the inline policies still to be written: first what shrinks, to make room for what grows.
func (w *entityWriter) changedPolicies() []string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(w.to.InlinePolicies)), func(name string) bool {
		return iampolicy.Equivalent(w.is.InlinePolicies[name], w.to.InlinePolicies[name])
	})
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(w.growth(a), w.growth(b)) })
	return names
}

func (w *entityWriter) growth(name string) int {
	return iampolicy.Size(w.to.InlinePolicies[name]) - iampolicy.Size(w.is.InlinePolicies[name])
}

func (w *entityWriter) putPolicies(names []string) error {
	for _, name := range names {
		if err := w.putPolicy(name, w.to.InlinePolicies[name]); err != nil {
			return err
		}
		w.is.InlinePolicies[name] = w.to.InlinePolicies[name]
	}
	return nil
}

// removePolicies takes what denies last, so that nothing is allowed on the way that was not allowed before.
func (w *entityWriter) removePolicies() error {
	return run([]func() error{w.removeAllowances, w.removeDenials})
}

func (w *entityWriter) removeAllowances() error {
	allows := slices.DeleteFunc(w.surplusPolicies(), func(name string) bool { return hasDeny(w.is.InlinePolicies[name]) })
	var gone removal
	gone.policies(w.ctx, w.kind, w.api, allows, missingFrom(w.is.ManagedPolicyARNs, w.to.ManagedPolicyARNs))
	return gone.err
}

func (w *entityWriter) removeDenials() error {
	denies := slices.DeleteFunc(w.surplusPolicies(), func(name string) bool { return !hasDeny(w.is.InlinePolicies[name]) })
	var gone removal
	gone.policies(w.ctx, w.kind, w.api, denies, nil)
	return gone.err
}

// surplusPolicies are the inline policies that nobody wants.
func (w *entityWriter) surplusPolicies() []string {
	return missingFrom(slices.Sorted(maps.Keys(w.is.InlinePolicies)), slices.Collect(maps.Keys(w.to.InlinePolicies)))
}

func hasDeny(document string) bool {
	parsed, err := iampolicy.Parse(document)
	return err != nil || slices.ContainsFunc(parsed.Statements, func(s iampolicy.Statement) bool { return s.Effect == iampolicy.Deny })
}

// missingFrom are the items that are not among the others, in their order.
func missingFrom(items, others []string) []string {
	return slices.DeleteFunc(slices.Clone(items), func(item string) bool { return slices.Contains(others, item) })
}
