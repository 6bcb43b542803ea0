package validation

import (
	coordinationv1 "k8s.io/api/coordination/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateLease returns what the API server finds wrong with a Lease.
func ValidateLease(lease *coordinationv1.Lease) field.ErrorList {
	return append(validateMetadata(&lease.ObjectMeta), validateLeaseSpec(&lease.Spec, field.NewPath("spec"))...)
}

// ValidateLeaseUpdate returns what the API server finds wrong with a Lease that is to take the place of an older one.
func ValidateLeaseUpdate(newer, older *coordinationv1.Lease) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))
	return append(errs, validateLeaseSpec(&newer.Spec, field.NewPath("spec"))...)
}

func validateLeaseSpec(spec *coordinationv1.LeaseSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if seconds := spec.LeaseDurationSeconds; seconds != nil && *seconds <= 0 {
		errs = append(errs, field.Invalid(path.Child("leaseDurationSeconds"), *seconds, "must be greater than 0"))
	}
	if count := spec.LeaseTransitions; count != nil && *count < 0 {
		errs = append(errs, field.Invalid(path.Child("leaseTransitions"), *count, "must be greater than or equal to 0"))
	}
	return errs
}
