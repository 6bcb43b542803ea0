package kubeapi

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/validation"
)

// podItself is what clients may change of a pod: its labels and annotations, the images of its containers, and what else an API server
// lets them change (S2.87). Finalizers and owners stay, for nothing here would heed them.
func podItself(config Config) *update[*corev1.Pod] {
	return &update[*corev1.Pod]{
		change: changePod(config.Node),
		take: func(stored, sent *corev1.Pod) field.ErrorList {
			fields.DropDisabled(sent, config.FeatureGates)
			defaults.Pod(sent)
			before := stored.DeepCopy()
			if sent.Spec.Resources == nil { // a client may not know of them
				sent.Spec.Resources = before.Spec.Resources
			}
			stored.Labels, stored.Annotations, stored.Spec = sent.Labels, sent.Annotations, sent.Spec
			if !equality.Semantic.DeepEqual(stored.Spec, before.Spec) {
				stored.Generation++
			}
			return append(validation.ValidatePodUpdate(stored, before, config.FeatureGates), refuseOtherMetadata(sent, before)...)
		},
	}
}

func refuseOtherMetadata(sent, stored *corev1.Pod) field.ErrorList {
	const immutable = "podsim does not change them of a pod that is there"
	var errs field.ErrorList
	path := field.NewPath("metadata")
	if !equality.Semantic.DeepEqual(sent.Finalizers, stored.Finalizers) {
		errs = append(errs, field.Forbidden(path.Child("finalizers"), immutable))
	}
	if !equality.Semantic.DeepEqual(sent.OwnerReferences, stored.OwnerReferences) {
		errs = append(errs, field.Forbidden(path.Child("ownerReferences"), immutable))
	}
	return errs
}
