package validation

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// ValidateClaim returns what the API server finds wrong with a defaulted PersistentVolumeClaim.
func ValidateClaim(claim *corev1.PersistentVolumeClaim) field.ErrorList {
	return append(validateMetadata(&claim.ObjectMeta), validateClaimSpec(&claim.Spec, field.NewPath("spec"))...)
}

func validateClaimSpec(spec *corev1.PersistentVolumeClaimSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	modes := path.Child("accessModes")
	if len(spec.AccessModes) == 0 {
		errs = append(errs, field.Required(modes, "at least 1 access mode is required"))
	}
	if spec.Selector != nil {
		errs = append(errs, validateSelector(spec.Selector, path.Child("selector"))...)
	}
	for _, mode := range spec.AccessModes {
		errs = append(errs, validateMember(modes, mode, corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOnce, corev1.ReadWriteOncePod)...)
	}
	if slices.Contains(spec.AccessModes, corev1.ReadWriteOncePod) && slices.ContainsFunc(spec.AccessModes, isSharedMode) {
		errs = append(errs, field.Forbidden(modes, "may not use ReadWriteOncePod with other access modes"))
	}
	storage := path.Child("resources").Key(string(corev1.ResourceStorage))
	if size, ok := spec.Resources.Requests[corev1.ResourceStorage]; !ok {
		errs = append(errs, field.Required(storage, ""))
	} else if size.Sign() <= 0 {
		errs = append(errs, field.Invalid(storage, size.String(), "must be greater than zero"))
	}
	errs = append(errs, validateNames(path, clusterName{"storageClassName", ptr.Deref(spec.StorageClassName, "")})...)
	if spec.VolumeMode != nil {
		errs = append(errs, validateMember(path.Child("volumeMode"), *spec.VolumeMode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)...)
	}
	errs = append(errs, validateDataSources(spec, path)...)
	return append(errs, validateNames(path, clusterName{"volumeAttributesClassName", ptr.Deref(spec.VolumeAttributesClassName, "")})...)
}

// isSharedMode is true for a mode of access that more than one pod can have.
func isSharedMode(mode corev1.PersistentVolumeAccessMode) bool {
	return mode == corev1.ReadOnlyMany || mode == corev1.ReadWriteMany || mode == corev1.ReadWriteOnce
}

// validateDataSources checks where the data of a claim comes from, which its two fields have to say alike.
func validateDataSources(spec *corev1.PersistentVolumeClaimSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	source, ref := spec.DataSource, spec.DataSourceRef
	if source != nil {
		errs = append(errs, validateDataSource(ptr.Deref(source.APIGroup, ""), source.Kind, source.Name, path.Child("dataSource"))...)
	}
	if ref != nil {
		errs = append(errs, validateDataSource(ptr.Deref(ref.APIGroup, ""), ref.Kind, ref.Name, path.Child("dataSourceRef"))...)
	}
	switch {
	case ref == nil:
	case ptr.Deref(ref.Namespace, "") != "":
		at := path.Child("dataSourceRef", "namespace")
		errs = append(errs, invalid(at, *ref.Namespace, apivalidation.ValidateNamespaceName(*ref.Namespace, false))...)
		if source != nil {
			errs = append(errs, field.Invalid(path, struct{}{}, "may not be specified when dataSourceRef.namespace is specified"))
		}
	case source != nil && (!ptr.Equal(source.APIGroup, ref.APIGroup) || source.Kind != ref.Kind || source.Name != ref.Name):
		errs = append(errs, field.Invalid(path, struct{}{}, "must match dataSourceRef")) // the server's value has no fields to print
	}
	return errs
}

func validateDataSource(group, kind, name string, path *field.Path) field.ErrorList {
	errs := validateRequired(path, requiredField{"name", name}, requiredField{"kind", kind})
	if group == "" && kind != "PersistentVolumeClaim" {
		return append(errs, field.Invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
	}
	return append(errs, validateNames(path, clusterName{"apiGroup", group})...)
}
