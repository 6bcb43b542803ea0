package podspec

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/resource"
)

// resourceValue returns what a resourceFieldRef of a variable names: a request or limit, divided and rounded up (S9.20).
// It is the container's own, or that of the main or init container it names.
func resourceValue(pod *corev1.Pod, c *corev1.Container, ref *corev1.ResourceFieldSelector, allocatable corev1.ResourceList) (string, error) {
	if ref.ContainerName != "" && ref.ContainerName != c.Name {
		named := containerNamed(pod, ref.ContainerName)
		if named == nil {
			return "", fmt.Errorf("container %s not found", ref.ContainerName)
		}
		c = named
	}
	effective := &corev1.Container{Resources: corev1.ResourceRequirements{
		Requests: c.Resources.Requests,
		Limits:   effectiveLimits(pod, c, allocatable),
	}}
	return resource.ExtractContainerResourceValue(ref, effective)
}

// effectiveLimits puts the pod's limit, or else what the node has, where the container has no limit (S9.21).
func effectiveLimits(pod *corev1.Pod, c *corev1.Container, allocatable corev1.ResourceList) corev1.ResourceList {
	limits := corev1.ResourceList{}
	maps.Copy(limits, allocatable)
	if pod.Spec.Resources != nil {
		copyNonZero(limits, pod.Spec.Resources.Limits)
	}
	copyNonZero(limits, c.Resources.Limits)
	return limits
}

func copyNonZero(to, from corev1.ResourceList) {
	for name, quantity := range from {
		if !quantity.IsZero() {
			to[name] = quantity
		}
	}
}

func containerNamed(pod *corev1.Pod, name string) *corev1.Container {
	for _, containers := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range containers {
			if containers[i].Name == name {
				return &containers[i]
			}
		}
	}
	return nil
}
