package validation

import (
	appsv1 "k8s.io/api/apps/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// ValidateDeploymentUpdate returns what the API server finds wrong with a defaulted Deployment that is to take the place of an older one.
// Newer has the resourceVersion that it is to replace, here and in all that follow.
func ValidateDeploymentUpdate(newer, older *appsv1.Deployment, gates podspec.FeatureGates) field.ErrorList {
	return workloadUpdate(newer, older, ValidateDeployment(newer, gates),
		fixedField{"selector", newer.Spec.Selector, older.Spec.Selector})
}

// ValidateReplicaSetUpdate does the same with a ReplicaSet.
func ValidateReplicaSetUpdate(newer, older *appsv1.ReplicaSet, gates podspec.FeatureGates) field.ErrorList {
	return workloadUpdate(newer, older, ValidateReplicaSet(newer, gates),
		fixedField{"selector", newer.Spec.Selector, older.Spec.Selector})
}

// ValidateStatefulSetUpdate does the same with a StatefulSet.
func ValidateStatefulSetUpdate(newer, older *appsv1.StatefulSet, gates podspec.FeatureGates) field.ErrorList {
	return workloadUpdate(newer, older, ValidateStatefulSet(newer, gates),
		fixedField{"selector", newer.Spec.Selector, older.Spec.Selector},
		fixedField{"volumeClaimTemplates", newer.Spec.VolumeClaimTemplates, older.Spec.VolumeClaimTemplates},
		fixedField{"serviceName", newer.Spec.ServiceName, older.Spec.ServiceName},
		fixedField{"podManagementPolicy", newer.Spec.PodManagementPolicy, older.Spec.PodManagementPolicy})
}

// ValidateDaemonSetUpdate does the same with a DaemonSet.
func ValidateDaemonSetUpdate(newer, older *appsv1.DaemonSet, gates podspec.FeatureGates) field.ErrorList {
	return workloadUpdate(newer, older, ValidateDaemonSet(newer, gates),
		fixedField{"selector", newer.Spec.Selector, older.Spec.Selector})
}

// fixedField is a field of a spec that cannot change.
type fixedField struct {
	name         string
	newer, older any
}

// workloadUpdate is what is wrong with a change of an object: of its metadata, with the new object as such, and of what is fixed.
func workloadUpdate(newer, older metav1.Object, invalid field.ErrorList, fixed ...fixedField) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaAccessorUpdate(newer, older, field.NewPath("metadata"))
	errs = append(errs, invalid...)
	for _, f := range fixed {
		errs = append(errs, apivalidation.ValidateImmutableField(f.newer, f.older, field.NewPath("spec", f.name))...)
	}
	return withoutRepeats(errs)
}
