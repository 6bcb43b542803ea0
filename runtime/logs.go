package runtime

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	dockercontainer "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/status"
)

// Logs opens the log of a container's newest instance, or with Previous of the one before (S10.43). With Follow the stream ends with
// the instance or with the context. The caller closes it.
func (n *Node) Logs(ctx context.Context, namespace, name string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	pod, err := n.store.Pods.Get(types.NamespacedName{Namespace: namespace, Name: name})
	if err != nil {
		return nil, err
	}
	c, _ := podspec.FindContainer(pod, options.Container)
	if c == nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s", options.Container, name))
	}
	id, err := loggedInstance(pod, options)
	if err != nil {
		return nil, err
	}
	var text io.ReadCloser
	if (options.Follow || options.Timestamps) && !c.TTY {
		text = n.readRecords(ctx, pod.UID, id, engineLogOptions(options))
	} else {
		stream, err := n.engine.ContainerLogs(ctx, id, engineLogOptions(options))
		if err != nil {
			return nil, fmt.Errorf("reading the log of container %q of pod %q: %s", options.Container, name, engineText(err))
		}
		text = demultiplex(stream, c.TTY)
	}
	if options.LimitBytes == nil {
		return text, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(text, *options.LimitBytes), text}, nil
}

// readRecords reads a log in the background for as long as the result is not closed.
func (n *Node) readRecords(ctx context.Context, uid types.UID, id string, options dockercontainer.LogsOptions) io.ReadCloser {
	ctx, cancel := context.WithCancel(ctx)
	reader, writer := io.Pipe()
	done := n.logReaders.begin(uid)
	go func() { // ends when the log does, or when the result is closed
		defer done()
		defer cancel()
		writer.CloseWithError(followLog(ctx, n.engine, id, options, writer))
	}()
	return struct {
		io.Reader
		io.Closer
	}{reader, closeFunc(func() error {
		cancel()
		return reader.Close()
	})}
}

// closeFunc is a function as an io.Closer.
type closeFunc func() error

// Close calls the function.
func (f closeFunc) Close() error { return f() }

// hasPrevious reports whether the container has a previous instance whose log is there: one that went when all containers began anew has
// none (S4.61).
func hasPrevious(s *corev1.ContainerStatus) bool {
	return s != nil && s.LastTerminationState.Terminated != nil && s.LastTerminationState.Terminated.ContainerID != ""
}

// loggedInstance is the engine's id of the instance whose log is asked for (S10.43).
func loggedInstance(pod *corev1.Pod, options *corev1.PodLogOptions) (string, error) {
	s := status.Container(pod, options.Container)
	if options.Previous {
		if !hasPrevious(s) {
			return "", apierrors.NewBadRequest(fmt.Sprintf("previous terminated container %q in pod %q not found", options.Container, pod.Name))
		}
		return instanceID(s.LastTerminationState.Terminated.ContainerID), nil
	}
	switch {
	case s == nil:
		return "", apierrors.NewBadRequest(fmt.Sprintf("container %q in pod %q is not available", options.Container, pod.Name))
	case s.State.Running == nil && s.State.Terminated == nil && hasPrevious(s):
		return instanceID(s.LastTerminationState.Terminated.ContainerID), nil
	case s.State.Waiting != nil:
		return "", apierrors.NewBadRequest(waitingLogText(pod, s))
	case s.ContainerID == "":
		return "", apierrors.NewBadRequest(fmt.Sprintf("container %q in pod %q is not available", options.Container, pod.Name))
	}
	return instanceID(s.ContainerID), nil
}

func waitingLogText(pod *corev1.Pod, s *corev1.ContainerStatus) string {
	reason := s.State.Waiting.Reason
	switch reason {
	case plan.ReasonErrImagePull, plan.ReasonImagePullBackOff:
		reason = "trying and failing to pull image"
	case plan.ReasonErrImageNeverPull:
		reason = "image can't be pulled"
	}
	return fmt.Sprintf("container %q in pod %q is waiting to start: %s", s.Name, pod.Name, reason)
}

func engineLogOptions(o *corev1.PodLogOptions) dockercontainer.LogsOptions {
	options := dockercontainer.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: o.Follow, Timestamps: o.Timestamps, Tail: "all"}
	if o.TailLines != nil {
		options.Tail = strconv.FormatInt(*o.TailLines, 10)
	}
	switch {
	case o.SinceSeconds != nil:
		since := time.Now().Add(-time.Duration(*o.SinceSeconds) * time.Second)
		options.Since = since.Format(time.RFC3339Nano)
	case o.SinceTime != nil:
		options.Since = o.SinceTime.Format(time.RFC3339Nano)
	}
	if o.Stream != nil {
		options.ShowStdout = *o.Stream != corev1.LogStreamStderr
		options.ShowStderr = *o.Stream != corev1.LogStreamStdout
	}
	return options
}

// demultiplex turns the engine's framed log into plain text with the line ends of a node's log (S10.41). A terminal's log has no frames.
func demultiplex(stream io.ReadCloser, terminal bool) io.ReadCloser {
	reader, writer := io.Pipe()
	go func() { // ends when the stream does: closing the result closes both
		var err error
		text := &lineEnds{to: writer}
		if terminal {
			_, err = io.Copy(text, stream)
		} else {
			_, err = stdcopy.StdCopy(text, text, stream)
		}
		writer.CloseWithError(err)
	}()
	return struct {
		io.Reader
		io.Closer
	}{reader, closers{reader, stream}}
}

// closers closes all of its members and returns the first error.
type closers []io.Closer

func (c closers) Close() error {
	var first error
	for _, one := range c {
		if err := one.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
