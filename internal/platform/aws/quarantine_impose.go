package aws

import (
	"cmp"
	"context"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// Impose records what it is about to do, denies everything, which ends live sessions too, closes the trust policy and makes
// credentials inactive.
func (q *Quarantines) Impose(ctx context.Context, id governance.ID, order governance.QuarantineOrder) (platform.Quarantined, error) {
	unlock, err := q.account.holders.Lock(ctx, id.String())
	if err != nil {
		return platform.Quarantined{}, err
	}
	defer unlock()
	p, err := q.read(ctx, id, true)
	if err != nil {
		return platform.Quarantined{}, err
	}
	r, err := q.plan(ctx, &p, order)
	if err != nil {
		return platform.Quarantined{}, err
	}
	q.account.wrote(id.Kind, id.Name())
	ward := &ward{ctx: ctx, account: q.account, patient: &p}
	if old := p.blocked.record; old == nil || len(ward.pending(r)) > 0 {
		r.phase = phaseImposing
		if err := ward.write(r); err != nil {
			return platform.Quarantined{}, err
		}
		if err := run(ward.pending(r)); err != nil {
			return platform.Quarantined{}, err
		}
	}
	r.phase = phaseComplete
	if err := ward.write(r); err != nil {
		return platform.Quarantined{}, err
	}
	return p.observed(), nil
}

// plan is the record of the order as it is to be. What is in effect already stays as it is.
func (q *Quarantines) plan(ctx context.Context, p *patient, order governance.QuarantineOrder) (quarantineRecord, error) {
	var r quarantineRecord
	first := p.blocked.record == nil
	if first {
		r.Since = q.account.config.Clock.Now().UTC().Truncate(time.Second)
		var err error
		if r.usedKnown, r.usedAt, err = p.lastUse(ctx); err != nil {
			return r, err
		}
	} else {
		r = *p.blocked.record
	}
	r.QuarantineOrder = order
	if first || !p.denies() {
		var err error
		if r.deny, err = q.denial(ctx, p); err != nil {
			return r, err
		}
		r.boundary = p.PermissionsBoundaryARN
	}
	if p.kind.kind == governance.KindAWSRole {
		if err := q.planTrust(ctx, p, &r); err != nil {
			return r, err
		}
	}
	kept := slices.DeleteFunc(slices.Clone(r.held), p.lacks)
	for _, one := range p.switches {
		// What was made during the quarantine is nobody's to get back.
		if one.active && !slices.Contains(kept, one.held) && (first || !one.made.After(r.Since)) {
			kept = append(kept, one.held)
		}
	}
	slices.SortStableFunc(kept, func(a, b held) int { // An interrupted try may not have known all kinds.
		return cmp.Compare(slices.Index(heldCodes, a.code), slices.Index(heldCodes, b.code))
	})
	r.held = kept
	if problem := r.tooLong(); problem != "" {
		return r, &platform.ErrInvalid{Operation: p.kind.operation("Tag*"), Code: codeLimitExceeded, Detail: problem}
	}
	return r, nil
}

// denial is the first way of denying everything for which there is room. What somebody else has put there already, under the
// same name, stays theirs.
func (q *Quarantines) denial(ctx context.Context, p *patient) (denial, error) {
	ours := iampolicy.QuarantineDeny().JSON()
	taken := p.blocked.record == nil && p.blocked.inline != "" && !iampolicy.Equivalent(p.blocked.inline, ours)
	inline := inlineSize(p.InlinePolicies) + iampolicy.Size(p.ExpiryPolicy) + iampolicy.Size(ours)
	full, err := q.account.beyondQuota(ctx, []measure{{quota: p.kind.inlineQuota, size: inline}})
	if err != nil || (len(full) == 0 && !taken) {
		return denyInline, err
	}
	full, err = q.account.beyondQuota(ctx, []measure{{quota: p.kind.attachedQuota, size: len(p.ManagedPolicyARNs) + 1}})
	if err != nil || (len(full) == 0 && !slices.ContainsFunc(p.ManagedPolicyARNs, isDenyAll)) {
		return denyManaged, err
	}
	return denyBoundary, nil
}

// planTrust decides what becomes of a role's trust policy.
func (q *Quarantines) planTrust(ctx context.Context, p *patient, r *quarantineRecord) error {
	open, _ := iampolicy.Unshut(p.wholeTrust, r.trust == trustWrapped)
	r.digest = digestOf(open)
	if r.trust.shut() && iampolicy.IsShut(p.wholeTrust) {
		return nil
	}
	document, err := iampolicy.Parse(open)
	if err != nil {
		return err
	}
	if r.trust = trustGhost; iampolicy.HasGhosts(document) {
		return nil
	}
	shut, wrapped, err := iampolicy.Shut(open)
	if err != nil {
		return err
	}
	full, err := q.account.beyondQuota(ctx, []measure{{quota: quotaTrustPolicySize, size: iampolicy.Size(shut)}})
	switch {
	case err != nil:
		return err
	case len(full) > 0:
		r.trust = trustFull
	case wrapped:
		r.trust = trustWrapped
	default:
		r.trust = trustClosed
	}
	return nil
}

// lastUse is when the identity was last used; known is false where IAM does not tell.
func (p *patient) lastUse(ctx context.Context) (known bool, at time.Time, err error) {
	calls, isUser := p.api.(userCalls)
	if !isUser {
		return true, p.LastUsedAt, nil
	}
	known, at = p.console, p.LastUsedAt
	for _, one := range p.switches {
		if one.code != codeAccessKey {
			continue
		}
		use, err := calls.keyUse(ctx, one.id)
		if err != nil {
			return false, at, err
		}
		if known = known || one.active; use.At.After(at) {
			at = use.At
		}
	}
	return known, at, nil
}

// ward changes one identity for a quarantine.
type ward struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call
	account *Account
	*patient
}

