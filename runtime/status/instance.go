package status

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/state"
)

// showInstance sets what a container's newest instance tells. lastState is the instance before; where the node knows none, it is the
// end that was published last of another instance.
func showInstance(s *corev1.ContainerStatus, memory *state.Container, last *corev1.ContainerStatus) {
	current := memory.Current
	switch current.Phase {
	case state.Running:
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(current.StartedAt).Rfc3339Copy()}
	case state.Created:
		s.State = waiting("", "") // S3.33
	case state.Exited:
		s.State.Terminated = terminated(current)
	}
	s.RestartCount = int32(current.Attempt)
	s.ContainerID = containerID(current.ID)
	s.ImageID = current.ImageID
	if current.Image != "" {
		s.Image = current.Image // even if the spec has another one by now
	}
	if last != nil {
		s.RestartCount = max(s.RestartCount, last.RestartCount) // it never decreases (S3.36)
	}
	switch {
	case memory.Previous != nil:
		s.LastTerminationState.Terminated = terminated(memory.Previous) // S3.37
	case last == nil:
	case last.State.Terminated != nil && last.ContainerID != s.ContainerID:
		s.LastTerminationState.Terminated = last.State.Terminated.DeepCopy()
	default:
		s.LastTerminationState.Terminated = last.LastTerminationState.Terminated.DeepCopy()
	}
}

// terminated is the end of an instance. Times have the precision of seconds (S3.32).
func terminated(i *state.Instance) *corev1.ContainerStateTerminated {
	return &corev1.ContainerStateTerminated{
		ExitCode:    int32(i.ExitCode),
		Reason:      i.Reason,
		Message:     i.Message,
		StartedAt:   metav1.NewTime(i.StartedAt).Rfc3339Copy(),
		FinishedAt:  metav1.NewTime(i.FinishedAt).Rfc3339Copy(),
		ContainerID: containerID(i.ID),
	}
}

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func containerID(instanceID string) string { return "docker://" + instanceID }
