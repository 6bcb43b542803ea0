package status

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
)

// allRestarting tells whether the containers are being removed so that all begin anew: from the trigger until the last instance is gone
// (S3.26). A kubelet leaves its generation out.
func allRestarting(in Input, s corev1.PodStatus) corev1.PodCondition {
	c := corev1.PodCondition{Type: corev1.AllContainersRestarting, Status: corev1.ConditionFalse}
	switch {
	case s.Phase == corev1.PodSucceeded:
		c.Reason = "PodCompleted"
	case s.Phase == corev1.PodFailed:
		c.Reason = "PodFailed"
	case restartingAll(in) && anyInstance(in):
		c.Status = corev1.ConditionTrue
		c.Reason = "RestartAllContainersStarted"
		c.Message = "container exited with restart policy rule"
	}
	return c
}

// restartingAll reports whether all containers of the pod are to begin anew: something asks for it, or what was begun was not yet seen
// to be done (S4.60).
func restartingAll(in Input) bool {
	if in.Stopping {
		return false
	}
	begun := condition(in.Pod.Status.Conditions, corev1.AllContainersRestarting)
	return begun != nil && begun.Status == corev1.ConditionTrue || plan.RestartsAll(in.Pod, in.State)
}

// anyInstance reports whether a main or an init container has an instance.
func anyInstance(in Input) bool {
	for c := range podspec.Containers(in.Pod) {
		if memory := in.State.Containers[c.Name]; memory != nil && memory.Current != nil {
			return true
		}
	}
	return false
}
