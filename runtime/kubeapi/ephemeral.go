package kubeapi

import (
	"github.com/podsim/podsim/podspec"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ephemeralContainers is how ephemeral containers come into a pod that is there, as with kubectl debug. Whatever else of the pod a
// client sends stays as it is (S2.86).
func ephemeralContainers(config Config) *update[*corev1.Pod] {
	return &update[*corev1.Pod]{
		change: changePod(config.Node),
		take: func(stored, sent *corev1.Pod) field.ErrorList {
			before := stored.DeepCopy()
			sent = &corev1.Pod{Spec: corev1.PodSpec{EphemeralContainers: sent.Spec.EphemeralContainers}}
			podspec.DropDisabledFields(sent, config.FeatureGates)
			stored.Spec.EphemeralContainers = sent.Spec.EphemeralContainers
			podspec.DefaultEphemeralContainers(stored)
			if !equality.Semantic.DeepEqual(before.Spec, stored.Spec) {
				stored.Generation++
			}
			return append(podspec.ValidateEphemeralContainersUpdate(stored, before), podspec.Unsupported(stored)...)
		},
	}
}
