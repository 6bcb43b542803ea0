package plan

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// MinimumGrace is what every container gets between its stop signal and SIGKILL, however little of the grace period is left (S7.8).
const MinimumGrace = 2 * time.Second

// WaitsFor lists the containers that must have stopped before the named one is sent its stop signal, when the whole pod is stopped
// (S8.13): a sidecar waits for all mains and for every later sidecar, anything else for nobody. Nobody waits for a regular
// init or an ephemeral container.
func WaitsFor(pod *corev1.Pod, name string) []string {
	inits := pod.Spec.InitContainers
	at := slices.IndexFunc(inits, func(c corev1.Container) bool { return c.Name == name })
	if at < 0 || !podspec.IsSidecar(&inits[at]) {
		return nil
	}
	var before []string
	for i := range pod.Spec.Containers {
		before = append(before, pod.Spec.Containers[i].Name)
	}
	for i := at + 1; i < len(inits); i++ {
		if podspec.IsSidecar(&inits[i]) {
			before = append(before, inits[i].Name)
		}
	}
	return before
}

// Deadline is when the pod exceeds its activeDeadlineSeconds, counted from status.startTime (S8.40); zero if it has none or has
// not started.
func Deadline(pod *corev1.Pod) time.Time {
	if pod.Spec.ActiveDeadlineSeconds == nil || pod.Status.StartTime == nil {
		return time.Time{}
	}
	return pod.Status.StartTime.Add(time.Duration(*pod.Spec.ActiveDeadlineSeconds) * time.Second)
}
