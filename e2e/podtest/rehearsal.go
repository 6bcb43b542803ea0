package podtest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
)

// rehearsal is a test within a test, which may fail without that one's failing.
type rehearsal struct {
	TB   // what it is part of
	name string
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	failures []error
	skipped  string
	cleanups []func()
}

var _ TB = (*rehearsal)(nil)

func newRehearsal(t TB, name string) *rehearsal {
	ctx, stop := context.WithCancel(t.Context())
	return &rehearsal{TB: t, name: t.Name() + "/" + name, ctx: ctx, stop: stop}
}

// run does the rehearsal, and its cleanups afterwards, and returns when it is over.
func (t *rehearsal) run(do func()) {
	for _, part := range []func(){do, t.stop, t.clean} {
		done := make(chan struct{})
		go func() { // which may end with Fatalf
			defer close(done)
			part()
		}()
		<-done
	}
}

// clean calls what Cleanup was given, the last first, each although another fails.
func (t *rehearsal) clean() {
	for {
		t.mu.Lock()
		if len(t.cleanups) == 0 {
			t.mu.Unlock()
			return
		}
		last := t.cleanups[len(t.cleanups)-1]
		t.cleanups = slices.Delete(t.cleanups, len(t.cleanups)-1, len(t.cleanups))
		t.mu.Unlock()
		done := make(chan struct{})
		go func() {
			defer close(done)
			last()
		}()
		<-done
	}
}

// err is what has failed.
func (t *rehearsal) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.failures...)
}

// Name is that of the test and of the rehearsal.
func (t *rehearsal) Name() string { return t.name }

// Context ends before the cleanups begin.
func (t *rehearsal) Context() context.Context { return t.ctx }

// Cleanup has a function called when the rehearsal is over.
func (t *rehearsal) Cleanup(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, do)
}

// Failed is false: of a failure the finding tells.
func (t *rehearsal) Failed() bool { return false }

// Errorf notes a failure.
func (t *rehearsal) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, fmt.Errorf(format, args...))
}

// Fatalf notes a failure and ends the goroutine of the rehearsal.
func (t *rehearsal) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

// Skipf ends the goroutine of the rehearsal.
func (t *rehearsal) Skipf(format string, args ...any) {
	t.mu.Lock()
	t.skipped = fmt.Sprintf(format, args...)
	t.mu.Unlock()
	runtime.Goexit()
}
