package kubeapi

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/podsim/podsim/podspec"
	podfields "github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/kubeapi/memory"
)

// installWorkloads serves the kinds whose controllers make pods.
func (s *server) installWorkloads(config Config) {
	apps, batch := map[string]rest.Storage{}, map[string]rest.Storage{}
	deployments := deployments(config)
	deploymentRegistry := addWorkload(apps, deployments, config, s.kinds,
		func(newer, older *appsv1.Deployment) { newer.Spec, newer.Labels = older.Spec, older.Labels }, validation.ValidateDeploymentStatusUpdate)
	apps["deployments/scale"] = scaleOf(deploymentRegistry, deployments, func(d *appsv1.Deployment) (**int32, int32, *metav1.LabelSelector) {
		return &d.Spec.Replicas, d.Status.Replicas, d.Spec.Selector
	})
	replicaSets := replicaSets(config)
	replicaSetRegistry := addWorkload(apps, replicaSets, config, s.kinds,
		func(newer, older *appsv1.ReplicaSet) { newer.Spec = older.Spec }, validation.ValidateReplicaSetStatusUpdate)
	apps["replicasets/scale"] = scaleOf(replicaSetRegistry, replicaSets, func(r *appsv1.ReplicaSet) (**int32, int32, *metav1.LabelSelector) {
		return &r.Spec.Replicas, r.Status.Replicas, r.Spec.Selector
	})
	statefulSets := statefulSets(config)
	statefulSetRegistry := addWorkload(apps, statefulSets, config, s.kinds,
		func(newer, older *appsv1.StatefulSet) { newer.Spec = older.Spec }, validation.ValidateStatefulSetStatusUpdate)
	apps["statefulsets/scale"] = scaleOf(statefulSetRegistry, statefulSets, func(set *appsv1.StatefulSet) (**int32, int32, *metav1.LabelSelector) {
		return &set.Spec.Replicas, set.Status.Replicas, set.Spec.Selector
	})
	addWorkload(apps, daemonSets(config), config, s.kinds,
		func(newer, older *appsv1.DaemonSet) { newer.Spec = older.Spec }, validation.ValidateDaemonSetStatusUpdate)
	addWorkload(batch, jobs(config), config, s.kinds,
		func(newer, older *batchv1.Job) { newer.Spec = older.Spec }, validation.ValidateJobStatusUpdate)
	addWorkload(batch, cronJobs(config), config, s.kinds,
		func(newer, older *batchv1.CronJob) { newer.Spec = older.Spec }, validation.ValidateCronJobStatusUpdate)
	s.add("/apis", appsv1.SchemeGroupVersion, apps)
	s.add("/apis", batchv1.SchemeGroupVersion, batch)
}

// addWorkload serves a kind and its status, of which a client writes nothing but the status.
func addWorkload[T memory.Object[T]](to map[string]rest.Storage, of *resource[T], config Config, known kinds,
	keepRest func(newer, older T), check func(newer, older T) field.ErrorList) *registered {
	of.warn = func(_ context.Context, object T) []string { return workloadWarnings(object) }
	of.warnUpdate = func(newer, older T) []string {
		if newer.GetGeneration() == older.GetGeneration() {
			return nil
		}
		return workloadWarnings(newer)
	}
	kept := of.registry(known, config.Clock)
	name := of.collection.Resource().Resource
	to[name] = kept
	to[name+"/status"] = statusOf(kept, of, keepRest, check)
	return kept
}

// workloadWarnings are what an API server says about the object, and what podsim will not run of its pods.
func workloadWarnings(object metav1.Object) []string {
	all := warningsOf(object)
	template, at := workload.Template(object)
	for _, err := range podfields.Unsupported(&corev1.Pod{Spec: template.Spec}) {
		all = append(all, fmt.Sprintf("%s.%s: %s; its pods will be refused", at, err.Field, err.Detail))
	}
	return all
}

// dropDisabled drops the fields of a template whose features are off (S0.9).
func dropDisabled(template *corev1.PodTemplateSpec, gates podspec.FeatureGates) {
	pod := &corev1.Pod{Spec: template.Spec}
	podfields.DropDisabled(pod, gates)
	template.Spec = pod.Spec
}

// countSpec raises the generation of an object whose spec changes.
func countSpec(newer, older metav1.Object, newSpec, oldSpec any) {
	newer.SetGeneration(older.GetGeneration())
	if !equality.Semantic.DeepEqual(newSpec, oldSpec) {
		newer.SetGeneration(older.GetGeneration() + 1)
	}
}
