package up

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/podsim/podsim/cmd/podsim/exit"
)

// errInterrupted says that a signal came; interruptedBy wraps it.
var errInterrupted = errors.New("interrupted")

// interruptedBy is the error of a command that a signal ended: its exit code is the one by which a shell knows the signal.
func interruptedBy(s os.Signal) error {
	code := exit.Failed
	if number, ok := s.(syscall.Signal); ok {
		code = 128 + int(number)
	}
	return exit.WithCode(code, errInterrupted)
}

// withoutWords is err with its exit code alone.
func withoutWords(err error) error {
	code, _ := exit.Report(err)
	return exit.Silently(code)
}

// interruptible is a context that the first signal ends, until done is called: from then on signals are the caller's again.
func interruptible(ctx context.Context, signals <-chan os.Signal) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case s := <-signals:
			cancel(interruptedBy(s))
		case <-stop:
		}
	}()
	return ctx, func() {
		close(stop)
		<-stopped
		cancel(nil) // no effect after a signal
	}
}

// interruption is err, or that ctx was interrupted, which says more than what broke off then. A step that is done in spite of its
// interruption has that error, too.
func interruption(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errInterrupted) && (err == nil || errors.Is(err, context.Canceled)) {
		return cause
	}
	return err
}
