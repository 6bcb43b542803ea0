package instance

import (
	"math"

	"github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/podsim/podsim/podspec"
)

const (
	minShares    = 2
	maxShares    = 262144
	quotaPeriod  = 100000 // microseconds
	minQuota     = 1000   // microseconds
	maxOOMAdjust = 1000
)

// Update is what the engine is asked to change of a running instance so that it has the container's resources (S13.31).
func Update(pod *corev1.Pod, c *corev1.Container) container.UpdateConfig {
	return container.UpdateConfig{Resources: resources(pod, c)}
}

// resources are the cgroup values of a container (S13.10 to S13.14). A container without a limit of its own has the pod's: an engine has
// no cgroup of the pod that would hold all of them together (S13.20), so that each may take what all of them may.
func resources(pod *corev1.Pod, c *corev1.Container) container.Resources {
	limits := c.Resources.Limits
	cpuLimit, cpuLimited := limitOf(pod, limits, corev1.ResourceCPU)
	r := container.Resources{CPUShares: minShares}
	if request, ok := c.Resources.Requests[corev1.ResourceCPU]; ok {
		r.CPUShares = shares(request)
	} else if cpuLimited {
		r.CPUShares = shares(cpuLimit)
	}
	if cpuLimited {
		r.CPUPeriod = quotaPeriod
		r.CPUQuota = max(cpuLimit.MilliValue()*quotaPeriod/1000, minQuota)
	}
	if memory, ok := limitOf(pod, limits, corev1.ResourceMemory); ok {
		r.Memory = memory.Value()
		r.MemorySwap = r.Memory // no swap (S13.14)
	}
	return r
}

// limitOf is the container's limit, else the pod's (S13.13); false if neither is set, or is 0.
func limitOf(pod *corev1.Pod, limits corev1.ResourceList, name corev1.ResourceName) (resource.Quantity, bool) {
	limit, ok := positive(limits, name)
	if !ok && pod.Spec.Resources != nil {
		limit, ok = positive(pod.Spec.Resources.Limits, name)
	}
	return limit, ok
}

// shares is the cpu weight of that much (S13.10).
func shares(cpu resource.Quantity) int64 {
	return min(max(cpu.MilliValue()*1024/1000, minShares), maxShares)
}

func positive(list corev1.ResourceList, name corev1.ResourceName) (resource.Quantity, bool) {
	q, ok := list[name]
	return q, ok && q.Sign() > 0
}

// GuaranteedOOMScoreAdj is the oom_score_adj of the containers of guaranteed and of critical pods (S13.25).
const GuaranteedOOMScoreAdj = -997

// WantsLowerOOMScore reports whether a node gives the processes of the pod a negative oom_score_adj (S13.25).
func WantsLowerOOMScore(pod *corev1.Pod) bool {
	return podspec.QOSClass(pod) == corev1.PodQOSGuaranteed || pod.Spec.PriorityClassName == "system-node-critical"
}

// oomScoreAdj is the container's oom_score_adj by quality of service (S13.25). A negative one needs CAP_SYS_RESOURCE, which an
// engine may lack; 0 is asked for instead.
func oomScoreAdj(in Input) int {
	switch {
	case WantsLowerOOMScore(in.Pod) && in.LowersOOMScore:
		return GuaranteedOOMScoreAdj
	case WantsLowerOOMScore(in.Pod):
		return 0
	case podspec.QOSClass(in.Pod) == corev1.PodQOSBestEffort:
		return maxOOMAdjust
	}
	request := in.Container.Resources.Requests.Memory().Value()
	if podspec.IsSidecar(in.Container) {
		request = max(request, smallestMain(in.Pod)) // not before the mains
	}
	return burstableScore(request+unassigned(in.Pod), in.NodeMemory)
}

// smallestMain is the least that a main requests of memory, in bytes.
func smallestMain(pod *corev1.Pod) int64 {
	least := int64(math.MaxInt64)
	for i := range pod.Spec.Containers {
		least = min(least, pod.Spec.Containers[i].Resources.Requests.Memory().Value())
	}
	return least
}

// unassigned is each container's part of the memory that the pod requests beyond what its containers do, in bytes (S13.26).
func unassigned(pod *corev1.Pod) int64 {
	if pod.Spec.Resources == nil {
		return 0
	}
	together := resourcehelper.AggregateContainerRequests(pod, resourcehelper.PodResourcesOptions{})
	rest := pod.Spec.Resources.Requests.Memory().Value() - together.Memory().Value()
	return max(rest, 0) / int64(len(pod.Spec.Containers)+len(pod.Spec.InitContainers))
}

// burstableScore is the oom_score_adj of a container by its share of the node's memory, both in bytes.
func burstableScore(request, nodeMemory int64) int {
	if nodeMemory <= 0 {
		return maxOOMAdjust - 1
	}
	return int(min(max(maxOOMAdjust-maxOOMAdjust*request/nodeMemory, 3), maxOOMAdjust-1))
}
