package provider

import (
	"context"
	"testing"
)

type key struct{}

func TestWithinLetsGoOfTheContextAfterTheCall(t *testing.T) {
	t.Parallel()
	parent, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "large"))
	kept, err := within(parent, func(ctx context.Context, req string) (context.Context, error) {
		if ctx.Value(key{}) != "large" || ctx.Err() != nil || req != "asked" {
			t.Errorf("within the call: %v, %v, %s", ctx.Value(key{}), ctx.Err(), req)
		}
		derived, stop := context.WithCancel(ctx)
		defer stop()
		cancel(nil)
		<-derived.Done()
		return ctx, nil
	}, "asked")
	if err != nil || kept.Value(key{}) != nil || kept.Err() == nil {
		t.Errorf("after the call: %v, %v, %v", kept.Value(key{}), kept.Err(), err)
	}
	if _, ok := kept.Deadline(); ok {
		t.Error("after the call there is a deadline")
	}
}
