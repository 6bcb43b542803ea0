package validation

import (
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// ValidatePodTemplate returns what the API server finds wrong with a defaulted PodTemplate.
func ValidatePodTemplate(t *corev1.PodTemplate, gates podspec.FeatureGates) field.ErrorList {
	return append(validateMetadata(&t.ObjectMeta), validateTemplate(&t.Template, gates, field.NewPath("template"))...)
}

// ValidatePodTemplateUpdate returns what the API server finds wrong with a PodTemplate that is to take the place of an older one.
func ValidatePodTemplateUpdate(newer, older *corev1.PodTemplate, gates podspec.FeatureGates) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	return append(errs, validateTemplate(&newer.Template, gates, field.NewPath("template"))...)
}
