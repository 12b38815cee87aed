package platform

import (
	"context"
	"sync"
)

// Locks lets one at a time work on what a name stands for.
type Locks struct {
	mutex sync.Mutex
	held  map[string]chan struct{}
}

// Lock waits for its turn, or for the end of the context.
func (l *Locks) Lock(ctx context.Context, name string) (unlock func(), err error) {
	l.mutex.Lock()
	if l.held == nil {
		l.held = map[string]chan struct{}{}
	}
	if l.held[name] == nil {
		l.held[name] = make(chan struct{}, 1)
	}
	token := l.held[name]
	l.mutex.Unlock()
	select {
	case token <- struct{}{}:
		return func() { <-token }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
