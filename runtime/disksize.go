package runtime

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
)

// diskSize is the size of the engine's disk in bytes, once it was measured; 0 before.
type diskSize struct {
	mu    sync.Mutex
	bytes int64
}

// allocatable is what the node has to give, as the containers of a pod are told of it (S9.21).
func (n *Node) allocatable(ctx context.Context, pod *corev1.Pod) corev1.ResourceList {
	list := n.facts.Allocatable()
	if !podspec.TellsOfDisk(pod) {
		return list
	}
	size, err := n.diskBytes(ctx, pod)
	if err != nil {
		n.log.Warn("measuring the engine's disk", "pod", podspec.PodIdentity(pod), "error", err)
		return list
	}
	list[corev1.ResourceEphemeralStorage] = *resource.NewQuantity(size, resource.BinarySI)
	return list
}

// diskBytes is the size of the engine's disk, which no engine tells: it is measured once, in a helper container.
func (n *Node) diskBytes(ctx context.Context, pod *corev1.Pod) (int64, error) {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	if n.disk.bytes > 0 {
		return n.disk.bytes, nil
	}
	image, err := network.EnsureAgentImage(ctx, n.engine, n.facts.Arch)
	if err != nil {
		return 0, err
	}
	n.disk.bytes, err = network.DiskSize(ctx, n.engine, image, n.options.ID, string(pod.UID))
	return n.disk.bytes, err
}
