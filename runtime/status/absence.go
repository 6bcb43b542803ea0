package status

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
)

// Messages of containers whose instance is missing.
const (
	removedMessage = "The container is removed because RestartAllContainers in place"
	vanishedRunner = "The container could not be located when the pod was deleted.  The container used to be Running"
	notLocated     = "The container could not be located when the pod was terminated"
	lostInit       = "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally"
)

// showAbsence sets what shows of a container that has no instance: it waits (S3.31), with what was published last of its past. One that
// was published as ended goes on showing that.
func showAbsence(in Input, s *corev1.ContainerStatus, c *corev1.Container, kind podspec.ContainerKind, last *corev1.ContainerStatus) {
	s.State = waiting(defaultReason(in.Pod), "")
	switch {
	case last == nil:
	case last.State.Terminated != nil:
		*s = *last.DeepCopy()
	default:
		s.RestartCount = last.RestartCount
		s.LastTerminationState = *last.LastTerminationState.DeepCopy()
	}
	restarting := kind != podspec.Ephemeral && restartingAll(in)
	switch {
	case last != nil && restarting && last.State.Waiting == nil:
		s.State = waiting(plan.ReasonRestartingAll, removedMessage) // S4.64
		s.LastTerminationState.Terminated = lost(plan.ReasonRestartingAll, removedMessage)
		s.RestartCount = last.RestartCount + 1
	case last != nil && last.State.Running != nil && s.LastTerminationState.Terminated == nil:
		s.LastTerminationState.Terminated = lost(plan.ReasonContainerUnknown, vanishedRunner) // S3.55
		if in.Pod.DeletionTimestamp == nil {
			s.RestartCount++
		}
	case s.State.Waiting != nil && kind == podspec.Init && !podspec.IsSidecar(c) && !restarting && anyMainCreated(in):
		s.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: plan.ReasonCompleted, Message: lostInit}} // S3.58
	}
}

// defaultReason is what a container waits for before its first instance (S3.31).
func defaultReason(pod *corev1.Pod) string {
	if len(pod.Spec.InitContainers) > 0 {
		return plan.ReasonPodInitializing
	}
	return plan.ReasonContainerCreating
}

// lost is the end of an instance that nobody saw.
func lost(reason, message string) *corev1.ContainerStateTerminated {
	return &corev1.ContainerStateTerminated{ExitCode: 137, Reason: reason, Message: message}
}

func anyMainCreated(in Input) bool {
	for i := range in.Pod.Spec.Containers {
		if memory := in.State.Containers[in.Pod.Spec.Containers[i].Name]; memory != nil && memory.Current != nil {
			return true
		}
	}
	return false
}

// condemnLost gives the containers that a stopped pod never located an end (S3.74): the mains if the pod had been initialized, and the
// init containers up to the last that ever began, at least the first. The phase was decided without it.
func condemnLost(pod *corev1.Pod, s *corev1.PodStatus) {
	end := func(list []corev1.ContainerStatus) {
		for i := range list {
			if list[i].State.Terminated == nil {
				list[i].State = corev1.ContainerState{Terminated: lost(plan.ReasonContainerUnknown, notLocated)}
			}
		}
	}
	if hadBeenInitialized(pod) {
		end(s.ContainerStatuses)
	}
	begun := min(1, len(s.InitContainerStatuses))
	for i, status := range s.InitContainerStatuses {
		if status.State.Waiting == nil || status.LastTerminationState.Terminated != nil {
			begun = i + 1
		}
	}
	end(s.InitContainerStatuses[:begun])
}

// hadBeenInitialized reports whether the mains of the pod had begun, or could have, by what was published last.
func hadBeenInitialized(pod *corev1.Pod) bool {
	if len(pod.Spec.InitContainers) == 0 {
		return true
	}
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Waiting == nil || c.LastTerminationState.Terminated != nil {
			return true
		}
	}
	final := &pod.Spec.InitContainers[len(pod.Spec.InitContainers)-1]
	shown := Container(pod, final.Name)
	if shown == nil {
		return false
	}
	if podspec.IsSidecar(final) {
		return shown.State.Running != nil && shown.Started != nil && *shown.Started
	}
	for _, ended := range []*corev1.ContainerStateTerminated{shown.State.Terminated, shown.LastTerminationState.Terminated} {
		if ended != nil && ended.ExitCode == 0 {
			return true
		}
	}
	return false
}
