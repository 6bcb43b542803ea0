package validation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// mutable are the fields of a pod's spec that can change, as the API server lists them.
const mutable = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
	"`spec.tolerations` (only additions to existing tolerations)," +
	"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

// ValidatePodUpdate returns what the API server finds wrong with a defaulted pod that is to take the place of an older one, in its order
// (S2.87). Newer has the resourceVersion that it is to replace.
func ValidatePodUpdate(newer, older *corev1.Pod, gates podspec.FeatureGates) field.ErrorList {
	path := field.NewPath("spec")
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	errs = append(errs, validateMetadata(&newer.ObjectMeta)...)
	annotations := field.NewPath("metadata", "annotations")
	errs = append(errs, validatePodAnnotations(newer, annotations)...)
	errs = append(errs, validatePodSpec(newer, gates, path)...)
	errs = append(errs, validateFixedAnnotations(newer.Annotations, older.Annotations, annotations)...)
	return withoutRepeats(append(errs, validateSpecUpdate(&newer.Spec, &older.Spec, path)...))
}

func validateSpecUpdate(newer, older *corev1.PodSpec, path *field.Path) field.ErrorList {
	errs, same := validateSameNumber(newer.Containers, older.Containers, path.Child("containers"))
	if !same {
		return errs
	}
	initErrs, same := validateSameNumber(newer.InitContainers, older.InitContainers, path.Child("initContainers"))
	if errs = append(errs, initErrs...); !same {
		return errs
	}
	deadlineErrs, valid := validateDeadlineUpdate(newer.ActiveDeadlineSeconds, older.ActiveDeadlineSeconds, path.Child("activeDeadlineSeconds"))
	if errs = append(errs, deadlineErrs...); !valid {
		return errs
	}
	errs = append(errs, validateTolerationsUpdate(newer.Tolerations, older.Tolerations, path.Child("tolerations"))...)
	errs = append(errs, validateGatesUpdate(newer.SchedulingGates, older.SchedulingGates, path.Child("schedulingGates"))...)
	if rest := withMutableOf(newer, older); !equality.Semantic.DeepEqual(rest, older) {
		errs = append(errs, field.Forbidden(path, fmt.Sprintf("pod updates may not change fields other than %s\n%v", mutable, diff.Diff(older, rest))))
	}
	return errs
}

// withMutableOf is the spec with those fields of another one that can change.
func withMutableOf(spec, other *corev1.PodSpec) *corev1.PodSpec {
	spec = spec.DeepCopy()
	for i := range spec.Containers {
		spec.Containers[i].Image = other.Containers[i].Image
	}
	for i := range spec.InitContainers {
		spec.InitContainers[i].Image = other.InitContainers[i].Image
	}
	spec.ActiveDeadlineSeconds = other.ActiveDeadlineSeconds
	spec.SchedulingGates, spec.Tolerations = other.SchedulingGates, other.Tolerations
	return spec
}

// validateSameNumber refuses more containers than there were, or fewer, and images without a name.
func validateSameNumber(newer, older []corev1.Container, path *field.Path) (errs field.ErrorList, same bool) {
	if len(newer) != len(older) {
		return field.ErrorList{field.Forbidden(path, "pod updates may not add or remove containers")}, false
	}
	for i := range newer {
		if newer[i].Image == "" {
			errs = append(errs, field.Required(path.Index(i).Child("image"), ""))
		}
		errs = append(errs, validateImageName(&newer[i], path.Index(i))...)
	}
	return errs, true
}

// validateDeadlineUpdate lets a deadline be set, or come sooner. Of one that is out of bounds nothing more is said.
func validateDeadlineUpdate(newer, older *int64, path *field.Path) (errs field.ErrorList, valid bool) {
	switch {
	case newer == nil && older == nil:
		return nil, true
	case newer == nil:
		return field.ErrorList{field.Invalid(path, newer, "must not update from a positive integer to nil value")}, true
	case *newer < 0 || *newer > math.MaxInt32:
		return field.ErrorList{field.Invalid(path, *newer, validation.InclusiveRangeError(0, math.MaxInt32))}, false
	case older != nil && *older < *newer:
		return field.ErrorList{field.Invalid(path, *newer, "must be less than or equal to previous value")}, false
	}
	return nil, true
}

// validateTolerationsUpdate lets tolerations come, and last for another time.
func validateTolerationsUpdate(newer, older []corev1.Toleration, path *field.Path) field.ErrorList {
	for _, before := range older {
		kept := slices.ContainsFunc(newer, func(t corev1.Toleration) bool {
			t.TolerationSeconds = before.TolerationSeconds
			return equality.Semantic.DeepEqual(t, before)
		})
		if !kept {
			return field.ErrorList{field.Forbidden(path, "existing toleration can not be modified except its tolerationSeconds")}
		}
	}
	return validateTolerations(newer, path)
}

// validateGatesUpdate lets scheduling gates go.
func validateGatesUpdate(newer, older []corev1.PodSchedulingGate, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, gate := range newer {
		if !slices.Contains(older, gate) {
			errs = append(errs, field.Forbidden(path.Index(i).Child("name"),
				fmt.Sprintf("only deletion is allowed, but found new scheduling gate '%s'", gate.Name)))
		}
	}
	return errs
}

// validateFixedAnnotations keeps the deprecated annotations of AppArmor and the mark of a mirror pod as they are.
func validateFixedAnnotations(newer, older map[string]string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range sortedKeys(older) {
		if value, ok := newer[key]; ok && value == older[key] {
			continue
		}
		if what := fixedAnnotation(key); what != "" {
			errs = append(errs, field.Forbidden(path.Key(key), "may not remove or update "+what))
		}
	}
	for _, key := range sortedKeys(newer) {
		if _, ok := older[key]; ok {
			continue
		}
		if what := fixedAnnotation(key); what != "" {
			errs = append(errs, field.Forbidden(path.Key(key), "may not add "+what))
		}
	}
	return errs
}

// fixedAnnotation is what the API server calls an annotation that cannot change; "" for any other.
func fixedAnnotation(key string) string {
	switch {
	case strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix):
		return "AppArmor annotations"
	case key == mirrorAnnotation:
		return "mirror pod annotation"
	}
	return ""
}
