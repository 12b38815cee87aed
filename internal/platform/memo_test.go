package platform_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

func TestMemo(t *testing.T) {
	t.Parallel()
	var m platform.Memo[int]
	failure := errors.New("failed")
	if _, err := m.Get(t.Context(), func() (int, error) { return 7, failure }); !errors.Is(err, failure) {
		t.Errorf("the first get returned %v", err)
	}
	var loads atomic.Int32
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if value, err := m.Get(t.Context(), func() (int, error) { return int(loads.Add(1)), nil }); value != 1 || err != nil {
				t.Errorf("get returned %d, %v", value, err)
			}
		})
	}
	group.Wait()
	if got := loads.Load(); got != 1 {
		t.Errorf("it was loaded %d times", got)
	}
}

func TestMemoWaitersGiveUp(t *testing.T) {
	t.Parallel()
	var m platform.Memo[int]
	started, finish, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		value, err := m.Get(t.Context(), func() (int, error) {
			close(started)
			<-finish
			return 1, nil
		})
		if value != 1 || err != nil {
			t.Errorf("the loader got %d, %v", value, err)
		}
	}()
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Get(ctx, func() (int, error) { return 2, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("the waiter got %v", err)
	}
	close(finish)
	<-done
	if value, err := m.Get(t.Context(), func() (int, error) { return 3, nil }); value != 1 || err != nil {
		t.Errorf("a later get returned %d, %v", value, err)
	}
}
