package kubeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"

	"github.com/podsim/podsim/runtime/status"
)

// streamIdleTimeout ends a session in which nothing was sent for so long; a kubelet's default.
const streamIdleTimeout = 4 * time.Hour

// exec runs a command in a container, its streams carried over SPDY or a WebSocket.
func exec(config Config) action {
	return func(w http.ResponseWriter, r *http.Request, key types.NamespacedName) error {
		options, err := execOptions(r.URL.Query())
		if err != nil {
			return err
		}
		pod, err := config.Store.Pods.Get(key)
		if err != nil {
			return err
		}
		if len(options.Command) == 0 {
			return apierrors.NewBadRequest("you must specify at least one command for the container")
		}
		container, streams, err := session(pod, options.Container, &remotecommand.Options{
			Stdin: options.Stdin, Stdout: options.Stdout, Stderr: options.Stderr, TTY: options.TTY,
		})
		if err != nil {
			return err
		}
		ctx, leave := context.WithCancel(r.Context())
		defer leave()
		executor := nodeExecutor{config.Node, key, streams}
		remotecommand.ServeExec(leavable{w, leave}, r.WithContext(ctx), executor, key.Name, string(pod.UID), container, options.Command, streams,
			streamIdleTimeout, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
		return nil
	}
}

// session is which container a client's streams are for, and those that it gets. The container runs.
func session(pod *corev1.Pod, name string, asked *remotecommand.Options) (string, *remotecommand.Options, error) {
	container, err := containerOf(pod, name)
	if err != nil {
		return "", nil, err
	}
	asked.Stderr = asked.Stderr && !asked.TTY // a terminal has one output
	if !asked.Stdin && !asked.Stdout && !asked.Stderr {
		return "", nil, apierrors.NewBadRequest("you must specify at least 1 of stdin, stdout, stderr")
	}
	if s := status.Container(pod, container); s == nil || s.State.Running == nil {
		return "", nil, &apierrors.StatusError{ErrStatus: metav1.Status{ // clients say first that they cannot upgrade the connection
			Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError,
			Message: fmt.Sprintf("container not found (%q)", container),
		}}
	}
	return container, asked, nil
}

// wanted are the streams that a client asked for. Others may be there and are left out.
func wanted(asked *remotecommand.Options, in io.Reader, out, errOut io.Writer, tty bool, resize <-chan remotecommand.TerminalSize) Streams {
	streams := Streams{TTY: tty}
	if asked.Stdin {
		streams.Stdin = in
	}
	if asked.Stdout {
		streams.Stdout = out
	}
	if asked.Stderr {
		streams.Stderr = errOut
	}
	if tty {
		streams.Resize = resize
	}
	return streams
}

// nodeExecutor runs the commands of one request.
type nodeExecutor struct {
	node    Node
	pod     types.NamespacedName
	streams *remotecommand.Options
}

// ExecInContainer implements remotecommand.Executor. Whatever wraps an exit code is taken off, as only the bare utilexec.ExitError is told
// to the client as one.
func (e nodeExecutor) ExecInContainer(ctx context.Context, _, _, container string, command []string, in io.Reader, out, errOut io.WriteCloser,
	tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	options := ExecOptions{Container: container, Command: command, Streams: wanted(e.streams, in, out, errOut, tty, resize)}
	err := e.node.Exec(ctx, e.pod.Namespace, e.pod.Name, options)
	var exit utilexec.ExitError
	if errors.As(err, &exit) {
		return exit
	}
	return err
}
