package plan

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/podsim/podsim/podspec"
)

// DiskUse is what a pod takes of the node's disk, in bytes.
type DiskUse struct {
	// Volumes by name: those on disk that live and end with the pod.
	Volumes map[string]int64
	// Containers by name: what the running instance wrote outside of volumes, and the logs.
	Containers map[string]int64
}

// EvictionGrace is the grace period of an evicted pod, in seconds.
const EvictionGrace = 1

// LimitsDisk reports whether a pod can be evicted for what it takes of the disk. The second result tells whether its containers count
// too, and not only its volumes.
func LimitsDisk(pod *corev1.Pod) (limited, containers bool) {
	for c := range podspec.Containers(pod) {
		if !c.Resources.Limits.StorageEphemeral().IsZero() {
			return true, true
		}
	}
	for _, v := range pod.Spec.Volumes {
		if e := v.EmptyDir; e != nil && e.Medium == corev1.StorageMediumDefault && e.SizeLimit != nil && e.SizeLimit.Sign() > 0 {
			return true, false
		}
	}
	return false, false
}

// Eviction is why a pod that takes that much of the disk has to go, in a kubelet's words with their blank at the end; "" if it may stay
// (S8.50). A critical pod always may. Volumes are looked at first, then the pod as a whole, then its containers; regular inits count for
// the whole only.
func Eviction(pod *corev1.Pod, use DiskUse) string {
	if critical(pod) {
		return ""
	}
	for _, v := range pod.Spec.Volumes {
		if v.EmptyDir == nil || v.EmptyDir.SizeLimit == nil || v.EmptyDir.SizeLimit.Sign() <= 0 {
			continue
		}
		if exceeds(use.Volumes[v.Name], *v.EmptyDir.SizeLimit) {
			return fmt.Sprintf("Usage of EmptyDir volume %q exceeds the limit %q. ", v.Name, v.EmptyDir.SizeLimit.String())
		}
	}
	total := int64(0)
	for _, bytes := range use.Volumes {
		total += bytes
	}
	for _, bytes := range use.Containers {
		total += bytes
	}
	limits := resourcehelper.PodLimits(pod, resourcehelper.PodResourcesOptions{})
	if limit, ok := limits[corev1.ResourceEphemeralStorage]; ok && exceeds(total, limit) {
		return fmt.Sprintf("Pod ephemeral local storage usage exceeds the total limit of containers %s. ", limit.String())
	}
	for c, isInit := range podspec.Containers(pod) {
		limit := c.Resources.Limits.StorageEphemeral()
		if isInit && !podspec.IsSidecar(c) || limit.IsZero() || !exceeds(use.Containers[c.Name], *limit) {
			continue
		}
		return fmt.Sprintf("Container %s exceeded its local ephemeral storage limit %q. ", c.Name, limit.String())
	}
	return ""
}

// critical reports whether a pod is one that its node does not evict: by its class, which a server would turn into a priority of at
// least that of the lower of the two.
func critical(pod *corev1.Pod) bool {
	const lowestSystemPriority = 2_000_000_000
	switch pod.Spec.PriorityClassName {
	case "system-cluster-critical", "system-node-critical":
		return true
	}
	return pod.Spec.Priority != nil && *pod.Spec.Priority >= lowestSystemPriority
}

func exceeds(bytes int64, limit resource.Quantity) bool {
	return resource.NewQuantity(bytes, resource.BinarySI).Cmp(limit) > 0
}
