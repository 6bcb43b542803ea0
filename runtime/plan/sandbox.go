package plan

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

// sandboxPass decides whether a pod without a ready sandbox gets a new one.
func sandboxPass(in Input) Pass {
	if in.State.Sandbox != nil && in.Pod.Spec.RestartPolicy == corev1.RestartPolicyNever && anyInstance(in) {
		return Pass{KillPod: true} // S4.53
	}
	if initFailedForGood(in.Pod, in.State) {
		return Pass{KillPod: true} // S4.14: the pod has failed, whatever became of its sandbox
	}
	if in.State.Sandbox != nil && nothingLeft(in.Pod, in.State) {
		return Pass{KillPod: true} // S4.54
	}
	return Pass{NewSandbox: true}
}

func anyInstance(in Input) bool {
	for _, c := range in.State.Containers {
		if c.Current != nil {
			return true
		}
	}
	return false
}

// nothingLeft reports whether every main has ended and none is to run again.
func nothingLeft(pod *corev1.Pod, known *state.Pod) bool {
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		ended := known.Containers[c.Name].Exited()
		if ended == nil || ShouldRestart(pod, c, ended) {
			return false
		}
	}
	return true
}
