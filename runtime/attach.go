package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	dockercontainer "github.com/docker/docker/api/types/container"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/kubeapi"
)

// lastOutputTime is how long the engine may take to send what a container said before its end to who had attached in time.
const lastOutputTime = time.Second

// Attach connects a client with the process of a running container (S10.45): it sees the output from now on, and writes to the stdin of a
// container that has one. When it closes its own end of stdin, the engine ends that of the process with stdinOnce and no terminal, and else
// takes the client for gone, as a container runtime does under a kubelet.
func (n *Node) Attach(ctx context.Context, namespace, name, container string, streams kubeapi.Streams) error {
	pod, err := n.store.Pods.Get(types.NamespacedName{Namespace: namespace, Name: name})
	if err != nil {
		return err
	}
	id, ok := runningInstance(pod, container)
	if !ok {
		return apierrors.NewBadRequest(fmt.Sprintf("container not found (%q): it does not run", container))
	}
	spec, _ := podspec.FindContainer(pod, container)
	if streams.Stdin != nil && !spec.Stdin {
		streams.Stdin = nil // as with a kubelet: nobody reads it
	}
	attached, err := n.engine.ContainerAttach(ctx, id, dockercontainer.AttachOptions{
		Stream: true, Stdin: streams.Stdin != nil, Stdout: true, Stderr: true,
	})
	if err != nil {
		return errors.New(engineText(err))
	}
	defer attached.Close()
	stop := context.AfterFunc(ctx, attached.Close)
	defer stop()
	if streams.Stdin != nil {
		go func() { // ends with the connection or with the reader, whichever is first
			_, _ = io.Copy(attached.Conn, streams.Stdin)
			_ = attached.CloseWrite()
		}()
	}
	if streams.Resize != nil {
		go followSize(ctx, streams.Resize, func(size remotecommand.TerminalSize) error {
			return n.engine.ContainerResize(ctx, id, dockercontainer.ResizeOptions{Width: uint(size.Width), Height: uint(size.Height)})
		})
	}
	// Of a container that had ended before the client attached, which the status may not show yet, the engine says nothing, and never hangs up.
	inTime := func() bool { return true }
	if seen, err := n.engine.ContainerInspect(ctx, id); err == nil && !seen.State.Running {
		inTime = time.AfterFunc(lastOutputTime, attached.Close).Stop
	}
	err = copyOutput(orDiscard(streams.Stdout), orDiscard(streams.Stderr), attached.Reader, spec.TTY)
	if !inTime() {
		return apierrors.NewBadRequest(fmt.Sprintf("container %q has ended", container))
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("reading the container's output: %w", err)
	}
	return nil
}
