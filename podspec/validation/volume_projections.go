package validation

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateDownwardVolume(v *corev1.DownwardAPIVolumeSource, at *field.Path) field.ErrorList {
	errs := validateFileMode(v.DefaultMode, at.Child("defaultMode"))
	errs = append(errs, validateID(v.DefaultUser, validation.IsValidUserID, at.Child("defaultUser"))...)
	for _, file := range v.Items {
		errs = append(errs, validateDownwardFile(file, at)...)
	}
	return errs
}

// validateDownwardFile checks one file of a downwardAPI volume. The API server forgets its index (S2.0.4).
func validateDownwardFile(file corev1.DownwardAPIVolumeFile, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if file.Path == "" {
		errs = append(errs, field.Required(at.Child("path"), ""))
	}
	errs = append(errs, validateFileInVolume(file.Path, at.Child("path"))...)
	switch {
	case file.FieldRef != nil:
		errs = append(errs, validateFieldRef(file.FieldRef, volumeFieldPaths, at.Child("fieldRef"))...)
		if file.ResourceFieldRef != nil {
			errs = append(errs, field.Invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
		}
	case file.ResourceFieldRef != nil:
		errs = append(errs, validateVolumeResourceRef(file.ResourceFieldRef, at.Child("resourceFieldRef"))...)
	default:
		errs = append(errs, field.Required(at, "one of fieldRef and resourceFieldRef is required"))
	}
	errs = append(errs, validateFileMode(file.Mode, at.Child("mode"))...)
	return append(errs, validateID(file.User, validation.IsValidUserID, at.Child("user"))...)
}

// validateVolumeResourceRef is validateResourceFieldRef for a file, which must name its container.
func validateVolumeResourceRef(ref *corev1.ResourceFieldSelector, at *field.Path) field.ErrorList {
	if ref.ContainerName == "" {
		return append(field.ErrorList{field.Required(at.Child("containerName"), "")}, validateDivisor(ref, at.Child("divisor"))...)
	}
	return validateResourceFieldRef(ref, at)
}

// projection collects what is wrong with the sources of a projected volume, and the paths that they take.
type projection struct {
	at    *field.Path
	taken map[string]bool
	errs  field.ErrorList
}

func validateProjectedVolume(v *corev1.ProjectedVolumeSource, at *field.Path) field.ErrorList {
	p := &projection{at: at, taken: map[string]bool{}}
	p.errs = append(validateFileMode(v.DefaultMode, at.Child("defaultMode")),
		validateID(v.DefaultUser, validation.IsValidUserID, at.Child("defaultUser"))...)
	for i := range v.Sources {
		p.source(&v.Sources[i], at.Child("sources").Index(i))
	}
	return p.errs
}

// add appends what is wrong.
func (p *projection) add(errs ...*field.Error) { p.errs = append(p.errs, errs...) }

// take takes a path of the volume, on behalf of what the message about a clash names.
func (p *projection) take(file, name string) {
	if p.taken[file] {
		p.add(field.Invalid(p.at, name, "conflicting duplicate paths"))
	}
	p.taken[file] = true
}

func (p *projection) source(s *corev1.VolumeProjection, at *field.Path) {
	kinds := 0
	if s.Secret != nil {
		kinds++
		p.object(s.Secret.Name, s.Secret.Items, at.Child("secret"))
	}
	if s.ConfigMap != nil {
		kinds++
		p.object(s.ConfigMap.Name, s.ConfigMap.Items, at.Child("configMap"))
	}
	if s.DownwardAPI != nil {
		kinds++
		for _, file := range s.DownwardAPI.Items {
			p.add(validateDownwardFile(file, at.Child("downwardAPI"))...)
			if file.Path != "" {
				p.take(file.Path, file.Path)
			}
		}
	}
	if s.ServiceAccountToken != nil {
		kinds++
		p.token(s.ServiceAccountToken, at.Child("serviceAccountToken"))
	}
	if s.ClusterTrustBundle != nil {
		kinds++
		p.trustBundle(s.ClusterTrustBundle, at.Child("clusterTrustBundle"))
	}
	if s.PodCertificate != nil {
		kinds++
		p.certificate(s.PodCertificate, at.Child("podCertificate"))
	}
	if kinds > 1 {
		p.add(field.Forbidden(at, "may not specify more than 1 volume type per source"))
	}
}

// object checks the keys of a ConfigMap or a Secret. Two files of one path are told of by the object's name.
func (p *projection) object(name string, items []corev1.KeyToPath, at *field.Path) {
	if name == "" {
		p.add(field.Required(at.Child("name"), ""))
	}
	for i, item := range items {
		p.add(validateItem(item, at.Child("items").Index(i))...)
		if item.Path != "" {
			p.take(item.Path, name)
		}
	}
}

// token checks a service account token. The API server looks for its path at the volume's (S2.0.4), and does not count it as taken.
func (p *projection) token(t *corev1.ServiceAccountTokenProjection, at *field.Path) {
	switch seconds := t.ExpirationSeconds; {
	case seconds == nil:
		p.add(field.Required(at.Child("expirationSeconds"), ""))
	case *seconds < 600:
		p.add(field.Invalid(at.Child("expirationSeconds"), *seconds, "may not specify a duration less than 10 minutes"))
	case *seconds > 1<<32:
		p.add(field.Invalid(at.Child("expirationSeconds"), *seconds, "may not specify a duration larger than 2^32 seconds"))
	}
	if t.Path == "" {
		p.add(field.Required(p.at.Child("path"), ""))
	} else {
		p.add(validateFileInVolume(t.Path, p.at.Child("path"))...)
	}
	p.add(validateID(t.User, validation.IsValidUserID, at.Child("user"))...)
}
