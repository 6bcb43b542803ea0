package defaults

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// StatefulSet fills in one replica, pods that start and are updated one after another, and claims that outlive their pods.
func StatefulSet(s *appsv1.StatefulSet) {
	spec := &s.Spec
	setDefaultPointer(&spec.Replicas, 1)
	setDefaultPointer(&spec.RevisionHistoryLimit, 10)
	setDefault(&spec.PodManagementPolicy, appsv1.OrderedReadyPodManagement)

	update := &spec.UpdateStrategy
	if update.Type == "" {
		update.Type = appsv1.RollingUpdateStatefulSetStrategyType
		setDefaultPointer(&update.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
	}
	if rolling := update.RollingUpdate; rolling != nil && update.Type == appsv1.RollingUpdateStatefulSetStrategyType {
		setDefaultPointer(&rolling.Partition, 0)
		setDefaultPointer(&rolling.MaxUnavailable, intstr.FromInt32(1))
	}

	setDefaultPointer(&spec.PersistentVolumeClaimRetentionPolicy, appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{})
	setDefault(&spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	setDefault(&spec.PersistentVolumeClaimRetentionPolicy.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)

	template(&spec.Template)
	for i := range spec.VolumeClaimTemplates {
		claim := &spec.VolumeClaimTemplates[i]
		claim.APIVersion, claim.Kind = "v1", "PersistentVolumeClaim"
		setDefault(&claim.Status.Phase, corev1.ClaimPending)
		claimSpec(&claim.Spec)
		roundUp(claim.Status.Capacity)
		roundUp(claim.Status.AllocatedResources)
	}
}
