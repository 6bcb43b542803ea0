package podstate

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// Starting is what a node is at while it starts the containers of a pod, as far as events tell of it: the pod's status stays as it was
// until a container's postStart hook has ended (S0.2). The zero value has seen no event.
type Starting struct {
	started string   // the container that was started last and after which nothing of another one was begun
	refused Obstacle // what keeps the pod from its sandbox; without a Reason there is nothing
}

// Heed takes in an event of the pod. Those of one pod come in their order.
func (s *Starting) Heed(event *corev1.Event) {
	switch event.Reason {
	case "Started":
		s.started, s.refused = EventContainer(event), Obstacle{}
	case "Pulling", "Pulled", "Created", "Failed":
		s.started, s.refused = "", Obstacle{}
	case "FailedCreatePodSandBox", "FailedMount":
		s.refused = Obstacle{Reason: event.Reason, Message: event.Message}
	}
}

// Obstructed finds what keeps the pod from starting: that it gets no volumes or no sandbox, or what the status tells of a container.
func (s *Starting) Obstructed(pod *corev1.Pod) (Obstacle, bool) {
	if s.refused.Reason != "" {
		return s.refused, true
	}
	return Obstructed(pod)
}

// RunningHook is the name of the container whose postStart hook runs, with the rest of the pod's start waiting for it; empty when there
// is none.
func (s *Starting) RunningHook(pod *corev1.Pod) string {
	c, _ := podspec.FindContainer(pod, s.started)
	if c == nil || c.Lifecycle == nil || c.Lifecycle.PostStart == nil {
		return ""
	}
	for _, status := range Statuses(pod) {
		if status.Name == c.Name && HasRun(&status) {
			return ""
		}
	}
	return c.Name
}

// EventContainer is the container that an event is about: the name inside spec.containers{name} and its like (S15), or empty.
func EventContainer(event *corev1.Event) string {
	_, rest, _ := strings.Cut(event.InvolvedObject.FieldPath, "{")
	return strings.TrimSuffix(rest, "}")
}
