// Package deployment decides which ReplicaSets a Deployment has, and with how many pods: one for its template that has them all, and those of
// templates before it, which have none. It is pure.
package deployment

import (
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/workload"
)

// What a Deployment and its ReplicaSets are annotated with, which kubectl's rollout commands read.
const (
	RevisionAnnotation        = "deployment.kubernetes.io/revision"
	revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
	desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
	maxReplicasAnnotation     = "deployment.kubernetes.io/max-replicas"
)

// notCopied are the annotations of a Deployment that its ReplicaSets do not get.
var notCopied = []string{
	corev1.LastAppliedConfigAnnotation, RevisionAnnotation, revisionHistoryAnnotation, desiredReplicasAnnotation, maxReplicasAnnotation,
	appsv1.DeprecatedRollbackTo,
}

// Plan is what is to be done for a Deployment.
type Plan struct {
	// Create is the ReplicaSet that is missing; nil if none is.
	Create *appsv1.ReplicaSet
	// Update are ReplicaSets as they are to be, and Delete those that are of no use any more.
	Update, Delete []*appsv1.ReplicaSet
	// Revision is the number of the current template, which the Deployment is annotated with; "" if it has none yet.
	Revision string
}

// Current is the ReplicaSet of the Deployment's template among its own, the oldest if there are several; nil if there is none.
func Current(d *appsv1.Deployment, own []*appsv1.ReplicaSet) *appsv1.ReplicaSet {
	for _, rs := range oldestFirst(own) {
		if isOfTemplate(rs, &d.Spec.Template) {
			return rs
		}
	}
	return nil
}

