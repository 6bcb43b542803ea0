package validation

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// requiredField is a field that must not be empty.
type requiredField struct{ field, value string }

// validateRequired finds the fields that are empty.
func validateRequired(path *field.Path, fields ...requiredField) field.ErrorList {
	var errs field.ErrorList
	for _, f := range fields {
		if f.value == "" {
			errs = append(errs, field.Required(path.Child(f.field), ""))
		}
	}
	return errs
}

// validateSecretRef requires a reference to a Secret to have a name, where there is a reference.
func validateSecretRef(ref *corev1.LocalObjectReference, path *field.Path) field.ErrorList {
	if ref == nil {
		return nil
	}
	return validateRequired(path.Child("secretRef"), requiredField{"name", ref.Name})
}
