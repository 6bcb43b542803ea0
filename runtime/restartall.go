package runtime

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

// restartAll kills and removes the containers in their order, so that the pod begins again with its first init container in the same
// sandbox (S4.61, S4.62). Those that triggered it come last: whoever takes the pod over meanwhile sees them and goes on. It returns
// when the next pass is due.
func (w *worker) restartAll(ctx context.Context, pod *corev1.Pod, all []*corev1.Container) time.Time {
	w.saveFirst(ctx) // it counts the attempts once their instances are gone
	for _, c := range all {
		if err := w.removeContainer(ctx, pod, c); err != nil {
			if ctx.Err() == nil {
				w.killFailed(pod, err)
			}
			return time.Now().Add(removeRetry)
		}
	}
	return time.Now()
}

// removeContainer kills the container without its preStop hook and with the least grace, and removes its instances.
func (w *worker) removeContainer(ctx context.Context, pod *corev1.Pod, c *corev1.Container) error {
	memory := w.state.Container(c.Name)
	if memory.Running() {
		w.node.recorder.Container(pod, c.Name, corev1.EventTypeNormal, "Killing", "killing")
		if _, err := w.stopInstance(ctx, w.ending(c.Name), newGracePeriod(0), 0); err != nil {
			return fmt.Errorf("stopping container %s: %w", c.Name, err)
		}
		w.ended(memory.Current.ID)
	}
	for _, i := range []*state.Instance{memory.Previous, memory.Current} {
		if i == nil {
			continue
		}
		err := w.node.engine.ContainerRemove(ctx, i.ID, dockercontainer.RemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("removing container %s: %w", c.Name, err)
		}
	}
	memory.Spent = memory.NextAttempt()
	memory.Current, memory.Previous, memory.StartFailure = nil, nil, nil
	return nil
}