func (w *ward) try(operation string, call func() error) error {
	return w.account.untilPropagated(w.ctx, w.kind.operation(operation), false, call)
}

// write makes the tags say what the record says.
func (w *ward) write(r quarantineRecord) error {
	set, remove := w.account.tagging.recordChanges(w.tags, &r)
	if len(set) > 0 {
		if err := w.try("Tag*", func() error { return w.api.tag(w.ctx, sdkTags(set)) }); err != nil {
			return err
		}
	}
	if err := w.untag(remove); err != nil {
		return err
	}
	for key, value := range set {
		w.tags[key] = value
	}
	w.blocked.record = &r
	return nil
}

func (w *ward) untag(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	err := w.try("Untag*", func() error { return w.api.untag(w.ctx, keys) })
	if err == nil {
		for _, key := range keys {
			delete(w.tags, key)
		}
	}
	return err
}

// recordChanges are the tags to write and the keys to remove to get from one record to another; to none with nil.
func (t tagging) recordChanges(tags map[string]string, r *quarantineRecord) (set map[string]string, remove []string) {
	set = map[string]string{}
	want := map[governance.Field]string{}
	if r != nil {
		want = r.encode()
	}
	for field, value := range want {
		set[t.keys.Key(field)] = value
	}
	for key, value := range tags {
		field, known := t.keys.Field(key)
		if !known || !slices.Contains(governance.QuarantineRecords, field) {
			continue
		}
		if want[field] == value {
			delete(set, t.keys.Key(field))
		} else if _, kept := want[field]; !kept {
			remove = append(remove, key)
		}
	}
	slices.Sort(remove)
	return set, remove
}

// pending are the steps that are still to be taken for a record to be true.
func (w *ward) pending(r quarantineRecord) []func() error {
	var steps []func() error
	was := w.blocked.record
	if was == nil || was.deny != r.deny || !w.denies() {
		steps = append(steps, func() error { return w.denyBy(r.deny) })
	}
	if r.trust.shut() && !iampolicy.IsShut(w.wholeTrust) {
		steps = append(steps, func() error { return w.shut(r) })
	}
	for i := range w.switches {
		if one := &w.switches[i]; one.active {
			steps = append(steps, func() error { return w.set(one, false) })
		}
	}
	return steps
}

func (w *ward) denyBy(way denial) error {
	arn, err := w.denyAllARN()
	if err != nil {
		return err
	}
	switch way {
	case denyInline:
		document := iampolicy.QuarantineDeny().JSON()
		err = w.try("Put*Policy", func() error { return w.api.putInlinePolicy(w.ctx, QuarantinePolicyName, document) })
		w.blocked.inline = document
	case denyManaged:
		err = w.try("Attach*Policy", func() error { return w.api.attachPolicy(w.ctx, arn) })
		w.blocked.attached = arn
	case denyBoundary:
		err = w.try("Put*PermissionsBoundary", func() error { return w.api.putBoundary(w.ctx, arn) })
		w.blocked.bounded = true
	}
	return err
}

// denyAllARN is AWS's own policy in the account's partition.
func (w *ward) denyAllARN() (string, error) {
	me, err := w.account.whoami(w.ctx)
	return "arn:" + me.partition + denyAllPolicy, err
}

func (w *ward) shut(r quarantineRecord) error {
	open, _ := iampolicy.Unshut(w.wholeTrust, r.trust == trustWrapped)
	document, _, err := iampolicy.Shut(open)
	if err != nil {
		return err
	}
	return w.writeTrust(document)
}

func (w *ward) writeTrust(document string) error {
	err := w.try("UpdateAssume*Policy", func() error {
		_, err := w.iam.UpdateAssumeRolePolicy(w.ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: awssdk.String(w.Name), PolicyDocument: &document})
		return err
	})
	if err == nil {
		w.wholeTrust = document
	}
	return err
}

// set makes a credential inactive, or active again. One that has gone meanwhile needs neither.
func (w *ward) set(one *credentialSwitch, active bool) error {
	status := types.StatusTypeInactive
	if active {
		status = types.StatusTypeActive
	}
	err := ignoreNotFound(w.account.untilPropagated(w.ctx, one.operation, false, func() error { return one.set(w.ctx, status) }))
	if err == nil {
		one.active = active
	}
	return err
}
