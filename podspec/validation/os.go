package validation

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateOS checks spec.os, and that the pod asks for nothing that the other system has alone.
func validateOS(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	if spec.OS == nil {
		return nil
	}
	switch at := path.Child("os"); spec.OS.Name {
	case corev1.Linux:
		return validateForLinux(spec, path)
	case corev1.Windows:
		return validateForWindows(spec, path)
	case "":
		return field.ErrorList{field.Required(at.Child("name"), "")}
	default:
		return field.ErrorList{field.NotSupported(at, spec.OS.Name, []corev1.OSName{corev1.Linux, corev1.Windows})}
	}
}

// isForWindows is true for a pod that says that it is for nodes with Windows.
func isForWindows(spec *corev1.PodSpec) bool { return spec.OS != nil && spec.OS.Name == corev1.Windows }

func validateForLinux(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	check := func(options *corev1.WindowsSecurityContextOptions, path *field.Path) {
		if options != nil {
			errs = append(errs, field.Forbidden(path.Child("securityContext", "windowsOptions"), "windows options cannot be set for a linux pod"))
		}
	}
	if spec.SecurityContext != nil {
		check(spec.SecurityContext.WindowsOptions, path)
	}
	for c, at := range allContainers(spec, path) {
		if c.SecurityContext != nil {
			check(c.SecurityContext.WindowsOptions, at)
		}
	}
	return errs
}

func validateForWindows(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if sc := spec.SecurityContext; sc != nil {
		errs = append(errs, notForWindows(path.Child("securityContext"), []givenField{
			{"appArmorProfile", sc.AppArmorProfile != nil},
			{"seLinuxOptions", sc.SELinuxOptions != nil},
			{"seccompProfile", sc.SeccompProfile != nil},
			{"fsGroup", sc.FSGroup != nil},
			{"fsGroupChangePolicy", sc.FSGroupChangePolicy != nil},
			{"sysctls", len(sc.Sysctls) > 0},
			{"runAsUser", sc.RunAsUser != nil},
			{"runAsGroup", sc.RunAsGroup != nil},
			{"supplementalGroups", sc.SupplementalGroups != nil},
			{"supplementalGroupsPolicy", sc.SupplementalGroupsPolicy != nil},
			{"seLinuxChangePolicy", sc.SELinuxChangePolicy != nil},
		})...)
	}
	errs = append(errs, notForWindows(path, []givenField{
		{"hostUsers", spec.HostUsers != nil},
		{"hostPID", spec.HostPID},
		{"hostIPC", spec.HostIPC},
		{"shareProcessNamespace", spec.ShareProcessNamespace != nil},
	})...)
	for c, at := range allContainers(spec, path) {
		sc := c.SecurityContext
		if sc == nil {
			continue
		}
		errs = append(errs, notForWindows(at.Child("securityContext"), []givenField{
			{"appArmorProfile", sc.AppArmorProfile != nil},
			{"seLinuxOptions", sc.SELinuxOptions != nil},
			{"seccompProfile", sc.SeccompProfile != nil},
			{"capabilities", sc.Capabilities != nil},
			{"readOnlyRootFilesystem", sc.ReadOnlyRootFilesystem != nil},
			{"privileged", sc.Privileged != nil},
			{"allowPrivilegeEscalation", sc.AllowPrivilegeEscalation != nil},
			{"procMount", sc.ProcMount != nil},
			{"runAsUser", sc.RunAsUser != nil},
			{"runAsGroup", sc.RunAsGroup != nil},
		})...)
	}
	return errs
}

// givenField is a field and whether it is given.
type givenField struct {
	field string
	given bool
}

func notForWindows(path *field.Path, fields []givenField) field.ErrorList {
	return forbidGiven(path, "cannot be set for a windows pod", fields)
}

// forbidGiven refuses the fields that are given.
func forbidGiven(path *field.Path, why string, fields []givenField) field.ErrorList {
	var errs field.ErrorList
	for _, f := range fields {
		if f.given {
			errs = append(errs, field.Forbidden(path.Child(f.field), why))
		}
	}
	return errs
}
