package validation

import (
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The most that there may be in a pod failure policy.
const (
	maxFailureRules      = 20
	maxFailureExitCodes  = 255
	maxFailureConditions = 20
)

// validateFailurePolicy checks the rules of a Job about pods that fail.
func validateFailurePolicy(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	rules := spec.PodFailurePolicy.Rules
	var errs field.ErrorList
	if len(rules) > maxFailureRules {
		errs = append(errs, field.TooMany(path, len(rules), maxFailureRules))
	}
	for i := range rules {
		errs = append(errs, validateFailureRule(spec, &rules[i], path.Index(i))...)
	}
	return errs
}

func validateFailureRule(spec *batchv1.JobSpec, rule *batchv1.PodFailurePolicyRule, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if at := path.Child("action"); rule.Action == batchv1.PodFailurePolicyActionFailIndex {
		if spec.BackoffLimitPerIndex == nil {
			errs = append(errs, field.Invalid(at, rule.Action, "requires the backoffLimitPerIndex to be set"))
		}
	} else {
		errs = append(errs, validateChoice(at, rule.Action, batchv1.PodFailurePolicyActionCount, batchv1.PodFailurePolicyActionFailIndex,
			batchv1.PodFailurePolicyActionFailJob, batchv1.PodFailurePolicyActionIgnore)...)
	}
	if rule.OnExitCodes != nil {
		errs = append(errs, validateFailureExitCodes(rule.OnExitCodes, &spec.Template.Spec, path.Child("onExitCodes"))...)
	}
	errs = append(errs, validateFailureConditions(rule.OnPodConditions, path.Child("onPodConditions"))...)
	switch codes, conditions := rule.OnExitCodes != nil, len(rule.OnPodConditions) > 0; {
	case codes && conditions:
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, "specifying both OnExitCodes and OnPodConditions is not supported"))
	case !codes && !conditions:
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, "specifying one of OnExitCodes and OnPodConditions is required"))
	}
	return errs
}

func validateFailureExitCodes(codes *batchv1.PodFailurePolicyOnExitCodesRequirement, spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	errs := validateChoice(path.Child("operator"), codes.Operator, batchv1.PodFailurePolicyOnExitCodesOpIn, batchv1.PodFailurePolicyOnExitCodesOpNotIn)
	if name := codes.ContainerName; name != nil && !slices.ContainsFunc(slices.Concat(spec.InitContainers, spec.Containers),
		func(c corev1.Container) bool { return c.Name == *name }) {
		errs = append(errs, field.Invalid(path.Child("containerName"), *name,
			"must be one of the container or initContainer names in the pod template"))
	}
	at := path.Child("values")
	switch n := len(codes.Values); {
	case n == 0:
		errs = append(errs, field.Invalid(at, codes.Values, "at least one value is required"))
	case n > maxFailureExitCodes:
		errs = append(errs, field.TooMany(at, n, maxFailureExitCodes))
	}
	for i, code := range codes.Values {
		if code == 0 && codes.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn {
			errs = append(errs, field.Invalid(at.Index(i), code, "must not be 0 for the In operator"))
		}
		if slices.Contains(codes.Values[:i], code) {
			errs = append(errs, field.Duplicate(at.Index(i), code))
		}
	}
	if !slices.IsSorted(codes.Values) {
		errs = append(errs, field.Invalid(at, codes.Values, "must be ordered"))
	}
	return errs
}

func validateFailureConditions(conditions []batchv1.PodFailurePolicyOnPodConditionsPattern, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(conditions) > maxFailureConditions {
		errs = append(errs, field.TooMany(path, len(conditions), maxFailureConditions))
	}
	for i, condition := range conditions {
		at := path.Index(i)
		errs = append(errs, invalid(at.Child("type"), string(condition.Type), validation.IsQualifiedName(string(condition.Type)))...)
		errs = append(errs, validateChoice(at.Child("status"), condition.Status, corev1.ConditionFalse, corev1.ConditionTrue, corev1.ConditionUnknown)...)
	}
	return errs
}

// validateChoice checks a value that must be given and is one of a few words, which the message about a missing one lists.
func validateChoice[T ~string](path *field.Path, value T, supported ...T) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, fmt.Sprintf("valid values: %q", supported))}
	}
	return validateMember(path, value, supported...)
}
