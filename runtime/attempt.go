package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/probe"
)

// attempt probes a running instance once; the context ends at the probe's timeout. HTTP, TCP and gRPC go to the pod's address, from
// outside the pod (S6.13).
func (w *worker) attempt(ctx context.Context, c *corev1.Container, p *corev1.Probe, id string) (probe.Outcome, error) {
	if p.Exec != nil {
		return w.attemptExec(ctx, c, p, id)
	}
	pod, ok := w.pod()
	dial := w.dial.Load()
	if !ok || dial == nil || pod.Status.PodIP == "" {
		return probe.Outcome{}, errors.New("the pod has no address")
	}
	switch ip := pod.Status.PodIP; {
	case p.HTTPGet != nil:
		return probe.HTTP(ctx, *dial, p.HTTPGet, c, ip)
	case p.TCPSocket != nil:
		return probe.TCP(ctx, *dial, p.TCPSocket, c, ip)
	case p.GRPC != nil:
		return probe.GRPC(ctx, *dial, p.GRPC, ip)
	default:
		return probe.Outcome{}, errors.New("missing probe handler")
	}
}

// attemptExec runs a probe's command in the instance (S6.20 to S6.23). A command that outlives the timeout is killed.
func (w *worker) attemptExec(ctx context.Context, c *corev1.Container, p *corev1.Probe, id string) (probe.Outcome, error) {
	words := podspec.ExpandStatic(c, p.Exec.Command)
	code, stdout, stderr, err := w.command(ctx, id, words, probe.MaxOutput, func(execID string) {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) { // else it ends with its container, or goes on under the next node
			w.background.Go(func() { w.killCommand(id, execID) })
		}
	})
	output := stdout + stderr
	output = output[:min(len(output), probe.MaxOutput)]
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return probe.Outcome{Answer: probe.Failure,
			Output: fmt.Sprintf("command timed out: %q timed out after %v", strings.Join(words, " "), time.Duration(p.TimeoutSeconds)*time.Second)}, nil
	case ctx.Err() != nil:
		return probe.Outcome{}, ctx.Err()
	case err != nil:
		return probe.Outcome{}, err
	case code != 0:
		return probe.Outcome{Answer: probe.Failure, Output: output}, nil
	default:
		return probe.Outcome{Answer: probe.Success, Output: output}, nil
	}
}

// command runs a command in an instance and returns its exit code and the first bytes of what it wrote, up to the limit of each stream.
// abandoned, if not nil, hears of a command that may still run because the context ended first.
func (w *worker) command(ctx context.Context, id string, command []string, limit int, abandoned func(execID string)) (code int, stdout, stderr string, err error) {
	out, words := &headBuffer{limit: limit}, &headBuffer{limit: limit}
	run := func() (int, error) {
		return execute(ctx, w.node.engine, execution{instance: id, command: command, stdout: out, stderr: words, abandoned: abandoned})
	}
	for code, err = run(); errdefs.IsConflict(err) && w.node.isFrozen(ctx, id); code, err = run() {
		pause.For(ctx, relookInterval) // a command that the engine refuses to a frozen container would be frozen, too
	}
	return code, out.String(), words.String(), err
}

// headBuffer keeps the first bytes that are written to it.
type headBuffer struct {
	limit   int
	content bytes.Buffer
}

var _ io.Writer = (*headBuffer)(nil)

func (b *headBuffer) Write(p []byte) (int, error) {
	b.content.Write(p[:min(len(p), b.limit-b.content.Len())])
	return len(p), nil
}

func (b *headBuffer) String() string { return b.content.String() }
