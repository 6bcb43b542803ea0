package manifest

import (
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// dropServerFields takes off what only a server sets, so that the output of kubectl get can be used as an input.
func dropServerFields(o metav1.Object) {
	o.SetUID("")
	o.SetResourceVersion("")
	o.SetGeneration(0)
	o.SetCreationTimestamp(metav1.Time{})
	o.SetDeletionTimestamp(nil)
	o.SetDeletionGracePeriodSeconds(nil)
	o.SetManagedFields(nil)
	o.SetSelfLink("")
	switch o := o.(type) {
	case *corev1.Pod:
		o.Status = corev1.PodStatus{}
		dropServiceAccountVolumes(&o.Spec)
	case *corev1.PersistentVolumeClaim:
		o.Status = corev1.PersistentVolumeClaimStatus{}
	}
}

// serviceAccountPath is where admission mounts the credentials of the pod's service account (S1.3).
const serviceAccountPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// serviceAccountVolumeName is the name that admission makes up for the volume of these credentials (S1.3).
var serviceAccountVolumeName = regexp.MustCompile(`^kube-api-access-[a-z0-9]{5}$`)

// dropServiceAccountVolumes takes off the volumes with the credentials of a service account that admission added, and their
// mounts (S1.3). A volume that is mounted anywhere else was somebody's wish and stays.
func dropServiceAccountVolumes(spec *corev1.PodSpec) {
	mounts := mountLists(spec)
	added := func(v corev1.Volume) bool {
		return serviceAccountVolumeName.MatchString(v.Name) && holdsServiceAccountToken(v.Projected) &&
			!slices.ContainsFunc(mounts, func(list *[]corev1.VolumeMount) bool {
				return slices.ContainsFunc(*list, func(m corev1.VolumeMount) bool { return m.Name == v.Name && m.MountPath != serviceAccountPath })
			})
	}
	for _, v := range spec.Volumes {
		if !added(v) {
			continue
		}
		for _, list := range mounts {
			*list = slices.DeleteFunc(*list, func(m corev1.VolumeMount) bool { return m.Name == v.Name })
		}
	}
	spec.Volumes = slices.DeleteFunc(spec.Volumes, added)
}

// holdsServiceAccountToken is true for a volume with a token and nothing but what admission puts beside it: certificates from
// ConfigMaps and the namespace.
func holdsServiceAccountToken(projected *corev1.ProjectedVolumeSource) bool {
	if projected == nil {
		return false
	}
	foreign := func(s corev1.VolumeProjection) bool {
		return s.ServiceAccountToken == nil && s.ConfigMap == nil && s.DownwardAPI == nil
	}
	token := func(s corev1.VolumeProjection) bool { return s.ServiceAccountToken != nil }
	return slices.ContainsFunc(projected.Sources, token) && !slices.ContainsFunc(projected.Sources, foreign)
}

// mountLists are the mounts of all containers of a pod.
func mountLists(spec *corev1.PodSpec) []*[]corev1.VolumeMount {
	var lists []*[]corev1.VolumeMount
	for i := range spec.InitContainers {
		lists = append(lists, &spec.InitContainers[i].VolumeMounts)
	}
	for i := range spec.Containers {
		lists = append(lists, &spec.Containers[i].VolumeMounts)
	}
	for i := range spec.EphemeralContainers {
		lists = append(lists, &spec.EphemeralContainers[i].VolumeMounts)
	}
	return lists
}
