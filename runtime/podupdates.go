package runtime

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// UpdatePod stores what change makes of a pod and wakes its worker, which looks at the pod's object anew: at changed images, at ephemeral
// containers to start, or at a condition that a readiness gate waits for. An error of change is returned as it is, and then nothing is
// stored. That its Job lets a pod go is saved before anybody sees it, so that who counts the pod then counts it once; if it cannot be
// saved, it is not done.
func (n *Node) UpdatePod(ctx context.Context, namespace, name string, change func(*corev1.Pod) error) (*corev1.Pod, error) {
	key := types.NamespacedName{Namespace: namespace, Name: name}
	if err := n.saveRelease(ctx, key, change); err != nil {
		return nil, fmt.Errorf("saving that pod %s is let go: %w", key, err)
	}
	pod, err := n.store.Pods.Update(key, change)
	if err != nil {
		return nil, err
	}
	if w := n.worker(pod.UID); w != nil {
		w.saver.save(pod, nil) // a pod that has ended makes no more passes
		w.inbox.nudge()
	}
	return pod, nil
}

// saveRelease saves the change of a pod by which somebody takes a finalizer off it: a Job that has counted the pod must not do so again.
func (n *Node) saveRelease(ctx context.Context, key types.NamespacedName, change func(*corev1.Pod) error) error {
	pod, err := n.store.Pods.Get(key)
	if err != nil || !isHeld(pod) {
		return nil
	}
	w, released := n.worker(pod.UID), pod.DeepCopy()
	if w == nil || change(released) != nil || slices.Equal(released.Finalizers, pod.Finalizers) {
		return nil // an error shows when it is done
	}
	w.saver.save(released, nil)
	return n.insist(ctx, "saving a pod", func() error { return w.saver.flush(ctx) })
}
