package runtime

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// UpdatePod stores what change makes of a pod and wakes its worker, which looks at the pod's object anew: at changed images, at ephemeral
// containers to start, or at a condition that a readiness gate waits for. An error of change is returned as it is, and then nothing is
// stored.
func (n *Node) UpdatePod(_ context.Context, namespace, name string, change func(*corev1.Pod) error) (*corev1.Pod, error) {
	pod, err := n.store.Pods.Update(types.NamespacedName{Namespace: namespace, Name: name}, change)
	if err != nil {
		return nil, err
	}
	if w := n.worker(pod.UID); w != nil {
		w.saver.save(pod, nil) // a pod that has ended makes no more passes
		w.inbox.nudge()
	}
	return pod, nil
}
