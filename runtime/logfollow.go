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
)

// followLog copies an instance's log until the instance has ended, all of it. An engine may end a stream that is followed without its
// last records (Docker 20.10 does so with a last line that has no newline), so what came after the last record is read again then.
func followLog(ctx context.Context, e engine.Engine, id string, options dockercontainer.LogsOptions, to io.Writer) error {
	w := &recordWriter{to: to, stamps: options.Timestamps, open: map[byte]bool{}}
	options.Timestamps = true
	if err := copyLog(ctx, e, id, options, w); err != nil {
		return err
	}
	options.Follow = false
	if w.last != "" {
		options.Since, options.Tail = w.last, "all"
	}
	w.again()
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

// recordWriter writes the records of an engine's log, each of them a frame that begins with the record's time.
type recordWriter struct {
	to     io.Writer
	stamps bool // write the times too, at the beginning of lines
	// last is the time of the newest record, count how many records of that time were written.
	last  string
	count int
	// skip is how many records of the time in last are still to be passed over, since they were written already.
	skip int
	// open tells by stream whether its last line has not ended yet.
	open map[byte]bool
}

// again expects the records from the last time on once more.
func (w *recordWriter) again() { w.skip = w.count }

// readFrom writes the records of a stream until it ends.
func (w *recordWriter) readFrom(stream io.Reader) error {
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
		if err := w.record(header[0], frame); err != nil {
			return err
		}
	}
}

func (w *recordWriter) record(stream byte, frame []byte) error {
	stamp, text, _ := bytes.Cut(frame, []byte(" "))
	switch {
	case string(stamp) != w.last:
		w.last, w.count, w.skip = string(stamp), 1, 0
	case w.skip > 0:
		w.skip--
		return nil
	default:
		w.count++
	}
	if w.stamps && !w.open[stream] {
		text = frame
	}
	w.open[stream] = !bytes.HasSuffix(text, []byte("\n"))
	_, err := w.to.Write(text)
	return err
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
