package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// PodIdentity is how messages of a kubelet name a pod: <name>_<namespace>(<uid>).
func PodIdentity(pod *corev1.Pod) string {
	return fmt.Sprintf("%s_%s(%s)", pod.Name, pod.Namespace, pod.UID)
}

// IsSidecar tells whether a container of spec.initContainers is a sidecar: its restartPolicy is Always. For a container
// of spec.containers the answer means nothing.
func IsSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}
