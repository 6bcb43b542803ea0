package kubeapi

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/validation"
)

// resize is how the processor time and memory of a pod's containers change (S13.31). Whatever else of the pod a client sends stays as it
// is, but for the resources of the pod level, which no cgroup here could follow.
func resize(config Config) *update[*corev1.Pod] {
	return &update[*corev1.Pod]{
		change: changePod(config.Node),
		take: func(stored, sent *corev1.Pod) field.ErrorList {
			defaults.Pod(sent)
			before := stored.DeepCopy()
			stored.Spec.Containers = resized(before.Spec.Containers, sent.Spec.Containers)
			stored.Spec.InitContainers = resized(before.Spec.InitContainers, sent.Spec.InitContainers)
			errs := validation.ValidatePodResize(stored, before, config.FeatureGates)
			if sent.Spec.Resources != nil && !equality.Semantic.DeepEqual(sent.Spec.Resources, before.Spec.Resources) {
				errs = append(errs, field.Forbidden(field.NewPath("spec", "resources"), "podsim resizes containers only, not the pod as a whole"))
			}
			if !equality.Semantic.DeepEqual(before.Spec, stored.Spec) {
				stored.Generation++
			}
			return errs
		},
	}
}

// resized are the containers with the resources and resize policies of the sent ones. Other containers, or other names, are left for
// the validation to find.
func resized(stored, sent []corev1.Container) []corev1.Container {
	sameName := func(a, b corev1.Container) bool { return a.Name == b.Name }
	if !slices.EqualFunc(stored, sent, sameName) {
		return sent
	}
	merged := slices.Clone(stored)
	for i := range merged {
		merged[i].Resources, merged[i].ResizePolicy = sent[i].Resources, sent[i].ResizePolicy
	}
	return merged
}
