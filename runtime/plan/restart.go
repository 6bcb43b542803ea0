package plan

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

// ShouldRestart reports whether a container that ended is to be started again (S3.9, S4.32): a sidecar always is; else the container's
// own rules decide, then its own restart policy, then the pod's (S4.40).
func ShouldRestart(pod *corev1.Pod, c *corev1.Container, ended *state.Instance) bool {
	if matchingRule(c, ended.ExitCode) != nil {
		return true // both actions start it again
	}
	switch policy := restartPolicy(pod, c); policy {
	case corev1.RestartPolicyNever:
		return false
	case corev1.RestartPolicyOnFailure:
		return ended.ExitCode != 0
	default:
		return true
	}
}

// Retryable reports whether a regular init that failed with an exit code is tried again: its own rules decide, then the policy, of
// which Always and OnFailure both mean so (S4.14, S4.15).
func Retryable(pod *corev1.Pod, c *corev1.Container, exitCode int) bool {
	return matchingRule(c, exitCode) != nil || restartPolicy(pod, c) != corev1.RestartPolicyNever
}

// restartPolicy is the container's own policy, else the pod's (S4.15, S4.34).
func restartPolicy(pod *corev1.Pod, c *corev1.Container) corev1.RestartPolicy {
	if c.RestartPolicy != nil {
		return corev1.RestartPolicy(*c.RestartPolicy)
	}
	return pod.Spec.RestartPolicy
}

// matchingRule is the first of the container's rules that is about the exit code; nil if none is (S4.40, S4.41).
func matchingRule(c *corev1.Container, exitCode int) *corev1.ContainerRestartRule {
	for i := range c.RestartPolicyRules {
		rule := &c.RestartPolicyRules[i]
		if rule.ExitCodes == nil {
			continue
		}
		listed := slices.Contains(rule.ExitCodes.Values, int32(exitCode))
		if listed == (rule.ExitCodes.Operator == corev1.ContainerRestartRuleOnExitCodesOpIn) {
			return rule
		}
	}
	return nil
}

// initFailed reports whether a regular init's instance counts as failed: any exit code but 0, or an OOM kill whatever the code (S3.52).
func initFailed(i *state.Instance) bool {
	return i.ExitCode != 0 || i.Reason == ReasonOOMKilled
}
