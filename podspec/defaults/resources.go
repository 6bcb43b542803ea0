package defaults

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
)

// resources rounds all quantities, copies limits into missing requests, and derives the requests of the pod
// level (S1.2).
func resources(spec *corev1.PodSpec) {
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			r := &containers[i].Resources
			roundUp(r.Limits)
			roundUp(r.Requests)
			for name, limit := range r.Limits {
				setRequest(r, name, limit)
			}
		}
	}
	roundUp(spec.Overhead)
	if spec.Resources != nil {
		roundUp(spec.Resources.Limits)
		roundUp(spec.Resources.Requests)
		podRequests(spec)
	}
}

// podRequests takes a request of the pod level from the containers together, or else from the pod's limit. A
// pod without limits of its own gets none.
func podRequests(spec *corev1.PodSpec) {
	if len(spec.Resources.Limits) == 0 {
		return
	}
	together := resourcehelper.AggregateContainerRequests(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if request, ok := together[name]; ok {
			setRequest(spec.Resources, name, request)
		} else if limit, ok := spec.Resources.Limits[name]; ok {
			setRequest(spec.Resources, name, limit)
		}
	}
}

func setRequest(r *corev1.ResourceRequirements, name corev1.ResourceName, quantity resource.Quantity) {
	if _, ok := r.Requests[name]; ok {
		return
	}
	if r.Requests == nil {
		r.Requests = corev1.ResourceList{}
	}
	r.Requests[name] = quantity.DeepCopy()
}

// roundUp rounds quantities up to thousandths.
func roundUp(list corev1.ResourceList) {
	for name, quantity := range list {
		quantity.RoundUp(resource.Milli)
		list[name] = quantity
	}
}
