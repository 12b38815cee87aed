package platform

import (
	"context"
	"sync"
)

// Memo keeps the result of something that is asked for many times and should be done once. A failure is not kept, so
// that the next one who asks tries again; those who wait meanwhile can give up.
type Memo[T any] struct {
	init  sync.Once
	token chan struct{}
	done  bool
	value T
}

// Get is the kept result, or that of load.
func (m *Memo[T]) Get(ctx context.Context, load func() (T, error)) (T, error) {
	return m.GetIf(ctx, func(T) bool { return true }, load)
}

// GetIf keeps the result only for those to whom it will do; for others it is done again.
func (m *Memo[T]) GetIf(ctx context.Context, good func(T) bool, load func() (T, error)) (T, error) {
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
