package up

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/manifest"
)

// logsAfterEnd is how long a log may stay silent after the last pod is gone before the rest of it is given up.
const logsAfterEnd = 2 * time.Second

// foreground runs the pods until they end or the user ends them, and removes all that was made.
func (o *options) foreground(ctx context.Context, m *manifest.Contents, b *builds) (err error) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	// A reader of the output that leaves shall be a failed write, after which everything is removed, not the end.
	brokenPipes := make(chan os.Signal, 1)
	signal.Notify(brokenPipes, syscall.SIGPIPE)
	defer signal.Stop(brokenPipes)

	starting, started := interruptible(ctx, signals)
	defer func() { err = errors.Join(err, b.close()) }()
	if err := o.build(starting, b); err != nil {
		started()
		return interruption(starting, err)
	}
	connection, err := o.session.ConnectOrServe(starting, o.node)
	if err != nil {
		started()
		return interruption(starting, err)
	}
	defer func() {
		closing, closed := interruptible(ctx, signals)
		defer closed()
		err = errors.Join(err, connection.Close(closing))
	}()
	o.warnIgnored(connection)

	c, err := create(starting, connection, m)
	started()
	if err := interruption(starting, err); err != nil {
		undoing, undone := interruptible(ctx, signals)
		defer undone()
		return errors.Join(err, c.undo(undoing))
	}
	r := newRun(connection, o.newDisplay(c.pods), c.pods)
	c.announce(r.display)
	following, stop := context.WithCancel(ctx)
	join := r.follow(following, true)
	defer join()
	defer stop()

	rebuilding, stopRebuilding := context.WithCancel(following)
	joinRebuilds := b.follow(rebuilding, r, c)
	defer func() {
		stopRebuilding()
		joinRebuilds()
		b.tidy(ctx)
	}()

	err = watchOver(ctx, r, c, signals, stopRebuilding)
	return errors.Join(err, r.display.Close())
}

// watchOver is the story of the pods from their creation to their removal. ending hears when the pods are over, or are to end.
func watchOver(ctx context.Context, r *run, c *creation, signals <-chan os.Signal, ending func()) error {
	var missing error
	end := r.until(ctx, signals, func() bool {
		missing = r.imageMissing()
		return missing != nil || r.all((*watched).over)
	})
	ending()
	var gracePeriod *int64
	switch {
	case end == nil && missing != nil:
		end, gracePeriod = missing, ptr.To[int64](0)
		r.silence() // how the rest of the pod ends is of no interest
	case end == nil:
		end = r.verdict(everyPod)
	case errors.Is(end, errInterrupted):
		end = errors.Join(withoutWords(end), r.verdict(everyPod))
		r.noteLeft("ending gracefully; interrupt again to end it at once")
	case errors.Is(end, errOutput):
		r.silence()
	default:
		return fmt.Errorf("%w; the pods are left as they are, end them with: %s", end, advice("down", r.left()...))
	}
	if err := takeDown(ctx, r, c, signals, gracePeriod); err != nil {
		return errors.Join(end, err)
	}
	return errors.Join(end, c.deleteCompanions(ctx))
}

// takeDown deletes the pods and waits until they are gone and their logs read. A signal shortens the grace period to
// nothing, and another one gives up.
func takeDown(ctx context.Context, r *run, c *creation, signals <-chan os.Signal, gracePeriod *int64) error {
	for {
		if err := c.deletePods(ctx, gracePeriod); err != nil {
			return err
		}
		err := r.until(ctx, signals, func() bool { return r.all(func(w *watched) bool { return w.gone }) })
		switch {
		case err == nil:
			return drainLogs(ctx, r, signals)
		case !errors.Is(err, errInterrupted):
			return err
		case gracePeriod != nil:
			return fmt.Errorf("%w before everything was removed; end the rest with: %s", err, advice("down", r.left()...))
		}
		gracePeriod = ptr.To[int64](0)
		r.noteLeft("ending at once")
	}
}

// drainLogs reads what is left of the logs of pods that are gone, as long as more lines come. A signal gives up the rest.
func drainLogs(ctx context.Context, r *run, signals <-chan os.Signal) error {
	for {
		lines := r.lines
		patience, cancel := context.WithTimeoutCause(ctx, logsAfterEnd, errSilent)
		err := r.until(patience, signals, func() bool { return r.all((*watched).over) })
		cancel()
		if errors.Is(err, errInterrupted) || errors.Is(err, errSilent) && r.lines == lines {
			return nil
		}
		if !errors.Is(err, errSilent) {
			return err
		}
	}
}

var errSilent = errors.New("no more log lines")
