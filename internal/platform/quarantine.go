package platform

import (
	"context"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Quarantined is an identity as a quarantine finds it.
type Quarantined struct {
	// UniqueID tells the identity from another one that gets its name later.
	UniqueID string
	// Quarantine is what is recorded on the identity; nil where nothing is.
	Quarantine *governance.Quarantine
	// Complete is false while an interrupted apply has something left to do.
	Complete bool
	// ManagedBy is the mark of the tool that governs the identity; empty when none does.
	ManagedBy string
	// Changes are what was changed for the quarantine, and Instead what could not be, and what was done instead.
	Changes, Instead []string
	// Drift is what is not any more as the quarantine has left it.
	Drift []string
	// Held name the credentials that a release makes active again.
	Held []string
}

// Quarantines keep the identities of one cloud from being used. Every method can return the errors of this package.
// Nothing is removed that could not be put back, and all that is changed is recorded on the identity before it is done, so
// that whoever finds the identity can finish or undo it, without a state and after any interruption.
type Quarantines interface {
	// Foresee tells what Impose will change, but for Drift, and finds what the platform would refuse and whom it must not
	// touch: the caller itself above all. ErrNotFound when there is none.
	Foresee(ctx context.Context, id governance.ID, order governance.QuarantineOrder) (Quarantined, []governance.Violation, error)

	// Read returns the identity as it is; ErrNotFound when there is none.
	Read(ctx context.Context, id governance.ID) (Quarantined, error)

	// Impose carries out an order, goes on with one that was interrupted, or repairs one that somebody has weakened. It is
	// idempotent, and takes access only away.
	Impose(ctx context.Context, id governance.ID, order governance.QuarantineOrder) (Quarantined, error)

	// Release puts back what is still as the quarantine has left it, and returns what is not. Of the credentials on record it
	// makes only those active that the caller has held itself, because a record can be forged. An absent identity is no error.
	Release(ctx context.Context, id governance.ID, held []string) (kept []string, err error)

	// Retirement and Delete are those of the driver of the identity's kind.
	Retirement(ctx context.Context, id governance.ID) (Retirement, error)
	Delete(ctx context.Context, id governance.ID) (removed []string, err error)
}
