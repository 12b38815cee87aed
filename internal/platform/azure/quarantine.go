package azure

import (
	"context"
	"errors"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Quarantines keeps applications, service principals and managed identities of a tenant from being used.
type Quarantines struct{ tenant *Tenant }

var _ platform.Quarantines = (*Quarantines)(nil)

// Quarantines of the tenant.
func (t *Tenant) Quarantines() *Quarantines { return &Quarantines{tenant: t} }

// patient is an identity with what a quarantine changes of it.
type patient interface {
	// found is the record on the identity; nil where there is none.
	found() *quarantineRecord
	// plan is the record of an order as it is to be. What is in effect already stays as it is.
	plan(ctx context.Context, order governance.QuarantineOrder) (quarantineRecord, error)
	// refuse finds why the identity cannot be quarantined, or why it cannot be recorded.
	refuse(ctx context.Context, r quarantineRecord) (findings, error)
	// write makes the identity say what the record says; with nil, that there is none.
	write(ctx context.Context, r *quarantineRecord) error
	// pending are the steps that are still to be taken for a record to be true.
	pending(r quarantineRecord) []func(context.Context) error
	// restore puts back what a record in its last phase says, as far as the caller has held it, and returns what it does not.
	restore(ctx context.Context, held []string) (kept []string, err error)
	observed() platform.Quarantined
	// pretend takes a record for what was found.
	pretend(r quarantineRecord)
}

// read reads an identity, as it is at this moment where that matters.
func (q *Quarantines) read(ctx context.Context, id governance.ID, now bool) (patient, error) {
	switch id.Kind {
	case governance.KindEntraApplication:
		return q.tenant.readApplicant(ctx, id, now)
	case governance.KindEntraServicePrincipal:
		return q.tenant.readParty(ctx, id, now)
	default:
		return q.tenant.readWard(ctx, id, now)
	}
}

// Foresee refuses the caller, Microsoft's own, what is quarantined under another id, and a record for which there is no room.
func (q *Quarantines) Foresee(ctx context.Context, id governance.ID, order governance.QuarantineOrder) (platform.Quarantined, []governance.Violation, error) {
	p, err := q.read(ctx, id, false)
	if err != nil {
		return platform.Quarantined{}, nil, err
	}
	r, err := p.plan(ctx, order)
	if err != nil {
		return platform.Quarantined{}, nil, err
	}
	refused, err := p.refuse(ctx, r)
	if err != nil || len(refused) > 0 {
		return platform.Quarantined{}, refused, err
	}
	p.pretend(r)
	return p.observed(), nil, nil
}

// Read takes the identity from a bulk read where that is cheaper.
func (q *Quarantines) Read(ctx context.Context, id governance.ID) (platform.Quarantined, error) {
	p, err := q.read(ctx, id, false)
	if err != nil {
		return platform.Quarantined{}, err
	}
	return p.observed(), nil
}

// Impose records what it is about to do, and does it.
func (q *Quarantines) Impose(ctx context.Context, id governance.ID, order governance.QuarantineOrder) (platform.Quarantined, error) {
	unlock, err := q.tenant.lock(ctx, id)
	if err != nil {
		return platform.Quarantined{}, err
	}
	defer unlock()
	p, err := q.read(ctx, id, true)
	if err != nil {
		return platform.Quarantined{}, err
	}
	r, err := p.plan(ctx, order)
	if err != nil {
		return platform.Quarantined{}, err
	}
	if p.found() == nil || len(p.pending(r)) > 0 {
		r.phase = phaseImposing
		if err := p.write(ctx, &r); err != nil {
			return platform.Quarantined{}, err
		}
		for _, step := range p.pending(r) {
			if err := step(ctx); err != nil {
				return platform.Quarantined{}, err
			}
		}
	}
	r.phase = phaseComplete
	if err := p.write(ctx, &r); err != nil {
		return platform.Quarantined{}, err
	}
	return p.observed(), nil
}

// Release puts back what is still as the quarantine has left it, and removes the record last.
func (q *Quarantines) Release(ctx context.Context, id governance.ID, held []string) (kept []string, err error) {
	unlock, err := q.tenant.lock(ctx, id)
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
	if p.found() == nil {
		return []string{"nothing on it records a quarantine any more, so nothing was put back"}, nil
	}
	before := *p.found()
	r := before
	r.phase = phaseReleasing
	if err := p.write(ctx, &r); err != nil {
		return nil, err
	}
	p.pretend(before)
	if kept, err = p.restore(ctx, held); err != nil {
		return kept, err
	}
	return kept, p.write(ctx, nil)
}

// Retirement is that of the driver. A quarantine has no purge_on_destroy, so what is kept can only be removed afterwards
// ("Permanently delete item" in the reference of Microsoft Graph).
func (q *Quarantines) Retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	going, err := q.retirement(ctx, id)
	if going.Purge != "" {
		going.Purge = "To have it deleted for good sooner, remove it from the deleted objects of Entra ID afterwards, by DELETE /directory/deletedItems/" + id.Resource + " of Microsoft Graph."
	}
	return going, err
}

func (q *Quarantines) retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	switch id.Kind {
	case governance.KindEntraApplication:
		return q.tenant.Applications().Retirement(ctx, id)
	case governance.KindEntraServicePrincipal:
		return q.tenant.ServicePrincipals().Retirement(ctx, id)
	default:
		return q.tenant.ManagedIdentities().Retirement(ctx, id)
	}
}

// Delete is that of the driver.
func (q *Quarantines) Delete(ctx context.Context, id governance.ID) ([]string, error) {
	switch id.Kind {
	case governance.KindEntraApplication:
		return q.tenant.Applications().Delete(ctx, id)
	case governance.KindEntraServicePrincipal:
		return q.tenant.ServicePrincipals().Delete(ctx, id)
	default:
		return q.tenant.ManagedIdentities().Delete(ctx, id)
	}
}
