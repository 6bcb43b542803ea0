package kubeapi

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/validation"
)

// ephemeralContainers is how ephemeral containers come into a pod that is there, as with kubectl debug. Whatever else of the pod a
// client sends stays as it is (S2.86).
func ephemeralContainers(config Config) *update[*corev1.Pod] {
	return &update[*corev1.Pod]{
		change: changePod(config.Node),
		take: func(stored, sent *corev1.Pod) field.ErrorList {
			before := stored.DeepCopy()
			sent = &corev1.Pod{Spec: corev1.PodSpec{EphemeralContainers: sent.Spec.EphemeralContainers}}
			fields.DropDisabled(sent, config.FeatureGates)
			stored.Spec.EphemeralContainers = sent.Spec.EphemeralContainers
			defaults.EphemeralContainers(stored)
			if !equality.Semantic.DeepEqual(before.Spec, stored.Spec) {
				stored.Generation++
			}
			return append(validation.ValidateEphemeralContainersUpdate(stored, before), fields.Unsupported(stored)...)
		},
	}
}
