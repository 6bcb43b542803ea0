package validation

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// The most that a container may have of restart rules, and a rule of exit codes (S2.59).
const (
	maxRestartRules = 20
	maxExitCodes    = 255
)

// validateRestartPolicy checks a restart policy of the container's own and its rules (S2.57 to S2.59).
func validateRestartPolicy(c *corev1.Container, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case c.RestartPolicy != nil:
		errs = append(errs, validateMember(path.Child("restartPolicy"), *c.RestartPolicy, corev1.ContainerRestartPolicyAlways,
			corev1.ContainerRestartPolicyNever, corev1.ContainerRestartPolicyOnFailure)...)
	case len(c.RestartPolicyRules) > 0:
		errs = append(errs, requiredRestartPolicy(path))
	}
	at := path.Child("restartPolicyRules")
	if n := len(c.RestartPolicyRules); n > maxRestartRules {
		errs = append(errs, field.TooMany(at, n, maxRestartRules))
	}
	for i, rule := range c.RestartPolicyRules {
		errs = append(errs, validateRestartRule(rule, gates, at.Index(i))...)
	}
	return errs
}

// validateInitRestartPolicy does not look at rules without a policy, and lets a sidecar have rules only for the sake of the action
// RestartAllContainers.
func validateInitRestartPolicy(c *corev1.Container, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	switch {
	case c.RestartPolicy == nil && len(c.RestartPolicyRules) > 0:
		return field.ErrorList{requiredRestartPolicy(path)}
	case podspec.IsSidecar(c) && !gates.Enabled(podspec.RestartAllContainersOnContainerExits):
		if len(c.RestartPolicyRules) > 0 {
			return field.ErrorList{field.Forbidden(path.Child("restartPolicyRules"),
				"restartPolicyRules are not allowed for init containers with restart policy Always")}
		}
		return nil
	}
	return validateRestartPolicy(c, gates, path)
}

func requiredRestartPolicy(path *field.Path) *field.Error {
	return field.Required(path.Child("restartPolicy"), "must specify restartPolicy when restart rules are used")
}

func validateRestartRule(rule corev1.ContainerRestartRule, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	actions := []corev1.ContainerRestartRuleAction{corev1.ContainerRestartRuleActionRestart}
	if gates.Enabled(podspec.RestartAllContainersOnContainerExits) {
		actions = append(actions, corev1.ContainerRestartRuleActionRestartAllContainers)
	}
	errs := validateMember(path.Child("action"), rule.Action, actions...)
	at := path.Child("exitCodes")
	if rule.ExitCodes == nil {
		return append(errs, field.Required(at, "must be specified"))
	}
	errs = append(errs, validateMember(at.Child("operator"), rule.ExitCodes.Operator,
		corev1.ContainerRestartRuleOnExitCodesOpIn, corev1.ContainerRestartRuleOnExitCodesOpNotIn)...)
	if n := len(rule.ExitCodes.Values); n > maxExitCodes {
		errs = append(errs, field.TooMany(at.Child("values"), n, maxExitCodes))
	}
	return errs
}
