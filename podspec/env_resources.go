package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/resource"
)

// resourceValue returns what a resourceFieldRef of a variable names: a request or limit, divided and rounded up (S9.20). It is the
// container's own, or that of the main or init container it names. A limit that is not set is the pod's or else what the node has,
// but for an init container that is named, be it the container itself: a kubelet passes over those, so that they show 0 (S9.21).
func resourceValue(pod *corev1.Pod, c *corev1.Container, ref *corev1.ResourceFieldSelector, allocatable corev1.ResourceList) (string, error) {
	kind := Main
	if ref.ContainerName != "" {
		var err error
		if c, kind, err = mainOrInit(pod, ref.ContainerName); err != nil {
			return "", err
		}
	}
	if kind == Main {
		c = withLimits(c, defaultLimits(pod, allocatable))
	}
	return resource.ExtractContainerResourceValue(ref, c)
}

// mainOrInit returns the container that a resourceFieldRef names; it cannot name an ephemeral one.
func mainOrInit(pod *corev1.Pod, name string) (*corev1.Container, ContainerKind, error) {
	c, kind := FindContainer(pod, name)
	if c == nil || kind == Ephemeral {
		return nil, Main, fmt.Errorf("container %s not found", name)
	}
	return c, kind, nil
}

// defaultLimits are what limits amount to that no container sets: the pod's own, else what the node has (S9.21).
func defaultLimits(pod *corev1.Pod, allocatable corev1.ResourceList) corev1.ResourceList {
	limits := allocatable.DeepCopy()
	if pod.Spec.Resources == nil {
		return limits
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		limit := pod.Spec.Resources.Limits[name]
		if _, known := limits[name]; known && !limit.IsZero() {
			limits[name] = limit
		}
	}
	return limits
}

// withLimits returns the container with these limits where it has none, or one of 0. Huge pages are never given out beyond what a
// node has, so that a container without a limit has none of them (S9.21).
func withLimits(c *corev1.Container, limits corev1.ResourceList) *corev1.Container {
	c = c.DeepCopy()
	if c.Resources.Limits == nil {
		c.Resources.Limits = corev1.ResourceList{}
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		own := c.Resources.Limits[name]
		if limit, known := limits[name]; known && own.IsZero() {
			c.Resources.Limits[name] = limit
		}
	}
	return c
}
