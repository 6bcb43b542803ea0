package kubeapi

import (
	"fmt"

	"github.com/podsim/podsim/podspec"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// containerOf is the container of the pod that a request for logs or a command means: the named one, of whatever kind, or the only
// main. Errors are of status 400.
func containerOf(pod *corev1.Pod, name string) (string, error) {
	if name == "" {
		if len(pod.Spec.Containers) == 1 {
			return pod.Spec.Containers[0].Name, nil
		}
		return "", apierrors.NewBadRequest(fmt.Sprintf("a container name must be specified for pod %s, choose one of: %s", pod.Name, containerNames(pod)))
	}
	if c, _ := podspec.FindContainer(pod, name); c == nil {
		return "", apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s", name, pod.Name))
	}
	return name, nil
}

// containerNames are the names of the init containers, the mains and the ephemeral containers.
func containerNames(pod *corev1.Pod) []string {
	var names []string
	for c := range podspec.Containers(pod) {
		names = append(names, c.Name)
	}
	for _, c := range pod.Spec.EphemeralContainers {
		names = append(names, c.Name)
	}
	return names
}
