package kubeapi

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/defaults"
)

// labelsAndAnnotations is what clients may change of a pod itself. Of what an API server lets them change beside (S2.87) nothing is
// done here, so that it is refused.
func labelsAndAnnotations(config Config) *update[*corev1.Pod] {
	return &update[*corev1.Pod]{
		change: changePod(config.Node),
		take: func(stored, sent *corev1.Pod) field.ErrorList {
			defaults.Pod(sent)
			path := field.NewPath("metadata")
			errs := metavalidation.ValidateLabels(sent.Labels, path.Child("labels"))
			errs = append(errs, apivalidation.ValidateAnnotations(sent.Annotations, path.Child("annotations"))...)
			const immutable = "podsim changes nothing of a pod that is there but its labels and annotations"
			if !equality.Semantic.DeepEqual(sent.Finalizers, stored.Finalizers) {
				errs = append(errs, field.Forbidden(path.Child("finalizers"), immutable))
			}
			if !equality.Semantic.DeepEqual(sent.OwnerReferences, stored.OwnerReferences) {
				errs = append(errs, field.Forbidden(path.Child("ownerReferences"), immutable))
			}
			if !equality.Semantic.DeepEqual(sent.Spec, stored.Spec) {
				errs = append(errs, field.Forbidden(field.NewPath("spec"), immutable))
			}
			stored.Labels, stored.Annotations = sent.Labels, sent.Annotations
			return errs
		},
	}
}
