package platformtest

import (
	"errors"
	"slices"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// QuarantineEstate is a cloud with one identity that something uses.
type QuarantineEstate struct {
	// ID is the identity's, and Absent that of none.
	ID, Absent governance.ID
	// Quarantines are those of another run, which remembers nothing.
	Quarantines func() platform.Quarantines
	// Use uses the identity; the error says that it is refused.
	Use func() error
	// Picture writes down all of the identity that a quarantine may touch.
	Picture func() string
	// Weaken gives a way in back, past the quarantine.
	Weaken func()
	// Writes counts the requests so far that changed something.
	Writes func() int
}

var quarantineOrder = governance.QuarantineOrder{Reason: "Nobody knows it (any more)", Ticket: "SEC-1", ReleaseAfter: "2027-01-01", DeleteAfter: "2027-02-01T00:00:00Z"}

// RunQuarantine holds quarantines against what resources rely on. Every test opens an estate of its own.
func RunQuarantine(t *testing.T, open func(t *testing.T) QuarantineEstate) {
	for name, test := range map[string]func(*testing.T, QuarantineEstate){
		"absent": quarantineAbsent, "there and back": quarantineRoundTrip, "idempotent": quarantineIdempotent, "weakened": quarantineWeakened,
		"held by others": quarantineHeldByOthers, "deleted": quarantineDeleted,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func quarantineAbsent(t *testing.T, e QuarantineEstate) {
	q := e.Quarantines()
	if _, err := q.Read(t.Context(), e.Absent); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Read returned %v", err)
	}
	if _, _, err := q.Foresee(t.Context(), e.Absent, quarantineOrder); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Foresee returned %v", err)
	}
	if _, err := q.Impose(t.Context(), e.Absent, quarantineOrder); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Impose returned %v", err)
	}
	if kept, err := q.Release(t.Context(), e.Absent, nil); err != nil || len(kept) > 0 {
		t.Errorf("Release returned %v, %v", kept, err)
	}
	if writes := e.Writes(); writes != 0 {
		t.Errorf("%d requests changed something", writes)
	}
}

// imposed puts the identity into quarantine.
func imposed(t *testing.T, e QuarantineEstate) platform.Quarantined {
	t.Helper()
	seen, err := e.Quarantines().Impose(t.Context(), e.ID, quarantineOrder)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func quarantineRoundTrip(t *testing.T, e QuarantineEstate) {
	if err := e.Use(); err != nil {
		t.Fatal(err)
	}
	before, none := e.Picture(), e.Writes()
	ahead, found, err := e.Quarantines().Foresee(t.Context(), e.ID, quarantineOrder)
	if err != nil || len(found) > 0 || e.Writes() != none {
		t.Fatalf("Foresee returned %v, %v, and changed something %d times", found, err, e.Writes()-none)
	}
	seen := imposed(t, e)
	if err := e.Use(); err == nil {
		t.Error("the identity can be used")
	}
	if q := seen.Quarantine; q == nil || q.QuarantineOrder != quarantineOrder || !seen.Complete || len(seen.Drift) > 0 {
		t.Errorf("Impose returned %+v", seen)
	}
	if !slices.Equal(ahead.Changes, seen.Changes) || !slices.Equal(ahead.Instead, seen.Instead) || ahead.UniqueID != seen.UniqueID {
		t.Errorf("Foresee said %+v, and Impose %+v", ahead, seen)
	}
	read, err := e.Quarantines().Read(t.Context(), e.ID)
	if err != nil || !slices.Equal(read.Changes, seen.Changes) || !slices.Equal(read.Held, seen.Held) || *read.Quarantine != *seen.Quarantine || !read.Complete {
		t.Errorf("Read returned %+v (%v), and Impose %+v", read, err, seen)
	}
	kept, err := e.Quarantines().Release(t.Context(), e.ID, read.Held)
	if err != nil || len(kept) > 0 {
		t.Errorf("Release returned %v, %v", kept, err)
	}
	if after := e.Picture(); after != before {
		t.Errorf("before it was\n%s\nand now it is\n%s", before, after)
	}
	if err := e.Use(); err != nil {
		t.Errorf("the released identity says %v", err)
	}
	writes := e.Writes()
	if kept, err := e.Quarantines().Release(t.Context(), e.ID, read.Held); err != nil || len(kept) != 1 || e.Writes() != writes {
		t.Errorf("the second Release returned %v, %v", kept, err)
	}
}

func quarantineIdempotent(t *testing.T, e QuarantineEstate) {
	first := imposed(t, e)
	writes := e.Writes()
	if again := imposed(t, e); *again.Quarantine != *first.Quarantine || e.Writes() != writes {
		t.Errorf("the second Impose returned %+v, and wrote %d times", again, e.Writes()-writes)
	}
	other := governance.QuarantineOrder{Reason: "Leaked on a Friday"}
	if seen, err := e.Quarantines().Impose(t.Context(), e.ID, other); err != nil || seen.Quarantine.QuarantineOrder != other || !seen.Quarantine.Since.Equal(first.Quarantine.Since) {
		t.Errorf("another order returned %+v, %v", seen, err)
	}
	if read, err := e.Quarantines().Read(t.Context(), e.ID); err != nil || read.Quarantine.QuarantineOrder != other {
		t.Errorf("Read returned %+v, %v", read, err)
	}
}

func quarantineWeakened(t *testing.T, e QuarantineEstate) {
	imposed(t, e)
	e.Weaken()
	read, err := e.Quarantines().Read(t.Context(), e.ID)
	if err != nil || len(read.Drift) == 0 {
		t.Errorf("Read returned %+v, %v", read, err)
	}
	if seen := imposed(t, e); len(seen.Drift) > 0 || !seen.Complete {
		t.Errorf("Impose returned %+v", seen)
	}
	if err := e.Use(); err == nil {
		t.Error("the identity can be used")
	}
}

// quarantineHeldByOthers gives nothing back that the caller has not held itself.
func quarantineHeldByOthers(t *testing.T, e QuarantineEstate) {
	seen := imposed(t, e)
	kept, err := e.Quarantines().Release(t.Context(), e.ID, nil)
	if err != nil || len(kept) != len(seen.Held) {
		t.Errorf("Release returned %v, %v, where %v were held", kept, err, seen.Held)
	}
	if use := e.Use(); (use == nil) != (len(seen.Held) == 0) {
		t.Errorf("the identity says %v", use)
	}
}

func quarantineDeleted(t *testing.T, e QuarantineEstate) {
	imposed(t, e)
	if _, err := e.Quarantines().Retirement(t.Context(), e.ID); err != nil {
		t.Error(err)
	}
	if _, err := e.Quarantines().Delete(t.Context(), e.ID); err != nil {
		t.Error(err)
	}
	if _, err := e.Quarantines().Read(t.Context(), e.ID); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Read returned %v", err)
	}
}
