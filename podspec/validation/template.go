package validation

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// validateTemplate checks the template of a controller's pods. The API server names its labels and annotations without metadata, and
// does not look at the rest of the metadata at all.
func validateTemplate(t *corev1.PodTemplateSpec, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	spec, annotations := path.Child("spec"), path.Child("annotations")
	errs := inStableOrder(metavalidation.ValidateLabels(t.Labels, path.Child("labels")))
	errs = append(errs, inStableOrder(apivalidation.ValidateAnnotations(t.Annotations, annotations))...)
	errs = append(errs, validatePodAnnotations(&corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}, annotations)...)
	errs = append(errs, validatePodSpec(&corev1.Pod{Spec: t.Spec}, gates, spec)...)
	errs = append(errs, validateProfilesAgree(&t.ObjectMeta, &t.Spec, spec)...)
	if len(t.Spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(spec.Child("ephemeralContainers"), "ephemeral containers not allowed in pod template"))
	}
	return errs
}

// validateRunsForever refuses what would end a pod whose controller keeps it running. The kind is the controller's, as the message
// has it.
func validateRunsForever(spec *corev1.PodSpec, kind string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if spec.RestartPolicy != corev1.RestartPolicyAlways {
		errs = append(errs, field.NotSupported(path.Child("restartPolicy"), spec.RestartPolicy, []corev1.RestartPolicy{corev1.RestartPolicyAlways}))
	}
	if spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(path.Child("activeDeadlineSeconds"), fmt.Sprintf("activeDeadlineSeconds in %s is not Supported", kind)))
	}
	return errs
}

// validateNonNegative checks the numbers that are given, in their order.
func validateNonNegative[T int32 | int64](path *field.Path, numbers ...namedNumber[T]) field.ErrorList {
	var errs field.ErrorList
	for _, n := range numbers {
		if n.value != nil {
			errs = append(errs, apivalidation.ValidateNonnegativeField(int64(*n.value), path.Child(n.field))...)
		}
	}
	return errs
}

// namedNumber is a field with a number; nil means that none is given.
type namedNumber[T int32 | int64] struct {
	field string
	value *T
}

// withoutRepeats leaves of errors that are the same the first one, as the API server does.
func withoutRepeats(errs field.ErrorList) field.ErrorList {
	seen := map[string]bool{}
	return slices.DeleteFunc(errs, func(err *field.Error) bool {
		repeated := seen[err.Error()]
		seen[err.Error()] = true
		return repeated
	})
}
