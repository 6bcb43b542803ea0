// Package hook runs the lifecycle hooks of containers: postStart and preStop (S7). It knows one run of one hook and what to say of its
// failure; when hooks run, and what follows, is the node's. What a hook needs of the node is handed in.
package hook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/httpget"
	"github.com/podsim/podsim/runtime/pause"
)

// Input is the container whose hook runs, and the means for it.
type Input struct {
	Pod       *corev1.Pod
	Container *corev1.Container
	PodIP     string       // "" before the pod has one
	Dial      httpget.Dial // nil while the pod cannot be reached
	// Exec runs a command in the container. An error is a command that did not run.
	Exec func(ctx context.Context, command []string) (code int, stdout, stderr string, err error)
	// Warn records an event of the pod.
	Warn func(eventType, reason, message string)
}

// Error is a hook that failed, in the words that a container's status shows (S7.5).
type Error struct {
	Message string
	Cause   error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Cause }

// Run runs a hook to its end. It has no time limit of its own (S7.3): the context ends it. Its failure is an *Error; a panic is one too,
// for it must not take the node down.
func Run(ctx context.Context, handler *corev1.LifecycleHandler, in Input) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = in.failed(fmt.Errorf("the hook panicked: %v", cause), "Lifecycle hook", "")
		}
	}()
	switch {
	case handler.Exec != nil:
		output, err := runCommand(ctx, handler.Exec.Command, in)
		if err != nil {
			return in.failed(err, fmt.Sprintf("Exec lifecycle hook (%v)", handler.Exec.Command), fmt.Sprintf(", message: %q", output))
		}
	case handler.HTTPGet != nil:
		if err := get(ctx, handler.HTTPGet, in); err != nil {
			return in.failed(err, fmt.Sprintf("HTTP lifecycle hook (%s)", handler.HTTPGet.Path), "")
		}
	case handler.Sleep != nil:
		if err := sleep(ctx, time.Duration(handler.Sleep.Seconds)*time.Second); err != nil {
			return in.failed(err, fmt.Sprintf("Sleep lifecycle hook (%d)", handler.Sleep.Seconds), "")
		}
	default: // tcpSocket is no more than accepted (S7.11)
		err := fmt.Errorf("invalid handler: %v", handler)
		return &Error{Message: fmt.Sprintf("Cannot run handler: %v", err), Cause: err}
	}
	return nil
}

// failed words the failure of a hook of the container.
func (in Input) failed(err error, hook, more string) error {
	return &Error{
		Message: fmt.Sprintf("%s for Container %q in Pod %q failed - error: %v%s", hook, in.Container.Name, podspec.PodIdentity(in.Pod), err, more),
		Cause:   err,
	}
}

// runCommand runs the words as they stand (S7.10) and returns what they wrote.
func runCommand(ctx context.Context, command []string, in Input) (output string, err error) {
	code, stdout, stderr, err := in.Exec(ctx, command)
	if err == nil && code != 0 {
		err = fmt.Errorf("command '%s' exited with %d: %s", strings.Join(command, " "), code, stderr)
	}
	return stdout + stderr, err
}

// sleep waits on the node, not in the container (S7.11).
func sleep(ctx context.Context, d time.Duration) error {
	if pause.For(ctx, d) != nil {
		return errors.New("container terminated before sleep hook finished")
	}
	return nil
}
