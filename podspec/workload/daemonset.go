package workload

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// templateGenerationLabel is the old label with the generation of a DaemonSet's template, which is 1 at its creation.
const templateGenerationLabel = "pod-template-generation"

// makeDaemonSet makes the pod of the one node there is. Left out is the affinity that binds the pod to that node.
func makeDaemonSet(ds *appsv1.DaemonSet) Made {
	return Made{
		Owner: ds.UID,
		Pods:  podsOf(daemonTemplate(ds), ds, appsv1.SchemeGroupVersion.WithKind("DaemonSet"), 1),
	}
}

// DaemonPod is the pod of a DaemonSet for the one node there is, without a name of its own yet.
func DaemonPod(ds *appsv1.DaemonSet) *corev1.Pod {
	return podOf(daemonTemplate(ds), ds, appsv1.SchemeGroupVersion.WithKind("DaemonSet"))
}

// DaemonHash is the hash by which the pods of a DaemonSet's template are known.
func DaemonHash(ds *appsv1.DaemonSet) string {
	return TemplateHash(&ds.Spec.Template, ds.Status.CollisionCount)
}

func daemonTemplate(ds *appsv1.DaemonSet) *corev1.PodTemplateSpec {
	template := ds.Spec.Template.DeepCopy()
	metav1.SetMetaDataLabel(&template.ObjectMeta, appsv1.ControllerRevisionHashLabelKey, DaemonHash(ds))
	generation := ds.Annotations[appsv1.DeprecatedTemplateGeneration]
	if generation == "" {
		generation = "1"
	}
	metav1.SetMetaDataLabel(&template.ObjectMeta, templateGenerationLabel, generation)
	tolerateNodeTrouble(&template.Spec)
	return template
}

// tolerateNodeTrouble adds the tolerations that keep a daemon on its node whatever befalls the node.
func tolerateNodeTrouble(spec *corev1.PodSpec) {
	taints := []corev1.Taint{
		{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoExecute},
		{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute},
		{Key: corev1.TaintNodeDiskPressure, Effect: corev1.TaintEffectNoSchedule},
		{Key: corev1.TaintNodeMemoryPressure, Effect: corev1.TaintEffectNoSchedule},
		{Key: corev1.TaintNodePIDPressure, Effect: corev1.TaintEffectNoSchedule},
		{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule},
	}
	if spec.HostNetwork {
		taints = append(taints, corev1.Taint{Key: corev1.TaintNodeNetworkUnavailable, Effect: corev1.TaintEffectNoSchedule})
	}
	for _, taint := range taints {
		tolerate(spec, corev1.Toleration{Key: taint.Key, Operator: corev1.TolerationOpExists, Effect: taint.Effect})
	}
}

// tolerate adds a toleration, or puts it in the place of one that differs in nothing but its duration.
func tolerate(spec *corev1.PodSpec, toleration corev1.Toleration) {
	i := slices.IndexFunc(spec.Tolerations, func(t corev1.Toleration) bool { return t.MatchToleration(&toleration) })
	if i < 0 {
		spec.Tolerations = append(spec.Tolerations, toleration)
		return
	}
	spec.Tolerations[i] = toleration
}
