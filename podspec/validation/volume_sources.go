package validation

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const fileModeComplaint = "must be a number between 0 and 0777 (octal), both inclusive"

func validateEmptyDir(v *corev1.EmptyDirVolumeSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if v.SizeLimit != nil && v.SizeLimit.Sign() < 0 {
		errs = append(errs, field.Forbidden(path.Child("sizeLimit"), "SizeLimit field must be a valid resource quantity"))
	}
	if v.Mode != nil && (*v.Mode < 0 || *v.Mode > 01777) {
		errs = append(errs, field.Invalid(path.Child("mode"), *v.Mode, "must be a number between 0 and 01777 (octal), both inclusive"))
	}
	return errs
}

func validateHostPath(v *corev1.HostPathVolumeSource, path *field.Path) field.ErrorList {
	if v.Path == "" {
		return field.ErrorList{field.Required(path.Child("path"), "")}
	}
	errs := validateNoBacksteps(v.Path, path.Child("path"))
	supported := []corev1.HostPathType{
		corev1.HostPathUnset, corev1.HostPathBlockDev, corev1.HostPathCharDev, corev1.HostPathDirectory,
		corev1.HostPathDirectoryOrCreate, corev1.HostPathFile, corev1.HostPathFileOrCreate, corev1.HostPathSocket,
	}
	if v.Type != nil && !slices.Contains(supported, *v.Type) {
		errs = append(errs, field.NotSupported(path.Child("type"), *v.Type, supported))
	}
	return errs
}

func validateSecretVolume(v *corev1.SecretVolumeSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if v.SecretName == "" {
		errs = append(errs, field.Required(path.Child("secretName"), ""))
	}
	errs = append(errs, validateFileMode(v.DefaultMode, path.Child("defaultMode"))...)
	return append(errs, validateItems(v.Items, path.Child("items"))...)
}

func validateConfigMapVolume(v *corev1.ConfigMapVolumeSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if v.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	errs = append(errs, validateFileMode(v.DefaultMode, path.Child("defaultMode"))...)
	return append(errs, validateItems(v.Items, path.Child("items"))...)
}

func validateClaimVolume(v *corev1.PersistentVolumeClaimVolumeSource, path *field.Path) field.ErrorList {
	if v.ClaimName == "" {
		return field.ErrorList{field.Required(path.Child("claimName"), "")}
	}
	return nil
}

func validateImageVolume(v *corev1.ImageVolumeSource, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if v.Reference == "" {
		errs = append(errs, field.Required(at.Child("reference"), ""))
	}
	return append(errs, validateOneOf(at.Child("pullPolicy"), v.PullPolicy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)...)
}

// validateItems checks the selection of keys of a configMap or secret volume. Two items of one path are fine (S2.85).
func validateItems(items []corev1.KeyToPath, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, item := range items {
		errs = append(errs, validateItem(item, path.Index(i))...)
	}
	return errs
}

func validateItem(item corev1.KeyToPath, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if item.Key == "" {
		errs = append(errs, field.Required(path.Child("key"), ""))
	}
	if item.Path == "" {
		errs = append(errs, field.Required(path.Child("path"), ""))
	}
	errs = append(errs, validateFileInVolume(item.Path, path.Child("path"))...)
	return append(errs, validateFileMode(item.Mode, path.Child("mode"))...)
}

func validateFileMode(mode *int32, path *field.Path) field.ErrorList {
	if mode != nil && (*mode < 0 || *mode > 0777) {
		return field.ErrorList{field.Invalid(path, *mode, fileModeComplaint)}
	}
	return nil
}

// validateFileInVolume checks the path of a file that podsim writes into a volume: one that stays in it and does not
// collide with the names that atomic updates use, which all start with two dots (S11.21).
func validateFileInVolume(name string, path *field.Path) field.ErrorList {
	errs := validateLocalPath(name, path)
	if strings.HasPrefix(name, "..") && name != ".." && !strings.HasPrefix(name, "../") {
		errs = append(errs, field.Invalid(path, name, "must not start with '..'"))
	}
	return errs
}

// validateLocalPath checks a path that must lead down from where it starts.
func validateLocalPath(name string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if strings.HasPrefix(name, "/") {
		errs = append(errs, field.Invalid(path, name, "must be a relative path"))
	}
	return append(errs, validateNoBacksteps(name, path)...)
}

func validateNoBacksteps(name string, path *field.Path) field.ErrorList {
	if slices.Contains(strings.Split(name, "/"), "..") {
		return field.ErrorList{field.Invalid(path, name, "must not contain '..'")}
	}
	return nil
}
