package manifest

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/validation"
)

// AdmitPod does what the API server of Kubernetes v1.37 does with a pod at its creation: it drops the fields of features that are
// off, fills in the defaults, and validates. Refused is what the server says, unsupported what podsim cannot do.
func AdmitPod(pod *corev1.Pod, gates podspec.FeatureGates) (refused, unsupported field.ErrorList) {
	fields.DropDisabled(pod, gates)
	defaults.Pod(pod)
	if gates.Enabled(podspec.H2CContainerProbe) {
		defaults.HTTPProtocols(pod)
	}
	return validation.ValidatePod(pod, gates), fields.Unsupported(pod)
}
