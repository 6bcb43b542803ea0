package runtime

import (
	"context"
	"slices"

	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/volumes"
)

// hold sees to it that nobody exchanges the sub paths of a container before its instance has mounted them (S11.51). It returns the volumes
// that stand for some of them; letGo is due when the instance has started.
func (w *worker) hold(ctx context.Context, c *corev1.Container, options volumes.MountOptions) (map[string]string, error) {
	if !w.volumes.plan.CanBeExchanged(c, options) {
		return nil, nil
	}
	running, err := w.node.engine.ContainerList(ctx, dockercontainer.ListOptions{})
	if err != nil {
		return nil, err
	}
	image, err := network.EnsureAgentImage(ctx, w.node.engine, w.node.facts.Arch)
	if err != nil {
		return nil, err
	}
	held, err := volumes.HoldSubPaths(ctx, w.node.engine, w.volumes.plan, c, volumes.HoldOptions{
		Image: image, SandboxID: w.state.Sandbox.ID, MountOptions: options, Others: running, Neighbours: w.neighbours(),
	})
	if held.Keeper != "" {
		w.held = append(w.held, held.Keeper)
	} else if err != nil {
		w.discardHeld(c.Name, options.Attempt) // the engine makes them before it fails to mount them
	}
	return held.Volumes, err
}

// neighbours are the node's other pods that have not ended.
func (w *worker) neighbours() []*corev1.Pod {
	pods, _ := w.node.store.Pods.List("")
	return slices.DeleteFunc(pods, func(pod *corev1.Pod) bool { return pod.UID == w.uid || status.Terminal(pod.Status.Phase) })
}

// letGo ends the keepers of a container's sub paths: its instance has mounted them, or will not. Where there is no instance, nobody needs
// the volumes any more either.
func (w *worker) letGo(c *corev1.Container, attempt int, created bool) {
	if len(w.held) == 0 {
		return
	}
	keepers := w.held
	w.held = nil
	w.background.Go(func() {
		for _, keeper := range keepers {
			w.discard(keeper)
		}
		if !created {
			w.discardHeld(c.Name, attempt)
		}
	})
}

// discardHeld removes the volumes of an attempt's sub paths.
func (w *worker) discardHeld(name string, attempt int) {
	ctx, cancel := context.WithTimeout(context.Background(), engineTimeout)
	defer cancel()
	if err := volumes.RemoveHeld(ctx, w.node.engine, string(w.uid), name, attempt); err != nil {
		w.log.Warn("removing the volumes of sub paths", "container", name, "error", err)
	}
}
