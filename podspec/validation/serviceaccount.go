package validation

import (
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateServiceAccount returns what the API server finds wrong with a ServiceAccount.
func ValidateServiceAccount(account *corev1.ServiceAccount) field.ErrorList {
	return validateMetadataNamed(&account.ObjectMeta, apivalidation.ValidateServiceAccountName)
}

// ValidateServiceAccountUpdate returns what the API server finds wrong with a ServiceAccount that is to take the place of an older one.
func ValidateServiceAccountUpdate(newer, older *corev1.ServiceAccount) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	return append(errs, ValidateServiceAccount(newer)...)
}
