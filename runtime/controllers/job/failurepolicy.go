package job

import (
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// judgement is what a Job's podFailurePolicy says of a failed pod.
type judgement struct {
	// action of the first rule that fits; "" if none does, and then the failure counts like any other.
	action batchv1.PodFailurePolicyAction
	// message tells what fitted, as the condition of a Job that fails by the rule has it.
	message string
}

// counts reports whether the failure counts against the limits of the Job.
func (j judgement) counts() bool { return j.action != batchv1.PodFailurePolicyActionIgnore }

// judge finds the first rule that fits a failed pod.
func judge(policy *batchv1.PodFailurePolicy, pod *corev1.Pod) judgement {
	if policy == nil {
		return judgement{}
	}
	for i, rule := range policy.Rules {
		switch {
		case rule.OnExitCodes != nil:
			if c := findExit(pod, rule.OnExitCodes); c != nil {
				return judgement{rule.Action, fmt.Sprintf("Container %s for pod %s/%s failed with exit code %d matching %s rule at index %d",
					c.Name, pod.Namespace, pod.Name, c.State.Terminated.ExitCode, rule.Action, i)}
			}
		case rule.OnPodConditions != nil:
			if c := findCondition(pod, rule.OnPodConditions); c != nil {
				return judgement{rule.Action, fmt.Sprintf("Pod %s/%s has condition %s matching %s rule at index %d",
					pod.Namespace, pod.Name, c.Type, rule.Action, i)}
			}
		}
	}
	return judgement{}
}

// findExit is the first container that ended with an exit code that fits, main containers before init containers; nil if there is none.
// 0 never fits.
func findExit(pod *corev1.Pod, wanted *batchv1.PodFailurePolicyOnExitCodesRequirement) *corev1.ContainerStatus {
	statuses := slices.Concat(pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses)
	i := slices.IndexFunc(statuses, func(s corev1.ContainerStatus) bool {
		if s.State.Terminated == nil || s.State.Terminated.ExitCode == 0 || ptr.Deref(wanted.ContainerName, s.Name) != s.Name {
			return false
		}
		listed := slices.Contains(wanted.Values, s.State.Terminated.ExitCode)
		return listed == (wanted.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn)
	})
	if i < 0 {
		return nil
	}
	return &statuses[i]
}

// findCondition is the pod's first condition that fits one of the patterns; nil if none does.
func findCondition(pod *corev1.Pod, patterns []batchv1.PodFailurePolicyOnPodConditionsPattern) *corev1.PodCondition {
	i := slices.IndexFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return slices.ContainsFunc(patterns, func(p batchv1.PodFailurePolicyOnPodConditionsPattern) bool {
			return p.Type == c.Type && p.Status == c.Status
		})
	})
	if i < 0 {
		return nil
	}
	return &pod.Status.Conditions[i]
}
