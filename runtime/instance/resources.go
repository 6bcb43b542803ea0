package instance

import (
	"github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/podspec"
)

const (
	minShares    = 2
	maxShares    = 262144
	quotaPeriod  = 100000 // microseconds
	minQuota     = 1000   // microseconds
	maxOOMAdjust = 1000
)

// resources are the cgroup values of a container (S13.10 to S13.14).
func resources(c *corev1.Container) container.Resources {
	r := container.Resources{CPUShares: shares(c.Resources)}
	if cpu, ok := positive(c.Resources.Limits, corev1.ResourceCPU); ok {
		r.CPUPeriod = quotaPeriod
		r.CPUQuota = max(cpu.MilliValue()*quotaPeriod/1000, minQuota)
	}
	if memory, ok := positive(c.Resources.Limits, corev1.ResourceMemory); ok {
		r.Memory = memory.Value()
		r.MemorySwap = r.Memory // no swap (S13.14)
	}
	return r
}

// shares is the cpu weight: of the request, else of the limit, else the least (S13.10).
func shares(r corev1.ResourceRequirements) int64 {
	cpu, ok := r.Requests[corev1.ResourceCPU]
	if !ok {
		cpu, ok = r.Limits[corev1.ResourceCPU]
	}
	if !ok {
		return minShares
	}
	return min(max(cpu.MilliValue()*1024/1000, minShares), maxShares)
}

func positive(list corev1.ResourceList, name corev1.ResourceName) (resource.Quantity, bool) {
	q, ok := list[name]
	return q, ok && q.Sign() > 0
}

// oomScoreAdj is the container's oom_score_adj by quality of service (S13.25). A negative one needs CAP_SYS_RESOURCE, which an
// engine may lack; 0 is asked for instead.
func oomScoreAdj(in Input) int {
	switch podspec.QOSClass(in.Pod) {
	case corev1.PodQOSGuaranteed:
		return 0
	case corev1.PodQOSBestEffort:
		return maxOOMAdjust
	}
	score := burstableScore(in.Container, in.NodeMemory)
	if podspec.IsSidecar(in.Container) {
		for i := range in.Pod.Spec.Containers {
			score = min(score, burstableScore(&in.Pod.Spec.Containers[i], in.NodeMemory)) // not before the mains
		}
	}
	return score
}

// burstableScore is the oom_score_adj of a container by its share of the node's memory.
func burstableScore(c *corev1.Container, nodeMemory int64) int {
	if nodeMemory <= 0 {
		return maxOOMAdjust - 1
	}
	request := c.Resources.Requests.Memory().Value()
	return int(min(max(maxOOMAdjust-maxOOMAdjust*request/nodeMemory, 3), maxOOMAdjust-1))
}
