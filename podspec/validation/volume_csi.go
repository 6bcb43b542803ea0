package validation

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateCSIVolume(v *corev1.CSIVolumeSource, at *field.Path) field.ErrorList {
	errs := validateDriver(v.Driver, at.Child("driver"))
	if ref := v.NodePublishSecretRef; ref != nil {
		if ref.Name == "" {
			return append(errs, field.Required(at.Child("nodePublishSecretRef", "name"), ""))
		}
		errs = append(errs, invalid(at.Child("name"), ref.Name, apivalidation.NameIsDNSSubdomain(ref.Name, false))...)
	}
	return errs
}

func validateDriver(name string, at *field.Path) field.ErrorList {
	const longest = 63
	if name == "" {
		return field.ErrorList{field.Required(at, "")}
	}
	var errs field.ErrorList
	if len(name) > longest {
		errs = append(errs, field.TooLong(at, "", longest))
	}
	return append(errs, invalid(at, name, validation.IsDNS1123Subdomain(strings.ToLower(name)))...)
}
