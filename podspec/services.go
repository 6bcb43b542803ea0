package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Selects reports whether a Service stands for a pod: they are of one namespace, and the pod has all labels that the Service's selector
// names. A Service without a selector stands for no pod.
func Selects(service *corev1.Service, pod *corev1.Pod) bool {
	return service.Namespace == pod.Namespace && len(service.Spec.Selector) > 0 &&
		labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(pod.Labels))
}
