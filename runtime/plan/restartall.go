package plan

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
)

// RestartsAll reports whether all containers of the pod are to begin anew: the newest instance of a main or an init container has
// ended in a way that the container's rules answer so (S4.60). A pod that is at its end stays there.
func RestartsAll(pod *corev1.Pod, known *state.Pod) bool {
	triggered := false
	for c := range podspec.Containers(pod) {
		triggered = triggered || triggersRestartOfAll(c, known.Containers[c.Name].Exited())
	}
	return triggered && !atItsEnd(pod, known)
}

// atItsEnd reports whether an init failed for good, or nothing runs and no main will run again: the phase is terminal then, even if
// it was not published yet (S3.1, S3.7).
func atItsEnd(pod *corev1.Pod, known *state.Pod) bool {
	if initFailedForGood(pod, known) {
		return true
	}
	for c := range podspec.Containers(pod) {
		if known.Containers[c.Name].Running() {
			return false
		}
	}
	return nothingLeft(pod, known)
}

// RestartOfAllPossible reports whether the pod has a rule that makes all of its containers begin anew (S3.20).
func RestartOfAllPossible(pod *corev1.Pod) bool {
	for c := range podspec.Containers(pod) {
		for i := range c.RestartPolicyRules {
			if c.RestartPolicyRules[i].Action == corev1.ContainerRestartRuleActionRestartAllContainers {
				return true
			}
		}
	}
	return false
}

// restartAll are the containers that have an instance, in the order in which they lose it: mains before inits, and those whose end
// asks for it after all others, so that what was begun is seen to be unfinished as long as anything is left (S4.61).
func restartAll(in Input) []*corev1.Container {
	var order, triggers []*corev1.Container
	for _, list := range [][]corev1.Container{in.Pod.Spec.Containers, in.Pod.Spec.InitContainers} {
		for i := range list {
			c := &list[i]
			memory := in.State.Containers[c.Name]
			switch {
			case memory == nil || memory.Current == nil:
			case triggersRestartOfAll(c, memory.Exited()):
				triggers = append(triggers, c)
			default:
				order = append(order, c)
			}
		}
	}
	return append(order, triggers...)
}

func triggersRestartOfAll(c *corev1.Container, ended *state.Instance) bool {
	if ended == nil {
		return false
	}
	rule := matchingRule(c, ended.ExitCode)
	return rule != nil && rule.Action == corev1.ContainerRestartRuleActionRestartAllContainers
}
