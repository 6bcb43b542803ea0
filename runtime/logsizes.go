package runtime

import (
	"bytes"
	"context"
	"io"
	"sync"

	dockercontainer "github.com/docker/docker/api/types/container"
)

// logLineHead is what a node's log has in front of every line: the time, the stream and a tag (S10.40), in bytes.
const logLineHead = 40

// logSizes counts the bytes of instances' logs. An engine does not tell the size of a log, and to read all of it again and again would
// keep it busy: each log is followed instead.
type logSizes struct {
	worker *worker
	mu     sync.Mutex
	bytes  map[string]*int64 // by the engine's id, of the logs that are, or were, followed to their end
}

func newLogSizes(w *worker) *logSizes { return &logSizes{worker: w, bytes: map[string]*int64{}} }

// of is what the instance's log holds as far as it was read; the first call begins to read it.
func (l *logSizes) of(ctx context.Context, id string, terminal bool) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bytes[id] == nil {
		l.bytes[id] = new(int64)
		l.worker.background.Go(func() {
			if err := l.follow(ctx, id, terminal); err != nil {
				l.mu.Lock()
				delete(l.bytes, id) // the next call begins anew
				l.mu.Unlock()
			}
		})
	}
	return min(*l.bytes[id], l.worker.node.options.Log.Total()) // older files are dropped (S10.42)
}

func (l *logSizes) follow(ctx context.Context, id string, terminal bool) error {
	stream, err := l.worker.node.engine.ContainerLogs(ctx, id, dockercontainer.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
	if err != nil {
		return err
	}
	plain := demultiplex(stream, terminal)
	defer plain.Close()
	defer context.AfterFunc(ctx, func() { _ = plain.Close() })()
	_, err = io.Copy(logSize{l, id}, plain)
	return err
}

// logSize counts what is written to it as the log of one instance.
type logSize struct {
	*logSizes
	id string
}

// Write counts the bytes and what a node puts in front of each line.
func (s logSize) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.bytes[s.id] += int64(len(text) + logLineHead*bytes.Count(text, []byte{'\n'}))
	return len(text), nil
}
