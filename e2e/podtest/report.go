package podtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
)

// Error is what went wrong with a pod.
type Error struct {
	// Pod is the pod's name.
	Pod string
	// Doing is what was done with it.
	Doing string
	Err   error
	// Report is what has happened to the pod, and the ends of its containers' logs.
	Report string
}

func (e *Error) Error() string {
	return fmt.Sprintf("pod %s: %s: %v\n%s", e.Pod, e.Doing, e.Err, e.Report)
}

func (e *Error) Unwrap() error { return e.Err }

// failed is the error of what was done with the pod, with a report. One that has a report already stays as it is.
func (p *Pod) failed(ctx context.Context, doing string, err error) error {
	var reported *Error
	var needs *NeedsEngineError
	if errors.As(err, &reported) || errors.As(err, &needs) {
		return err
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = context.Cause(ctx)
	}
	return &Error{Pod: p.name, Doing: doing, Err: err, Report: p.reportContext(ctx)}
}

// Limits of a report.
const (
	reportTime  = 10 * time.Second
	reportLines = 10
)

// reportContext is the pod's timeline and the last lines of its containers' logs, as far as they can still be had: ctx may have ended.
func (p *Pod) reportContext(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer cancel()
	var b strings.Builder
	fmt.Fprintf(&b, "what happened to pod %s:\n%s", p.name, p.Timeline())
	for c := range podspec.AllContainers(p.history.look().pod) {
		options := &corev1.PodLogOptions{Container: c.Name, TailLines: ptr.To[int64](reportLines)}
		log, err := p.space.client.CoreV1().Pods(p.space.namespace).GetLogs(p.name, options).DoRaw(ctx)
		if err != nil || len(log) == 0 {
			continue // it has none, and the timeline says why
		}
		fmt.Fprintf(&b, "the end of the log of container %s:\n", c.Name)
		for line := range strings.Lines(string(log)) {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
