package follow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/podsim/podsim/runtime/pause"
)

// LogSource gives the log of one container and says whose it is.
type LogSource interface {
	// Open follows the log of the container's newest instance until that instance has ended, or reads the log of the
	// instance before it. Each line begins with its time and a blank. The log begins at the given time, or some time
	// before it; the zero time is the log's beginning.
	Open(ctx context.Context, previous bool, since time.Time) (io.ReadCloser, error)
	// Status is the container's status now.
	Status(ctx context.Context) (*corev1.ContainerStatus, error)
}

// Logs follows the log of one container across its restarts: the log of each instance from its first byte to its last,
// one instance after another. Seen and End are called as the pod's states come in, while Run does the reading.
//
// The API serves "the newest" and "the previous" instance by no name, and the container may restart at any moment. Run
// therefore asks for the status after it has opened a log: as instances only ever follow each other, a log was that of
// the instance it is meant to be if the status still names it.
type Logs struct {
	source LogSource
	line   func(line []byte)
	note   func(text string)

	mu    sync.Mutex
	known map[string]bool
	queue []string
	ended bool
	wake  chan struct{} // holds one token while Run has something to look at
}

// NewLogs reads from source. line gets every line without its newline, valid until it returns; note gets a sentence when
// a log could not be read. Both are called from Run's goroutine.
func NewLogs(source LogSource, line func([]byte), note func(string)) *Logs {
	return &Logs{source: source, line: line, note: note, known: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// Seen takes note of the instances that a status of the container names.
func (l *Logs) Seen(status *corev1.ContainerStatus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range []string{previousInstance(status), newestInstance(status)} {
		if id != "" && !l.known[id] {
			l.known[id] = true
			l.queue = append(l.queue, id)
		}
	}
	l.signal()
}

// End says that no further instance will come, so that Run returns when it has read those it knows.
func (l *Logs) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.signal()
}

// Run reads until End was called and everything is read, or until ctx ends.
func (l *Logs) Run(ctx context.Context) {
	for {
		id, ended := l.next()
		switch {
		case id != "":
			if err := l.instance(ctx, id); err != nil && ctx.Err() == nil {
				l.note(err.Error())
			}
		case ended:
			return
		default:
			select {
			case <-ctx.Done():
				return
			case <-l.wake:
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (l *Logs) next() (id string, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return "", l.ended
	}
	id, l.queue = l.queue[0], l.queue[1:]
	return id, false
}

func (l *Logs) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// instance reads one instance's log whole. A stream that breaks is opened again, and goes on where it broke.
// So is a stream that was opened while the instance ran and has ended in good order: engines may drop a last line without
// a newline from a log that is followed, and have it when the log is read afterwards.
func (l *Logs) instance(ctx context.Context, id string) error {
	log := &logReader{line: l.line}
	complete := false
	for delay := firstPause; ; delay = min(2*delay, lastPause) {
		stream, running, err := l.open(ctx, id, log.position.Since())
		if err == nil {
			before := log.handedOn
			err = log.read(stream)
			stream.Close()
			if err == nil && !running {
				return nil
			}
			if err == nil {
				complete = true
			} else if running {
				complete = false // it goes on after all
			}
			if log.handedOn > before {
				delay = firstPause
			}
		}
		var status apierrors.APIStatus
		if errors.Is(err, errGone) || errors.As(err, &status) {
			if complete {
				return nil // the instance went after its log had ended
			}
			return fmt.Errorf("reading the log: %w", err)
		}
		if err := pause.For(ctx, delay); err != nil {
			return err
		}
	}
}

// errGone says that an instance is neither the newest nor the one before.
var errGone = errors.New("the container has restarted more than once since, and the log of that instance is gone")

// open gives the log of the instance id since a time, and of no other. running tells whether the instance ran when it was opened.
func (l *Logs) open(ctx context.Context, id string, since time.Time) (stream io.ReadCloser, running bool, err error) {
	stream, openErr := l.source.Open(ctx, false, since)
	status, err := l.source.Status(ctx)
	if apierrors.IsNotFound(err) && openErr == nil {
		return stream, false, nil // the pod has just gone, and no instance comes after its last
	}
	if err == nil && openErr == nil && newestLog(status) == id {
		return stream, status.State.Running != nil, nil
	}
	if openErr == nil {
		stream.Close()
	}
	if status == nil {
		return nil, false, firstOf(openErr, err)
	}
	if previousInstance(status) != id {
		return nil, false, firstOf(openErr, errGone)
	}
	stream, err = l.source.Open(ctx, true, since)
	if err != nil {
		return nil, false, err
	}
	if status, err = l.source.Status(ctx); err == nil && previousInstance(status) == id {
		return stream, false, nil
	}
	stream.Close()
	return nil, false, firstOf(err, errGone)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// newestInstance is the id of the container's instance that runs or has just ended, or empty.
func newestInstance(status *corev1.ContainerStatus) string {
	switch {
	case status.State.Running != nil:
		return status.ContainerID
	case status.State.Terminated != nil:
		return status.State.Terminated.ContainerID
	}
	return ""
}

// previousInstance is the id of the instance before, or empty.
func previousInstance(status *corev1.ContainerStatus) string {
	if last := status.LastTerminationState.Terminated; last != nil {
		return last.ContainerID
	}
	return ""
}

// newestLog is the id of the instance whose log the API serves as the newest: while a container waits for its restart,
// that is the one that ended.
func newestLog(status *corev1.ContainerStatus) string {
	if id := newestInstance(status); id != "" {
		return id
	}
	return previousInstance(status)
}
