package provider

import (
	"context"
	"sync/atomic"
	"time"
)

// callContext is the context of one call, which it lets go when the call is over. The framework keeps what it needs to cancel
// every call that it has ever had, and with it their contexts, which have a set of loggers each: 10 KB a call, which for a
// thousand resources is more than all else.
type callContext struct {
	current atomic.Pointer[context.Context]
}

var _ context.Context = (*callContext)(nil)

// over is the context of what goes on after its call.
var over = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background()) //nolint:forbidigo // nobody calls any more
	cancel()
	return ctx
}()

// within makes a call.
func within[Req, Resp any](ctx context.Context, call func(context.Context, Req) (Resp, error), req Req) (Resp, error) {
	var c callContext
	c.current.Store(&ctx)
	defer c.current.Store(&over)
	return call(&c, req)
}

func (c *callContext) Deadline() (time.Time, bool) { return (*c.current.Load()).Deadline() }

func (c *callContext) Done() <-chan struct{} { return (*c.current.Load()).Done() }

func (c *callContext) Err() error { return (*c.current.Load()).Err() }

func (c *callContext) Value(key any) any { return (*c.current.Load()).Value(key) }
