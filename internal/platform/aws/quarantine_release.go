package aws

import (
	"context"
	"errors"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// Release makes credentials active, opens the trust policy, stops denying everything, and removes the record: until the last
// step but one, nothing of what it gives back can be used.
func (q *Quarantines) Release(ctx context.Context, id governance.ID, heldBefore []string) (kept []string, err error) {
	unlock, err := q.account.holders.Lock(ctx, id.String())
	if err != nil {
		return nil, err
	}
	defer unlock()
	p, err := q.read(ctx, id, true)
	if errors.Is(err, platform.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if p.blocked.record == nil {
		return []string{"nothing on it records a quarantine any more, so nothing was put back"}, nil
	}
	q.account.wrote(id.Kind, id.Name())
	r := *p.blocked.record
	d := &discharge{ward: ward{ctx: ctx, account: q.account, patient: &p}, record: r, heldBefore: heldBefore}
	r.phase = phaseReleasing
	if err := d.write(r); err != nil {
		return nil, err
	}
	err = run([]func() error{d.activate, d.open, d.stopDenying, func() error {
		_, remove := q.account.tagging.recordChanges(p.tags, nil)
		return d.untag(remove)
	}})
	return d.kept, err
}

// discharge undoes a quarantine.
type discharge struct {
	ward
	// record is as it was found.
	record     quarantineRecord
	heldBefore []string
	kept       []string
}

func (d *discharge) keep(text string) { d.kept = append(d.kept, text) }

// missing notes what was done and is not there any more; what an interruption has left undone, or undone already, is not
// missing.
func (d *discharge) missing(text string) {
	if d.record.phase == phaseComplete {
		d.keep(text)
	}
}

func (d *discharge) activate() error {
	for _, one := range d.record.held {
		found := d.find(one)
		switch {
		case found == nil && !d.lacks(one):
			return d.unlisted // Without its record nobody would make it active any more.
		case found == nil:
			d.keep(one.name() + " is gone")
			continue
		case found.active:
			continue
		case !slices.Contains(d.heldBefore, one.name()):
			d.keep(one.name() + " stays inactive: the record on the identity names it, but this state has not made it inactive, and whoever may tag the identity could have written that")
			continue
		case one.code == codeAccessKey && d.expired:
			d.keep(one.name() + " stays inactive, because the identity has expired since")
			continue
		case one.code == codeAccessKey && d.ended(one.id):
			d.keep(one.name() + " stays inactive, because its life has ended since")
			continue
		}
		if err := d.set(found, true); err != nil {
			return err
		}
	}
	for _, one := range d.switches {
		if slices.Contains(d.record.held, one.held) || !one.made.After(d.record.Since) {
			continue
		}
		state := "is active"
		if !one.active {
			state = "stays inactive"
		}
		d.keep(one.name() + " was made during the quarantine, and " + state)
	}
	return nil
}

// ended tells whether an access key has a governed life, and that is over.
func (d *discharge) ended(key string) bool {
	end := endOfNote(d.tags[key])
	return !end.IsZero() && !end.After(d.account.config.Clock.Now())
}

func (d *discharge) open() error {
	if !d.record.trust.shut() {
		return nil
	}
	document, found := iampolicy.Unshut(d.wholeTrust, d.record.trust == trustWrapped)
	if d.record.digest != digestOf(document) {
		d.keep("the trust policy stays as somebody has changed it")
	}
	if !found {
		d.missing("the statement " + iampolicy.QuarantineSID + " was not in the trust policy any more")
		return nil
	}
	if parsed, err := iampolicy.Parse(document); err == nil && iampolicy.HasGhosts(parsed) {
		return &platform.ErrInvalid{
			Operation: "iam:UpdateAssumeRolePolicy", Code: codeMalformedPolicy,
			Detail: "the trust policy names a principal that was deleted during the quarantine, and IAM takes no version of it that does. Take that principal out of the trust policy; what is left of the quarantine goes with the next apply",
		}
	}
	return d.writeTrust(document)
}

func (d *discharge) stopDenying() error {
	switch d.record.deny {
	case denyInline:
		switch {
		case d.blocked.inline == "":
			d.missing("the inline policy " + QuarantinePolicyName + " was not there any more")
		case !d.denies():
			d.keep("the inline policy " + QuarantinePolicyName + " stays, because somebody has changed it")
		default:
			return ignoreNotFound(d.try("Delete*Policy", func() error { return d.api.deleteInlinePolicy(d.ctx, QuarantinePolicyName) }))
		}
	case denyManaged:
		if d.blocked.attached == "" {
			d.missing("the managed policy AWSDenyAll was not attached any more")
			return nil
		}
		return ignoreNotFound(d.try("Detach*Policy", func() error { return d.api.detachPolicy(d.ctx, d.blocked.attached) }))
	case denyBoundary:
		switch before := d.record.boundary; {
		case !d.blocked.bounded:
			d.missing("the permissions boundary stays as somebody has changed it")
		case before == "":
			return ignoreNotFound(d.try("Delete*PermissionsBoundary", func() error { return d.api.deleteBoundary(d.ctx) }))
		default:
			operation := d.kind.operation("Put*PermissionsBoundary")
			return missingReference(operation, d.try("Put*PermissionsBoundary", func() error { return d.api.putBoundary(d.ctx, before) }))
		}
	}
	return nil
}
