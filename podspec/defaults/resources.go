package defaults

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/podsim/podsim/podspec"
)

// requests copies limits of a pod into its missing requests, and derives what is missing at the pod level (S1.2). In a pod template the
// API server leaves them out.
func requests(spec *corev1.PodSpec) {
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			r := &containers[i].Resources
			for name, limit := range r.Limits {
				setMissing(&r.Requests, name, limit)
			}
		}
	}
	if r := spec.Resources; r != nil && len(r.Limits)+len(r.Requests) > 0 {
		podHugePages(spec)
		podRequests(spec)
		podLimits(spec)
	}
}

// podHugePages takes the pod's limits of huge pages from the containers together, where the pod says nothing of these pages.
func podHugePages(spec *corev1.PodSpec) {
	for name, limit := range limitsTogether(spec) {
		if _, requested := spec.Resources.Requests[name]; isHugePages(name) && !requested {
			setMissing(&spec.Resources.Limits, name, limit)
		}
	}
}

// podRequests takes a request of the pod level from the containers together, or else from the pod's limit.
func podRequests(spec *corev1.PodSpec) {
	together := resourcehelper.AggregateContainerRequests(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
	for name, request := range together {
		if resourcehelper.IsSupportedPodLevelResource(name) && !isHugePages(name) {
			setMissing(&spec.Resources.Requests, name, request)
		}
	}
	for name, limit := range spec.Resources.Limits {
		if resourcehelper.IsSupportedPodLevelResource(name) {
			setMissing(&spec.Resources.Requests, name, limit)
		}
	}
}

// podLimits takes a limit of the pod level from the containers together, where all of them have one, but never one below the pod's
// request.
func podLimits(spec *corev1.PodSpec) {
	together := limitsTogether(spec)
	for name, request := range spec.Resources.Requests {
		if !resourcehelper.IsSupportedPodLevelResource(name) || !allLimit(spec, name) {
			continue
		}
		limit := together[name]
		if request.Cmp(limit) > 0 {
			limit = request
		}
		setMissing(&spec.Resources.Limits, name, limit)
	}
}

func limitsTogether(spec *corev1.PodSpec) corev1.ResourceList {
	return resourcehelper.AggregateContainerLimits(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
}

// allLimit is true when every container has a limit of the resource.
func allLimit(spec *corev1.PodSpec, name corev1.ResourceName) bool {
	for c := range podspec.AllContainers(&corev1.Pod{Spec: *spec}) {
		if _, ok := c.Resources.Limits[name]; !ok {
			return false
		}
	}
	return true
}

func isHugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// setMissing sets a quantity that is not in the list.
func setMissing(list *corev1.ResourceList, name corev1.ResourceName, quantity resource.Quantity) {
	if _, ok := (*list)[name]; ok {
		return
	}
	if *list == nil {
		*list = corev1.ResourceList{}
	}
	(*list)[name] = quantity.DeepCopy()
}

// roundUp rounds quantities up to thousandths.
func roundUp(list corev1.ResourceList) {
	for name, quantity := range list {
		quantity.RoundUp(resource.Milli)
		list[name] = quantity
	}
}
