package status

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// SetReadiness shows in a published status at once what a container's readiness probe came to, together with the conditions that follow
// from it (S0.3). It changes nothing and returns false if the container does not show the instance as running, or shows that already.
func SetReadiness(s *corev1.PodStatus, pod *corev1.Pod, container, instanceID string, ready bool, now time.Time) bool {
	c := shownRunning(s, container, instanceID)
	if c == nil || c.Ready == ready {
		return false
	}
	c.Ready = ready
	all := containersReady(pod, *s)
	replaceCondition(s, pod, podReady(pod, s.Conditions, all), now)
	replaceCondition(s, pod, all, now)
	return true
}

// SetStarted shows in a published status at once that a container's startup probe succeeded or failed (S0.3). Whether the container is
// ready follows with the next status. It returns false as SetReadiness does.
func SetStarted(s *corev1.PodStatus, _ *corev1.Pod, container, instanceID string, started bool, _ time.Time) bool {
	c := shownRunning(s, container, instanceID)
	if c == nil || c.Started != nil && *c.Started == started {
		return false
	}
	c.Started = &started
	return true
}

// shownRunning is the status of a container that shows the instance as running; nil if it does not.
func shownRunning(s *corev1.PodStatus, container, instanceID string) *corev1.ContainerStatus {
	c := containerIn(s, container)
	if c == nil || c.ContainerID != containerID(instanceID) || c.State.Running == nil {
		return nil
	}
	return c
}

// replaceCondition puts a condition in the place of the one of its type, or at the end.
func replaceCondition(s *corev1.PodStatus, pod *corev1.Pod, c corev1.PodCondition, now time.Time) {
	c.ObservedGeneration = pod.Generation
	c = since(s.Conditions, c, now)
	if known := condition(s.Conditions, c.Type); known != nil {
		*known = c
		return
	}
	s.Conditions = append(s.Conditions, c)
}
