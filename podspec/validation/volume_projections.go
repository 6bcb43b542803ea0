package validation

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
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
		return field.ErrorList{field.Required(at.Child("containerName"), "")}
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
		kinds++ // podsim refuses it, and does not look into it
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

func (p *projection) trustBundle(b *corev1.ClusterTrustBundleProjection, at *field.Path) {
	switch {
	case b.Name != nil && b.SignerName != nil:
		p.add(field.Invalid(at, b, "only one of name and signerName may be used"))
	case b.Name != nil:
		if *b.Name == "" {
			p.add(field.Required(at.Child("name"), "must be a valid object name"))
		}
		for _, complaint := range trustBundleNameComplaints(*b.Name) {
			p.add(field.Invalid(at.Child("name"), *b.Name, "not a valid clustertrustbundlename: "+complaint))
		}
		if b.LabelSelector != nil {
			p.add(field.Invalid(at.Child("labelSelector"), b.LabelSelector, "labelSelector must be unset if name is specified"))
		}
	case b.SignerName != nil:
		if *b.SignerName == "" {
			p.add(field.Required(at.Child("signerName"), "must be a valid signer name"))
		}
		p.add(validateSelector(b.LabelSelector, at.Child("labelSelector"))...)
	default:
		p.add(field.Required(at, "either name or signerName must be specified"))
	}
	if b.Path == "" {
		p.add(field.Required(at.Child("path"), ""))
	}
	p.add(validateID(b.User, validation.IsValidUserID, at.Child("user"))...)
	p.add(validateFileInVolume(b.Path, at.Child("path"))...)
	p.take(b.Path, b.Path)
}

// trustBundleNameComplaints checks the name of a bundle: one with a signer begins with the signer's, a colon for each slash.
func trustBundleNameComplaints(name string) []string {
	if _, plain, ok := cutLast(name, ":"); ok {
		return apivalidation.NameIsDNSSubdomain(plain, false)
	}
	return apivalidation.NameIsDNSSubdomain(name, false)
}

// cutLast cuts around the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

func validateImageVolume(v *corev1.ImageVolumeSource, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if v.Reference == "" {
		errs = append(errs, field.Required(at.Child("reference"), ""))
	}
	return append(errs, validateOneOf(at.Child("pullPolicy"), v.PullPolicy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)...)
}

func validateNFSVolume(v *corev1.NFSVolumeSource, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if v.Server == "" {
		errs = append(errs, field.Required(at.Child("server"), ""))
	}
	if v.Path == "" {
		errs = append(errs, field.Required(at.Child("path"), ""))
	}
	if !path.IsAbs(v.Path) {
		errs = append(errs, field.Invalid(at.Child("path"), v.Path, "must be an absolute path"))
	}
	return errs
}

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

// validateEphemeralVolume checks the template of the claim that is made for the volume, and that the claim can have its name.
func validateEphemeralVolume(v *corev1.Volume, podName string, at *field.Path) field.ErrorList {
	template := v.Ephemeral.VolumeClaimTemplate
	var errs field.ErrorList
	if template == nil {
		errs = append(errs, field.Required(at.Child("ephemeral", "volumeClaimTemplate"), ""))
	} else {
		inside := at.Child("ephemeral", "volumeClaimTemplate")
		errs = append(errs, validateTemplateMetadata(&template.ObjectMeta, inside.Child("metadata"))...)
		errs = append(errs, validateClaimSpec(&template.Spec, inside.Child("spec"))...)
	}
	if podName != "" && v.Name != "" {
		claim := podName + "-" + v.Name
		for _, complaint := range apivalidation.NameIsDNSSubdomain(claim, false) {
			errs = append(errs, field.Invalid(at.Child("name"), v.Name, "PVC name \""+claim+"\": "+complaint))
		}
	}
	return errs
}

// validateTemplateMetadata refuses all but labels and annotations.
func validateTemplateMetadata(meta *metav1.ObjectMeta, at *field.Path) field.ErrorList {
	errs := inStableOrder(apivalidation.ValidateAnnotations(meta.Annotations, at.Child("annotations")))
	errs = append(errs, inStableOrder(metavalidation.ValidateLabels(meta.Labels, at.Child("labels")))...)
	for _, given := range []struct {
		field string
		set   bool
	}{
		{"name", meta.Name != ""},
		{"generateName", meta.GenerateName != ""},
		{"namespace", meta.Namespace != ""},
		//lint:ignore SA1019 the API server refuses it too
		{"selfLink", meta.SelfLink != ""},
		{"uID", meta.UID != ""}, // as the API server spells it
		{"resourceVersion", meta.ResourceVersion != ""},
		{"generation", meta.Generation != 0},
		{"creationTimestamp", !meta.CreationTimestamp.IsZero()},
		{"deletionTimestamp", meta.DeletionTimestamp != nil},
		{"deletionGracePeriodSeconds", meta.DeletionGracePeriodSeconds != nil},
		{"ownerReferences", meta.OwnerReferences != nil},
		{"finalizers", meta.Finalizers != nil},
		{"managedFields", meta.ManagedFields != nil},
	} {
		if given.set {
			errs = append(errs, field.Forbidden(at.Child(given.field), "cannot be set"))
		}
	}
	return errs
}
