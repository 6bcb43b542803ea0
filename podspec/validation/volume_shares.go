package validation

import (
	"net"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateNFSVolume(v *corev1.NFSVolumeSource, at *field.Path) field.ErrorList {
	errs := validateRequired(at, requiredField{"server", v.Server}, requiredField{"path", v.Path})
	if !path.IsAbs(v.Path) {
		errs = append(errs, field.Invalid(at.Child("path"), v.Path, "must be an absolute path"))
	}
	return errs
}

func validateGlusterfsVolume(v *corev1.GlusterfsVolumeSource, at *field.Path) field.ErrorList {
	return validateRequired(at, requiredField{"endpoints", v.EndpointsName}, requiredField{"path", v.Path})
}

func validateQuobyteVolume(v *corev1.QuobyteVolumeSource, at *field.Path) field.ErrorList {
	const pairs, longestTenant = "must be a host:port pair or multiple pairs separated by commas", 64
	var errs field.ErrorList
	switch {
	case v.Registry == "":
		errs = append(errs, field.Required(at.Child("registry"), pairs))
	case len(v.Tenant) > longestTenant:
		errs = append(errs, field.Required(at.Child("tenant"), "must be a UUID and may not exceed a length of 64 characters"))
	default:
		for _, pair := range strings.Split(v.Registry, ",") {
			if _, _, err := net.SplitHostPort(pair); err != nil {
				errs = append(errs, field.Invalid(at.Child("registry"), v.Registry, pairs))
			}
		}
	}
	return append(errs, validateRequired(at, requiredField{"volume", v.Volume})...)
}

func validateFlockerVolume(v *corev1.FlockerVolumeSource, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case v.DatasetName == "" && v.DatasetUUID == "":
		errs = append(errs, field.Required(at, "one of datasetName and datasetUUID is required"))
	case v.DatasetName != "" && v.DatasetUUID != "":
		errs = append(errs, field.Invalid(at, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
	}
	if strings.Contains(v.DatasetName, "/") {
		errs = append(errs, field.Invalid(at.Child("datasetName"), v.DatasetName, "must not contain '/'"))
	}
	return errs
}

func validateStorageOSVolume(v *corev1.StorageOSVolumeSource, at *field.Path) field.ErrorList {
	errs := validateDNSLabel(at.Child("volumeName"), v.VolumeName)
	if v.VolumeNamespace != "" {
		errs = append(errs, invalid(at.Child("volumeNamespace"), v.VolumeNamespace, validation.IsDNS1123Label(v.VolumeNamespace))...)
	}
	return append(errs, validateSecretRef(v.SecretRef, at)...)
}

func validateScaleIOVolume(v *corev1.ScaleIOVolumeSource, at *field.Path) field.ErrorList {
	return validateRequired(at, requiredField{"gateway", v.Gateway}, requiredField{"system", v.System}, requiredField{"volumeName", v.VolumeName})
}

func validateGitRepoVolume(v *corev1.GitRepoVolumeSource, at *field.Path) field.ErrorList {
	return append(validateRequired(at, requiredField{"repository", v.Repository}), validateLocalPath(v.Directory, at.Child("directory"))...)
}

// validateFlexVolume keeps the options of a driver out of the domains of Kubernetes, which a node adds its own from.
func validateFlexVolume(v *corev1.FlexVolumeSource, at *field.Path) field.ErrorList {
	errs := validateRequired(at, requiredField{"driver", v.Driver})
	for _, option := range sortedKeys(v.Options) {
		domain, _, _ := strings.Cut(option, "/")
		domain = "." + strings.ToLower(domain)
		if strings.HasSuffix(domain, ".kubernetes.io") || strings.HasSuffix(domain, ".k8s.io") {
			errs = append(errs, field.Invalid(at.Child("options").Key(option), option, "kubernetes.io and k8s.io namespaces are reserved"))
		}
	}
	return errs
}
