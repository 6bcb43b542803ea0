package manifest

import (
	"maps"
	"regexp"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/defaults"
)

// dropServerFields takes off what only a server sets, so that the output of kubectl get can be used as an input. The volume with the
// credentials of a service account stays when keepTokenVolume says so.
func dropServerFields(o metav1.Object, keepTokenVolume bool) {
	uid := o.GetUID()
	fromCluster := uid != ""
	o.SetUID("")
	o.SetResourceVersion("")
	o.SetGeneration(0)
	o.SetCreationTimestamp(metav1.Time{})
	o.SetDeletionTimestamp(nil)
	o.SetDeletionGracePeriodSeconds(nil)
	o.SetManagedFields(nil)
	o.SetSelfLink("")
	if fromCluster {
		o.SetOwnerReferences(nil) // its owners are there, not here
	}
	switch o := o.(type) {
	case *corev1.Pod:
		o.Status = corev1.PodStatus{}
		if !keepTokenVolume {
			dropServiceAccountVolumes(&o.Spec)
		}
		if fromCluster {
			dropScheduling(&o.Spec)
		}
	case *corev1.PersistentVolumeClaim:
		o.Status = corev1.PersistentVolumeClaimStatus{}
	case *corev1.Service:
		o.Status = corev1.ServiceStatus{}
		if fromCluster {
			dropAddresses(&o.Spec)
		}
	case *appsv1.Deployment:
		o.Status = appsv1.DeploymentStatus{}
	case *appsv1.ReplicaSet:
		o.Status = appsv1.ReplicaSetStatus{}
	case *appsv1.StatefulSet:
		o.Status = appsv1.StatefulSetStatus{}
	case *appsv1.DaemonSet:
		o.Status = appsv1.DaemonSetStatus{}
	case *batchv1.Job:
		o.Status = batchv1.JobStatus{}
		if fromCluster {
			dropGeneratedSelector(&o.Spec, string(uid))
		}
	case *batchv1.CronJob:
		o.Status = batchv1.CronJobStatus{}
	}
}

// dropGeneratedSelector takes off the labels, and the selector for them, by which a server tells the pods of the Job with that uid from
// all others. A selector that somebody wrote stays.
func dropGeneratedSelector(spec *batchv1.JobSpec, uid string) {
	if ptr.Deref(spec.ManualSelector, false) {
		return
	}
	generated := func(key, value string) bool {
		return (key == batchv1.ControllerUidLabel || key == defaults.LegacyControllerUIDLabel) && value == uid
	}
	maps.DeleteFunc(spec.Template.Labels, generated)
	if spec.Selector == nil {
		return
	}
	maps.DeleteFunc(spec.Selector.MatchLabels, generated)
	if len(spec.Selector.MatchLabels)+len(spec.Selector.MatchExpressions) == 0 {
		spec.Selector = nil
	}
}

// dropAddresses takes off the addresses and ports of the machines that a cluster gave a Service: they are the cluster's.
func dropAddresses(spec *corev1.ServiceSpec) {
	if spec.ClusterIP != corev1.ClusterIPNone {
		spec.ClusterIP, spec.ClusterIPs = "", nil
	}
	for i := range spec.Ports {
		spec.Ports[i].NodePort = 0
	}
	spec.HealthCheckNodePort = 0
}

// dropScheduling takes off what the scheduler and admission gave a pod of a cluster (S1.3), and what is as it would be without
// being said: none of it means anything here, and nobody wrote it.
func dropScheduling(spec *corev1.PodSpec) {
	spec.NodeName = ""
	if ptr.Deref(spec.Priority, 0) == 0 {
		spec.Priority = nil
	}
	if ptr.Deref(spec.PreemptionPolicy, corev1.PreemptLowerPriority) == corev1.PreemptLowerPriority {
		spec.PreemptionPolicy = nil
	}
	if spec.SchedulerName == corev1.DefaultSchedulerName {
		spec.SchedulerName = ""
	}
	spec.Tolerations = slices.DeleteFunc(spec.Tolerations, isDefaultToleration)
}

// isDefaultToleration is true for the tolerations that every pod of a cluster has for five minutes (S1.3).
func isDefaultToleration(t corev1.Toleration) bool {
	return (t.Key == corev1.TaintNodeNotReady || t.Key == corev1.TaintNodeUnreachable) &&
		t.Operator == corev1.TolerationOpExists && t.Effect == corev1.TaintEffectNoExecute && ptr.Deref(t.TolerationSeconds, 0) == 300
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
