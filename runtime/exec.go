package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/status"
)

// Exec runs a command in a running container of a pod. An exit code other than 0 comes back as a utilexec.CodeExitError.
func (n *Node) Exec(ctx context.Context, namespace, name string, options kubeapi.ExecOptions) error {
	pod, err := n.store.Pods.Get(types.NamespacedName{Namespace: namespace, Name: name})
	if err != nil {
		return err
	}
	id, ok := runningInstance(pod, options.Container)
	if !ok {
		return apierrors.NewBadRequest(fmt.Sprintf("container not found (%q): it does not run", options.Container))
	}
	code, err := execute(ctx, n.engine, execution{
		instance: id, command: options.Command, tty: options.TTY,
		stdin: options.Stdin, stdout: options.Stdout, stderr: options.Stderr, resize: options.Resize,
	})
	if err != nil && n.isFrozen(ctx, id) {
		return faultConflict(pod, "container %s is frozen: podsim fault resume %s -c %[1]s thaws it", options.Container, name)
	}
	if err != nil {
		return err
	}
	if code != 0 {
		return utilexec.CodeExitError{Err: fmt.Errorf("command terminated with exit code %d", code), Code: code}
	}
	return nil
}

// runningInstance is the engine's id of the container's running instance, as the pod's status has it.
func runningInstance(pod *corev1.Pod, container string) (string, bool) {
	s := status.Container(pod, container)
	if s == nil || s.State.Running == nil {
		return "", false
	}
	return instanceID(s.ContainerID), true
}

// instanceID is the engine's id in a status's containerID.
func instanceID(containerID string) string { return strings.TrimPrefix(containerID, "docker://") }

// execution is a command to run in a running instance. The streams may be nil.
type execution struct {
	instance       string
	command        []string
	tty            bool
	stdin          io.Reader
	stdout, stderr io.Writer
	resize         <-chan remotecommand.TerminalSize
	// abandoned, if not nil, hears of a command that may still run because the context ended first.
	abandoned func(execID string)
}

// refusal is an engine's error in the engine's own words, and of the same kind.
type refusal struct{ error }

func (r refusal) Error() string { return engineText(r.error) }

func (r refusal) Unwrap() error { return r.error }

// The engine has no call that waits for a process whose streams have ended: it is asked soon, and then ever less often.
const firstExecPoll, lastExecPoll = 5 * time.Millisecond, time.Second

// execute runs the command to its end and returns its exit code. The error says that the command could not be run at all: a missing
// program is no exit code (S6.23).
func execute(ctx context.Context, e engine.Engine, x execution) (int, error) {
	created, err := e.ContainerExecCreate(ctx, x.instance, dockercontainer.ExecOptions{
		Cmd: x.command, Tty: x.tty, AttachStdin: x.stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return 0, refusal{err}
	}
	defer func() {
		if ctx.Err() != nil && x.abandoned != nil {
			x.abandoned(created.ID)
		}
	}()
	stream, err := network.Attach(ctx, e, created.ID, dockercontainer.ExecAttachOptions{Tty: x.tty})
	if err != nil {
		return 0, errors.New(engineText(err))
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, stream.Close)
	defer stop()

	if x.stdin != nil {
		go func() { // ends with the stream or with the reader, whichever is first
			_, _ = io.Copy(stream.Conn, x.stdin)
			_ = stream.CloseWrite()
		}()
	}
	if x.resize != nil {
		go followSize(ctx, x.resize, func(size remotecommand.TerminalSize) error {
			return e.ContainerExecResize(ctx, created.ID, dockercontainer.ResizeOptions{Width: uint(size.Width), Height: uint(size.Height)})
		})
	}
	stdout := &runtimeErrorFilter{to: orDiscard(x.stdout)}
	if err := copyOutput(stdout, orDiscard(x.stderr), stream.Reader, x.tty); err != nil && ctx.Err() == nil {
		return 0, fmt.Errorf("reading the command's output: %w", err)
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	code, err := execExitCode(ctx, e, created.ID)
	if err != nil {
		return 0, err
	}
	if text, ok := stdout.runtimeError(); ok && (code == 126 || code == 127) {
		return 0, errors.New(text)
	}
	return code, stdout.flush()
}

func copyOutput(stdout, stderr io.Writer, from io.Reader, plain bool) error {
	if plain {
		_, err := io.Copy(stdout, from)
		return err
	}
	_, err := stdcopy.StdCopy(stdout, stderr, from)
	return err
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// followSize gives a process the sizes of its client's terminal.
func followSize(ctx context.Context, sizes <-chan remotecommand.TerminalSize, resize func(remotecommand.TerminalSize) error) {
	for {
		select {
		case <-ctx.Done():
			return
		case size, ok := <-sizes:
			if !ok {
				return
			}
			_ = resize(size)
		}
	}
}

func execExitCode(ctx context.Context, e engine.Engine, execID string) (int, error) {
	for poll := firstExecPoll; ; poll = min(2*poll, lastExecPoll) {
		seen, err := e.ContainerExecInspect(ctx, execID)
		if errdefs.IsNotFound(err) {
			return 0, errors.New("the container ended before the command did")
		}
		if err != nil {
			return 0, err
		}
		if !seen.Running {
			return seen.ExitCode, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(poll):
		}
	}
}

// killCommand ends a command that outlived its time, which the engine itself has no call for (S6.22, S16.20).
func (w *worker) killCommand(instance, execID string) {
	ctx, cancel := context.WithTimeout(context.Background(), engineTimeout)
	defer cancel()
	seen, err := w.node.engine.ContainerExecInspect(ctx, execID)
	if errdefs.IsNotFound(err) || err == nil && (!seen.Running || seen.Pid == 0) {
		return
	}
	if err == nil {
		var image string
		if image, err = network.EnsureAgentImage(ctx, w.node.engine, w.node.facts.Arch); err == nil {
			err = network.KillExec(ctx, w.node.engine, image, w.node.options.ID, string(w.uid), instance, seen.Pid)
		}
	}
	if err != nil {
		w.log.Warn("killing a command that outlived its time", "instance", instance, "error", err)
	}
}
