package runtime

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
)

// diskSize is the size of the engine's disk in bytes, once it was measured; 0 before.
type diskSize struct {
	measuring *semaphore.Weighted // held by whoever looks at it
	bytes     int64
}

func newDiskSize() diskSize { return diskSize{measuring: semaphore.NewWeighted(1)} }

// allocatable is what the node has to give, as the containers of a pod are told of it (S9.21).
func (n *Node) allocatable(ctx context.Context, pod *corev1.Pod) (corev1.ResourceList, error) {
	list := n.facts.Allocatable()
	if !podspec.TellsOfDisk(pod) {
		return list, nil
	}
	size, err := n.diskBytes(ctx, pod)
	if err != nil {
		return nil, fmt.Errorf("measuring the engine's disk: %w", err)
	}
	list[corev1.ResourceEphemeralStorage] = *resource.NewQuantity(size, resource.BinarySI)
	return list, nil
}

// diskBytes is the size of the engine's disk, which no engine tells: it is measured once, in a helper container.
func (n *Node) diskBytes(ctx context.Context, pod *corev1.Pod) (int64, error) {
	if err := n.disk.measuring.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer n.disk.measuring.Release(1)
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
