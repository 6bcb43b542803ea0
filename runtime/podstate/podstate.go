// Package podstate answers, from a v1.Pod as the API shows it, the questions that commands wait for: has it started, is
// it ready, has it ended, and is something in its way. It is pure: a pod goes in, an answer comes out.
package podstate

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/status"
)

// Terminal tells whether the pod has ended for good: phase Succeeded or Failed.
func Terminal(pod *corev1.Pod) bool { return status.Terminal(pod.Status.Phase) }

// Ready tells whether the pod's condition Ready is True.
func Ready(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// Started tells whether every main container has been started once, whatever became of it since.
func Started(pod *corev1.Pod) bool {
	if len(pod.Status.ContainerStatuses) < len(pod.Spec.Containers) {
		return false
	}
	for i := range pod.Status.ContainerStatuses {
		if !HasRun(&pod.Status.ContainerStatuses[i]) {
			return false
		}
	}
	return true
}

// HasRun tells whether the container has been started at least once.
func HasRun(c *corev1.ContainerStatus) bool {
	return c.State.Running != nil || c.State.Terminated != nil || c.LastTerminationState.Terminated != nil || c.RestartCount > 0
}

// RunningInit is the name of the init container that the mains of the pod wait for while it runs: a regular one, or a
// sidecar that is not started yet. It is empty when there is none.
func RunningInit(pod *corev1.Pod) string {
	if Started(pod) {
		return ""
	}
	for i := range pod.Status.InitContainerStatuses {
		c := &pod.Status.InitContainerStatuses[i]
		spec, _ := podspec.FindContainer(pod, c.Name)
		started := c.Started != nil && *c.Started
		if c.State.Running == nil || spec != nil && podspec.IsSidecar(spec) && started {
			continue
		}
		return c.Name
	}
	return ""
}

// CanBeReady tells whether the container can become ready while it runs: mains and sidecars can (S3.38).
func CanBeReady(pod *corev1.Pod, container string) bool {
	c, kind := podspec.FindContainer(pod, container)
	return c != nil && (kind == podspec.Main || podspec.IsSidecar(c))
}

// Obstacle is what keeps a container from its first start.
type Obstacle struct {
	// Container is empty when it is the whole pod.
	Container string
	// Reason and Message are those of the container's Waiting state, such as ErrImagePull.
	Reason, Message string
}

// ImageMissing tells whether the obstacle is an image that is not on the engine, and could not or must not be pulled.
func (o Obstacle) ImageMissing() bool {
	switch o.Reason {
	case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "RegistryUnavailable":
		return true
	}
	return false
}

// Obstructed finds the first container that has never run and waits for a reason that does not pass by itself as the pod
// comes up; ContainerCreating and PodInitializing do.
func Obstructed(pod *corev1.Pod) (Obstacle, bool) {
	for _, c := range Statuses(pod) {
		waiting := c.State.Waiting
		if waiting == nil || HasRun(&c) {
			continue
		}
		switch waiting.Reason {
		case "", "ContainerCreating", "PodInitializing":
			continue
		}
		return Obstacle{Container: c.Name, Reason: waiting.Reason, Message: waiting.Message}, true
	}
	return Obstacle{}, false
}

// Statuses are the statuses of the containers in the order in which they start: init containers, then mains.
func Statuses(pod *corev1.Pod) []corev1.ContainerStatus {
	all := make([]corev1.ContainerStatus, 0, len(pod.Status.InitContainerStatuses)+len(pod.Status.ContainerStatuses))
	return append(append(all, pod.Status.InitContainerStatuses...), pod.Status.ContainerStatuses...)
}

// AllStatuses are the Statuses, and those of the ephemeral containers in the order in which they were added.
func AllStatuses(pod *corev1.Pod) []corev1.ContainerStatus {
	return append(Statuses(pod), pod.Status.EphemeralContainerStatuses...)
}

// ContainerNames are the names of the containers in the order in which they start: init containers, then mains.
func ContainerNames(pod *corev1.Pod) []string {
	var names []string
	for c := range podspec.Containers(pod) {
		names = append(names, c.Name)
	}
	return names
}
