package validation

import (
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateNodeMetadataUpdate returns what the API server finds wrong with the metadata of a Node that is to take the place of an older one.
func ValidateNodeMetadataUpdate(newer, older *corev1.Node) field.ErrorList {
	path := field.NewPath("metadata")
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, path)
	return append(errs, inStableOrder(apivalidation.ValidateObjectMeta(&newer.ObjectMeta, false, apivalidation.NameIsDNSSubdomain, path))...)
}
