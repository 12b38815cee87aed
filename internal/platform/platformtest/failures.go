package platformtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// atEachRequest runs a life again and again and lets another of its requests go wrong each time, in each way, until
// there is no further one. A life returns the error that the failure caused, if any.
func atEachRequest[Spec any, S platform.State](t *testing.T, h Harness[Spec, S], life func(*testing.T, Estate[Spec, S], func()) error) {
	inEachWay(t, h, life, Refused, Unreached, Lost, LostOnce)
}

// inEachWay is atEachRequest with some ways only: the further ones cost time and tell the same of requests that other
// lives have as well.
func inEachWay[Spec any, S platform.State](t *testing.T, h Harness[Spec, S], life func(*testing.T, Estate[Spec, S], func()) error, ways ...Failure) {
	for _, failure := range ways {
		t.Run(string(failure), func(t *testing.T) {
			t.Parallel()
			for nth, reached := 1, true; reached; nth++ {
				// One after another: the next depends on whether this one was reached.
				t.Run(fmt.Sprint(nth), func(t *testing.T) {
					estate := h.Open(t)
					err := life(t, estate, func() { estate.Fail(failure, nth) })
					if err != nil && failure == LostOnce {
						t.Errorf("the driver did not cope with one lost answer: %v", err)
					}
					reached = estate.Failed()
				})
				if nth > 200 {
					t.Fatal("there is no end of requests")
				}
			}
		})
	}
}

func interruptedCreate[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	atEachRequest(t, h, func(t *testing.T, estate Estate[Spec, S], fail func()) error {
		want := estate.Wanted("interrupted")
		fail()
		driver := estate.Driver()
		id, failed := driver.Create(t.Context(), want)
		if failed != nil {
			estate.Mend()
			var err error
			if id, err = estate.Driver().Create(t.Context(), want); err != nil {
				t.Fatalf("Create failed with %v; the next one: %v", failed, err)
			}
		}
		if _, err := driver.Converge(t.Context(), id, want); err != nil {
			failed = err
		}
		finished(t, h, estate, id, want)
		return failed
	})
}

func interruptedChange[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	atEachRequest(t, h, func(t *testing.T, estate Estate[Spec, S], fail func()) error {
		id, _ := made(t, estate, estate.Wanted("interrupted"))
		fail()
		_, failed := estate.Driver().Converge(t.Context(), id, estate.Changed("interrupted"))
		finished(t, h, estate, id, estate.Changed("interrupted"))
		return failed
	})
}

// interruptedRepair puts right what others have changed.
func interruptedRepair[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	inEachWay(t, h, func(t *testing.T, estate Estate[Spec, S], fail func()) error {
		want := estate.Wanted("interrupted")
		id, _ := made(t, estate, want)
		estate.Drift(id)
		fail()
		_, failed := estate.Driver().Converge(t.Context(), id, want)
		finished(t, h, estate, id, want)
		return failed
	}, Refused, Lost)
}

// interruptedDisabling disables an identity that is in use.
func interruptedDisabling[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	inEachWay(t, h, func(t *testing.T, estate Estate[Spec, S], fail func()) error {
		want := estate.Wanted("interrupted")
		id, _ := made(t, estate, want)
		works(t, estate, id)
		want = estate.Wanted("interrupted")
		want.Disabled = true
		fail()
		_, failed := estate.Driver().Converge(t.Context(), id, want)
		estate.Mend()
		if _, err := estate.Driver().Converge(t.Context(), id, want); err != nil {
			t.Fatalf("the next Converge: %v", err)
		}
		refused(t, estate, id, nil)
		want.Disabled = false
		finished(t, h, estate, id, want)
		return failed
	}, Refused, Lost)
}

// interruptedRenewal enables it again.
func interruptedRenewal[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	inEachWay(t, h, func(t *testing.T, estate Estate[Spec, S], fail func()) error {
		want := estate.Wanted("interrupted")
		id, _ := made(t, estate, want)
		works(t, estate, id)
		want = estate.Wanted("interrupted")
		want.Disabled = true
		if _, err := estate.Driver().Converge(t.Context(), id, want); err != nil {
			t.Fatal(err)
		}
		want.Disabled = false
		want.Metadata.Expiry = estate.Now().AddDate(0, 4, 0).Format(time.DateOnly)
		fail()
		_, failed := estate.Driver().Converge(t.Context(), id, want)
		finished(t, h, estate, id, want)
		return failed
	}, Refused, Lost)
}

