package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// sealed is what the API server says of a field of a ConfigMap or a Secret that was made immutable.
const sealed = "field is immutable when `immutable` is set"

// ValidateConfigMapUpdate returns what the API server finds wrong with a ConfigMap that is to take the place of an older one. Newer has
// the resourceVersion that it is to replace.
func ValidateConfigMapUpdate(newer, older *corev1.ConfigMap) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	errs = append(errs, validateSealed(newer.Immutable, older.Immutable,
		sealedField{"data", newer.Data, older.Data}, sealedField{"binaryData", newer.BinaryData, older.BinaryData})...)
	return append(errs, ValidateConfigMap(newer)...)
}

// ValidateSecretUpdate returns what the API server finds wrong with a defaulted Secret that is to take the place of an older one. Newer
// has the resourceVersion that it is to replace.
func ValidateSecretUpdate(newer, older *corev1.Secret) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	errs = append(errs, apivalidation.ValidateImmutableField(newer.Type, older.Type, field.NewPath("type"))...)
	errs = append(errs, validateSealed(newer.Immutable, older.Immutable, sealedField{"data", newer.Data, older.Data})...)
	return append(errs, ValidateSecret(newer)...)
}

// ValidateServiceUpdate returns what the API server finds wrong with a defaulted Service that is to take the place of an older one. Newer
// has the resourceVersion that it is to replace.
func ValidateServiceUpdate(newer, older *corev1.Service) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	if older.Spec.ClusterIP != "" && newer.Spec.ClusterIP != older.Spec.ClusterIP && newer.Spec.Type != corev1.ServiceTypeExternalName {
		errs = append(errs, field.Invalid(field.NewPath("spec", "clusterIPs").Index(0), newer.Spec.ClusterIP, "may not change once set"))
	}
	return append(errs, ValidateService(newer)...)
}

// sealedField is a field that cannot change any more once its object is immutable.
type sealedField struct {
	name         string
	newer, older any
}

// validateSealed checks that an object that was made immutable stays so, with all that the fields hold.
func validateSealed(newer, older *bool, fields ...sealedField) field.ErrorList {
	if !ptr.Deref(older, false) {
		return nil
	}
	var errs field.ErrorList
	if !ptr.Deref(newer, false) {
		errs = append(errs, field.Forbidden(field.NewPath("immutable"), sealed))
	}
	for _, f := range fields {
		if !equality.Semantic.DeepEqual(f.newer, f.older) {
			errs = append(errs, field.Forbidden(field.NewPath(f.name), sealed))
		}
	}
	return errs
}

// ValidateClaimUpdate returns what the API server finds wrong with a defaulted PersistentVolumeClaim that is to take the place of an
// older one. Newer has the older one's status, and the resourceVersion that it is to replace. Of a claim that was found with its volume
// nothing is known but the volume: it may stay so, and the rest may be given once, which no API server has to deal with.
func ValidateClaimUpdate(newer, older *corev1.PersistentVolumeClaim) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	if equality.Semantic.DeepEqual(newer.Spec, older.Spec) {
		errs = append(errs, validateMetadata(&newer.ObjectMeta)...)
	} else {
		errs = append(errs, ValidateClaim(newer)...)
	}
	const class = corev1.BetaStorageClassAnnotation
	if got := newer.Annotations[class]; got != older.Annotations[class] {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "annotations", class), got, apivalidation.FieldImmutableErrorMsg))
	}
	if found := len(older.Spec.AccessModes) == 0; !found || newer.Spec.VolumeName != older.Spec.VolumeName {
		errs = append(errs, validateClaimChange(newer, older)...)
	}
	return errs
}

// validateClaimChange checks that nothing of a claim's spec changes but what may: the volume and the storage class are given later, and a
// claim that has its volume can ask for more room and for other attributes.
func validateClaimChange(newer, older *corev1.PersistentVolumeClaim) field.ErrorList {
	var errs field.ErrorList
	path, before, after := field.NewPath("spec"), older.Spec.DeepCopy(), newer.Spec.DeepCopy()
	if before.VolumeName == "" {
		before.VolumeName = after.VolumeName
	}
	annotated, known := older.Annotations[corev1.BetaStorageClassAnnotation]
	if before.StorageClassName == nil && after.StorageClassName != nil && (!known || *after.StorageClassName == annotated) {
		after.StorageClassName = nil
	}
	if newer.Status.Phase == corev1.ClaimBound {
		if after.Resources.Requests != nil {
			after.Resources.Requests[corev1.ResourceStorage] = before.Resources.Requests[corev1.ResourceStorage]
		}
		after.VolumeAttributesClassName = before.VolumeAttributesClassName
	}
	if !equality.Semantic.DeepEqual(after, before) {
		errs = append(errs, field.Forbidden(path, fmt.Sprintf(
			"spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n%v", diff.Diff(before, after))))
	}
	size, room := newer.Spec.Resources.Requests[corev1.ResourceStorage], older.Status.Capacity[corev1.ResourceStorage]
	if size.Cmp(older.Spec.Resources.Requests[corev1.ResourceStorage]) < 0 && size.Cmp(room) <= 0 {
		errs = append(errs, field.Forbidden(path.Child("resources", "requests", "storage"), "field can not be less than status.capacity"))
	}
	return append(errs, apivalidation.ValidateImmutableField(newer.Spec.VolumeMode, older.Spec.VolumeMode, field.NewPath("volumeMode"))...)
}