func oldestFirst(own []*appsv1.ReplicaSet) []*appsv1.ReplicaSet {
	return slices.SortedStableFunc(slices.Values(own), func(a, b *appsv1.ReplicaSet) int {
		if order := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// isOfTemplate says that a ReplicaSet was made of the template, whatever its hash.
func isOfTemplate(rs *appsv1.ReplicaSet, template *corev1.PodTemplateSpec) bool {
	a, b := rs.Spec.Template.DeepCopy(), template.DeepCopy()
	delete(a.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	delete(b.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return equality.Semantic.DeepEqual(a, b)
}

// Decide compares the Deployment's own ReplicaSets with its template and its number of pods.
func Decide(d *appsv1.Deployment, own []*appsv1.ReplicaSet) Plan {
	if d.DeletionTimestamp != nil {
		return Plan{}
	}
	current := Current(d, own)
	old := slices.DeleteFunc(oldestFirst(own), func(rs *appsv1.ReplicaSet) bool { return rs == current })
	var plan Plan
	if d.Spec.Paused {
		plan.Revision = d.Annotations[RevisionAnnotation]
		scaleLatest(&plan, d, current, old)
		return plan
	}
	revision := newestRevision(old) + 1
	wanted := ptr.Deref(d.Spec.Replicas, 1)
	for _, rs := range old {
		if *rs.Spec.Replicas > 0 {
			plan.Update = append(plan.Update, scaled(d, rs, 0))
		}
	}
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType && slices.ContainsFunc(old, hasPods) {
		if current == nil || *current.Spec.Replicas == 0 {
			return plan // until the pods before are gone
		}
	}
	if current == nil {
		plan.Create = workload.ReplicaSet(d)
		annotate(plan.Create, d, revision)
		plan.Revision = plan.Create.Annotations[RevisionAnnotation]
		return plan
	}
	updated := scaled(d, current, wanted)
	updated.Spec.MinReadySeconds = d.Spec.MinReadySeconds
	annotate(updated, d, revision)
	plan.Revision = updated.Annotations[RevisionAnnotation]
	if !equality.Semantic.DeepEqual(updated, current) {
		plan.Update = append(plan.Update, updated)
	}
	plan.Delete = forgotten(d, old)
	return plan
}

// scaleLatest gives the one ReplicaSet with pods, or the latest, the number of pods that a paused Deployment wants.
func scaleLatest(plan *Plan, d *appsv1.Deployment, current *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
	latest := current
	if latest == nil && len(old) > 0 {
		latest = old[len(old)-1]
	}
	for _, rs := range old {
		if *rs.Spec.Replicas > 0 {
			latest = rs
		}
	}
	if current != nil && *current.Spec.Replicas > 0 {
		latest = current
	}
	if latest != nil && *latest.Spec.Replicas != ptr.Deref(d.Spec.Replicas, 1) {
		plan.Update = append(plan.Update, scaled(d, latest, ptr.Deref(d.Spec.Replicas, 1)))
	}
}

// hasPods says that pods of a ReplicaSet are there, if only to end.
func hasPods(rs *appsv1.ReplicaSet) bool {
	return *rs.Spec.Replicas > 0 || rs.Status.ObservedGeneration < rs.Generation || rs.Status.Replicas > 0 || ptr.Deref(rs.Status.TerminatingReplicas, 0) > 0
}

// scaled is a ReplicaSet with another number of pods.
func scaled(d *appsv1.Deployment, rs *appsv1.ReplicaSet, replicas int32) *appsv1.ReplicaSet {
	rs = rs.DeepCopy()
	rs.Spec.Replicas = &replicas
	annotateReplicas(rs, d)
	return rs
}

func annotateReplicas(rs *appsv1.ReplicaSet, d *appsv1.Deployment) {
	wanted := int(ptr.Deref(d.Spec.Replicas, 1))
	metav1.SetMetaDataAnnotation(&rs.ObjectMeta, desiredReplicasAnnotation, strconv.Itoa(wanted))
	metav1.SetMetaDataAnnotation(&rs.ObjectMeta, maxReplicasAnnotation, strconv.Itoa(wanted+share(d, func(r *appsv1.RollingUpdateDeployment) *intstr.IntOrString { return r.MaxSurge }, true)))
}

// share is how many pods may be too many, or missing, during a rolling update.
func share(d *appsv1.Deployment, of func(*appsv1.RollingUpdateDeployment) *intstr.IntOrString, roundUp bool) int {
	if d.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType || d.Spec.Strategy.RollingUpdate == nil || ptr.Deref(d.Spec.Replicas, 1) == 0 {
		return 0
	}
	number, err := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(of(d.Spec.Strategy.RollingUpdate), intstr.FromInt32(0)), int(ptr.Deref(d.Spec.Replicas, 1)), roundUp)
	if err != nil {
		return 0
	}
	return number
}

// annotate gives the current ReplicaSet the Deployment's annotations, and a revision that no other one has.
func annotate(rs *appsv1.ReplicaSet, d *appsv1.Deployment, revision int) {
	if rs.Annotations == nil {
		rs.Annotations = map[string]string{}
	}
	for name, value := range d.Annotations {
		if !slices.Contains(notCopied, name) {
			rs.Annotations[name] = value
		}
	}
	annotateReplicas(rs, d)
	if before := revisionOf(rs); before < revision {
		if before > 0 {
			history := slices.DeleteFunc(strings.Split(rs.Annotations[revisionHistoryAnnotation], ","), func(number string) bool { return number == "" })
			rs.Annotations[revisionHistoryAnnotation] = strings.Join(append(history, strconv.Itoa(before)), ",")
		}
		rs.Annotations[RevisionAnnotation] = strconv.Itoa(revision)
	}
}

// revisionOf is the number of a ReplicaSet's template; 0 if it has none.
func revisionOf(rs *appsv1.ReplicaSet) int {
	number, err := strconv.Atoi(rs.Annotations[RevisionAnnotation])
	if err != nil {
		return 0
	}
	return number
}

func newestRevision(own []*appsv1.ReplicaSet) int {
	newest := 0
	for _, rs := range own {
		newest = max(newest, revisionOf(rs))
	}
	return newest
}

// forgotten are the oldest of the ReplicaSets without pods, as far as there are more than the Deployment remembers.
func forgotten(d *appsv1.Deployment, old []*appsv1.ReplicaSet) []*appsv1.ReplicaSet {
	if d.Spec.RevisionHistoryLimit == nil {
		return nil
	}
	alive := slices.DeleteFunc(slices.Clone(old), func(rs *appsv1.ReplicaSet) bool { return rs.DeletionTimestamp != nil })
	slices.SortStableFunc(alive, func(a, b *appsv1.ReplicaSet) int { return revisionOf(a) - revisionOf(b) })
	excess := max(len(alive)-int(*d.Spec.RevisionHistoryLimit), 0)
	return slices.DeleteFunc(alive[:excess], func(rs *appsv1.ReplicaSet) bool {
		return *rs.Spec.Replicas > 0 || rs.Status.Replicas > 0 || rs.Status.ObservedGeneration < rs.Generation
	})
}
