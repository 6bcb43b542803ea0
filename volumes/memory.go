package volumes

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	podresources "k8s.io/component-helpers/resource"
)

// memorySize is the size of a memory volume in bytes: the smallest of the node's memory, the pod's memory limit if it
// has one, and the volume's own limit (S11.11). 0 means that the volume has no size; only a sizeLimit of 0 asks for it.
func memorySize(pod *corev1.Pod, sizeLimit *resource.Quantity, allocatable corev1.ResourceList) int64 {
	size := allocatable.Memory().Value()
	if limit, ok := podMemoryLimit(pod); ok {
		size = min(size, limit)
	}
	if sizeLimit != nil && sizeLimit.Sign() >= 0 {
		size = min(size, sizeLimit.Value())
	}
	return size
}

// podMemoryLimit is the memory limit of the pod's cgroup in bytes. A pod has one if it sets it, or if all of its
// containers, init containers included, have one.
func podMemoryLimit(pod *corev1.Pod) (int64, bool) {
	declared := everyContainerLimitsMemory(pod)
	if pod.Spec.Resources != nil && !pod.Spec.Resources.Limits.Memory().IsZero() {
		declared = true
	}
	limits := podresources.PodLimits(pod, podresources.PodResourcesOptions{})
	limit := limits.Memory().Value()
	return limit, declared && limit > 0
}

func everyContainerLimitsMemory(pod *corev1.Pod) bool {
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for _, c := range containers {
			if c.Resources.Limits.Memory().IsZero() {
				return false
			}
		}
	}
	return true
}

// tmpfsOptions are the options of the engine's driver "local" for a volume in memory, of a size in bytes; 0 leaves the
// size to the kernel.
func tmpfsOptions(size int64) map[string]string {
	options := map[string]string{"type": "tmpfs", "device": "tmpfs"}
	if size > 0 {
		options["o"] = "size=" + strconv.FormatInt(size, 10)
	}
	return options
}
