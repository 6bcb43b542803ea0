package validation

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// ValidateReplicaSet returns what the API server finds wrong with a defaulted ReplicaSet. Its words about an empty selector are those
// for a Deployment.
func ValidateReplicaSet(r *appsv1.ReplicaSet, gates podspec.FeatureGates) field.ErrorList {
	spec, path := &r.Spec, field.NewPath("spec")
	errs := validateMetadata(&r.ObjectMeta)
	errs = append(errs, validateNonNegative(path, namedNumber[int32]{"replicas", spec.Replicas},
		namedNumber[int32]{"minReadySeconds", &spec.MinReadySeconds})...)
	errs = append(errs, validatePodSelector(spec.Selector, "deployment", path.Child("selector"))...)
	errs = append(errs, validateReplicaTemplate(&spec.Template, spec.Selector, gates, path)...)
	return withoutRepeats(errs)
}
