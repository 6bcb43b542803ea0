package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	dockernetwork "github.com/docker/docker/api/types/network"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/volumes"
)

// removeRetry is how long after a failed removal the next one is tried.
const removeRetry = 2 * time.Second

// terminate ends a pod whose deletion was asked for, and removes all that was made for it (S8B). It reports whether the pod is gone.
func (w *worker) terminate(ctx context.Context, pod *corev1.Pod) (gone bool) {
	if !status.Terminal(pod.Status.Phase) {
		w.stopJudging(pod)
		w.publish(status.Input{Stopping: true})
		saved := make(chan struct{})
		go func() {
			defer close(saved)
			saving, cancel := context.WithTimeout(ctx, engineTimeout)
			defer cancel()
			_ = w.saver.flush(saving) // so that a next node goes on with the deletion; what fails is tried again as long as it matters
		}()
		err := w.stopAll(ctx, pod, deletionGrace(pod))
		<-saved
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			w.killFailed(pod, err)
			return false
		}
		if w.state.Sandbox != nil {
			w.state.Sandbox.Ready = false // it is removed with the rest
		}
		w.publishDeleted(ctx)
	}
	if now, ok := w.pod(); ok && isHeld(now) {
		return false
	}
	w.discardPrepared(ctx)
	if now, ok := w.pod(); ok && *now.DeletionGracePeriodSeconds > 0 { // it may have been forced meanwhile
		w.node.logReaders.wait(ctx, w.uid)
	}
	w.saver.keepStill()
	w.faults.leave(ctx, pod)
	w.proxy.leave(ctx, false) // its container is removed with the others
	err := w.node.removeLeftovers(ctx, w.uid)
	if err == nil {
		err = w.node.networks.RemoveIfUnused(ctx, pod.Namespace)
	}
	if err == nil {
		err = w.saver.settle() // the last that tells of the pod
	}
	if err != nil {
		if ctx.Err() == nil {
			w.killFailed(pod, err)
		}
		return false
	}
	w.node.forget(pod)
	return true
}

// publishDeleted publishes how a deleted pod ended. What somebody is still to see of it must not change any more.
func (w *worker) publishDeleted(ctx context.Context) {
	ended := status.Input{Stopping: true, Ended: true}
	if pod, ok := w.pod(); ok && isHeld(pod) {
		w.publishForGood(ctx, ended)
		return
	}
	w.publish(ended)
}

// isHeld reports whether a pod stays when it has been deleted and has ended, because somebody has not taken his finalizer off it: its Job
// has not counted it yet, or a client still has to do with it.
func isHeld(pod *corev1.Pod) bool { return len(pod.Finalizers) > 0 }

func deletionGrace(pod *corev1.Pod) time.Duration {
	return time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
}

// removeLeftovers removes the containers and volumes that were made for a pod, those of claims excepted.
func (n *Node) removeLeftovers(ctx context.Context, uid types.UID) error {
	containers, err := n.engine.ContainerList(ctx, dockercontainer.ListOptions{All: true,
		Filters: filters.NewArgs(filters.Arg("label", network.LabelPodUID+"="+string(uid)))})
	if err != nil {
		return fmt.Errorf("listing the pod's containers: %w", err)
	}
	failures := make([]error, len(containers))
	var removals sync.WaitGroup
	for i, c := range containers {
		removals.Go(func() {
			err := n.engine.ContainerRemove(ctx, c.ID, dockercontainer.RemoveOptions{Force: true, RemoveVolumes: true})
			if err != nil && !errdefs.IsNotFound(err) {
				failures[i] = fmt.Errorf("removing container %s: %w", c.ID, err)
			}
		})
	}
	removals.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	return volumes.Remove(ctx, n.engine, string(uid))
}

// removeUnusedNetworks removes the networks of namespaces that have no pod any more.
func (n *Node) removeUnusedNetworks(ctx context.Context) error {
	list, err := n.engine.NetworkList(ctx, dockernetwork.ListOptions{Filters: managed()})
	if err != nil {
		return fmt.Errorf("listing podsim's networks: %w", err)
	}
	for _, found := range list {
		if err := n.networks.RemoveIfUnused(ctx, found.Labels[network.LabelNamespace]); err != nil {
			return err
		}
	}
	return nil
}

// forget drops a removed pod from the store.
func (n *Node) forget(pod *corev1.Pod) {
	n.tokens.forget(pod.UID)
	n.forgetEphemeralClaims(pod)
	if _, err := n.store.Pods.Delete(store.KeyOf(pod), nil); err != nil {
		n.log.Warn("forgetting a pod", "error", err)
	}
	n.retryDeferred()
}

// eventLife is how long events are kept, as by an API server.
const eventLife = time.Hour

// expireEvents drops the events that have come of age.
func (n *Node) expireEvents(now time.Time) {
	events, _ := n.store.Events.List("")
	for _, e := range events {
		if now.Sub(lastSeen(e)) > eventLife {
			_, _ = n.store.Events.Delete(store.KeyOf(e), nil)
		}
	}
}

// lastSeen is when an event was last told of; clients tell the time in one of several fields.
func lastSeen(e *corev1.Event) time.Time {
	last := e.CreationTimestamp.Time
	for _, told := range []time.Time{e.LastTimestamp.Time, e.EventTime.Time} {
		if told.After(last) {
			last = told
		}
	}
	if e.Series != nil && e.Series.LastObservedTime.After(last) {
		last = e.Series.LastObservedTime.Time
	}
	return last
}
