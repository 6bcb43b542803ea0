package validation

import (
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateProbes checks the probes of a container that may have some: a main or a sidecar (S2.50 to S2.54).
func validateProbes(c *corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if probe, at := c.LivenessProbe, path.Child("livenessProbe"); probe != nil {
		errs = append(errs, validateProbe(probe, at)...)
		errs = append(errs, validateOneSuccess(probe, at)...)
	}
	if probe, at := c.ReadinessProbe, path.Child("readinessProbe"); probe != nil {
		errs = append(errs, validateProbe(probe, at)...)
		if probe.TerminationGracePeriodSeconds != nil {
			errs = append(errs, field.Invalid(at.Child("terminationGracePeriodSeconds"), *probe.TerminationGracePeriodSeconds,
				"must not be set for readinessProbes"))
		}
	}
	if probe, at := c.StartupProbe, path.Child("startupProbe"); probe != nil {
		errs = append(errs, validateProbe(probe, at)...)
		errs = append(errs, validateOneSuccess(probe, at)...)
	}
	return errs
}

// validateOneSuccess is for the probes that do not count successes (S2.51).
func validateOneSuccess(probe *corev1.Probe, path *field.Path) field.ErrorList {
	if probe.SuccessThreshold != 1 {
		return field.ErrorList{field.Invalid(path.Child("successThreshold"), probe.SuccessThreshold, "must be 1")}
	}
	return nil
}

func validateProbe(probe *corev1.Probe, path *field.Path) field.ErrorList {
	errs := validateHandler(probeHandler(&probe.ProbeHandler), nil, path)
	numbers := []struct {
		field string
		value int32
	}{
		{"initialDelaySeconds", probe.InitialDelaySeconds},
		{"timeoutSeconds", probe.TimeoutSeconds},
		{"periodSeconds", probe.PeriodSeconds},
		{"successThreshold", probe.SuccessThreshold},
		{"failureThreshold", probe.FailureThreshold},
	}
	for _, n := range numbers {
		errs = append(errs, apivalidation.ValidateNonnegativeField(int64(n.value), path.Child(n.field))...)
	}
	if grace := probe.TerminationGracePeriodSeconds; grace != nil && *grace <= 0 {
		errs = append(errs, field.Invalid(path.Child("terminationGracePeriodSeconds"), *grace, "must be greater than 0"))
	}
	return errs
}
