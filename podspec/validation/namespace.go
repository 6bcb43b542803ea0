package validation

import (
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateNamespace returns what the API server finds wrong with a Namespace.
func ValidateNamespace(namespace *corev1.Namespace) field.ErrorList {
	errs := inStableOrder(apivalidation.ValidateObjectMeta(&namespace.ObjectMeta, false, apivalidation.ValidateNamespaceName, field.NewPath("metadata")))
	return append(errs, validateNamespaceFinalizers(namespace.Spec.Finalizers)...)
}

// ValidateNamespaceUpdate returns what the API server finds wrong with a Namespace that is to take the place of an older one.
func ValidateNamespaceUpdate(newer, older *corev1.Namespace) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	return append(errs, validateNamespaceFinalizers(newer.Spec.Finalizers)...)
}

// ValidateNamespaceStatusUpdate returns what the API server finds wrong with a Namespace whose status is to take the place of an older one.
func ValidateNamespaceStatusUpdate(newer, older *corev1.Namespace) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	phase := field.NewPath("status", "Phase")
	if newer.DeletionTimestamp.IsZero() && newer.Status.Phase != corev1.NamespaceActive {
		errs = append(errs, field.Invalid(phase, newer.Status.Phase, "may only be 'Active' if `deletionTimestamp` is empty"))
	}
	if !newer.DeletionTimestamp.IsZero() && newer.Status.Phase != corev1.NamespaceTerminating {
		errs = append(errs, field.Invalid(phase, newer.Status.Phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"))
	}
	return errs
}

func validateNamespaceFinalizers(finalizers []corev1.FinalizerName) field.ErrorList {
	var errs field.ErrorList
	for i, name := range finalizers {
		errs = append(errs, validateFinalizer(string(name), field.NewPath("spec", "finalizers").Index(i))...)
	}
	return errs
}
