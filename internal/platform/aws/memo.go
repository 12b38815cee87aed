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
	m.init.Do(func() { m.token = make(chan struct{}, 1) })
	var zero T
	select {
	case m.token <- struct{}{}:
	case <-ctx.Done():
		return zero, ctx.Err()
	}
	defer func() { <-m.token }()
	if m.done {
		return m.value, nil
	}
	value, err := load()
	if err != nil {
		return zero, err
	}
	m.value, m.done = value, true
	return value, nil
}
