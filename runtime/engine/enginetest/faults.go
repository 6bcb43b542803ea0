package enginetest

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrConnection is what calls of a client fail with that was cut off.
var ErrConnection = errors.New("error during connect: the connection is gone")

// Call is a call of a client, as an intercept sees it.
type Call struct {
	// Method is the name of the method of engine.Engine.
	Method string
	// Target is what it is about, as it was named: a container's id or name, a reference, a path for the archive calls, or "".
	Target string
}

// Intercept has every later call pass through the function before it takes effect. The function may wait, as a slow engine does, until
// the context ends; its error, if any, is the call's.
func (e *Engine) Intercept(f func(context.Context, Call) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.intercepts = append(e.intercepts, f)
}

// FailNext has the next call of a method fail.
func (e *Engine) FailNext(method string, err error) {
	var done atomic.Bool
	e.Intercept(func(_ context.Context, call Call) error {
		if call.Method == method && done.CompareAndSwap(false, true) {
			return err
		}
		return nil
	})
}

// LoseNext has the next call of ContainerCreate, ContainerStart, ContainerKill or ContainerRemove take effect and its answer get lost:
// the caller gets the error instead.
func (e *Engine) LoseNext(method string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.losses[method] = err
}

// answered makes a call and returns its error, or that its answer got lost.
func (e *Engine) answered(method string, call func() error) error {
	if err := call(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.answer(method)
}

// answer is the error of a call that took effect: nil unless its answer gets lost. The caller holds the lock.
func (e *Engine) answer(method string) error {
	err := e.losses[method]
	delete(e.losses, method)
	return err
}

// enter begins a call. With an error the call must have no effect.
func (c *Client) enter(ctx context.Context, method, target string) error {
	if err := c.alive(ctx); err != nil {
		return err
	}
	c.machine.mu.Lock()
	intercepts := c.machine.intercepts
	c.machine.mu.Unlock()
	for _, f := range intercepts {
		if err := f(ctx, Call{Method: method, Target: target}); err != nil {
			return err
		}
	}
	return c.alive(ctx)
}

func (c *Client) alive(ctx context.Context) error {
	select {
	case <-c.dead:
		return ErrConnection
	default:
		return ctx.Err()
	}
}
