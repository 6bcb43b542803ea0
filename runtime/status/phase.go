package status

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// Terminal reports whether a phase is an end (S3.11).
func Terminal(p corev1.PodPhase) bool { return p == corev1.PodSucceeded || p == corev1.PodFailed }

// publishedPhase is the phase with its reason and message as clients may see it: a terminal one is never left (S3.11) and not shown
// while a container may still run (S3.12).
func publishedPhase(in Input, s corev1.PodStatus) (corev1.PodPhase, string, string) {
	last := in.Pod.Status
	if Terminal(last.Phase) {
		return last.Phase, last.Reason, last.Message
	}
	next, reason, message := phase(in, s), "", ""
	switch {
	case in.Failure != nil:
		next, reason, message = corev1.PodFailed, in.Failure.Reason, in.Failure.Message
	case in.Ended && !Terminal(next):
		next = corev1.PodFailed // S3.13
	}
	if Terminal(next) && !in.Ended {
		if last.Phase == "" {
			return corev1.PodPending, last.Reason, last.Message
		}
		return last.Phase, last.Reason, last.Message
	}
	return next, reason, message
}

// Complete reports whether the containers' ends make the phase terminal once nothing of the pod runs any more (S3.1, S3.5 to S3.7).
func Complete(in Input) bool {
	s := Generate(in)
	return Terminal(phase(in, s))
}

// tally counts containers as S3A's table does.
type tally struct {
	pendingInit, failedForGood                         int
	pendingSidecar, waiting, running, stopped, restart int
	failedMain                                         int
}

// phase is the phase that the containers' states make (S3.1 to S3.8).
func phase(in Input, s corev1.PodStatus) corev1.PodPhase {
	t := count(in, s)
	switch {
	case t.failedForGood > 0:
		return corev1.PodFailed // S3.1
	case t.pendingInit > 0 || t.pendingSidecar > 0 && !plan.MainCreated(in.Pod, in.State):
		return corev1.PodPending // S3.2
	case t.waiting > 0:
		return corev1.PodPending // S3.3
	case t.running > 0:
		return corev1.PodRunning // S3.4
	case t.stopped > 0 && t.restart > 0 && !in.Ended:
		return corev1.PodRunning // S3.6
	case t.stopped > 0 && t.failedMain == 0:
		return corev1.PodSucceeded // S3.5, S3.7
	case t.stopped > 0:
		return corev1.PodFailed
	default:
		return corev1.PodPending // S3.8
	}
}

func count(in Input, s corev1.PodStatus) tally {
	var t tally
	for i := range in.Pod.Spec.InitContainers {
		c, status := &in.Pod.Spec.InitContainers[i], s.InitContainerStatuses[i]
		if podspec.IsSidecar(c) {
			t.sidecar(status)
		} else {
			t.init(in.Pod, c, status)
		}
	}
	for i := range in.Pod.Spec.Containers {
		t.main(in.Pod, &in.Pod.Spec.Containers[i], find(s.ContainerStatuses, in.Pod.Spec.Containers[i].Name))
	}
	return t
}

func (t *tally) init(pod *corev1.Pod, c *corev1.Container, s corev1.ContainerStatus) {
	ended := lastEnd(s)
	switch {
	case s.State.Running != nil, ended == nil:
		t.pendingInit++
	case ended.Reason == plan.ReasonRestartingAll: // S3.9
	case ended.ExitCode != 0 && !plan.Retryable(pod, c, int(ended.ExitCode)):
		t.failedForGood++
	}
}

func (t *tally) sidecar(s corev1.ContainerStatus) {
	switch {
	case s.State.Running != nil:
		t.running++
		if s.Started == nil || !*s.Started {
			t.pendingSidecar++
		}
	case lastEnd(s) == nil:
		t.pendingSidecar++
		t.waiting++
	}
}

func (t *tally) main(pod *corev1.Pod, c *corev1.Container, s corev1.ContainerStatus) {
	ended := lastEnd(s)
	switch {
	case s.State.Running != nil:
		t.running++
	case ended == nil:
		t.waiting++
	default:
		t.stopped++
		if ended.ExitCode != 0 {
			t.failedMain++
		}
		if ended.Reason == plan.ReasonRestartingAll || plan.ShouldRestart(pod, c, &state.Instance{ExitCode: int(ended.ExitCode)}) {
			t.restart++ // S3.9
		}
	}
}

// lastEnd is how a container that does not run ended last; nil if it never ran.
func lastEnd(s corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if s.State.Terminated != nil {
		return s.State.Terminated
	}
	return s.LastTerminationState.Terminated
}

func find(statuses []corev1.ContainerStatus, name string) corev1.ContainerStatus {
	for _, s := range statuses {
		if s.Name == name {
			return s
		}
	}
	return corev1.ContainerStatus{Name: name}
}
