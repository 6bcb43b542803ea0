package podtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
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

// run does the rehearsal, and its cleanups afterwards, and returns when it is over. What panics in it panics here then, so that a test
// within a test leaves as little as one does that is none.
func (t *rehearsal) run(do func()) {
	var first *panicked
	for _, part := range []func(){do, t.stop, t.clean} {
		first = cmp.Or(first, apart(part))
	}
	if first != nil {
		panic(first)
	}
}

// clean calls what Cleanup was given, the last first, each although another fails.
func (t *rehearsal) clean() {
	var first *panicked
	for {
		t.mu.Lock()
		if len(t.cleanups) == 0 {
			t.mu.Unlock()
			break
		}
		last := t.cleanups[len(t.cleanups)-1]
		t.cleanups = slices.Delete(t.cleanups, len(t.cleanups)-1, len(t.cleanups))
		t.mu.Unlock()
		first = cmp.Or(first, apart(last))
	}
	if first != nil {
		panic(first)
	}
}

// apart does something in a goroutine of its own, which may end with Fatalf, and returns when that is over, with its panic; nil if there was
// none.
func apart(do func()) (p *panicked) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { p = caught(recover()) }()
		do()
	}()
	<-done
	return p
}

// panicked is a panic of another goroutine, for the test's to panic with.
type panicked struct {
	value any
	stack []byte // of the other goroutine
}

// caught is the panic that was recovered, by the function that is deferred; nil if there was none.
func caught(recovered any) *panicked {
	if already, ok := recovered.(*panicked); ok || recovered == nil {
		return already
	}
	return &panicked{value: recovered, stack: debug.Stack()}
}

// Error is what the other goroutine would have told.
func (p *panicked) Error() string { return fmt.Sprintf("%v\n\n%s", p.value, p.stack) }

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
