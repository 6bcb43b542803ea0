package validation

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const notUnique = "must be unique"

// validateVolumeDevices checks the block devices of a container (S2.84).
func validateVolumeDevices(c *corev1.Container, volumes map[string]*corev1.Volume, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	names, paths := map[string]bool{}, map[string]bool{}
	mounted := func(matches func(corev1.VolumeMount) bool) bool { return slices.ContainsFunc(c.VolumeMounts, matches) }
	for i, device := range c.VolumeDevices {
		name, at := path.Index(i).Child("name"), path.Index(i).Child("devicePath")
		if device.Name == "" {
			errs = append(errs, field.Required(name, ""))
		}
		if names[device.Name] {
			errs = append(errs, field.Invalid(name, device.Name, notUnique))
		}
		switch v := volumes[device.Name]; {
		case v == nil:
			errs = append(errs, field.NotFound(name, device.Name))
		case v.PersistentVolumeClaim == nil && v.Ephemeral == nil:
			errs = append(errs, field.Invalid(name, device.Name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"))
		}
		if device.DevicePath == "" {
			errs = append(errs, field.Required(at, ""))
		}
		if paths[device.DevicePath] {
			errs = append(errs, field.Invalid(at, device.DevicePath, notUnique))
		}
		if len(validateNoBacksteps(device.DevicePath, at)) > 0 {
			errs = append(errs, field.Invalid(at, device.DevicePath, "can not contain backsteps ('..')"))
		} else {
			paths[device.DevicePath] = true
		}
		if mounted(func(m corev1.VolumeMount) bool { return m.Name == device.Name }) {
			errs = append(errs, field.Invalid(name, device.Name, "must not already exist in volumeMounts"))
		}
		if mounted(func(m corev1.VolumeMount) bool { return m.MountPath == device.DevicePath }) {
			errs = append(errs, field.Invalid(at, device.DevicePath, "must not already exist as a path in volumeMounts"))
		}
		names[device.Name] = device.Name != ""
	}
	return errs
}

// validatePodClaims checks the resource claims of a pod. The pod of a manifest of a node's own cannot have any.
func validatePodClaims(pod *corev1.Pod, path *field.Path) field.ErrorList {
	claims := pod.Spec.ResourceClaims
	if _, ok := pod.Annotations[mirrorAnnotation]; ok && len(claims) > 0 {
		return field.ErrorList{field.Forbidden(field.NewPath(""), "static pods do not support resource claims")}
	}
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, claim := range claims {
		at := path.Index(i)
		if seen[claim.Name] && claim.Name != "" {
			errs = append(errs, field.Duplicate(at.Child("name"), claim.Name))
		} else {
			errs = append(errs, validateDNSLabel(at.Child("name"), claim.Name)...)
		}
		seen[claim.Name] = true
		shown := serverClaim{claim.Name, claim.ResourceClaimName, claim.ResourceClaimTemplateName}
		switch {
		case claim.ResourceClaimName != nil && claim.ResourceClaimTemplateName != nil:
			errs = append(errs, field.Invalid(at, shown, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"))
		case claim.ResourceClaimName == nil && claim.ResourceClaimTemplateName == nil:
			errs = append(errs, field.Invalid(at, shown, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"))
		}
		if name := claim.ResourceClaimName; name != nil {
			errs = append(errs, invalid(at.Child("resourceClaimName"), *name, apivalidation.NameIsDNSSubdomain(*name, false))...)
		}
		if name := claim.ResourceClaimTemplateName; name != nil {
			errs = append(errs, invalid(at.Child("resourceClaimTemplateName"), *name, apivalidation.NameIsDNSSubdomain(*name, false))...)
		}
	}
	return errs
}

// serverClaim is a claim as the API server prints it in its errors.
type serverClaim struct {
	Name                      string
	ResourceClaimName         *string
	ResourceClaimTemplateName *string
}

// validateClaimNames checks which of the pod's claims a container uses.
func validateClaimNames(claims []corev1.ResourceClaim, spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	known := map[string]bool{}
	for _, claim := range spec.ResourceClaims {
		if claim.Name != "" {
			known[claim.Name] = true
		}
	}
	names := sortedKeys(known)
	used := map[string]bool{} // by name, or name/request
	for i, claim := range claims {
		at := path.Index(i)
		if claim.Name == "" {
			errs = append(errs, field.Required(at, ""))
			continue
		}
		key := strings.TrimSuffix(claim.Name+"/"+claim.Request, "/")
		overlaps := claim.Request == "" && slices.ContainsFunc(sortedKeys(used), func(k string) bool { return strings.HasPrefix(k, claim.Name+"/") })
		switch {
		case used[claim.Name]:
			errs = append(errs, field.Duplicate(at, claim.Name))
		default:
			if claim.Request != "" {
				errs = append(errs, validateDNSLabel(at.Child("request"), claim.Request)...)
			}
			if used[key] || overlaps {
				errs = append(errs, field.Duplicate(at, key))
			}
			used[key] = true
		}
		if !known[claim.Name] {
			unknown := field.NotFound(at, claim.Name)
			unknown.Detail = "must be one of the names in pod.spec.resourceClaims"
			if len(names) == 0 {
				unknown.Detail += " which is empty"
			} else {
				unknown.Detail += ": " + strings.Join(names, ", ")
			}
			errs = append(errs, unknown)
		}
	}
	return errs
}