// finished converges what was interrupted, and then finds nothing that differs from an undisturbed life.
func finished[Spec any, S platform.State](t *testing.T, h Harness[Spec, S], estate Estate[Spec, S], id governance.ID, want platform.Desired[Spec]) {
	t.Helper()
	estate.Mend()
	driver := estate.Driver()
	if _, err := driver.Converge(t.Context(), id, want); err != nil {
		t.Fatalf("the next Converge: %v", err)
	}
	expect(t, h, estate, id, want)
	works(t, estate, id)
	if _, err := driver.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if left := estate.Left(); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func interruptedDelete[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	atEachRequest(t, h, func(t *testing.T, estate Estate[Spec, S], fail func()) error {
		id, state := made(t, estate, estate.Wanted("interrupted"))
		wanted := append(estate.Attach(id), state.Common().Attachments...)
		fail()
		removed, failed := estate.Driver().Delete(t.Context(), id)
		estate.Mend()
		if failed != nil {
			if state, err := estate.Driver().Read(t.Context(), id); err == nil && len(removed) > 0 && !state.Common().Disabled {
				t.Errorf("%v was removed before the access was closed", removed)
			}
		}
		more, err := estate.Driver().Delete(t.Context(), id)
		if err != nil {
			t.Fatalf("the next Delete: %v", err)
		}
		removed = append(removed, more...)
		for _, name := range wanted {
			if !slices.Contains(removed, name) && failed == nil {
				t.Errorf("the removal of %s was not told", name)
			}
		}
		if left := estate.Left(); len(left) > 0 {
			t.Errorf("left over: %v", left)
		}
		return failed
	})
}

// changes are the methods that change an identity that is there, of this name.
func changes[Spec any, S platform.State](name string) map[Method]func(context.Context, Estate[Spec, S], governance.ID) error {
	return map[Method]func(context.Context, Estate[Spec, S], governance.ID) error{
		MethodConverge: func(ctx context.Context, estate Estate[Spec, S], id governance.ID) error {
			_, err := estate.Driver().Converge(ctx, id, estate.Changed(name))
			return err
		},
		MethodDelete: func(ctx context.Context, estate Estate[Spec, S], id governance.ID) error {
			_, err := estate.Driver().Delete(ctx, id)
			return err
		},
	}
}

func forbidden[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	calls := changes[Spec, S]("forbidden")
	calls[MethodCreate] = func(ctx context.Context, estate Estate[Spec, S], _ governance.ID) error {
		_, err := estate.Driver().Create(ctx, estate.Wanted("another"))
		return err
	}
	calls[MethodRead] = func(ctx context.Context, estate Estate[Spec, S], id governance.ID) error {
		_, err := estate.Driver().Read(ctx, id)
		return err
	}
	for method, call := range calls {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			estate := h.Open(t)
			id, _ := made(t, estate, estate.Wanted("forbidden"))
			permission := estate.Deny(method)
			err := call(t.Context(), estate, id)
			var refusal *platform.ErrForbidden
			if !errors.As(err, &refusal) {
				t.Fatalf("%s returned %v", method, err)
			}
			same(t, "the missing permission", refusal.Permission, permission)
			estate.Mend()
			if err := call(t.Context(), estate, id); err != nil {
				t.Errorf("with the permission: %v", err)
			}
		})
	}
}

func throttled[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("throttled")
	estate.Fail(Throttled, 2)
	id, err := estate.Driver().Create(t.Context(), want)
	if err != nil || !estate.Failed() {
		t.Fatalf("Create returned %v", err)
	}
	estate.Mend()
	if _, err := estate.Driver().Read(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

func cancelledBefore[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	id, _ := made(t, estate, estate.Wanted("kept"))
	before := estate.Writes()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, created := estate.Driver().Create(ctx, estate.Wanted("cancelled"))
	_, converged := estate.Driver().Converge(ctx, id, estate.Changed("kept"))
	_, read := estate.Driver().Read(ctx, id)
	_, deleted := estate.Driver().Delete(ctx, id)
	for method, err := range map[Method]error{MethodCreate: created, MethodConverge: converged, MethodRead: read, MethodDelete: deleted} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s returned %v", method, err)
		}
	}
	if writes := estate.Writes() - before; writes != 0 {
		t.Errorf("%d writes after the end of the context", writes)
	}
}

// cancelledCreate ends the context while the request is out: the identity is there, so its id must come back.
func cancelledCreate[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("cancelled")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	estate.OnWrite(cancel)
	id, err := estate.Driver().Create(ctx, want)
	if err != nil {
		t.Fatalf("Create returned %v and left %v", err, estate.Left())
	}
	if ctx.Err() == nil {
		t.Fatal("the context was not cancelled")
	}
	if _, err := estate.Driver().Converge(ctx, id, want); !errors.Is(err, context.Canceled) {
		t.Errorf("Converge returned %v", err)
	}
	finished(t, h, estate, id, want)
}

func cancelledLater[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	for method, call := range changes[Spec, S]("cancelled") {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			estate := h.Open(t)
			id, _ := made(t, estate, estate.Wanted("cancelled"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			estate.OnWrite(cancel)
			if err := call(ctx, estate, id); !errors.Is(err, context.Canceled) {
				t.Errorf("%s returned %v", method, err)
			}
			finished(t, h, estate, id, estate.Changed("cancelled"))
		})
	}
}
