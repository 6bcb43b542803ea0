package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/qos"
)

// QOSClass computes the quality of service class of a defaulted pod from its cpu and memory requests and limits
// (S13.1); a class in the pod's status is not looked at.
func QOSClass(pod *corev1.Pod) corev1.PodQOSClass {
	return qos.ComputePodQOS(pod)
}
