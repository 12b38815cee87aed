package aws

import (
	"context"
	"sync"
)

// memo keeps the result of something that is asked for many times and should be done once. A failure is not kept, so
// that the next one who asks tries again; those who wait meanwhile can give up.
type memo[T any] struct {
	init  sync.Once
	token chan struct{}
	done  bool
	value T
}

func (m *memo[T]) get(ctx context.Context, load func() (T, error)) (T, error) {
	return m.getIf(ctx, func(T) bool { return true }, load)
}

// getIf keeps the result only for those to whom it will do; for others it is done again.
func (m *memo[T]) getIf(ctx context.Context, good func(T) bool, load func() (T, error)) (T, error) {
	m.init.Do(func() { m.token = make(chan struct{}, 1) })
	var zero T
	select {
	case m.token <- struct{}{}:
	case <-ctx.Done():
		return zero, ctx.Err()
	}
	defer func() { <-m.token }()
	if m.done && good(m.value) {
		return m.value, nil
	}
	value, err := load()
	if err != nil {
		return zero, err
	}
	m.value, m.done = value, true
	return value, nil
}
