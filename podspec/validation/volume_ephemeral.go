package validation

import (
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

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
