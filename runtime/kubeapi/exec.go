package kubeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"

	"github.com/podsim/podsim/runtime/status"
)

// execIdleTimeout ends a session in which nothing was sent for so long; a kubelet's default.
const execIdleTimeout = 4 * time.Hour

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
		container, err := containerOf(pod, options.Container)
		if err != nil {
			return err
		}
		if len(options.Command) == 0 {
			return apierrors.NewBadRequest("you must specify at least one command for the container")
		}
		streams := &remotecommand.Options{
			Stdin: options.Stdin, Stdout: options.Stdout, TTY: options.TTY,
			Stderr: options.Stderr && !options.TTY, // a terminal has one output
		}
		if !streams.Stdin && !streams.Stdout && !streams.Stderr {
			return apierrors.NewBadRequest("you must specify at least 1 of stdin, stdout, stderr")
		}
		if s := status.Container(pod, container); s == nil || s.State.Running == nil {
			return &apierrors.StatusError{ErrStatus: metav1.Status{ // clients say first that they cannot upgrade the connection
				Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError,
				Message: fmt.Sprintf("container not found (%q)", container),
			}}
		}
		ctx, leave := context.WithCancel(r.Context())
		defer leave()
		executor := nodeExecutor{config.Node, key, streams}
		remotecommand.ServeExec(leavable{w, leave}, r.WithContext(ctx), executor, key.Name, string(pod.UID), container, options.Command, streams,
			execIdleTimeout, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
		return nil
	}
}

// nodeExecutor runs the commands of one request.
type nodeExecutor struct {
	node    Node
	pod     types.NamespacedName
	streams *remotecommand.Options
}

// ExecInContainer implements remotecommand.Executor. Streams that nobody asked for may be there and are left out. Whatever
// wraps an exit code is taken off, as only the bare utilexec.ExitError is told to the client as one.
func (e nodeExecutor) ExecInContainer(ctx context.Context, _, _, container string, command []string, in io.Reader, out, errOut io.WriteCloser,
	tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	options := ExecOptions{Container: container, Command: command, TTY: tty}
	if e.streams.Stdin {
		options.Stdin = in
	}
	if e.streams.Stdout {
		options.Stdout = out
	}
	if e.streams.Stderr {
		options.Stderr = errOut
	}
	if tty {
		options.Resize = resize
	}
	err := e.node.Exec(ctx, e.pod.Namespace, e.pod.Name, options)
	var exit utilexec.ExitError
	if errors.As(err, &exit) {
		return exit
	}
	return err
}
