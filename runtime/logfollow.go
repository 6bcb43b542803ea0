package runtime

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/resume"
)

// followLog copies an instance's log, with Follow until the instance has ended, all of it. An engine may end a stream that is followed
// without its last records (Docker 20.10 does so with a last line that has no newline), so what came after the last record is read again
// then.
func followLog(ctx context.Context, e engine.Engine, id string, options dockercontainer.LogsOptions, to io.Writer) error {
	w := &recordWriter{to: &lineEnds{to: to}, stamps: options.Timestamps, begins: true}
	w.position.Late = options.Since != "" || options.Tail != "all"
	follow := options.Follow
	options.Timestamps = true
	if err := copyLog(ctx, e, id, options, w); err != nil || !follow {
		return err
	}
	options.Follow = false
	if since := w.position.Since(); !since.IsZero() {
		options.Since, options.Tail = since.UTC().Format(time.RFC3339Nano), "all"
	}
	err := copyLog(ctx, e, id, options, w)
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

func copyLog(ctx context.Context, e engine.Engine, id string, options dockercontainer.LogsOptions, to *recordWriter) error {
	stream, err := e.ContainerLogs(ctx, id, options)
	if err != nil {
		return err
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	defer stop()
	return to.readFrom(stream)
}

// recordWriter writes the records of an engine's log, each of them a frame that begins with the record's time. A log may be read several
// times; each record is written once.
type recordWriter struct {
	to       io.Writer
	stamps   bool // write the times too, at the beginning of lines
	position resume.Position
	begins   bool // the next record begins a line
}

// readFrom writes the records of a stream until it ends.
func (w *recordWriter) readFrom(stream io.Reader) error {
	again := w.position.Again()
	var header [8]byte // the number of the stream, three zeros, the length of the frame
	for {
		if _, err := io.ReadFull(stream, header[:]); err != nil {
			if err == io.EOF {
				return nil
			}
			return fmt.Errorf("reading the log: %w", err)
		}
		frame := make([]byte, binary.BigEndian.Uint32(header[4:]))
		if _, err := io.ReadFull(stream, frame); err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		if err := w.record(again, frame); err != nil {
			return err
		}
	}
}

func (w *recordWriter) record(again *resume.Replay, frame []byte) error {
	stamp, text, _ := bytes.Cut(frame, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return fmt.Errorf("reading the log: a record without its time: %w", err)
	}
	if seen, _ := again.Seen(at); seen {
		return nil
	}
	w.position.Add(at)
	if !w.stamps || !w.begins {
		frame = text
	}
	w.begins = bytes.HasSuffix(text, []byte("\n")) // a line that goes on has its time once (S10.41)
	_, err = w.to.Write(frame)
	return err
}

// lineEnds passes on what is written to it with "\n" in place of "\r\n", as a node's log has it (S10.41). A "\r" at the very end of all that
// is written is lost.
type lineEnds struct {
	to   io.Writer
	held bool // a "\r" that may be followed by a "\n"
}

func (l *lineEnds) Write(p []byte) (int, error) {
	n := len(p)
	if l.held {
		p = append([]byte("\r"), p...)
	}
	p, l.held = bytes.CutSuffix(bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n")), []byte("\r"))
	if len(p) > 0 {
		if _, err := l.to.Write(p); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// logReaders counts the clients that follow logs, by pod, so that a pod's instances are not removed under their eyes.
type logReaders struct {
	mu      sync.Mutex
	open    map[types.UID]int
	changed chan struct{} // closed, and replaced, whenever one is done
}

func newLogReaders() *logReaders {
	return &logReaders{open: map[types.UID]int{}, changed: make(chan struct{})}
}

// begin counts one more reader of the pod, until done is called.
func (r *logReaders) begin(uid types.UID) (done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[uid]++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.open[uid]--; r.open[uid] == 0 {
			delete(r.open, uid)
		}
		close(r.changed)
		r.changed = make(chan struct{})
	}
}

// logPatience is how long the removal of a pod waits for clients that still read its logs.
const logPatience = 2 * time.Second

// wait returns when nobody reads logs of the pod any more, or when the patience is over.
func (r *logReaders) wait(ctx context.Context, uid types.UID) {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	for {
		r.mu.Lock()
		open, changed := r.open[uid], r.changed
		r.mu.Unlock()
		if open == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}
